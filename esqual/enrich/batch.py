"""A batch of rows to the same rows with their enriched fields: the library form.

:func:`enrich_frame` is a function of its arguments alone, so it runs wherever a pandas frame does:
in this process, in a spawned one, under Spark's ``mapInPandas`` or Ray's ``map_batches``. A model
is loaded once per process and kept there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from esqual.enrich.kinds import DocumentFailure
from esqual.enrich.origin import MARKER, Origin
from esqual.enrich.spec import Enrichment, source_text
from esqual.errors import EnrichmentError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["enrich_frame", "make_values"]


def make_values(
    enrichment: Enrichment, texts: Sequence[str | None]
) -> list[Any | DocumentFailure | None]:
    """What ``enrichment`` makes of each text, in their order; None of None.

    Raises EnrichmentError when the model cannot be loaded.
    """
    values: list[Any | DocumentFailure | None] = [None] * len(texts)
    there = [place for place, text in enumerate(texts) if text is not None]
    if there:
        made = enrichment.worker().documents([text for text in texts if text is not None])
        for place, value in zip(there, made, strict=True):
            values[place] = value
    return values


def enrich_frame(
    frame: pd.DataFrame,
    enrichments: Sequence[Enrichment],
    *,
    on_error: Literal["raise", "keep"] = "raise",
) -> pd.DataFrame:
    """Return a copy of ``frame`` with a column for every target, and the marker ``_esqual``.

    One row is one document; cells are Python objects (a vector is a list of floats, an absent
    value None). A target that a row has already is kept if its marker proves it
    (:mod:`esqual.enrich.origin`). A text that cannot be enriched raises EnrichmentError with the
    row's label, or with ``on_error="keep"`` leaves the row without the field. The order, the
    index and every other column stay as they are; ``frame`` is not changed.
    """
    import pandas as pd

    origin = Origin(enrichments)
    rows = _rows(frame, enrichments)
    for place, row in enumerate(rows):
        try:
            rows[place] = origin.checked(row)
        except EnrichmentError as error:
            raise EnrichmentError(f"row {frame.index[place]}: {error}") from error
    for enrichment in enrichments:
        without = [place for place, row in enumerate(rows) if enrichment.target not in row]
        texts = [_text(rows[place], enrichment, frame.index[place], on_error) for place in without]
        for place, value in zip(without, make_values(enrichment, texts), strict=True):
            if isinstance(value, DocumentFailure):
                if on_error == "raise":
                    raise EnrichmentError(
                        f"row {frame.index[place]}: no {enrichment.target!r}: {value.reason}"
                    )
            elif value is not None:
                rows[place][enrichment.target] = value
    made = frame.drop(columns=[MARKER, *(e.target for e in enrichments)], errors="ignore")
    for enrichment in enrichments:
        cells = [row.get(enrichment.target) for row in rows]
        made[enrichment.target] = pd.Series(cells, index=frame.index, dtype=object)
    made[MARKER] = pd.Series([origin.marks(row) for row in rows], index=frame.index, dtype=object)
    return made


def _rows(frame: pd.DataFrame, enrichments: Sequence[Enrichment]) -> list[dict[str, Any]]:
    """What the enrichments read of each row, as JSON values; missing cells are left out."""
    columns = [MARKER] if MARKER in frame.columns else []
    for enrichment in enrichments:
        source = enrichment.source
        column = source if source in frame.columns else source.partition(".")[0]
        if column not in frame.columns:
            raise EnrichmentError(
                f"the frame has no column {column!r}, which the enrichment {enrichment.name!r} "
                f"reads; it has {', '.join(map(str, frame.columns))}"
            )
        columns.append(column)
        if enrichment.target in frame.columns:
            columns.append(enrichment.target)
    rows: list[dict[str, Any]] = [{} for _ in range(len(frame))]
    for column in dict.fromkeys(columns):
        for row, cell in zip(rows, frame[column], strict=True):
            value = _plain(cell)
            if value is not None:
                row[column] = value
    return rows


def _plain(cell: Any) -> Any:
    """A cell as JSON has it: arrays become lists, what pandas calls missing becomes None."""
    import pandas as pd

    if hasattr(cell, "tolist"):  # numpy: list columns that were read from Parquet
        return cell.tolist()
    return None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell


def _text(row: dict[str, Any], enrichment: Enrichment, label: Any, on_error: str) -> str | None:
    try:
        return source_text(row, enrichment.source)
    except EnrichmentError as error:
        if on_error == "keep":
            return None
        raise EnrichmentError(f"row {label}: {error}") from error

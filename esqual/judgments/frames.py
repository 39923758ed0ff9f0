"""Judgments and runs as pandas frames and dicts, as ir_measures and ranx have them.

What comes in is checked as a file would be: a frame or dict that is not right raises
JudgmentsError and names the row.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from esqual.errors import JudgmentsError
from esqual.judgments.records import Judgment, JudgmentSet, parse_relevance, to_qrels
from esqual.models import Qrels, Run, ScoredDoc

if TYPE_CHECKING:
    import pandas

__all__ = [
    "judgments_from_frame",
    "qrels_from_dict",
    "qrels_from_frame",
    "qrels_to_dict",
    "qrels_to_frame",
    "run_from_dict",
    "run_from_frame",
    "run_to_dict",
    "run_to_frame",
]

# our column (and ir_measures') -> ranx's
_RANX = {"query_id": "q_id", "doc_id": "doc_id", "relevance": "score", "score": "score"}


def qrels_from_frame(frame: pandas.DataFrame) -> dict[str, dict[str, int]]:
    """Return qrels from the columns query_id, doc_id, relevance (ranx: q_id, doc_id, score).

    Further columns play no part. Raises JudgmentsError for a missing column, an id that is not
    text, a relevance that is no whole number, or two judgments that differ.
    """
    return to_qrels(judgments_from_frame(frame))


def judgments_from_frame(frame: pandas.DataFrame) -> JudgmentSet:
    """Return every row as it stands, with the column ``rater`` where there is one."""
    rows = _rows(frame, ("query_id", "doc_id", "relevance"), "rater")
    judgments = []
    for place, (query_id, doc_id, relevance, rater) in rows:
        grade = _relevance(relevance, f"row {place}")
        name = rater if isinstance(rater, str) and rater else None
        judgments.append(Judgment(query_id, doc_id, grade, name))
    return JudgmentSet("the frame", tuple(judgments))


def qrels_to_frame(qrels: Qrels) -> pandas.DataFrame:
    """Return a frame with the columns query_id, doc_id, relevance, which ir_measures takes."""
    import pandas

    rows = [(q, d, r) for q, judgments in qrels.items() for d, r in judgments.items()]
    frame = pandas.DataFrame(rows, columns=["query_id", "doc_id", "relevance"])
    return frame.astype({"relevance": "int64"})


def qrels_from_dict(qrels: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return a checked copy of query_id -> doc_id -> relevance, as both libraries have it."""
    return {
        _id(query_id, "query_id", "the dict"): {
            _id(doc_id, "doc_id", f"topic {query_id}"): _relevance(
                relevance, f"topic {query_id}, document {doc_id}"
            )
            for doc_id, relevance in judgments.items()
        }
        for query_id, judgments in qrels.items()
    }


def qrels_to_dict(qrels: Qrels) -> dict[str, dict[str, int]]:
    """Return plain dicts, which ranx and ir_measures take."""
    return {query_id: dict(judgments) for query_id, judgments in qrels.items()}


def run_from_frame(frame: pandas.DataFrame) -> dict[str, list[ScoredDoc]]:
    """Return a run from the columns query_id, doc_id, score (ranx: q_id, doc_id, score).

    Hits come by score, highest first, and equal scores in the order of the rows. Raises
    JudgmentsError for a missing column, a document twice in a topic, a score that is no number.
    """
    rows = _rows(frame, ("query_id", "doc_id", "score"))
    return _run((q, d, score, f"row {place}") for place, (q, d, score, _) in rows)


def run_to_frame(run: Run) -> pandas.DataFrame:
    """Return a frame with the columns query_id, doc_id, score, in the order of the run.

    Both libraries sort by score again; where scores tie they order by rules of their own.
    """
    import pandas

    rows = [(q, hit.doc_id, hit.score) for q, hits in run.items() for hit in hits]
    frame = pandas.DataFrame(rows, columns=["query_id", "doc_id", "score"])
    return frame.astype({"score": "float64"})


def run_from_dict(run: Mapping[str, Mapping[str, Any]]) -> dict[str, list[ScoredDoc]]:
    """Return a run from query_id -> doc_id -> score; order as :func:`run_from_frame` has it."""
    return _run(
        (q, d, score, f"topic {q}, document {d}")
        for q, hits in run.items()
        for d, score in hits.items()
    ) | {query_id: [] for query_id, hits in run.items() if not hits}


def run_to_dict(run: Run) -> dict[str, dict[str, float]]:
    """Return query_id -> doc_id -> score."""
    return {query_id: {hit.doc_id: hit.score for hit in hits} for query_id, hits in run.items()}


def _run(rows: Iterable[tuple[str, str, Any, str]]) -> dict[str, list[ScoredDoc]]:
    scores: dict[str, dict[str, float]] = {}
    for query_id, doc_id, score, place in rows:
        hits = scores.setdefault(_id(query_id, "query_id", place), {})
        if _id(doc_id, "doc_id", place) in hits:
            raise JudgmentsError(f"{place}: document {doc_id} stands twice in topic {query_id}")
        hits[doc_id] = _score(score, place)
    return {
        query_id: sorted((ScoredDoc(d, s) for d, s in hits.items()), key=lambda hit: -hit.score)
        for query_id, hits in scores.items()
    }


def _rows(
    frame: pandas.DataFrame, wanted: Sequence[str], optional: str = ""
) -> Iterable[tuple[Hashable, tuple[Any, Any, Any, Any]]]:
    """Return (label of the row, the wanted cells and the optional one) of every row."""
    present = set(map(str, frame.columns))
    names = list(wanted)
    if "query_id" not in present:
        names = [_RANX[name] for name in wanted]
    missing = [name for name in names if name not in present]
    if missing:
        raise JudgmentsError(
            f"the frame has no column {', '.join(missing)}; its columns are "
            f"{', '.join(map(str, frame.columns))}, and {', '.join(wanted)} are needed"
        )
    cells = [frame[name].tolist() for name in names]
    cells.append(frame[optional].tolist() if optional in present else [None] * len(frame))
    for place, row in zip(frame.index, zip(*cells, strict=True), strict=True):
        _id(row[0], names[0], f"row {place}")
        _id(row[1], names[1], f"row {place}")
        yield place, row


def _id(value: object, name: str, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise JudgmentsError(
            f"{place}: {name} is {value!r}; an id is text: read the column with dtype=str"
        )
    return value


def _relevance(value: object, place: str) -> int:
    try:
        return parse_relevance(value, place, None)
    except JudgmentsError as error:
        raise JudgmentsError(str(error)) from None


def _score(value: object, place: str) -> float:
    try:
        score = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        score = math.nan
    if math.isnan(score):
        raise JudgmentsError(f"{place}: score is {value!r}; it is a number")
    return score

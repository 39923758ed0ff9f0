"""What raters get: documents to judge, as a CSV sheet, a TREC file or a Quepid book.

A sheet with its ``relevance`` filled in is read again as format ``csv`` (docs/formats.md); rows
left empty are not judged. Texts come from documents and queries that anybody may have written, so
no cell may begin as a spreadsheet formula does.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from esqual.errors import JudgmentsError
from esqual.judgments.qrels import check_id

__all__ = ["SHEETS", "SHEET_COLUMNS", "ToJudge", "plain_cell", "safe_cell"]

# The columns of a sheet beside query_id, doc_id and relevance: for the rater's eyes alone.
SHEET_COLUMNS = ("query", "document", "baseline_rank", "candidate_rank", "effect")
# What a spreadsheet takes for the beginning of a formula; a Japanese one knows the wide forms too.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class ToJudge:
    """A pair to be judged. ``fields`` are the document's texts, empty where they are not known."""

    query_id: str
    query: str
    doc_id: str
    baseline_rank: int | None
    candidate_rank: int | None
    effect: float
    fields: Mapping[str, str] = field(default_factory=dict)


def safe_cell(cell: str) -> str:
    """``cell`` with a space before it where it would begin a formula; see :func:`plain_cell`."""
    return f" {cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def plain_cell(cell: str) -> str:
    """Undo :func:`safe_cell`."""
    if cell[:1] == " " and cell.lstrip(" ").startswith(_FORMULA):
        return cell[1:]
    return cell


def _csv(pairs: Sequence[ToJudge]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["query_id", "doc_id", "relevance", *SHEET_COLUMNS])
    for pair in pairs:
        # one line a cell: line breaks and tabs of a document make a sheet unreadable
        document = " ".join(" / ".join(pair.fields.values()).split())
        ranks = ["" if rank is None else rank for rank in (pair.baseline_rank, pair.candidate_rank)]
        cells = [pair.query_id, pair.doc_id, "", " ".join(pair.query.split()), document]
        writer.writerow([*map(safe_cell, cells), *ranks, f"{pair.effect:.6g}"])
    return out.getvalue()


def _trec(pairs: Sequence[ToJudge]) -> str:
    lines = (
        f"{check_id('query_id', pair.query_id, 'holes')} 0 "
        f"{check_id('doc_id', pair.doc_id, 'holes')} -1\n"
        for pair in pairs
    )
    return "".join(lines)


def _quepid(pairs: Sequence[ToJudge]) -> str:
    owner: dict[str, str] = {}
    rows = []
    for pair in pairs:
        other = owner.setdefault(pair.query, pair.query_id)
        if not pair.query or other != pair.query_id:
            why = f"the topics {other} and {pair.query_id} have the same text"
            if not pair.query:
                why = f"the text of topic {pair.query_id} is not known"
            raise JudgmentsError(f"{why}, and Quepid knows queries by their text")
        ranks = [rank for rank in (pair.candidate_rank, pair.baseline_rank) if rank is not None]
        rows.append(
            {
                "query_text": pair.query,
                "doc_id": pair.doc_id,
                "position": ranks[0],
                "document_fields": json.dumps(dict(pair.fields), ensure_ascii=False),
                "judgements": [],
            }
        )
    book = {"name": "esqual holes", "query_doc_pairs": rows}
    return json.dumps(book, ensure_ascii=False, indent=2) + "\n"


# name -> the text of the file
SHEETS: dict[str, Callable[[Sequence[ToJudge]], str]] = {
    "csv": _csv,
    "trec": _trec,
    "quepid": _quepid,
}

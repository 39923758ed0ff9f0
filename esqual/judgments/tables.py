"""Judgments as CSV: a table of our own words, and Quepid's. Formats: docs/formats.md."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from esqual.errors import JudgmentsError
from esqual.judgments.records import Judgment, JudgmentSet, parse_relevance, to_qrels
from esqual.judgments.sheets import SHEET_COLUMNS, plain_cell
from esqual.judgments.text import decode

__all__ = ["iter_csv", "iter_quepid_csv", "read_csv", "read_quepid_csv"]

# What a column may be called: ours and ir_measures' name, then ranx's.
_COLUMNS = {
    "query_id": "query_id",
    "q_id": "query_id",
    "doc_id": "doc_id",
    "relevance": "relevance",
    "score": "relevance",
    "rater": "rater",
    "iteration": "iteration",
}
_NEEDED = ("query_id", "doc_id", "relevance")
_QUEPID = ["query", "docid"]
# A spreadsheet would take a cell that begins so for a formula; Quepid puts a space before it.
_FORMULA = ("-", "=", "+", "@")


def read_csv(path: str | Path, data: bytes) -> JudgmentSet:
    """Read a table with the columns query_id, doc_id, relevance and, if there are, rater.

    In a sheet of ``esqual holes`` further columns are not looked at, and a row whose relevance is
    left empty is not judged. Raises JudgmentsError with path and line for a header or a row that
    does not fit.
    """
    rows = _iter_rows(path, data)
    line, header = next(rows, (1, []))
    is_sheet = any(cell.strip() in SHEET_COLUMNS for cell in header)
    if is_sheet:
        keep = [place for place, cell in enumerate(header) if cell.strip() not in SHEET_COLUMNS]
    else:
        keep = list(range(len(header)))
    names = [_COLUMNS.get(header[place].strip(), "") for place in keep]
    if "" in names or len(set(names)) != len(names) or not set(_NEEDED) <= set(names):
        raise JudgmentsError(
            f"the header reads {','.join(header)!r}; it names the columns query_id, doc_id, "
            "relevance and, if there is one, rater",
            path=path,
            line=line,
        )
    judgments = []
    unjudged: list[str] = []
    for line, cells in rows:
        _check_width(cells, header, path, line)
        row = dict(zip(names, (cells[place] for place in keep), strict=True))
        if is_sheet:
            row = {name: plain_cell(cell) for name, cell in row.items()}
            if not row["relevance"].strip():
                unjudged.append(row["query_id"])
                continue
        for name in _NEEDED:
            if not row[name].strip():
                raise JudgmentsError(f"{name} is empty", path=path, line=line)
        relevance = parse_relevance(row["relevance"].strip(), path, line)
        rater = row.get("rater", "").strip() or None
        judgments.append(Judgment(row["query_id"], row["doc_id"], relevance, rater, line))
    if not judgments:
        what = "every relevance is left empty" if unjudged else "only a header"
        raise JudgmentsError(f"holds no judgment, {what}", path=path)
    judged = {judgment.query for judgment in judgments}
    alone = tuple(dict.fromkeys(query for query in unjudged if query not in judged))
    return JudgmentSet(str(path), tuple(judgments), "query_id", alone)


def iter_csv(judged: JudgmentSet) -> Iterator[str]:
    """Yield the lines of such a table; the column rater stands there when raters are named."""
    raters = bool(judged.raters)
    yield _row([*_NEEDED, "rater"] if raters else _NEEDED)
    seen = set()
    for judgment in judged.judgments:
        row = (judgment.query, judgment.doc_id, str(judgment.relevance), judgment.rater or "")
        if row not in seen:
            seen.add(row)
            yield _row(row if raters else row[:3])


def read_quepid_csv(path: str | Path, data: bytes) -> JudgmentSet:
    """Read ``query,docid,rating``, or a book's ``query,docid,RATER,RATER…``; keyed by text.

    Raises JudgmentsError with path and line for a header or a row that does not fit.
    """
    rows = _iter_rows(path, data)
    line, header = next(rows, (1, []))
    raters = [cell.strip() for cell in header[2:]]
    if [cell.strip() for cell in header[:2]] != _QUEPID or not raters:
        raise JudgmentsError(
            f"the header reads {','.join(header)!r}; Quepid writes query,docid,rating, or for a "
            "book query,docid and a column for each rater",
            path=path,
            line=line,
        )
    if "" in raters or len(set(raters)) != len(raters):
        raise JudgmentsError("the header has a rater without a name or twice", path=path, line=line)
    judgments: list[Judgment] = []
    unjudged: list[str] = []
    for line, cells in rows:
        # a query without ratings stands alone in its row, in older versions without the commas
        cells += [""] * (len(header) - len(cells)) if len(cells) == 1 else []
        _check_width(cells, header, path, line)
        query, doc_id = _plain(cells[0]), cells[1].strip()
        if not query.strip():
            raise JudgmentsError("query is empty", path=path, line=line)
        given = [(r, c.strip()) for r, c in zip(raters, cells[2:], strict=True) if c.strip()]
        if given and not doc_id:
            raise JudgmentsError("has a rating and no docid", path=path, line=line)
        if not given:
            unjudged.append(query)
        for rater, cell in given:
            name = None if raters == ["rating"] else rater
            relevance = parse_relevance(_whole(cell), path, line)
            judgments.append(Judgment(query, doc_id, relevance, name, line))
    if not judgments:
        raise JudgmentsError("holds no rating", path=path)
    rated = {judgment.query for judgment in judgments}
    alone = tuple(dict.fromkeys(query for query in unjudged if query not in rated))
    return JudgmentSet(str(path), tuple(judgments), "text", alone)


def iter_quepid_csv(judged: JudgmentSet) -> Iterator[str]:
    """Yield the lines of Quepid's CSV: of a book when raters are named, else of a case."""
    raters = judged.raters
    if raters and any(judgment.rater is None for judgment in judged.judgments):
        raise JudgmentsError("some judgments name a rater and some do not", path=judged.path)
    yield _row([*_QUEPID, *(_safe(rater) for rater in raters or ["rating"])])
    names: Sequence[str | None] = raters or [None]
    by_rater = []
    for rater in names:
        own = tuple(j._replace(rater=None) for j in judged.judgments if j.rater == rater)
        by_rater.append(to_qrels(JudgmentSet(judged.path, own)))
    pairs = dict.fromkeys((j.query, j.doc_id) for j in judged.judgments)
    for query, doc_id in pairs:
        ratings = (qrels.get(query, {}).get(doc_id, "") for qrels in by_rater)
        yield _row([_safe(query), doc_id, *(str(rating) for rating in ratings)])
    for query in judged.unjudged:
        yield _row([_safe(query), "", *([""] * len(by_rater))])


def _iter_rows(path: str | Path, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which it begins, cells) of every row that is not empty; tabs or commas."""
    text = decode(path, data)
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), strict=True, delimiter="\t" if "\t" in first else ","
    )
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise JudgmentsError(f"is not CSV: {error}", path=path, line=line) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _check_width(cells: Sequence[str], header: Sequence[str], path: str | Path, line: int) -> None:
    if len(cells) != len(header):
        raise JudgmentsError(
            f"has {len(cells)} columns, and the header has {len(header)}: {','.join(header)}",
            path=path,
            line=line,
        )


def _whole(cell: str) -> str:
    """Quepid keeps ratings as floating point numbers and writes 2.0 for 2."""
    whole, dot, fraction = cell.partition(".")
    return whole if dot and fraction and not fraction.strip("0") else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == " " and cell[1:].startswith(_FORMULA) else cell


def _safe(cell: str) -> str:
    return f" {cell}" if cell.startswith(_FORMULA) else cell


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()

"""Qrels in TREC's format: ``query_id 0 doc_id relevance``. Format: docs/formats.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from esqual.errors import JudgmentsError
from esqual.judgments.text import iter_lines, split_columns, write_lines
from esqual.models import Qrels

__all__ = ["read_qrels", "write_qrels"]

_INTEGER = re.compile(r"[+-]?[0-9]+")
# 2^r - 1 must stay a number, and a larger one is a column out of place.
_HIGHEST = 100


def read_qrels(path: str | Path) -> dict[str, dict[str, int]]:
    """Read a qrels file, ``-`` for standard input: query_id -> doc_id -> relevance >= 0.

    A line that repeats another with the same relevance is one judgment. Raises JudgmentsError
    with path and line for two judgments that differ (both lines), a wrong number of columns, a
    relevance that is not a whole number from 0 to 100, or a file without judgments.
    """
    qrels: dict[str, dict[str, int]] = {}
    lines: dict[tuple[str, str], int] = {}
    for number, text in iter_lines(path):
        columns = split_columns(text)
        if len(columns) != 4:
            raise JudgmentsError(
                f"has {len(columns)} columns and needs four: query_id 0 doc_id relevance",
                path=path,
                line=number,
            )
        query_id, _, doc_id, cell = columns
        relevance = _relevance(cell, path, number)
        judgments = qrels.setdefault(query_id, {})
        if judgments.get(doc_id, relevance) != relevance:
            raise JudgmentsError(
                f"topic {query_id}, document {doc_id}: relevance {relevance} here, "
                f"{judgments[doc_id]} in line {lines[query_id, doc_id]}; keep one",
                path=path,
                line=number,
            )
        judgments[doc_id] = relevance
        lines.setdefault((query_id, doc_id), number)
    if not qrels:
        raise JudgmentsError(
            "holds no judgment; a line reads query_id 0 doc_id relevance", path=path
        )
    return qrels


def write_qrels(path: str | Path, qrels: Qrels) -> None:
    """Write ``qrels`` in their order, ``-`` for standard output.

    Raises JudgmentsError for an id with white space, which the format cannot hold.
    """
    write_lines(path, _iter_rows(path, qrels))


def _iter_rows(path: str | Path, qrels: Qrels) -> Iterator[str]:
    for query_id, judgments in qrels.items():
        check_id("query_id", query_id, path)
        for doc_id, relevance in judgments.items():
            yield f"{query_id} 0 {check_id('doc_id', doc_id, path)} {relevance}"


def check_id(kind: str, value: str, path: str | Path) -> str:
    """Return ``value``; raises JudgmentsError when a TREC file cannot hold it."""
    if not value or re.search(r"\s", value):
        raise JudgmentsError(
            f"{kind} {value!r} is empty or has white space, which a TREC file cannot hold; "
            "use ids without it",
            path=path,
        )
    return value


def _relevance(cell: str, path: str | Path, line: int) -> int:
    # The length keeps int() from reading a page of digits.
    if not _INTEGER.fullmatch(cell) or len(cell) > 20 or int(cell) > _HIGHEST:
        raise JudgmentsError(
            f"relevance is {cell[:20]!r}; it is a whole number from 0 to {_HIGHEST}",
            path=path,
            line=line,
        )
    if int(cell) < 0:
        raise JudgmentsError(
            f"relevance is {cell}; tools differ on what a negative one means: write 0 for judged "
            "and not relevant, or take the line out for not judged",
            path=path,
            line=line,
        )
    return int(cell)

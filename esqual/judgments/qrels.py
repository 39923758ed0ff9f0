"""Qrels in TREC's format: ``query_id 0 doc_id relevance``. Format: docs/formats.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from esqual.errors import JudgmentsError
from esqual.judgments.records import Judgment, JudgmentSet, parse_relevance, to_qrels
from esqual.judgments.text import iter_lines, read_bytes, split_columns, write_lines
from esqual.models import Qrels

__all__ = ["check_id", "iter_trec", "read_qrels", "read_trec", "write_qrels"]


def read_qrels(path: str | Path) -> dict[str, dict[str, int]]:
    """Read a qrels file, ``-`` for standard input: query_id -> doc_id -> relevance >= 0.

    A line that repeats another with the same relevance is one judgment. Raises JudgmentsError
    with path and line for two judgments that differ (both lines), a wrong number of columns, a
    relevance that is not a whole number from 0 to 100, or a file without judgments.
    """
    return to_qrels(read_trec(path, read_bytes(path)))


def read_trec(path: str | Path, data: bytes) -> JudgmentSet:
    """Read the bytes of a qrels file, every line as it stands."""
    judgments = []
    for number, text in iter_lines(path, data):
        columns = split_columns(text)
        if len(columns) != 4:
            raise JudgmentsError(
                f"has {len(columns)} columns and needs four: query_id 0 doc_id relevance",
                path=path,
                line=number,
            )
        query_id, _, doc_id, cell = columns
        relevance = parse_relevance(cell, path, number)
        judgments.append(Judgment(query_id, doc_id, relevance, None, number))
    if not judgments:
        raise JudgmentsError(
            "holds no judgment; a line reads query_id 0 doc_id relevance", path=path
        )
    return JudgmentSet(path=str(path), judgments=tuple(judgments))


def write_qrels(path: str | Path, qrels: Qrels) -> None:
    """Write ``qrels`` in their order, ``-`` for standard output.

    Raises JudgmentsError for an id with white space, which the format cannot hold.
    """
    write_lines(path, iter_trec(path, qrels))


def iter_trec(path: str | Path, qrels: Qrels) -> Iterator[str]:
    """Yield the lines of a qrels file, without line ends."""
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

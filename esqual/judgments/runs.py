"""Runs in TREC's format: ``query_id Q0 doc_id rank score tag``. Format: docs/formats.md."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from esqual.errors import JudgmentsError
from esqual.judgments.qrels import check_id
from esqual.judgments.text import iter_lines, split_columns, write_lines
from esqual.models import Run, ScoredDoc

__all__ = ["read_run", "write_run"]


def read_run(path: str | Path) -> dict[str, list[ScoredDoc]]:
    """Read a run, ``-`` for standard input, in the order in which trec_eval sees it.

    That is by score, highest first, and equal scores by document id, last first; the rank column
    plays no part. Raises JudgmentsError with path and line for a document that stands twice in a
    topic (both lines), a wrong number of columns, a score that is no number, or an empty file.
    """
    run: dict[str, list[ScoredDoc]] = {}
    lines: dict[tuple[str, str], int] = {}
    for number, text in iter_lines(path):
        columns = split_columns(text)
        if len(columns) != 6:
            raise JudgmentsError(
                f"has {len(columns)} columns and needs six: query_id Q0 doc_id rank score tag",
                path=path,
                line=number,
            )
        query_id, _, doc_id, _, cell, _ = columns
        first = lines.setdefault((query_id, doc_id), number)
        if first != number:
            raise JudgmentsError(
                f"topic {query_id}: document {doc_id} stands in line {first} already; keep one",
                path=path,
                line=number,
            )
        run.setdefault(query_id, []).append(ScoredDoc(doc_id, _score(cell, path, number)))
    if not run:
        raise JudgmentsError(
            "holds no hit; a line reads query_id Q0 doc_id rank score tag", path=path
        )
    for hits in run.values():
        hits.sort(key=lambda hit: (_single(hit.score), hit.doc_id), reverse=True)
    return run


def write_run(path: str | Path, run: Run, *, tag: str) -> int:
    """Write ``run``, ``-`` for standard output, so that trec_eval sees the same order.

    trec_eval sorts by score, in single precision, and equal scores by document id. The engine's
    scores are kept for a topic where they fall strictly in that precision; elsewhere the scores
    are n, n - 1, … 1 for n hits. Returns the number of topics with such scores. A topic without
    hits has no line: give trec_eval ``-c`` so that it counts. Raises JudgmentsError for an id or
    tag with white space, or a document that stands twice in a topic.
    """
    check_id("tag", tag, path)
    replaced = 0
    rows: list[str] = []
    for query_id, hits in run.items():
        check_id("query_id", query_id, path)
        if len({hit.doc_id for hit in hits}) != len(hits):
            raise JudgmentsError(
                f"topic {query_id}: a document stands twice; if one name stands for several "
                "indices, run each by itself",
                path=path,
            )
        scores: Sequence[float] = [hit.score for hit in hits]
        if not _falls_strictly(scores):
            replaced += 1
            scores = range(len(hits), 0, -1)
        rows.extend(_iter_rows(path, query_id, hits, scores, tag))
    write_lines(path, rows)
    return replaced


def _iter_rows(
    path: str | Path, query_id: str, hits: Sequence[ScoredDoc], scores: Sequence[float], tag: str
) -> Iterator[str]:
    for rank, (hit, score) in enumerate(zip(hits, scores, strict=True), 1):
        yield f"{query_id} Q0 {check_id('doc_id', hit.doc_id, path)} {rank} {score!r} {tag}"


def _falls_strictly(scores: Sequence[float]) -> bool:
    single = [_single(score) for score in scores]
    return all(map(math.isfinite, single)) and all(
        before > after for before, after in itertools.pairwise(single)
    )


def _single(score: float) -> float:
    """Round to single precision, in which trec_eval compares."""
    try:
        return float(struct.unpack("f", struct.pack("f", score))[0])
    except OverflowError:
        return math.copysign(math.inf, score)


def _score(cell: str, path: str | Path, line: int) -> float:
    try:
        score = float(cell)
    except ValueError:
        score = math.nan
    if math.isnan(score):
        raise JudgmentsError(f"score is {cell!r}; it is a number", path=path, line=line)
    return score

"""What was kept, read back as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from esqual.history.database import History
from esqual.history.entries import Entry
from esqual.history.schema import HistoryError, comparison, kept_text, topic_value

__all__ = [
    "count_decisions",
    "entry_at",
    "list_entries",
    "report_of",
    "series_of",
    "text_of",
    "values_of",
]

_FIELDS = (
    *("created_at", "tag", "mode", "verdict", "decision", "measure", "baseline", "candidate"),
    *("low", "high", "n_topics", "topics_digest", "judgments_digest"),
)


def list_entries(history: History, limit: int | None = None) -> list[Entry]:
    """The newest ``limit`` comparisons, or all; oldest first."""
    wanted = sa.select(comparison).order_by(comparison.c.id.desc()).limit(limit)
    with history.transaction() as connection:
        rows = connection.execute(wanted).mappings().all()
    return [_entry(row) for row in reversed(rows)]


def entry_at(history: History, number: int) -> Entry:
    """The comparison of that number. Raises HistoryError where there is none."""
    with history.transaction() as connection:
        found = connection.execute(sa.select(comparison).where(comparison.c.id == number))
        row = found.mappings().first()
        last = connection.execute(sa.select(sa.func.max(comparison.c.id))).scalar()
    if row is None:
        known = "it is empty" if last is None else f"the last one is {last}"
        raise HistoryError(f"there is no comparison {number}; {known} (esqual history list)")
    return _entry(row)


def series_of(history: History, like: Entry, limit: int | None = None) -> list[Entry]:
    """The newest comparisons with the topics, judgments and measure of ``like``, oldest first."""
    column = comparison.c
    wanted = sa.select(comparison).where(
        column.topics_digest == like.topics_digest,
        column.judgments_digest.is_not_distinct_from(like.judgments_digest),
        column.mode == like.mode,
    )
    with history.transaction() as connection:
        rows = connection.execute(wanted.order_by(column.id.desc()).limit(limit)).mappings().all()
    # a text has no portable equality everywhere; the measure is compared here
    return [_entry(row) for row in reversed(rows) if row["measure"] == like.measure]


def values_of(
    history: History, entries: Sequence[Entry]
) -> dict[int, dict[str, tuple[float, float]]]:
    """Number -> query_id -> (baseline, candidate) of the first measure."""
    column = topic_value.c
    answer: dict[int, dict[str, tuple[float, float]]] = {entry.number: {} for entry in entries}
    with history.transaction() as connection:
        for entry in entries:
            found = connection.execute(
                sa.select(column.query_id, column.baseline, column.candidate)
                .where(column.comparison_id == entry.number, column.measure_place == 0)
                .order_by(column.topic_place)
            )
            answer[entry.number] = {query_id: (own, other) for query_id, own, other in found}
    return answer


def text_of(history: History, digest: str | None) -> str | None:
    """A kept text by its digest, None where there is none."""
    if digest is None:
        return None
    with history.transaction() as connection:
        found = connection.execute(sa.select(kept_text.c.body).where(kept_text.c.digest == digest))
        return found.scalar()


def report_of(entry: Entry) -> dict[str, Any]:
    """The JSON of the comparison, without its topics."""
    return dict(json.loads(entry.columns["report"]))


def count_decisions(
    history: History, topics_digest: str, judgments_digest: str | None = None
) -> int:
    """How many commands judged a candidate on these topics: those that gave a verdict.

    Several candidates of one command are one decision, whose gate corrects for their number.
    ``topics_digest`` and ``judgments_digest`` are those of :mod:`esqual.judgments.digests`; without
    the latter whatever was judged counts.
    """
    column = comparison.c
    wanted = sa.select(sa.func.count(sa.distinct(column.batch))).where(
        column.topics_digest == topics_digest, column.verdict.is_not(None)
    )
    if judgments_digest is not None:
        wanted = wanted.where(column.judgments_digest == judgments_digest)
    with history.transaction() as connection:
        return int(connection.execute(wanted).scalar() or 0)


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(number=row["id"], columns=dict(row), **{name: row[name] for name in _FIELDS})

"""Since when a topic has been worse: pure arithmetic on values in the order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Break", "find_breaks"]


@dataclass(frozen=True, slots=True)
class Break:
    """One topic that fell and never came back.

    ``last_good`` is the last comparison in which it stood above today's value by more than was
    asked, ``first_bad`` the next one that has the topic.
    """

    query_id: str
    last_good: int
    first_bad: int
    before: float
    after: float
    now: float

    @property
    def drop(self) -> float:
        """How far the topic fell at the break."""
        return self.before - self.after


def find_breaks(
    series: Sequence[tuple[int, Mapping[str, float]]], least: float = 1e-9
) -> list[Break]:
    """(number, query_id -> value), oldest first -> the breaks, deepest first, ties by query_id.

    A topic is broken where its newest value is more than ``least`` below an earlier one; it broke
    after the last such value. Topics that the newest comparison has not got are left out.
    """
    found = []
    for query_id, now in series[-1][1].items() if series else ():
        points = [(number, values[query_id]) for number, values in series if query_id in values]
        good = [place for place, (_, value) in enumerate(points) if value - now > least]
        if good:
            (last, before), (first, after) = points[good[-1]], points[good[-1] + 1]
            found.append(Break(query_id, last, first, before, after, now))
    return sorted(found, key=lambda row: (-row.drop, row.query_id))

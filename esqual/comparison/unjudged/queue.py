"""The order in which judging unjudged documents closes in on the true delta.

The effect of judging a document is the expected move of its topic's bound,
Σ over grades g of q(g) · |bound after grade g - bound now|, with q(g) the share of the grade among
the judged hits of both arms, one judgment spread over all grades added. Within a topic the
document with the greatest effect comes first, then the next one *given that the first was not
relevant*, and so on: what one judgment changes depends on those before it. Where effects would
rise from one to the next they are pooled to their mean, so that topics can be merged by effect,
times the topic's weight. Documents that neither arm shows are taken to be none: no rater can be
asked about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from esqual.comparison.unjudged.bounds import topic_bound
from esqual.measures import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from esqual.comparison.unjudged.pages import PageTable

    Floats = NDArray[np.float64]

__all__ = ["Place", "Side", "deciding_order"]

Side = Literal["low", "high"]

# Smaller effects are rounding; effects that agree to as many decimals are equal.
_DECIMALS = 12


class Place(NamedTuple):
    """A document by its place in the table, and its effect on the mean."""

    topic: int
    column: int
    effect: float


def deciding_order(measure: Measure, table: PageTable, weights: Floats, side: Side) -> list[Place]:
    """Every unjudged document that can move the bound ``side`` of the mean, greatest effect first.

    ``weights``, shape (n,), add up to 1. Equal effects are in the order of topics, then of the best
    rank, then of document ids.
    """
    steps = _steps(measure, table, side)
    rows = []
    for topic, moves in enumerate(steps):
        for block, (columns, effect) in enumerate(_pooled(moves)):
            weighed = round(effect * float(weights[topic]), _DECIMALS)
            if weighed > 0:
                rows.append((-weighed, topic, block, columns))
    rows.sort(key=lambda row: row[:3])
    return [
        Place(topic, column, -effect) for effect, topic, _, columns in rows for column in columns
    ]


def _steps(measure: Measure, table: PageTable, side: Side) -> list[list[tuple[float, int]]]:
    """For every topic its documents in the order to be judged: (effect, column)."""
    steps: list[list[tuple[float, int]]] = [[] for _ in range(len(table))]
    grades, shares = _expected_grades(table)
    preference = _preference(table)
    # topics that are judged through, or whose bound cannot move, drop out
    places = np.flatnonzero(table.is_unjudged.any(axis=1))
    now = table.rows(places)
    bound = topic_bound(measure, now, side, 0)[0]
    while len(places):
        moves = _moves(measure, now, side, bound, grades, shares)
        first = np.lexsort((preference[places], -np.round(moves, _DECIMALS)))[:, 0]
        for place, column, move in zip(
            places, first, moves[np.arange(len(places)), first], strict=True
        ):
            steps[place].append((float(move), int(column)))
        now = now.judged(first, 0)
        bound = topic_bound(measure, now, side, 0)[0]
        other = topic_bound(measure, now, "high" if side == "low" else "low", 0)[0]
        open_ = now.is_unjudged.any(axis=1) & (np.abs(bound - other) > 10.0**-_DECIMALS)
        places, now, bound = places[open_], now.rows(np.flatnonzero(open_)), bound[open_]
    return steps


def _moves(
    measure: Measure,
    table: PageTable,
    side: Side,
    bound: Floats,
    grades: Sequence[int],
    shares: Sequence[float],
) -> Floats:
    """Expected move of each topic's bound per document, shape (n, m); -1 where there is none."""
    moves = np.where(table.is_unjudged, 0.0, -1.0)
    for column in range(table.is_unjudged.shape[1]):
        rows = np.flatnonzero(table.is_unjudged[:, column])
        if not rows.size:
            continue
        part, columns = table.rows(rows), np.full(len(rows), column)
        for grade, share in zip(grades, shares, strict=True):
            after = topic_bound(measure, part.judged(columns, grade), side, 0)[0]
            moves[rows, column] += share * np.abs(after - bound[rows])
    return moves


def _expected_grades(table: PageTable) -> tuple[list[int], list[float]]:
    shown = table.judged_grades[np.isfinite(table.judged_ranks).any(axis=0)]
    grades = [0, *table.levels.tolist()]
    counts = [int((shown == grade).sum()) + 1.0 / len(grades) for grade in grades]
    return grades, [count / sum(counts) for count in counts]


def _preference(table: PageTable) -> NDArray[np.int64]:
    """Rank among equal effects: by best rank in either arm, then document id; shape (n, m)."""
    preference = np.zeros(table.is_unjudged.shape, dtype=np.int64)
    best = table.ranks.min(axis=0)
    for topic, documents in enumerate(table.unjudged):
        ranked = sorted(zip(best[topic], documents, range(len(documents)), strict=False))
        preference[topic, [column for *_, column in ranked]] = np.arange(len(ranked))
    return preference


def _pooled(moves: Sequence[tuple[float, int]]) -> list[tuple[list[int], float]]:
    """Blocks of columns with their mean effect, such that effects never rise."""
    blocks: list[tuple[list[int], float]] = []
    for effect, column in moves:
        columns, mean = [column], effect
        while blocks and mean > blocks[-1][1]:
            before, earlier = blocks.pop()
            mean = (mean * len(columns) + earlier * len(before)) / (len(columns) + len(before))
            columns = before + columns
        blocks.append((columns, mean))
    return blocks

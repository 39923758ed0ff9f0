"""From the pages of a comparison to the bounds of its delta: which method for which measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from esqual.comparison.unjudged.first_hits import err_high, first_high
from esqual.comparison.unjudged.pages import PageTable
from esqual.comparison.unjudged.precisions import ap_high
from esqual.comparison.unjudged.sums import ratio_high, sum_high
from esqual.comparison.values import BoundMethod, DeltaBounds
from esqual.measures import Measure
from esqual.measures.base import Condensable, refuse_above
from esqual.measures.binary import AP, RR, P, R, Success
from esqual.measures.graded import DCG, ERR, NDCG, RBP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["mean_bounds", "measure_bounds", "no_bound", "topic_bound", "topic_bounds"]


def no_bound(measure: Measure) -> str | None:
    """Why the measure has no bound, None when it has."""
    if isinstance(measure, Condensable) and measure.judged_only:
        return "unjudged hits are taken out of its list; look at the bounds of the plain measure"
    if not isinstance(measure, (AP, DCG, ERR, P, R, RBP, RR, Success)):
        return f"no sound bound is known for {measure.NAME}"
    return None


def topic_bounds(
    measure: Measure, table: PageTable, unretrieved: int | None = None
) -> tuple[Floats, Floats, BoundMethod]:
    """Lowest and highest delta of every topic, each shape (n,), and how sure they are.

    ``unretrieved`` relevant documents at most are unknown beside the lists; by default the
    cutoff, without one the longest list. Raises ValueError for a measure that has no bound (see
    :func:`no_bound`), MeasureError for one whose scale ends below the table's top grade.
    """
    low, exact = topic_bound(measure, table, "low", unretrieved)
    high, also_exact = topic_bound(measure, table, "high", unretrieved)
    return low, high, "exact" if exact and also_exact else "sound"


def topic_bound(
    measure: Measure,
    table: PageTable,
    side: Literal["low", "high"],
    unretrieved: int | None = None,
) -> tuple[Floats, bool]:
    """One side of :func:`topic_bounds`, shape (n,), and whether it is exact everywhere."""
    why = no_bound(measure)
    if why is not None:
        raise ValueError(f"{measure}: {why}")
    if isinstance(measure, (ERR, RBP)) and measure.max_rel is not None:
        refuse_above(measure, table.top_grade, measure.max_rel)
    if unretrieved is None:
        unretrieved = measure.cutoff or table.depth
    if side == "high":
        return _high(measure, table, unretrieved)
    swapped = replace(table, ranks=table.ranks[::-1], judged_ranks=table.judged_ranks[::-1])
    high, exact = _high(measure, swapped, unretrieved)
    return -high, exact


def _high(measure: Measure, table: PageTable, unretrieved: int) -> tuple[Floats, bool]:
    if isinstance(measure, (NDCG, R)):
        return ratio_high(measure, table, unretrieved), True
    if isinstance(measure, (RR, Success)):
        return first_high(measure, table), True
    if isinstance(measure, ERR):
        return err_high(measure, table)
    if isinstance(measure, AP):
        return ap_high(measure, table, unretrieved)
    return sum_high(measure, table), True


def mean_bounds(
    low: Floats,
    high: Floats,
    weights: Floats,
    counted: NDArray[np.bool_],
) -> tuple[float, float]:
    """Lowest and highest weighted mean delta; all arguments have shape (n,).

    Topics that are not ``counted`` have no relevant document yet. One that an assignment gives
    one comes into the mean, at a delta between its own bounds (0 is always among them: the
    relevant document may be one that neither arm shows). The highest mean takes those in whose
    ``high`` is above it, the largest first; the lowest mirrors that. **Exact** where the topics'
    bounds are.
    """
    return -_highest(-low, weights, counted), _highest(high, weights, counted)


def _highest(high: Floats, weights: Floats, counted: NDArray[np.bool_]) -> float:
    total = float(weights[counted].sum())
    mean = float(weights[counted] @ high[counted]) / total if total else -np.inf
    others = np.flatnonzero(~counted)
    for t in others[np.argsort(-high[others], kind="stable")]:
        if high[t] <= mean:
            break
        before = mean * total if total else 0.0
        total += float(weights[t])
        mean = (before + float(weights[t]) * float(high[t])) / total
    return mean


def measure_bounds(
    measure: Measure,
    table: PageTable,
    weights: Sequence[float],
    n_counted: int,
    unretrieved: int | None = None,
) -> DeltaBounds | None:
    """The bounds of one measure, None where it has none (see :func:`no_bound`).

    The first ``n_counted`` topics of ``table`` are those that the mean counts, the others are left
    out of it; ``weights`` has one number above 0 for each topic.
    """
    if no_bound(measure) is not None:
        return None
    if unretrieved is None:
        unretrieved = measure.cutoff or table.depth
    low, high, method = topic_bounds(measure, table, unretrieved)
    weighed = np.asarray(weights, dtype=np.float64)
    counted = np.arange(len(table)) < n_counted
    everything = mean_bounds(low, high, weighed, counted)
    own = slice(0, n_counted)
    alone = mean_bounds(low[own], high[own], weighed[own], counted[own])
    return DeltaBounds(
        low=everything[0],
        high=everything[1],
        method=method,
        counted_low=alone[0],
        counted_high=alone[1],
        topics=tuple(zip(low[own].tolist(), high[own].tolist(), strict=True)),
        top_grade=table.top_grade,
        unretrieved=unretrieved,
        unjudged=int(table.is_unjudged.sum()),
    )

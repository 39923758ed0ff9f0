"""Bounds for measures that are sums over ranks, divided by nothing or by an ideal sum.

With w(d) = weight of d's rank for the candidate - weight for the baseline, and g(d) its gain,
delta = N / I, where N = Σ g(d) w(d) over the documents shown. For DCG, P and RBP I is 1, and each
unjudged document is taken at the top gain where w(d) has the wanted sign, else at 0. **Exact.**

For nDCG and R, I = Σ over levels v of (v - next lower gain) · D(documents with gain ≥ v), D(i) the
weight of the first i ideal ranks: the ideal list counted level by level instead of document by
document. N counts the same way: if n(v) documents get at least v, the best are those with the
largest w, so N = N(judged) + Σ (v - next) · W(n(v)), W the prefix sums of w sorted downwards.

* If N can be above 0, the largest N / I is the root λ of
  F(λ) = N(judged) + Σ (v - next) · max over n of [W(n) - λ D(j(v) + n)] = 0, j(v) the judged
  documents with a gain of v or more, and no unseen document helps. The levels may choose n alone:
  where more documents are judged D rises slower, so the best n only grows towards the lower
  levels, and what they choose fits together. F is convex and falls; Newton's steps from 0 reach
  the root from below (Dinkelbach 1967, doi:10.1287/mnsc.13.7.492), after finitely many steps.
* Else -N / I is to be small, so I large: all unseen documents at the top gain; N and I are then
  both largest where each unjudged one is at 0 or at the top, so the n top ones, tried for every n.

Both are **exact**. The lowest delta is the highest of the same lists with the arms swapped, with
its sign turned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from esqual.measures import Measure
from esqual.measures.binary import P, R
from esqual.measures.graded import DCG, NDCG, RBP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from esqual.comparison.unjudged.pages import PageTable

    Floats = NDArray[np.float64]

__all__ = ["ratio_high", "sum_high"]

# Cells of the largest array that is held at once.
_CELLS = 2_000_000
_STEPS = 100
_SMALLEST_STEP = 1e-14


def sum_high(measure: Measure, table: PageTable) -> Floats:
    """The highest delta of every topic for DCG, P and RBP, shape (n,)."""
    gain, weigh = _gain(measure), _weights(measure)
    judged = weigh(table.judged_ranks[1]) - weigh(table.judged_ranks[0])
    open_ = weigh(table.ranks[1]) - weigh(table.ranks[0])
    top = float(gain(np.array([table.top_grade]))[0])
    fixed = (gain(table.judged_grades) * judged).sum(axis=1)
    high: Floats = fixed + top * np.maximum(open_, 0.0).sum(axis=1)
    return high


def ratio_high(measure: Measure, table: PageTable, unretrieved: int) -> Floats:
    """The highest delta of every topic for nDCG and R, shape (n,)."""
    cells = max(1, len(table.levels)) * (table.is_unjudged.shape[1] + 1)
    step = max(1, _CELLS // cells)
    parts = [
        _ratio_high(measure, table.rows(slice(start, start + step)), unretrieved)
        for start in range(0, len(table), step)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def _ratio_high(measure: Measure, table: PageTable, unretrieved: int) -> Floats:
    gain, weigh = _gain(measure), _weights(measure)
    top = float(gain(np.array([table.top_grade]))[0])
    highest = max(top, 1.0)  # a quotient: gains of 2^100 shall not drown what is small
    gains = gain(table.levels) / highest
    steps = np.diff(gains, prepend=0.0)
    counts, steps = table.at_least[:, steps > 0], steps[steps > 0]

    judged = weigh(table.judged_ranks[1]) - weigh(table.judged_ranks[0])
    fixed: Floats = (gain(table.judged_grades) / highest * judged).sum(axis=1)
    open_ = weigh(table.ranks[1]) - weigh(table.ranks[0])
    m = open_.shape[1]
    # columns without a document come last and never pay
    open_ = -np.sort(-np.where(table.is_unjudged, open_, -np.inf), axis=1)
    first = np.zeros((len(table), 1))
    gained = np.concatenate((first, np.cumsum(open_, axis=1)), axis=1)
    ideal = _ideal(measure, int(counts.max(initial=0)) + m + unretrieved)

    # gains that no unjudged document can have do not move
    movable = gains[-1] if top > 0 and len(gains) else 0.0
    if movable == 0.0:
        gained = np.where(np.arange(m + 1) == 0, 0.0, -np.inf)[None, :].repeat(len(table), axis=0)
    best = fixed + movable * gained.max(axis=1)  # W(0) = 0
    rising = _root(fixed, steps, gained, ideal[counts[:, :, None] + np.arange(m + 1)])

    extra = unretrieved if top > 0 else 0
    reached = np.isfinite(gained)
    sums = fixed[:, None] + movable * np.where(reached, gained, 0.0)
    totals = (steps[:, None] * ideal[counts[:, :, None] + np.arange(m + 1) + extra]).sum(axis=1)
    falling = np.divide(
        sums,
        totals,
        out=np.full_like(totals, -np.inf),
        where=(totals > 0) & reached,
    ).max(axis=1)
    return np.where(best > 0, rising, np.where(best < 0, falling, 0.0))


def _root(fixed: Floats, steps: Floats, gained: Floats, ideal: Floats) -> Floats:
    """The λ at which F(λ) is 0, from below; shapes (n,), (l,), (n, m + 1), (n, l, m + 1)."""
    rate = np.zeros(len(fixed))
    for _ in range(_STEPS):
        taken = gained[:, None, :] - rate[:, None, None] * ideal
        places = taken.argmax(axis=2)[:, :, None]
        paid = np.take_along_axis(taken, places, axis=2)[:, :, 0] @ steps
        slope = np.take_along_axis(ideal, places, axis=2)[:, :, 0] @ steps
        left = fixed + paid
        step = np.divide(left, slope, out=np.zeros_like(rate), where=slope > 0)
        if not (step > _SMALLEST_STEP).any():
            break
        rate = rate + np.maximum(step, 0.0)
    return rate


def _weights(measure: Measure) -> Callable[[Floats], Floats]:
    """Weight of a rank, 0 for one below the cutoff or infinite."""
    cutoff = np.inf if measure.cutoff is None else measure.cutoff

    def weigh(ranks: Floats) -> Floats:
        counts = np.isfinite(ranks) & (ranks <= cutoff)
        inside = np.where(counts, ranks, 1.0)
        if isinstance(measure, DCG):
            weights = 1.0 / np.log2(inside + 1.0)
        elif isinstance(measure, RBP):
            weights = (1.0 - measure.p) * measure.p ** (inside - 1.0)
        elif isinstance(measure, P):
            weights = np.full_like(inside, 1.0 / cutoff)
        else:
            weights = np.ones_like(inside)
        return np.where(counts, weights, 0.0)

    return weigh


def _gain(measure: Measure) -> Callable[[NDArray[np.int64]], Floats]:
    def gain(grades: NDArray[np.int64]) -> Floats:
        values = np.maximum(grades, 0).astype(np.float64)
        if isinstance(measure, DCG):
            return values if measure.dcg == "log2" else np.exp2(values) - 1.0
        if isinstance(measure, RBP) and measure.max_rel is not None:
            return values / measure.max_rel
        assert isinstance(measure, (P, R, RBP))
        assert measure.rel is not None
        return (values >= measure.rel).astype(np.float64)

    return gain


def _ideal(measure: Measure, longest: int) -> Floats:
    """Weight of the first i ranks of the ideal list, i = 0 … ``longest``."""
    if isinstance(measure, NDCG):
        weights = 1.0 / np.log2(np.arange(1, longest + 1) + 1.0)
        if measure.ideal == "cutoff" and measure.cutoff is not None:
            weights[measure.cutoff :] = 0.0
    else:
        weights = np.ones(longest)
    return np.concatenate((np.zeros(1), np.cumsum(weights)))

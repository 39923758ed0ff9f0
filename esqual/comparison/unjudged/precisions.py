"""A bound for AP. **Sound**, and exact where a topic has at most one unjudged document.

With X the relevant documents and p(d) a document's rank (infinite below the cutoff), AP = Q / |X|,
Q = Σ of 1/p(d) over X + Σ of 1/max(p(d), p(e)) over the pairs of X: each precision counted pair by
pair. So the difference of the arms is, over the set S of unjudged documents that are relevant,

    Q(candidate) - Q(baseline) = known + Σ a(d) + Σ over pairs b(d, e)

with a(d), b(d, e) the same terms of the candidate minus those of the baseline. For |S| = s let
each of a pair have half of b; no document has more than s - 1 partners, so the difference is at
most known + the s largest of [a(d) + half the sum of the s - 1 largest positive b(d, ·)]. That,
divided by the relevant documents there are then (with the unseen ones where it is below 0), at
its largest over s is the bound. The lowest delta is the same with the arms swapped.

Sorting every b(d, ·) takes the square of the documents. Where there are more than ``PAIRED`` the
baseline's part of b is left out: of any s documents the j-th on the candidate's page cannot stand
above the j-th of all, so its pairs with those above it give at most (j - 1) / p of that one. Wider,
and at a hundred hits and more below the judged ones a bound says little anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from esqual.measures.binary import AP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from esqual.comparison.unjudged.pages import PageTable

    Floats = NDArray[np.float64]

__all__ = ["PAIRED", "ap_high"]

#: unjudged documents of a topic up to which each pair is looked at
PAIRED = 400


def ap_high(measure: AP, table: PageTable, unretrieved: int) -> tuple[Floats, bool]:
    """An upper bound of every topic's delta, shape (n,), and whether all are exact."""
    cutoff = np.inf if measure.cutoff is None else measure.cutoff
    can_be_relevant = table.top_grade >= measure.rel
    relevant = (table.at_least[:, table.levels >= measure.rel]).max(axis=1, initial=0)
    high = np.zeros(len(table))
    most = 0
    for t in range(len(table)):
        keep = table.judged_grades[t] >= measure.rel
        judged = _below(table.judged_ranks[:, t][:, keep], cutoff)
        open_ = _below(table.ranks[:, t][:, table.is_unjudged[t]], cutoff)
        if not can_be_relevant:
            open_ = open_[:, :0]
        most = max(most, open_.shape[1])
        high[t] = _ap_high(judged, open_, int(relevant[t]), unretrieved * can_be_relevant)
    return high, most <= 1


def _ap_high(judged: Floats, open_: Floats, relevant: int, unretrieved: int) -> float:
    pairs = _terms(judged, judged)
    # the diagonal is 1 / p(d) and counts once, every pair stands twice
    known = float(pairs.sum() + np.trace(pairs)) / 2.0
    m = open_.shape[1]
    alone = 1.0 / open_[1] - 1.0 / open_[0] + _terms(open_, judged).sum(axis=1)
    gains = _paired_gains(alone, open_) if m <= PAIRED else _far_gains(alone, open_)
    tops = known + np.concatenate(([0.0], gains))
    counts = relevant + np.arange(m + 1.0)
    counts = np.where(tops < 0, counts + unretrieved, counts)
    return float(np.divide(tops, counts, out=np.zeros(m + 1), where=counts > 0).max())


def _paired_gains(alone: Floats, open_: Floats) -> Floats:
    """What s = 1 … m relevant documents bring at most, half of each pair's gain to either."""
    m = len(alone)
    shared = np.maximum(_terms(open_, open_), 0.0)
    np.fill_diagonal(shared, 0.0)
    partners = np.concatenate((np.zeros((m, 1)), np.cumsum(-np.sort(-shared, axis=1), axis=1)), 1)
    # column s - 1: what a document brings at most when s are relevant
    brings = alone[:, None] + partners[:, :m] / 2.0
    gains: Floats = np.diagonal(np.cumsum(-np.sort(-brings, axis=0), axis=0))
    return gains


def _far_gains(alone: Floats, open_: Floats) -> Floats:
    """The same from the candidate's ranks alone: wider, without a look at the pairs."""
    pairs = np.arange(len(alone)) / np.sort(open_[1])
    if not (open_[1] < open_[0]).any():
        # no document stands higher than before, so no pair does
        pairs[:] = 0.0
    gains: Floats = np.cumsum(-np.sort(-alone)) + np.cumsum(pairs)
    return gains


def _below(ranks: Floats, cutoff: float) -> Floats:
    return np.where(ranks <= cutoff, ranks, np.inf)


def _terms(left: Floats, right: Floats) -> Floats:
    """1 / max(p(d), p(e)) of the candidate minus the baseline, shape (left, right)."""
    latest = np.maximum(left[:, :, None], right[:, None, :])
    terms: Floats = 1.0 / latest[1] - 1.0 / latest[0]
    return terms

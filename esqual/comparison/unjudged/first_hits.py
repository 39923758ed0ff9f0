"""Bounds for measures of the first relevant hits: RR and Success, and ERR.

**RR, Success: exact.** The highest delta needs at most one unjudged document to be relevant: with
p(arm) the rank of the first judged relevant hit, it is the largest value(min(p(candidate), rank of
d there)) - value(min(p(baseline), rank of d there)) over no document and over each unjudged d. A
second relevant document could only come earlier in the candidate, which is then the one to choose,
or raise the baseline.

**ERR: exact or sound.** It grows with every R(d), and delta is linear in each of them alone, so
the extremes lie where each unjudged document is at 0 or at the top grade. One that only the
candidate shows is at the top for the highest delta, one that only the baseline shows at 0; those
that both show, s of them, are tried in all 2^s ways. Of more than 8 the other ones, further down,
are granted the top in the candidate and 0 in the baseline at once, which no assignment does: the
bound is then sound, and not always reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from esqual.measures.binary import RR, Success
from esqual.measures.graded import ERR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from esqual.comparison.unjudged.pages import PageTable

    Floats = NDArray[np.float64]

__all__ = ["err_high", "first_high"]

_TRIED = 8


def first_high(measure: RR | Success, table: PageTable) -> Floats:
    """The highest delta of every topic for RR and Success, shape (n,)."""
    cutoff = np.inf if measure.cutoff is None else measure.cutoff

    def value(ranks: Floats) -> Floats:
        inside = ranks <= min(cutoff, 1e15)
        worth = 1.0 / ranks if isinstance(measure, RR) else np.ones_like(ranks)
        return np.where(inside, worth, 0.0)

    relevant = table.judged_grades >= measure.rel
    first = np.where(relevant, table.judged_ranks, np.inf).min(axis=2, initial=np.inf)
    high: Floats = value(first[1]) - value(first[0])
    if table.top_grade >= measure.rel and table.ranks.shape[2]:
        earliest = np.minimum(first[:, :, None], table.ranks)
        high = np.maximum(high, (value(earliest[1]) - value(earliest[0])).max(axis=1))
    return high


def err_high(measure: ERR, table: PageTable) -> tuple[Floats, bool]:
    """The highest delta of every topic, shape (n,), and whether all are exact."""
    answers = [_err_high(measure, table, t) for t in range(len(table))]
    return np.array([high for high, _ in answers]), all(exact for _, exact in answers)


def _err_high(measure: ERR, table: PageTable, t: int) -> tuple[float, bool]:
    k = table.depth if measure.cutoff is None else measure.cutoff
    top = (2.0**table.top_grade - 1) / 2.0**measure.max_rel
    known = np.zeros((2, k + 1))
    stops = (np.exp2(table.judged_grades[t]) - 1) / 2.0**measure.max_rel
    places = _places(table.judged_ranks[:, t], k)
    for arm in (0, 1):
        known[arm, places[arm]] = stops
    open_ = _places(table.ranks[:, t], k)
    known[:, k] = 0.0
    alone = (open_[1] < k) & (open_[0] == k)
    known[1, open_[1][alone]] = top
    both = np.flatnonzero((open_[0] < k) & (open_[1] < k))
    if np.array_equal(open_[0][both], open_[1][both]) and np.array_equal(known[0], known[1]):
        return 0.0, True
    both = both[np.argsort(open_[:, both].min(axis=0), kind="stable")]
    tried, granted = both[:_TRIED], both[_TRIED:]
    known[1, open_[1][granted]] = top
    ways = (np.arange(2 ** len(tried))[:, None] >> np.arange(len(tried)) & 1) * top
    values = []
    for arm in (0, 1):
        filled = np.repeat(known[arm][None, :k], len(ways), axis=0)
        filled[:, open_[arm][tried]] = ways
        values.append(_err(filled))
    return float((values[1] - values[0]).max()), not granted.size


def _places(ranks: Floats, k: int) -> NDArray[np.int64]:
    """Ranks as places from 0; what lies below rank ``k`` is at place ``k``."""
    return np.where(ranks <= k, ranks - 1, k).astype(np.int64)


def _err(stops: Floats) -> Floats:
    """ERR of lists given as the chance to stop at each rank, shape (lists, k)."""
    looking = np.cumprod(1.0 - stops, axis=1)
    looking = np.concatenate((np.ones((len(stops), 1)), looking[:, :-1]), axis=1)
    value: Floats = (looking * stops / np.arange(1, stops.shape[1] + 1)).sum(axis=1)
    return value

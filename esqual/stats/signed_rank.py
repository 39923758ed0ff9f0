"""Wilcoxon's signed-rank test: exact for few topics, equal deltas or not.

The exact distribution of the rank sum is counted rank by rank (Streitberg, Röhmel 1986, the shift
algorithm), with mid-ranks for equal deltas, doubled so that they are whole numbers. scipy counts
it for different deltas alone, otherwise tries thousands of sign flips, which takes seconds, and
its module of tests takes longer to load than all of these statistics; the tests hold us to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["signed_rank_test"]

#: untied topics up to which the distribution is counted; scipy's own limit for different deltas
EXACT_UP_TO = 50


def signed_rank_test(values: NDArray[np.float64]) -> tuple[float, str]:
    """Two-sided p-value of deltas, shape (n_topics,), and what was done; zeros are dropped.

    Raises ValueError where every delta is 0.
    """
    untied = values[values != 0]
    if not untied.size:
        raise ValueError("every delta is 0: there is nothing to rank")
    _, group, sizes = np.unique(np.abs(untied), return_inverse=True, return_counts=True)
    # the mean of the places that equal deltas take, twice
    doubled = (2 * np.cumsum(sizes) - sizes + 1)[group]
    positive, total = int(doubled[untied > 0].sum()), int(doubled.sum())
    least = min(positive, total - positive)
    if untied.size > EXACT_UP_TO:
        # each rank is in the sum or not by the toss of a coin
        z = (least - total / 2) / np.sqrt(np.square(doubled.astype(float)).sum() / 4)
        return float(2 * ndtr(z)), "Wilcoxon signed-rank, zeros dropped (wilcox), normal"
    # shares[t]: how many of all sign patterns give the doubled sum t; symmetric about the middle
    shares = np.zeros(total + 1)
    shares[0] = 1.0
    for rank in doubled:
        shares[rank:] += shares[:-rank].copy()
        shares /= 2.0
    tail = float(shares[: least + 1].sum())
    return min(1.0, 2 * tail), "Wilcoxon signed-rank, zeros dropped (wilcox), exact"

"""Wilcoxon's signed-rank test: exact for few topics, equal deltas or not.

The exact distribution of the rank sum is counted rank by rank (Streitberg, Röhmel 1986, the shift
algorithm), with mid-ranks for equal deltas, doubled so that they are whole numbers. scipy counts
it for different deltas alone and otherwise tries thousands of sign flips, which takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata, wilcoxon

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
    if untied.size > EXACT_UP_TO:
        answer = wilcoxon(untied, zero_method="wilcox", method="asymptotic")
        return float(answer.pvalue), "Wilcoxon signed-rank, zeros dropped (wilcox), normal"
    doubled = np.rint(2 * rankdata(np.abs(untied))).astype(int)
    # shares[t]: how many of all sign patterns give the rank sum t / 2; symmetric about the middle
    shares = np.zeros(int(doubled.sum()) + 1)
    shares[0] = 1.0
    for rank in doubled:
        shares[rank:] += shares[:-rank].copy()
        shares /= 2.0
    positive = int(doubled[untied > 0].sum())
    least = min(positive, int(doubled.sum()) - positive)
    tail = float(shares[: least + 1].sum())
    return min(1.0, 2 * tail), "Wilcoxon signed-rank, zeros dropped (wilcox), exact"

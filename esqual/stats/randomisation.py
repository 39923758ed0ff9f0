"""The randomisation (sign-flip) test: were the arms exchangeable, each sign would be a coin.

Under the hypothesis that swapping the two arms of a topic changes nothing, the signs of the
deltas are independent and even. The p-value is the share of sign patterns whose sum is at least
as far from 0 as the one seen. Tied topics have no sign and change nothing.
Source: Fisher, The Design of Experiments (1935), §21; for retrieval doi:10.1145/1321440.1321528.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from esqual.stats.deltas import Deltas

__all__ = ["least_p_value", "sign_flip_test"]

Floats = NDArray[np.float64]

# Sign patterns that are counted one by one: 2^20, or as many sums where sizes repeat.
_MAX_SUMS = 2**20
_BLOCK = 8


def least_p_value(n_untied: int) -> float:
    """The smallest two-sided p-value that ``n_untied`` topics can give: 2^(1 - n_untied)."""
    return 1.0 if n_untied == 0 else 2.0 ** (1 - n_untied)


def sign_flip_test(deltas: Deltas, *, seed: int, resamples: int) -> tuple[float, str]:
    """The two-sided p-value of the (weighted) mean delta, and the name of what was done.

    Exact where 2^20 sums hold every sign pattern: always up to 20 untied topics, and beyond where
    deltas repeat. Else Monte Carlo with ``resamples`` draws, (1 + hits) / (1 + resamples).
    """
    terms = deltas.weights * deltas.values
    terms = terms[terms != 0]
    if not terms.size:
        return 1.0, "randomisation, exact"
    sizes, counts = np.unique(np.round(np.abs(terms), 12), return_counts=True)
    # equal sums in another order must stay equal
    limit = abs(math.fsum(terms)) - 1e-9 * max(1.0, float(np.abs(terms).sum()))
    if math.prod(int(c) + 1 for c in counts) <= _MAX_SUMS:
        return _exact(sizes, counts, limit), "randomisation, exact"
    hits = _drawn(np.sort(np.abs(terms)), limit, np.random.default_rng(seed), resamples)
    return (1 + hits) / (1 + resamples), f"randomisation, {resamples} resamples"


def _exact(sizes: Floats, counts: NDArray[np.int64], limit: float) -> float:
    """Every sum that signs can make, with its probability: one group of equal sizes at a time."""
    sums, shares = np.zeros(1), np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        plus = np.arange(count + 1)
        even = np.exp(
            gammaln(count + 1) - gammaln(plus + 1) - gammaln(count - plus + 1) - count * np.log(2)
        )
        sums = (sums[:, None] + (2 * plus - count) * size).ravel()
        shares = (shares[:, None] * even).ravel()
    return min(1.0, float(shares[np.abs(sums) >= limit].sum()))


def _drawn(sizes: Floats, limit: float, rng: np.random.Generator, resamples: int) -> int:
    """How many of ``resamples`` random sign patterns reach ``limit``.

    Eight topics at a time: their 256 signed sums stand in a table, and one random byte picks one.
    """
    sums = np.zeros(resamples)
    for start in range(0, len(sizes), _BLOCK):
        table = np.zeros(1)
        for size in sizes[start : start + _BLOCK]:
            table = np.concatenate((table - size, table + size))
        drawn = rng.integers(0, 256, resamples, dtype=np.uint8)
        # a short last block has fewer sums; its size divides 256, so they stay even
        sums += table[drawn & np.uint8(len(table) - 1)]
    return int(np.count_nonzero(np.abs(sums) >= limit))

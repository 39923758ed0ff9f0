"""What a topic set of this size and spread can see, and how many topics would decide.

Both are the normal-theory figures of a paired test: with standard error s/√n, a true change of
(t_{1-α/2} + t_{power}) s/√n is seen with about that power.
Source: Cohen, Statistical Power Analysis (1988), §2.
"""

from __future__ import annotations

import math

from scipy.special import ndtri, stdtrit

from esqual.stats.bounded import group, tail
from esqual.stats.deltas import Deltas

__all__ = [
    "POWER",
    "RELIABLE_TOPICS",
    "RELIABLE_UNTIED",
    "minimum_detectable_effect",
    "topics_for_margin",
]

POWER = 0.8
# Below these the deltas are too few for their spread to be known (docs/validation.md).
RELIABLE_TOPICS, RELIABLE_UNTIED = 500, 40

_MOST_TOPICS = 10**9


def minimum_detectable_effect(deltas: Deltas, alpha: float, power: float = POWER) -> float | None:
    """(t_{1-α/2} + t_{power}) × standard error; None where the standard error is unknown or 0."""
    error, freedom = deltas.standard_error, deltas.degrees_of_freedom
    if not error or freedom <= 0:
        return None
    quantiles = float(stdtrit(freedom, 1 - alpha / 2)) + float(stdtrit(freedom, power))
    return quantiles * error


def topics_for_margin(
    deltas: Deltas, margin: float, alpha: float, support: tuple[float, float], power: float = POWER
) -> int | None:
    """Topics like these with which a true delta of 0 would pass with probability ``power``.

    The smallest n at which Gaffke's lower limit at level 1 - α/2 clears -``margin`` when the
    deltas are spread as seen and their mean stands at its own (1 - power) quantile about 0. None
    for a margin that no number of topics reaches, or fewer than two topics to know the spread by.
    """
    spread = deltas.standard_deviation
    if spread is None or margin <= 0:
        return None
    values, scales, counts = group(deltas)
    # the (weighted) standard error at n topics is this over √n
    scale = (deltas.standard_error or 0.0) * math.sqrt(deltas.n)
    behind = float(ndtri(power)) * scale

    def passes(n: int) -> bool:
        shift = deltas.mean + behind / math.sqrt(n)
        return float(tail(values - shift, scales, counts * (n / deltas.n), -margin, support[0])) < (
            alpha / 2
        )

    high = 1
    while not passes(high):
        high *= 2
        if high > _MOST_TOPICS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high

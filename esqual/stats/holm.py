"""Holm's correction: several tests, one chance of a false claim."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values in the order given: claim those at or below alpha.

    The i-th smallest of m is multiplied by m - i + 1, never falls below the one before it and
    never rises above 1. Source: Holm, Scandinavian Journal of Statistics 6 (1979). Raises
    ValueError for a value outside [0, 1].
    """
    for p_value in p_values:
        if not 0 <= p_value <= 1:
            raise ValueError(f"{p_value} is not a p-value")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return tuple(adjusted)

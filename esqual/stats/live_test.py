"""What a live A/B test would need: sessions per arm, by the standard normal-theory formulas."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["sessions_per_arm", "sessions_per_arm_for_mean"]


def sessions_per_arm(
    base_rate: float,
    effect: float,
    *,
    relative: bool = False,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """Sessions per arm to see ``base_rate`` change by ``effect`` (a share where ``relative``).

    n = (z_{1-α/2} √(2 p(1-p)) + z_{power} √(p₁(1-p₁) + p₂(1-p₂)))² / (p₂ - p₁)², p the mean of
    both rates; two-sided, arms of equal size, one independent session per visitor. Raises
    ValueError for a rate outside (0, 1), an effect of 0, or one that leaves (0, 1).
    Source: Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003), §4.2.
    """
    changed = base_rate * (1 + effect) if relative else base_rate + effect
    if not (0 < base_rate < 1 and 0 < changed < 1) or changed == base_rate:
        raise ValueError(
            f"a rate of {base_rate:g} changed to {changed:g}: both must lie between 0 and 1, "
            "and differ"
        )
    z_alpha, z_power = _quantiles(alpha, power)
    pooled = (base_rate + changed) / 2
    under_null = math.sqrt(2 * pooled * (1 - pooled))
    under_change = math.sqrt(base_rate * (1 - base_rate) + changed * (1 - changed))
    root = (z_alpha * under_null + z_power * under_change) / (changed - base_rate)
    return math.ceil(root**2)


def sessions_per_arm_for_mean(
    standard_deviation: float, effect: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Sessions per arm to see a mean change by ``effect``, in the units of the deviation.

    n = 2 (z_{1-α/2} + z_{power})² (σ / effect)²; two-sided, arms of equal size. Raises ValueError
    for a deviation that is not positive or an effect of 0.
    """
    if not standard_deviation > 0 or effect == 0 or not math.isfinite(effect):
        raise ValueError(
            f"standard deviation {standard_deviation:g} and effect {effect:g}: the first must be "
            "positive, the second finite and not 0"
        )
    return math.ceil(2 * (sum(_quantiles(alpha, power)) * standard_deviation / effect) ** 2)


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    if not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError(f"alpha {alpha:g} and power {power:g} must lie between 0 and 1")
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2), normal.inv_cdf(power)

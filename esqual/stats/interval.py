"""The interval that is shown, with the coverage that our simulation saw for it.

Student's t trusts that the sample's variance is known as well as n normal values would tell it.
Deltas that are mostly ties tell it worse: the variance of s² grows with the kurtosis, and so the
degrees of freedom are those that match it, 2 / (2 / (n - 1) + k / n) with k the sample's excess
kurtosis, and n - 1 where k is not positive. docs/validation.md compares it with its rivals.
Source: Satterthwaite, doi:10.2307/3002019, with Var(s²) = σ⁴ (2 / (n - 1) + k / n).
"""

from __future__ import annotations

from scipy.special import stdtrit

from esqual.stats.deltas import Deltas

__all__ = ["COVERAGE", "INTERVAL_METHOD", "coverage_seen", "interval", "matched_freedom"]

INTERVAL_METHOD = "Student's t, degrees of freedom matched to the kurtosis"

# topics -> lowest and highest coverage of the nominal 95 % in docs/validation.md
COVERAGE: dict[int, tuple[float, float]] = {
    10: (0.376, 0.967),
    25: (0.693, 0.961),
    50: (0.904, 0.982),
    200: (0.947, 0.980),
    1000: (0.945, 0.956),
}


def interval(deltas: Deltas, alpha: float) -> tuple[float, float] | None:
    """Two-sided at level 1 - ``alpha``: mean ± t × standard error; None where no spread is seen."""
    error, freedom = deltas.standard_error, matched_freedom(deltas)
    if not error or freedom is None:
        return None
    reach = float(stdtrit(freedom, 1 - alpha / 2)) * error
    return deltas.mean - reach, deltas.mean + reach


def matched_freedom(deltas: Deltas) -> float | None:
    """Degrees of freedom of the standard error; n is the effective n where topics have weights."""
    if deltas.n < 2 or deltas.all_equal:
        return None
    squares = (deltas.weights * (deltas.values - deltas.mean)) ** 2
    excess = float((squares**2).mean() / squares.mean() ** 2) - 3.0
    n = deltas.effective_n
    return 2.0 / (2.0 / (n - 1.0) + max(excess, 0.0) / n)


def coverage_seen(n_topics: int) -> tuple[float, float] | None:
    """What the simulation saw at the largest topic count that ``n_topics`` reaches, if any."""
    reached = [n for n in COVERAGE if n <= n_topics]
    return COVERAGE[max(reached)] if reached else None

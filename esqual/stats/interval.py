"""The interval that is shown: Student's t, with the coverage that our simulation saw for it."""

from __future__ import annotations

from scipy.special import stdtrit

from esqual.stats.deltas import Deltas

__all__ = ["COVERAGE", "INTERVAL_METHOD", "coverage_seen", "interval"]

INTERVAL_METHOD = "Student's t"

# topics -> lowest and highest coverage of the nominal 95 % in docs/validation.md
COVERAGE: dict[int, tuple[float, float]] = {}


def interval(deltas: Deltas, alpha: float) -> tuple[float, float] | None:
    """Two-sided at level 1 - ``alpha``: mean ± t × standard error; None below two topics."""
    error, freedom = deltas.standard_error, deltas.degrees_of_freedom
    if error is None or freedom <= 0:
        return None
    reach = float(stdtrit(freedom, 1 - alpha / 2)) * error
    return deltas.mean - reach, deltas.mean + reach


def coverage_seen(n_topics: int) -> tuple[float, float] | None:
    """What the simulation saw at the largest topic count that ``n_topics`` reaches, if any."""
    reached = [n for n in COVERAGE if n <= n_topics]
    return COVERAGE[max(reached)] if reached else None

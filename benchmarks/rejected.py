"""Intervals that the simulation looked at and that are not shown. deltas: shape (n_topics,)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from esqual.stats.deltas import check_deltas
from esqual.stats.interval import interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Interval = Callable[[Floats, np.random.Generator, float], tuple[float, float]]

RESAMPLES = 999


def student(deltas: Floats, rng: np.random.Generator, alpha: float) -> tuple[float, float]:
    """Mean ± t × s / √n with n - 1 degrees of freedom."""
    n = len(deltas)
    reach = float(stdtrit(n - 1, 1 - alpha / 2)) * float(deltas.std(ddof=1)) / n**0.5
    return float(deltas.mean()) - reach, float(deltas.mean()) + reach


def bca(deltas: Floats, rng: np.random.Generator, alpha: float) -> tuple[float, float]:
    """Efron's bias-corrected and accelerated bootstrap, doi:10.2307/2289144."""
    means = rng.choice(deltas, (RESAMPLES, len(deltas))).mean(axis=1)
    mean = deltas.mean()
    below = ((means < mean).mean() + (means <= mean).mean()) / 2
    off = deltas - mean
    squares = float((off**2).sum())
    if squares == 0 or not 0 < below < 1:
        return float(means.min()), float(means.max())
    bias, rise = ndtri(below), float((off**3).sum()) / (6 * squares**1.5)
    reach = bias + ndtri(np.array([alpha / 2, 1 - alpha / 2]))
    low, high = np.quantile(means, ndtr(bias + reach / (1 - rise * reach)))
    return float(low), float(high)


def bootstrap_t(deltas: Floats, rng: np.random.Generator, alpha: float) -> tuple[float, float]:
    """Quantiles of the resampled t in place of Student's; resamples without spread are left out."""
    n = len(deltas)
    drawn = rng.choice(deltas, (RESAMPLES, n))
    errors = drawn.std(axis=1, ddof=1) / n**0.5
    t = (drawn.mean(axis=1) - deltas.mean())[errors > 0] / errors[errors > 0]
    mean, error = float(deltas.mean()), float(deltas.std(ddof=1)) / n**0.5
    if not t.size:
        return mean, mean
    low, high = np.quantile(t, [alpha / 2, 1 - alpha / 2])
    return mean - float(high) * error, mean - float(low) * error


def shown(deltas: Floats, rng: np.random.Generator, alpha: float) -> tuple[float, float]:
    """The interval that esqual shows; a sample without spread has none and misses."""
    return interval(check_deltas(deltas), alpha) or (float("nan"), float("nan"))


RIVALS: dict[str, Interval] = {
    "shown": shown,
    "Student's t": student,
    "BCa bootstrap": bca,
    "bootstrap-t": bootstrap_t,
}

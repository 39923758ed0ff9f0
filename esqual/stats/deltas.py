"""Per-topic deltas as checked arrays, and their first moments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from esqual.errors import DataError
from esqual.stats.values import TIE_EPSILON

__all__ = ["Deltas", "check_deltas"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Deltas:
    """Finite deltas, shape (n_topics,), and their weights, positive, with mean 1.

    Rounded to 12 decimals and set to 0 within TIE_EPSILON, so that deltas that differ by the
    order of a sum alone are equal.
    """

    values: Floats
    weights: Floats
    mean: float

    @property
    def n(self) -> int:
        """How many topics there are."""
        return len(self.values)

    @property
    def weighted(self) -> bool:
        """True unless all weights are equal."""
        return bool(self.n) and bool(np.any(self.weights != self.weights[0]))

    @property
    def all_equal(self) -> bool:
        """True where no spread was seen."""
        return bool(np.all(self.values == self.values[:1]))

    @property
    def effective_n(self) -> float:
        """(Σw)² / Σw²: as many topics of equal weight would know the mean as well."""
        if not self.weighted:
            return float(self.n)
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @property
    def degrees_of_freedom(self) -> float:
        """``effective_n`` - 1."""
        return self.effective_n - 1

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean; None below two topics.

        Without weights s / √n. With weights the topic and its weight are one draw and the mean is
        a ratio of two sums: √(n/(n-1) Σ w²(d - mean)²) / Σw, the same where all are equal.
        """
        if self.n < 2 or self.all_equal:
            return 0.0 if self.n > 1 else None
        residuals = self.weights * (self.values - self.mean)
        scale = self.n / (self.n - 1)
        return math.sqrt(scale * math.fsum(residuals**2)) / float(self.weights.sum())

    @property
    def standard_deviation(self) -> float | None:
        """Standard deviation of one topic's delta (n - 1); weighted as the mean is."""
        if self.n < 2 or self.all_equal:
            return 0.0 if self.n > 1 else None
        squares = math.fsum(self.weights * (self.values - self.mean) ** 2) / self.n
        return math.sqrt(squares * self.n / (self.n - 1))


def check_deltas(
    deltas: ArrayLike,
    weights: ArrayLike | None = None,
    support: tuple[float, float] | None = None,
) -> Deltas:
    """Deltas that statistics may rest on.

    Raises DataError for a delta that is not a number or lies outside ``support``, and for a
    weight that is not positive and finite; ValueError for shapes that do not fit.
    """
    values = _vector(deltas, "deltas")
    shares = np.ones_like(values) if weights is None else _vector(weights, "weights")
    if len(shares) != len(values):
        raise ValueError(f"{len(values)} deltas with {len(shares)} weights")
    _refuse(~np.isfinite(values), values, "is not a number", "look at that topic's figures")
    bad = ~(np.isfinite(shares) & (shares > 0))
    _refuse(bad, shares, "is not a positive weight", "leave the topic out or give it a weight")
    if support is not None:
        low, high = support
        outside = (values < low - TIE_EPSILON) | (values > high + TIE_EPSILON)
        hint = "give the bounds of the measure's delta as support"
        _refuse(outside, values, f"lies outside [{low:g}, {high:g}]", hint)
        values = np.clip(values, low, high)
    # the same sums as the comparison's own mean
    total = math.fsum(shares)
    mean = math.fsum(shares * values) / total if len(values) else math.nan
    values = np.where(np.abs(values) <= TIE_EPSILON, 0.0, np.round(values, 12))
    return Deltas(values, shares * (len(shares) / total) if len(shares) else shares, mean)


def _vector(given: ArrayLike, name: str) -> Floats:
    array = np.asarray(given, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} have shape {array.shape}, they must be (n_topics,)")
    return array


def _refuse(bad: NDArray[np.bool_], values: Sequence[Any] | Floats, what: str, hint: str) -> None:
    places = np.flatnonzero(bad)
    if places.size:
        first = int(places[0])
        more = f" (and {places.size - 1} more)" if places.size > 1 else ""
        raise DataError(f"topic {first + 1} of {len(bad)}: {values[first]} {what}{more}; {hint}")

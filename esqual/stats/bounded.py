"""Limits of the mean of a bounded variable from few, skewed, mostly tied values: Gaffke's bound.

Sort the sample, append the end of the support, and weight these n + 1 values by a flat Dirichlet
draw: the lower limit at level 1 - α is the α-quantile of that weighted mean with the support's
lower end appended, the upper limit mirrors it. For values that are only ever one end of the
support or the other it is the Clopper-Pearson limit, which holds at every n. For all others its
authors conjecture that, and neither they nor our simulation found a case against it: no proof is
claimed here. Sources: Gaffke, Three test statistics for a nonparametric one-sided hypothesis on
the mean of a nonnegative variable (2005); Learned-Miller and Thomas, arXiv:1905.06208.

The quantile is computed, not drawn. A flat Dirichlet is independent unit exponentials over their
sum, so P(weighted mean ≤ t) = P(Σ G_j (z_j - t) ≤ 0), where equal values share one gamma variable
of their count; the characteristic function of that sum is inverted by quadrature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from esqual.stats.deltas import Deltas

__all__ = ["METHOD", "group", "lower_limit", "positive_sum_tail", "tail", "upper_limit"]

Floats = NDArray[np.float64]

METHOD = "Gaffke's bound for a bounded mean"

# How far the path of integration leans, and its step: the error falls as exp(-2π angle / step).
_ANGLE = np.pi / 8
_STEP = 1 / 16
# log |M| below which nothing is left to add.
_GONE = -35.0
# More distinct coefficients than twice this are binned.
_BINS = 128


def lower_limit(deltas: Deltas, alpha: float, support: tuple[float, float]) -> float:
    """The one-sided lower limit of the true mean at level 1 - ``alpha``, to 1e-9.

    With weights the draw is a topic with its weight, the limit is the t at which w (delta - t)
    is no longer above 0 in the mean, and the support of that product is taken from the largest
    weight seen: it holds as the plain one does if no topic of the population weighs more.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    low = support[0]
    if not deltas.n:
        return low
    values, scales, counts = group(deltas)
    high = float(values.max())
    if high <= low:
        return low

    def excess(t: float) -> float:
        return float(tail(values, scales, counts, t, low)) - alpha

    # the normal approximation says where to look
    shares = scales * counts / float((scales * counts).sum() + scales.max())
    middle = float((shares * values).sum() + (1 - shares.sum()) * low)
    spread = float(
        (shares * (values - middle) ** 2).sum() + (1 - shares.sum()) * (low - middle) ** 2
    )
    step = (spread / max(deltas.effective_n, 1.0)) ** 0.5
    guess = middle + float(ndtri(alpha)) * step
    start, end = max(low, guess - step), min(high, guess + step)
    if start >= end or excess(start) >= 0:
        start = low
    if start >= end or excess(end) <= 0:
        end = high
    return float(brentq(excess, start, end, xtol=1e-11, rtol=1e-12))


def upper_limit(deltas: Deltas, alpha: float, support: tuple[float, float]) -> float:
    """The one-sided upper limit of the true mean at level 1 - ``alpha``: the mirrored lower one."""
    mirrored = Deltas(-deltas.values, deltas.weights, -deltas.mean)
    return -lower_limit(mirrored, alpha, (-support[1], -support[0]))


def group(deltas: Deltas) -> tuple[Floats, Floats, Floats]:
    """Distinct values, their weights, and how many topics share both; each shape (n_distinct,)."""
    pairs = np.stack((deltas.values, np.round(deltas.weights, 12)), axis=1)
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    return distinct[:, 0], distinct[:, 1], counts.astype(np.float64)


def tail(values: Floats, scales: Floats, counts: Floats, t: float, low: float) -> Floats:
    """P(Dirichlet-weighted mean ≤ t) with the support's end ``low`` appended once.

    ``counts`` may hold many samples of the same distinct values, shape (..., n_distinct); the
    result has shape (...). The lower limit at level 1 - α is above t where this is below α.
    """
    coefficients = np.append(scales * (values - t), scales.max() * (low - t))
    one = np.ones((*counts.shape[:-1], 1))
    return positive_sum_tail(coefficients, np.concatenate((counts, one), axis=-1))


def positive_sum_tail(coefficients: Floats, shapes: Floats) -> Floats:
    """P(Σ c_j G_j ≤ 0) for independent G_j ~ Gamma(shape_j, 1); absolute error below 1e-9.

    ``coefficients`` has shape (k,), ``shapes`` (..., k), the result (...). Source of the
    inversion: Gil-Pelaez, doi:10.1093/biomet/38.3-4.481, on a path that leans.
    """
    if shapes.ndim == 1 and len(shapes) > 2 * _BINS:
        coefficients, shapes = _condensed(coefficients, shapes)
    moving = coefficients != 0
    c = coefficients[moving]
    m = np.atleast_2d(shapes)[:, moving]
    result = np.ones(len(m))
    above, below = m @ (c > 0), m @ (c < 0)
    result[(above > 0) & (below == 0)] = 0.0
    both = np.flatnonzero((above > 0) & (below > 0))
    if both.size:
        left, right = (_reach(c, m[both], side) for side in (_ANGLE, -_ANGLE))
        for side, rows in ((_ANGLE, both[left <= right]), (-_ANGLE, both[left > right])):
            if rows.size:
                result[rows] = _inverted(c, m[rows], side)
    return result.reshape(shapes.shape[:-1])


def _condensed(c: Floats, m: Floats) -> tuple[Floats, Floats]:
    """Two points per bin that keep the bin's first four moments, the two-point Gauss rule.

    log M is a sum of smooth functions of c, so what is lost is of fourth order in a bin's width.
    """
    low, high = float(c.min()), float(c.max())
    place = np.minimum(((c - low) * (_BINS / (high - low))).astype(np.int64), _BINS - 1)

    def sums(terms: Floats) -> Floats:
        return np.bincount(place, terms, _BINS).astype(np.float64)

    mass = sums(m)
    used = mass > 0
    safe = np.where(used, mass, 1.0)
    centre = sums(m * c) / safe
    off = c - centre[place]
    variance = sums(m * off**2) / safe
    deviation = np.sqrt(variance)
    skew = np.divide(
        sums(m * off**3) / safe, deviation**3, out=np.zeros(_BINS), where=deviation > 0
    )
    root = np.sqrt(1.0 + skew**2 / 4.0)
    upper = 0.5 - skew / (4.0 * root)
    points = (centre + deviation * (skew / 2.0 - root), centre + deviation * (skew / 2.0 + root))
    masses = (mass * (1.0 - upper), mass * upper)
    return (
        np.concatenate([p[used] for p in points]),
        np.concatenate([p[used] for p in masses]),
    )


def _inverted(c: Floats, m: Floats, angle: float) -> Floats:
    """1/2 - angle/π - (1/π) ∫ Im M(s) dr/r along s = r exp(i (π/2 + angle)).

    M(s) = Π (1 - c s)^-m has its poles on the real axis, so the ray may lean to either side of
    the imaginary one; on the side where M falls it falls fast, whatever the number of topics.
    The trapezoidal rule on a logarithmic scale then converges geometrically.
    """
    first, last = _range(c, m, angle)
    # r = exp(y - exp(-y)) falls doubly exponentially on the left; M sees to the right
    y = np.arange(-3.7, np.log(last / first) + 1.0, _STEP)
    modulus, phase = _log_transform(c, m, first * np.exp(y - np.exp(-y)), angle)
    integrand = np.sin(phase) * np.exp(modulus) * (1.0 + np.exp(-y))
    area: Floats = integrand.sum(axis=-1) * _STEP
    return np.clip(0.5 - (angle + area) / np.pi, 0.0, 1.0)


def _reach(c: Floats, m: Floats, angle: float) -> Floats:
    """How far out along the leaning ray |M| still counts, on a grid: the near side is to take.

    The grid goes on to where every factor is past its turn, for |M| may rise again on the far
    side; where both reach as far, the side whose |M| stays lower counts as nearer.
    """
    radii = np.geomspace(1.0 / float((m @ np.abs(c)).max()), 10.0 / float(np.abs(c).min()), 96)
    modulus = _log_transform(c, m, radii, angle)[0]
    last = len(radii) - np.argmax(modulus[:, ::-1] > _GONE, axis=1)
    nearness: Floats = last + np.arctan(modulus.max(axis=1)) / np.pi
    return nearness


def _range(c: Floats, m: Floats, angle: float) -> tuple[float, float]:
    """Radii between which M leaves 1 and, in every row, no longer counts."""
    first = 1.0 / float((m @ np.abs(c)).max())
    last = first
    while float(_log_transform(c, m, np.array([last]), angle)[0].max()) > _GONE:
        last *= 2.0
    return first, last


def _log_transform(c: Floats, m: Floats, r: Floats, angle: float) -> tuple[Floats, Floats]:
    """log |M| and arg M, each of shape (rows, radii)."""
    across, along = np.multiply.outer(c * np.cos(angle), r), np.multiply.outer(c * np.sin(angle), r)
    modulus = -0.5 * (m @ np.log1p(2.0 * along + along**2 + across**2))
    return modulus, m @ np.arctan2(across, 1.0 + along)

"""The rank test: every sign pattern counted by hand, and scipy where it has the same."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from esqual.stats.signed_rank import signed_rank_test


def _counted(values: np.ndarray) -> float:
    """Twice the smaller tail over all sign patterns, one after another."""
    untied = values[values != 0]
    ranks = stats.rankdata(np.abs(untied))
    seen = min(ranks[untied > 0].sum(), ranks[untied < 0].sum())
    patterns = itertools.product((0, 1), repeat=len(untied))
    sums = np.array([ranks @ np.array(pattern) for pattern in patterns])
    return min(1.0, 2 * float((sums <= seen + 1e-9).mean()))


def test_equal_deltas_are_counted_exactly() -> None:
    rng = np.random.default_rng(20261121)
    for _ in range(200):
        # reciprocal ranks: few values, many of them equal, many of them 0
        values = rng.choice(
            [-0.5, -1 / 3, -0.25, 0.0, 0.0, 0.25, 0.5, 0.5], int(rng.integers(2, 13))
        )
        if values.any():
            p_value, method = signed_rank_test(values)
            assert p_value == pytest.approx(_counted(values), abs=1e-12)
            assert method.endswith("exact")


def test_different_deltas_are_those_of_scipy_below_and_above_the_limit() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 2, 10, 49, 50, 51, 400):
        values = rng.uniform(-1, 0.6, n)
        p_value, method = signed_rank_test(values)
        assert p_value == pytest.approx(stats.wilcoxon(values).pvalue, abs=1e-12)
        assert method.endswith("exact" if n <= 50 else "normal")


def test_many_equal_deltas_are_those_of_scipy() -> None:
    values = np.random.default_rng(2).choice([-0.5, -0.25, 0.0, 0.25, 0.5, 1.0], 300)
    p_value, _ = signed_rank_test(values)
    assert p_value == pytest.approx(stats.wilcoxon(values, method="asymptotic").pvalue, abs=1e-12)


def test_no_delta_is_no_test() -> None:
    with pytest.raises(ValueError, match="nothing to rank"):
        signed_rank_test(np.zeros(4))

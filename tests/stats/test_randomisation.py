from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from scipy import stats

from esqual.stats.deltas import check_deltas
from esqual.stats.randomisation import least_p_value, sign_flip_test


def _brute_force(terms: np.ndarray) -> float:
    signs = np.array(list(itertools.product((-1, 1), repeat=len(terms))))
    return float(np.mean(np.abs(signs @ np.abs(terms)) >= abs(terms.sum()) - 1e-9))


def test_exact_p_values_are_those_of_every_sign_pattern() -> None:
    rng = np.random.default_rng(1)
    for _ in range(1000):
        n = int(rng.integers(1, 11))
        values = rng.integers(-3, 4, n) / 4 if rng.random() < 0.5 else rng.uniform(-1, 1, n)
        weights = rng.integers(1, 4, n).astype(float) if rng.random() < 0.5 else None
        deltas = check_deltas(values, weights)
        p_value, name = sign_flip_test(deltas, seed=0, resamples=10_000)
        assert name == "randomisation, exact"
        assert p_value == pytest.approx(_brute_force(deltas.weights * deltas.values), abs=1e-9)


def test_exact_p_values_are_those_of_scipy() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        values = rng.uniform(-1, 1, int(rng.integers(2, 13)))
        theirs = stats.permutation_test(
            (values,), np.mean, permutation_type="samples", n_resamples=np.inf
        )
        assert sign_flip_test(check_deltas(values), seed=0, resamples=10_000)[0] == pytest.approx(
            theirs.pvalue, abs=1e-9
        )


def test_equal_sizes_stay_exact_for_any_number_of_topics() -> None:
    values = [0.5] * 300 + [-0.5] * 240 + [0.0] * 500
    p_value, name = sign_flip_test(check_deltas(values), seed=0, resamples=10_000)
    assert name == "randomisation, exact"
    assert p_value == pytest.approx(stats.binomtest(240, 540).pvalue, abs=1e-12)


def test_drawn_p_values_are_near_the_exact_ones() -> None:
    rng = np.random.default_rng(3)
    for n in (21, 29, 100):
        values = rng.normal(0.2, 1, n) / 10
        p_value, name = sign_flip_test(check_deltas(values), seed=5, resamples=50_000)
        assert name == "randomisation, 50000 resamples"
        theirs = stats.permutation_test(
            (values,), np.mean, permutation_type="samples", n_resamples=20_000, rng=rng, batch=1000
        )
        assert p_value == pytest.approx(theirs.pvalue, abs=0.015)


def test_a_drawn_p_value_is_never_zero_and_follows_its_seed() -> None:
    values = np.linspace(0.1, 0.2, 50)
    assert sign_flip_test(check_deltas(values), seed=1, resamples=999)[0] == 1 / 1000
    close = check_deltas(np.linspace(-0.1, 0.12, 50))
    assert sign_flip_test(close, seed=1, resamples=999) == sign_flip_test(
        close, seed=1, resamples=999
    )
    assert sign_flip_test(close, seed=1, resamples=999) != sign_flip_test(
        close, seed=2, resamples=999
    )


def test_swapping_the_arms_scaling_or_adding_ties_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    values = np.round(rng.normal(0.1, 0.3, 18).clip(-1, 1), 2)
    p_value = sign_flip_test(check_deltas(values), seed=0, resamples=10_000)[0]
    for same in (-values, values / 2, values[::-1], np.append(values, np.zeros(40))):
        assert sign_flip_test(check_deltas(same), seed=0, resamples=10_000)[0] == pytest.approx(
            p_value, abs=1e-12
        )


def test_true_p_values_are_even() -> None:
    rng = np.random.default_rng(5)
    p_values = [
        sign_flip_test(check_deltas(rng.uniform(-1, 1, 40)), seed=i, resamples=999)[0]
        for i in range(400)
    ]
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_the_least_p_value_is_that_of_topics_that_all_won() -> None:
    assert least_p_value(0) == 1
    for n in range(1, 12):
        assert sign_flip_test(check_deltas(np.linspace(0.1, 0.9, n)), seed=0, resamples=10_000)[
            0
        ] == least_p_value(n)


def test_ten_thousand_topics_cost_less_than_half_of_drawing_every_sign() -> None:
    values = check_deltas(np.random.default_rng(6).uniform(-1, 1, 10_000))

    def ours() -> float:
        start = time.process_time()
        sign_flip_test(values, seed=0, resamples=10_000)
        return time.process_time() - start

    def plain() -> float:
        rng = np.random.default_rng(0)
        start = time.process_time()
        for _ in range(10):
            (rng.integers(0, 2, (100, 10_000), dtype=np.int8) * 2.0 - 1.0) @ values.values
        return (time.process_time() - start) * 10

    assert min(ours() for _ in range(3)) < plain() / 2

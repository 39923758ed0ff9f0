from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import beta

from esqual.stats import bounded, gate_p_values
from esqual.stats.bounded import lower_limit, positive_sum_tail, upper_limit
from esqual.stats.deltas import check_deltas


def _sparse(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.7, 0.0, rng.beta(1, 3, n) - rng.beta(1, 3, n))


def test_at_the_ends_of_the_support_the_limits_are_those_of_clopper_and_pearson() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        n = int(10 ** rng.uniform(0, 3.7))
        k = int(rng.choice([0, 1, n // 2, n - 1, n, rng.integers(0, n + 1)]))
        alpha = float(rng.choice([0.2, 0.025, 0.001]))
        deltas = check_deltas([1.0] * k + [0.0] * (n - k))
        low = beta.ppf(alpha, k, n - k + 1) if k else 0.0
        high = beta.ppf(1 - alpha, k + 1, n - k) if k < n else 1.0
        assert lower_limit(deltas, alpha, (0.0, 1.0)) == pytest.approx(low, abs=1e-9)
        assert upper_limit(deltas, alpha, (0.0, 1.0)) == pytest.approx(high, abs=1e-9)


def test_of_one_topic_the_limit_is_known_on_paper() -> None:
    # U low + (1 - U) x with U uniform: its 2.5 % quantile
    deltas = check_deltas([0.4])
    assert lower_limit(deltas, 0.025, (-1.0, 1.0)) == pytest.approx(0.975 * -1 + 0.025 * 0.4)
    assert upper_limit(deltas, 0.025, (-1.0, 1.0)) == pytest.approx(0.975 * 1 + 0.025 * 0.4)


@pytest.mark.parametrize("n", [2, 3, 10, 100, 2000])
def test_the_limit_is_the_quantile_of_dirichlet_weighted_means(n: int) -> None:
    rng = np.random.default_rng(n)
    deltas = _sparse(rng, n)
    ends = np.append(check_deltas(deltas).values, -1.0)
    draws = rng.standard_exponential((20_000, n + 1))
    means = draws @ ends / draws.sum(axis=1)
    limit = lower_limit(check_deltas(deltas), 0.025, (-1.0, 1.0))
    assert np.mean(means <= limit) == pytest.approx(0.025, abs=0.005)


def test_the_tail_of_two_gammas_is_the_beta_distribution() -> None:
    # P(a G1 <= b G2) = P(G1 / (G1 + G2) <= b / (a + b))
    rng = np.random.default_rng(2)
    for _ in range(1000):
        shapes = np.exp(rng.uniform(0, 9, 2))
        share = float(beta.ppf(rng.uniform(0.0001, 0.9999), *shapes))
        tail = positive_sum_tail(np.array([1 - share, -share]), shapes)
        assert float(tail) == pytest.approx(beta.cdf(share, *shapes), abs=1e-9)


def test_a_leaning_path_and_an_upright_one_give_the_same_tail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(12)
    seen = []
    for _ in range(100):
        c = np.exp(rng.uniform(-9, 0, 8)) * np.array([-1, 1] * 4)
        m = np.round(np.exp(rng.uniform(0, 7, 8)))
        # both signs weigh about the same, so that the tail is neither 0 nor 1
        c[1::2] *= -(m[::2] @ c[::2]) / (m[1::2] @ c[1::2]) * rng.uniform(0.7, 1.4)
        seen.append((c, m, float(positive_sum_tail(c, m))))
    monkeypatch.setattr(bounded, "_ANGLE", 1e-9)
    monkeypatch.setattr(bounded, "_STEP", 1 / 1000)
    for c, m, tail in seen:
        assert tail == pytest.approx(float(positive_sum_tail(c, m)), abs=1e-9)


def test_samples_counted_together_are_the_samples_counted_alone() -> None:
    rng = np.random.default_rng(3)
    coefficients = rng.uniform(-0.5, 1, 12)
    shapes = rng.integers(0, 400, (50, 12)).astype(float)
    together = positive_sum_tail(coefficients, shapes)
    alone = [float(positive_sum_tail(coefficients, row)) for row in shapes]
    assert together == pytest.approx(alone, abs=1e-10)


def test_binning_many_distinct_values_changes_nothing_that_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    deltas = check_deltas(_sparse(rng, 3000))
    binned = lower_limit(deltas, 0.025, (-1.0, 1.0))
    monkeypatch.setattr(bounded, "_BINS", 10**6)
    assert binned == pytest.approx(lower_limit(deltas, 0.025, (-1.0, 1.0)), abs=1e-9)


def test_the_limits_follow_shift_scale_and_mirror() -> None:
    rng = np.random.default_rng(5)
    values = _sparse(rng, 40)
    plain = lower_limit(check_deltas(values), 0.025, (-1.0, 1.0))
    moved = lower_limit(check_deltas(3 * values + 2), 0.025, (-1.0, 5.0))
    assert moved == pytest.approx(3 * plain + 2, abs=1e-8)
    mirrored = upper_limit(check_deltas(-values), 0.025, (-1.0, 1.0))
    assert mirrored == pytest.approx(-plain, abs=1e-9)


def test_equal_weights_are_no_weights_and_a_heavy_topic_widens_the_limits() -> None:
    rng = np.random.default_rng(6)
    values = _sparse(rng, 60)
    plain = lower_limit(check_deltas(values), 0.025, (-1.0, 1.0))
    same = lower_limit(check_deltas(values, [7.0] * 60), 0.025, (-1.0, 1.0))
    assert same == pytest.approx(plain, abs=1e-9)
    heavy = lower_limit(check_deltas(values, [1.0] * 59 + [30.0]), 0.025, (-1.0, 1.0))
    assert heavy < plain - 0.05


def test_weighted_limits_hold_where_topics_come_with_their_weight() -> None:
    # losses weigh most: the true mean of the ratio is known
    rng = np.random.default_rng(7)
    deltas, weights = np.array([-0.5, 0.0, 0.3]), np.array([4.0, 1.0, 2.0])
    shares = np.array([0.05, 0.8, 0.15])
    truth = float((shares * weights * deltas).sum() / (shares * weights).sum())
    misses = 0
    for _ in range(400):
        drawn = rng.choice(3, 25, p=shares)
        misses += gate_p_values(deltas[drawn], -truth, weights[drawn])[0] < 0.025
    assert misses <= 400 * 0.025 + 10


def test_the_p_value_at_a_limit_is_the_level_of_the_limit() -> None:
    rng = np.random.default_rng(8)
    for n in (1, 4, 30, 500):
        values = _sparse(rng, n)
        low = lower_limit(check_deltas(values), 0.025, (-1.0, 1.0))
        high = upper_limit(check_deltas(values), 0.025, (-1.0, 1.0))
        assert gate_p_values(values, -low)[0] == pytest.approx(0.025, abs=1e-6)
        assert gate_p_values(values, -high)[1] == pytest.approx(0.025, abs=1e-6)


def test_ten_times_the_distinct_topics_do_not_cost_ten_times_the_time() -> None:
    rng = np.random.default_rng(9)

    def seconds(n: int) -> float:
        deltas = check_deltas(rng.uniform(-0.3, 0.3, n))
        start = time.process_time()
        lower_limit(deltas, 0.025, (-1.0, 1.0))
        return time.process_time() - start

    seconds(1000)
    few, many = (min(seconds(n) for _ in range(3)) for n in (1000, 10_000))
    assert many < 8 * few

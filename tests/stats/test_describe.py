from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from esqual.errors import DataError
from esqual.stats import describe_deltas, gate_p_values, n_topics_needed


def _sparse(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.6, 0.0, rng.beta(1, 3, n) - rng.beta(1, 3, n))


def test_moments_and_rank_test_are_those_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for _ in range(1000):
        values = rng.uniform(-1, 1, int(rng.integers(8, 60)))
        seen = describe_deltas(values, resamples=9, support=None)
        theirs = stats.ttest_1samp(values, 0)
        assert seen.mean == pytest.approx(values.mean(), abs=1e-12)
        assert seen.standard_error == pytest.approx(stats.sem(values), abs=1e-12)
        assert seen.effect_size == pytest.approx(theirs.statistic / len(values) ** 0.5, abs=1e-9)
        assert seen.wilcoxon_p_value == pytest.approx(stats.wilcoxon(values).pvalue, abs=1e-9)


def test_weights_that_are_counts_are_repeated_topics_in_the_mean() -> None:
    rng = np.random.default_rng(2)
    values, counts = rng.uniform(-1, 1, 30), rng.integers(1, 5, 30)
    seen = describe_deltas(values, counts)
    assert seen.mean == pytest.approx(np.repeat(values, counts).mean(), abs=1e-12)
    assert seen.effective_n == pytest.approx(counts.sum() ** 2 / (counts**2).sum())
    assert seen.weighted
    assert seen.wilcoxon_p_value is None
    assert seen.reason("wilcoxon_p_value") == "the rank test knows no weights"


def test_equal_weights_are_no_weights() -> None:
    values = _sparse(np.random.default_rng(3), 50)
    assert describe_deltas(values, [0.25] * 50) == describe_deltas(values)


def test_swapping_the_arms_mirrors_every_figure() -> None:
    values = _sparse(np.random.default_rng(4), 80)
    ours, theirs = describe_deltas(values), describe_deltas(-values)
    assert ours.mean is not None
    assert theirs.mean == pytest.approx(-ours.mean)
    assert (theirs.wins, theirs.ties, theirs.losses) == (ours.losses, ours.ties, ours.wins)
    assert theirs.p_value == ours.p_value
    assert theirs.gate_lower == pytest.approx(-(ours.gate_upper or 0), abs=1e-9)
    assert theirs.confidence_interval == pytest.approx(
        tuple(-limit for limit in reversed(ours.confidence_interval or ()))
    )


def test_the_order_of_topics_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    values = _sparse(rng, 90)
    one, other = describe_deltas(values), describe_deltas(rng.permutation(values))
    assert one.p_value == other.p_value
    assert one.gate_lower == pytest.approx(other.gate_lower, abs=1e-12)
    assert one.standard_error == pytest.approx(other.standard_error, abs=1e-15)


def test_the_same_seed_gives_the_same_value_and_another_seed_another_draw() -> None:
    values = np.random.default_rng(6).uniform(-1, 1, 60)
    assert describe_deltas(values, seed=7) == describe_deltas(values, seed=7)
    assert describe_deltas(values, seed=7).p_value != describe_deltas(values, seed=8).p_value


def test_no_topics_one_topic_and_ties_have_reasons_in_place_of_numbers() -> None:
    none = describe_deltas([])
    assert (none.mean, none.reason("mean")) == (None, "no topics")
    assert (none.gate_lower, none.gate_upper) == (-1.0, 1.0)
    one = describe_deltas([0.25])
    assert (one.mean, one.standard_error) == (0.25, None)
    assert one.reason("confidence_interval") == "one topic: the spread is unknown"
    tied = describe_deltas([0.0] * 40)
    assert (tied.mean, tied.p_value, tied.confidence_interval) == (0.0, None, None)
    assert tied.reason("p_value") == "no topic changed: there is nothing to test"
    assert tied.reason("effect_size") == "all 40 topics are tied: no spread was seen"
    assert tied.gate_lower is not None
    assert -0.1 < tied.gate_lower < 0
    same = describe_deltas([0.1] * 6)
    assert same.minimum_detectable_effect is None
    assert same.reason("confidence_interval") == (
        "all 6 topics have the same delta: no spread was seen"
    )
    assert same.p_value == pytest.approx(1 / 32)


def test_what_is_none_has_a_reason_and_what_is_not_has_none() -> None:
    cases: list[list[float]] = [[], [0.1], [0.0, 0.0], [0.1, 0.2], [0.0] * 9 + [0.4], [0.1] * 8]
    for values in cases:
        for weights in (None, [1.0 + i for i in range(len(values))]):
            seen = describe_deltas(values, weights)
            for field in (
                "mean",
                "standard_error",
                "confidence_interval",
                "gate_lower",
                "gate_upper",
                "p_value",
                "wilcoxon_p_value",
                "effect_size",
                "minimum_detectable_effect",
            ):
                assert (getattr(seen, field) is None) == (seen.reason(field) is not None), field


def test_a_test_that_cannot_reach_alpha_says_so() -> None:
    five = describe_deltas([0.3, 0.2, 0.4, 0.1, 0.5] + [0.0] * 20)
    assert five.p_value is None
    assert five.reason("p_value") == (
        "5 untied topics: the smallest p-value that can come of it is 0.0625, above 0.05"
    )
    assert describe_deltas([0.3, 0.2, 0.4, 0.1, 0.5, 0.6]).p_value == pytest.approx(0.03125)
    assert describe_deltas([0.3, 0.2, 0.4, 0.1, 0.5], alpha=0.1).p_value == pytest.approx(0.0625)


def test_rounding_noise_is_a_tie() -> None:
    seen = describe_deltas([1e-17, -5e-10, 0.0, 0.1 + 0.2 - 0.3])
    assert (seen.n_untied, seen.ties) == (0, 4)


@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        ([0.1, float("nan")], None, "topic 2 of 2: nan is not a number"),
        ([0.1, float("inf"), 0.0], None, "topic 2 of 3: inf is not a number"),
        ([1.5], None, r"topic 1 of 1: 1.5 lies outside \[-1, 1\]"),
        ([0.1, 0.2], [1.0, 0.0], "topic 2 of 2: 0.0 is not a positive weight"),
        ([0.1, 0.2], [1.0, float("nan")], "topic 2 of 2: nan is not a positive weight"),
    ],
)
def test_what_no_statistics_can_rest_on_is_refused(
    values: list[float], weights: list[float] | None, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        describe_deltas(values, weights)


def test_shapes_that_do_not_fit_are_a_misuse() -> None:
    with pytest.raises(ValueError, match="2 deltas with 1 weights"):
        describe_deltas([0.1, 0.2], [1.0])
    with pytest.raises(ValueError, match=r"shape \(1, 2\)"):
        describe_deltas([[0.1, 0.2]])


def test_a_measure_without_bounds_has_no_gate_limits() -> None:
    seen = describe_deltas([3.0, -1.5, 0.2], support=None)
    assert seen.gate_lower is None
    assert seen.gate_upper is None
    assert "no bounds" in (seen.reason("gate_lower") or "")
    assert seen.confidence_interval is not None


def test_the_topics_needed_pass_the_margin_four_times_in_five() -> None:
    rng = np.random.default_rng(9)
    pilot = _sparse(rng, 400)
    pilot = np.append(pilot, -pilot)  # the true delta is 0
    n = n_topics_needed(pilot, 0.03)
    assert n is not None
    passed = 0
    for _ in range(300):
        passed += gate_p_values(rng.choice(pilot, n), 0.03)[0] < 0.025
    assert passed / 300 == pytest.approx(0.8, abs=0.07)


def test_each_gate_limit_takes_half_of_alpha() -> None:
    values = _sparse(np.random.default_rng(11), 70)
    for alpha in (0.05, 0.2):
        seen = describe_deltas(values, alpha=alpha)
        assert seen.gate_lower is not None
        assert seen.gate_upper is not None
        below = gate_p_values(values, -seen.gate_lower)[0]
        above = gate_p_values(values, -seen.gate_upper)[1]
        assert (below, above) == pytest.approx((alpha / 2, alpha / 2), abs=1e-6)


def test_more_topics_are_needed_for_a_smaller_margin_and_none_will_do_for_0() -> None:
    pilot = _sparse(np.random.default_rng(10), 100)
    needed = [n_topics_needed(pilot, margin) or 0 for margin in (0.2, 0.1, 0.05, 0.02, 0.01)]
    assert needed == sorted(needed)
    assert n_topics_needed(pilot, 0.0) is None
    assert n_topics_needed([0.1], 0.1) is None


def test_importing_the_statistics_loads_no_numbers() -> None:
    script = "import sys, esqual.stats; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0

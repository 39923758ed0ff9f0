from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower, TTestPower
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from esqual.stats import describe_deltas, holm, sessions_per_arm, sessions_per_arm_for_mean
from esqual.stats.deltas import check_deltas
from esqual.stats.power import minimum_detectable_effect


@pytest.fixture
def quick_collection() -> Iterator[None]:
    """multipletests collects garbage on every call: keep what stands out of its sight."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("quick_collection")
def test_holm_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    for _ in range(1000):
        p_values = rng.uniform(0, 0.2, int(rng.integers(1, 12))).round(2)
        theirs = multipletests(p_values, method="holm")[1]
        assert holm(list(p_values)) == pytest.approx(theirs, abs=1e-12)
    assert holm([]) == ()
    with pytest.raises(ValueError, match="not a p-value"):
        holm([0.1, float("nan")])


def test_the_detectable_effect_has_the_power_that_statsmodels_gives_it() -> None:
    rng = np.random.default_rng(2)
    for _ in range(1000):
        n = int(rng.integers(30, 2000))
        deltas = check_deltas(rng.normal(0, 0.1, n))
        effect = minimum_detectable_effect(deltas, 0.05)
        assert effect is not None
        power = TTestPower().power(effect / deltas.values.std(ddof=1), n, 0.05)
        assert power == pytest.approx(0.8, abs=0.005)


def test_reliability_needs_500_topics_and_40_untied_ones() -> None:
    assert describe_deltas([0.1] * 20 + [-0.1] * 20 + [0.0] * 460).mde_is_reliable
    assert not describe_deltas([0.1] * 20 + [-0.1] * 19 + [0.0] * 461).mde_is_reliable
    assert not describe_deltas([0.1] * 20 + [-0.1] * 20 + [0.0] * 459).mde_is_reliable


def test_sessions_per_arm_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    for _ in range(1000):
        rate, relative = rng.uniform(0.02, 0.9), rng.uniform(0.02, 0.1)
        power = rng.uniform(0.5, 0.95)
        theirs = samplesize_proportions_2indep_onetail(
            rate * relative, rate, power, alternative="two-sided"
        )
        ours = sessions_per_arm(rate, relative, relative=True, power=power)
        assert ours == np.ceil(theirs)


def test_an_absolute_effect_is_the_relative_one_times_the_rate() -> None:
    assert sessions_per_arm(0.3, 0.03) == sessions_per_arm(0.3, 0.1, relative=True)
    # worked by hand: (1.959964 √(2·.25·.75) + .841621 √(.2·.8 + .3·.7))² / .01 = 293.15
    assert sessions_per_arm(0.2, 0.1) == 294


def test_sessions_for_a_mean_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(4)
    for _ in range(1000):
        deviation, effect = rng.uniform(0.1, 5), rng.uniform(0.01, 0.5)
        theirs = NormalIndPower().power(
            effect / deviation, sessions_per_arm_for_mean(deviation, effect), 0.05
        )
        assert theirs >= 0.8 - 1e-9
        less = sessions_per_arm_for_mean(deviation, effect) - 1
        assert less == 0 or NormalIndPower().power(effect / deviation, less, 0.05) < 0.8 + 1e-3


@pytest.mark.parametrize(("rate", "effect"), [(0.0, 0.1), (0.95, 0.1), (0.2, 0.0), (0.2, -0.2)])
def test_rates_that_cannot_be_are_refused(rate: float, effect: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        sessions_per_arm(rate, effect)

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from benchmarks.rejected import bca
from esqual.stats import describe_deltas
from esqual.stats.deltas import check_deltas
from esqual.stats.interval import COVERAGE, INTERVAL_METHOD, coverage_seen, matched_freedom
from tests.conftest import ROOT


def test_values_flatter_than_normal_have_students_interval() -> None:
    rng = np.random.default_rng(1)
    for _ in range(1000):
        values = rng.uniform(-1, 1, int(rng.integers(30, 300)))
        theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert stats.kurtosis(values) < 0
        seen = describe_deltas(values, resamples=9, support=None)
        assert seen.confidence_interval == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_degrees_of_freedom_match_the_variance_of_the_variance() -> None:
    # worked by hand: 1 untied topic of 5; excess kurtosis 0.25, so 2 / (2/4 + 0.25/5)
    assert matched_freedom(check_deltas([0.5, 0, 0, 0, 0])) == pytest.approx(2 / 0.55)
    rng = np.random.default_rng(2)
    values = np.where(rng.random(400) < 0.95, 0.0, rng.uniform(-1, 1, 400))
    excess = stats.kurtosis(values)
    assert excess > 10
    expected = 2 / (2 / 399 + excess / 400)
    assert matched_freedom(check_deltas(values)) == pytest.approx(expected)


def test_rare_changes_widen_the_interval() -> None:
    values = [0.0] * 95 + [0.4, -0.4, 0.3, -0.3, 0.5]
    low, high = describe_deltas(values).confidence_interval or (0, 0)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert high - low > 1.05 * (theirs.high - theirs.low)


def test_the_rejected_bootstrap_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    values = rng.exponential(size=200)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=9999, method="BCa", rng=rng)
    ours = np.mean([bca(values, rng, 0.05) for _ in range(10)], axis=0)
    assert ours == pytest.approx(tuple(theirs.confidence_interval), abs=0.02)


def test_the_coverage_stated_is_that_of_the_simulation() -> None:
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert INTERVAL_METHOD in page
    section = page.split("## The shown interval")[1].split("##")[0]
    rows = re.findall(r"\| (\d+) \| ([\d.]+) \| ([\d.]+) \|", section)
    assert {int(n): (float(low), float(high)) for n, low, high in rows} == COVERAGE


def test_the_coverage_of_a_topic_count_is_that_of_the_count_it_reaches() -> None:
    counts = sorted(COVERAGE)
    assert coverage_seen(counts[0] - 1) is None
    assert coverage_seen(counts[0]) == COVERAGE[counts[0]]
    assert coverage_seen(counts[2] - 1) == COVERAGE[counts[1]]
    assert coverage_seen(10**6) == COVERAGE[counts[-1]]

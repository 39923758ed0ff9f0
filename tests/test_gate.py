"""The gate's two limits, and that it knows its exit code."""

from __future__ import annotations

import pytest

from esqual.comparison import Comparison, impact_of, quality_of
from esqual.gate import judge
from esqual.measures import parse_measure
from esqual.models import Topic

MEASURE = parse_measure("RR@10")
TOPICS = [Topic("t1", "腰が痛い"), Topic("t2", "佐々木さんの犬")]


def quality(candidate: dict[str, list[str]]) -> Comparison:
    qrels = {"t1": {"a": 1}, "t2": {"a": 1}}
    baseline = {"t1": ["a"], "t2": ["a"]}
    rows, topics, left_out = quality_of(TOPICS, qrels, [MEASURE], baseline, candidate, 10)
    return Comparison("quality", "i", "i", 10, rows, topics, left_out)


def impact(candidate: dict[str, list[str]]) -> Comparison:
    rows, topics = impact_of(TOPICS, {"t1": ["a"], "t2": ["b"]}, candidate, 20)
    return Comparison("impact", "i", "i", 20, rows, topics)


def test_without_a_limit_there_is_no_verdict() -> None:
    assert judge(quality({"t1": [], "t2": []})) is None


@pytest.mark.parametrize(("limit", "name", "code"), [(0.25, "PASS", 0), (0.2499, "FAIL", 1)])
def test_a_fall_is_tolerated_up_to_and_with_the_limit(limit: float, name: str, code: int) -> None:
    # one of two topics falls from rank 1 to rank 2: the mean falls by a quarter
    verdict = judge(quality({"t1": ["a"], "t2": ["x", "a"]}), max_drop=limit)
    assert verdict is not None
    assert (verdict.name, verdict.exit_code) == (name, code)
    assert "-0.2500" in verdict.reason


@pytest.mark.parametrize(("limit", "name"), [(0.5, "PASS"), (0.51, "FAIL")])
def test_similarity_is_the_mean_against_the_baselines_page(limit: float, name: str) -> None:
    verdict = judge(impact({"t1": ["a"], "t2": ["x"]}), min_similarity=limit)
    assert verdict is not None
    assert verdict.name == name


def test_a_limit_of_the_other_mode_is_a_misuse() -> None:
    with pytest.raises(ValueError, match="judgments"):
        judge(impact({"t1": [], "t2": []}), max_drop=0.1)
    with pytest.raises(ValueError, match="impact"):
        judge(quality({"t1": [], "t2": []}), min_similarity=0.1)

"""PASS, FAIL and INCONCLUSIVE from the limits of the mean, and hard limits beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from esqual.comparison import Latency
from esqual.errors import ConfigError, EngineError, JudgmentsError
from esqual.gate import (
    CandidateResult,
    Gate,
    Limits,
    MeasureGate,
    Verdict,
    check_gate,
    judge,
    judge_all,
    overall,
    ranked,
)
from esqual.measures import parse_measure
from esqual.models import Topic
from esqual.stats import gate_limits, gate_p_values, n_topics_needed
from tests.gate.made import HIT, LOST, RR, SECOND, asks, impact, quality

SAME, GAIN, FALL = (HIT, HIT), (SECOND, HIT), (HIT, SECOND)


def verdict_of(pairs: list[tuple[list[str], list[str]]], gate: Gate) -> Verdict:
    verdict = judge(quality(pairs), gate)
    assert verdict is not None
    return verdict


def test_without_a_margin_or_limit_there_is_no_verdict() -> None:
    assert judge(quality([FALL] * 20), Gate()) is None


def test_pass_needs_the_lower_limit_above_the_margin_and_the_mean_alone_does_not_do() -> None:
    # one of 400 topics fell by a half: the mean fell by 0.00125
    many = verdict_of([FALL] + [SAME] * 399, asks(0.02))
    assert (many.name, many.exit_code) == ("PASS", 0)
    few = verdict_of([FALL] + [SAME] * 39, asks(0.02))
    assert (few.name, few.exit_code) == ("INCONCLUSIVE", 4)
    rule = few.rules[0]
    assert rule.seen == pytest.approx(-0.5 / 40)
    assert rule.lower is not None
    assert rule.lower < -0.02 < rule.seen
    deltas = [-0.5] + [0.0] * 39
    assert (rule.lower, rule.upper) == gate_limits(deltas)
    assert rule.topics_needed == n_topics_needed(deltas, 0.02)
    assert f"{rule.topics_needed} if it is 0 (there are 40)" in few.reason


def test_fail_needs_the_upper_limit_below_the_margin() -> None:
    verdict = verdict_of([FALL] * 50 + [SAME] * 50, asks(0.02))
    assert (verdict.name, verdict.exit_code) == ("FAIL", 1)
    assert verdict.rules[0].upper is not None
    assert verdict.rules[0].upper < -0.02
    # the mean of 3 topics fell as far, and 3 topics cannot show it
    assert verdict_of([FALL] * 2 + [SAME], asks(0.02)).name == "INCONCLUSIVE"


def test_the_verdict_turns_exactly_where_the_limits_stand() -> None:
    pairs = [FALL] * 30 + [SAME] * 170
    lower, upper = gate_limits([-0.5] * 30 + [0.0] * 170)
    at = {
        -lower + 1e-6: "PASS",
        -lower - 1e-6: "INCONCLUSIVE",
        -upper + 1e-6: "INCONCLUSIVE",
        -upper - 1e-6: "FAIL",
    }
    assert {margin: verdict_of(pairs, asks(margin)).name for margin in at} == at


def test_an_allowed_inconclusive_verdict_keeps_its_name_and_exits_with_0() -> None:
    verdict = verdict_of([FALL, SAME], replace(asks(), allow_inconclusive=True))
    assert (verdict.name, verdict.exit_code) == ("INCONCLUSIVE", 0)
    failed = verdict_of([FALL] * 100, replace(asks(), allow_inconclusive=True))
    assert failed.exit_code == 1


def test_all_tied_passes_only_where_the_rankings_are_identical() -> None:
    assert verdict_of([SAME, SAME], asks(0.01)).name == "PASS"
    # enough topics for the limit alone: 1,000 ties, but the page is another one
    moved = (["a", "b"], ["a", "c"])
    verdict = verdict_of([moved] * 1000, asks(0.02))
    assert verdict.name == "INCONCLUSIVE"
    assert "1000 of 1000 rankings" in verdict.reason
    lower, _ = gate_limits([0.0] * 1000)
    assert lower > -0.02


def test_identical_arms_never_fail_whatever_is_asked() -> None:
    for n in (1, 10, 500):
        for gate in (asks(0.0), asks(0.02, must_improve=True)):
            assert verdict_of([SAME] * n, gate).name != "FAIL"
    wanted = verdict_of([SAME] * 10, asks(0.02, must_improve=True))
    assert [rule.outcome for rule in wanted.rules] == ["PASS", "INCONCLUSIVE"]
    assert "nothing improved" in wanted.rules[1].reason


def test_one_topic_decides_nothing() -> None:
    for pair in (FALL, GAIN, (HIT, LOST)):
        verdict = verdict_of([pair], asks(0.02))
        assert verdict.name == "INCONCLUSIVE"
        assert "one topic" in verdict.reason


def test_a_wanted_gain_must_be_sure() -> None:
    gate = asks(0.02, must_improve=True)
    assert verdict_of([GAIN] * 60 + [SAME] * 40, gate).name == "PASS"
    mixed = verdict_of([GAIN] * 3 + [SAME] * 997, gate)
    assert [rule.outcome for rule in mixed.rules] == ["PASS", "INCONCLUSIVE"]
    assert mixed.name == "INCONCLUSIVE"
    assert verdict_of([FALL] * 60 + [SAME] * 40, gate).name == "FAIL"


def test_a_class_has_a_margin_of_its_own() -> None:
    pairs = [SAME] * 300 + [FALL] * 100
    classes = ["複合語"] * 300 + ["かな"] * 100
    gate = Gate(measures=(MeasureGate(RR, 0.5, classes={"複合語": 0.02, "かな": 0.1}),))
    verdict = judge(quality(pairs, classes), gate)
    assert verdict is not None
    assert [(r.topic_class, r.outcome) for r in verdict.rules] == [
        (None, "PASS"),
        ("複合語", "PASS"),
        ("かな", "FAIL"),
    ]
    assert verdict.name == "FAIL"
    assert "かな" in verdict.reason


def test_a_class_without_a_counted_topic_makes_the_comparison_void() -> None:
    gate = Gate(measures=(MeasureGate(RR, 0.5, classes={"かな": 0.1}),))
    with pytest.raises(JudgmentsError, match="かな"):
        judge(quality([SAME] * 3), gate)


def test_a_fail_is_corrected_over_every_candidate_and_a_pass_is_not() -> None:
    pairs = [(HIT, LOST)] * 12 + [SAME] * 48
    alone = judge(quality(pairs), asks(0.08))
    assert alone is not None
    p_alone = gate_p_values([-1.0] * 12 + [0.0] * 48, 0.08)[1]
    assert alone.rules[0].p_value == pytest.approx(p_alone)
    assert 0.025 / 4 < p_alone < 0.025
    assert alone.name == "FAIL"
    family = judge_all([quality(pairs)] + [quality([SAME] * 60)] * 3, asks(0.08))
    assert [v.name for v in family if v is not None] == ["INCONCLUSIVE", "PASS", "PASS", "PASS"]
    first = family[0]
    assert first is not None
    assert first.rules[0].p_value == pytest.approx(4 * p_alone)
    assert "not sure among all of them" in first.reason


def test_a_measure_without_bounds_cannot_be_decided() -> None:
    from esqual.comparison import Comparison, quality_of

    dcg = parse_measure("DCG@10")
    topics = [Topic("t1", "胃"), Topic("t2", "頭")]
    qrels = {"t1": {"a": 1}, "t2": {"a": 1}}
    pages = {"t1": HIT, "t2": HIT}
    rows, results, out = quality_of(topics, qrels, [dcg], pages, {"t1": SECOND, "t2": HIT}, 10)
    comparison = Comparison("quality", "i", "i", 10, rows, results, out)
    verdict = judge(comparison, Gate(measures=(MeasureGate(dcg, 0.5),)))
    assert verdict is not None
    assert verdict.name == "INCONCLUSIVE"
    assert "no bounds" in verdict.reason


def test_a_candidate_that_finds_nothing_fails_and_a_baseline_that_does_is_void() -> None:
    gate = replace(asks(0.02), allow_inconclusive=True)
    verdict = verdict_of([(HIT, []), (HIT, [])], gate)
    assert (verdict.name, verdict.exit_code) == ("FAIL", 1)
    for pairs in ([([], [])] * 3, [([], HIT)] * 3):
        with pytest.raises(EngineError, match="baseline found nothing"):
            judge(quality(pairs), gate)


def test_the_alpha_of_the_gate_is_the_alpha_of_its_limits() -> None:
    pairs = [FALL] * 4 + [SAME] * 396
    strict, loose = (verdict_of(pairs, replace(asks(0.016), alpha=a)) for a in (0.01, 0.2))
    assert (strict.name, loose.name) == ("INCONCLUSIVE", "PASS")


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (Limits(max_zero_hit_share=0.5), "PASS"),
        (Limits(max_zero_hit_share=0.49), "FAIL"),
        (Limits(max_left_out_share=0.0), "PASS"),
        (Limits(min_judged=0.5), "PASS"),
        (Limits(min_judged=0.51), "FAIL"),
        (Limits(min_similarity=0.51), "FAIL"),
        (Limits(min_similarity=0.5), "PASS"),
        (Limits(max_latency_p95_ms=20.0), "PASS"),
        (Limits(max_latency_p95_ms=19.9), "FAIL"),
        (Limits(max_latency_ratio=2.0), "PASS"),
        (Limits(max_latency_ratio=1.9), "FAIL"),
    ],
)
def test_a_hard_limit_is_inclusive_and_needs_no_margin(limits: Limits, name: str) -> None:
    comparison = replace(quality([SAME, (HIT, [])]), latency=Latency(9, 1.0, 10.0, 2.0, 20.0))
    verdict = judge(comparison, Gate(limits=limits))
    assert verdict is not None
    assert verdict.name == name
    assert verdict.reason.startswith(("the", "candidate"))


def test_topics_left_out_are_limited_by_share() -> None:
    from esqual.comparison import LeftOut

    out = tuple(LeftOut(f"x{i}", "胃", "no judgment") for i in range(2))
    comparison = replace(quality([SAME] * 2), left_out=out)
    for share, name in ((0.5, "PASS"), (0.49, "FAIL")):
        verdict = judge(comparison, Gate(limits=Limits(max_left_out_share=share)))
        assert verdict is not None
        assert verdict.name == name


def test_a_figure_that_is_not_a_number_breaks_its_limit() -> None:
    comparison = replace(quality([SAME]), latency=Latency(9, 1.0, 1.0, 1.0, float("nan")))
    verdict = judge(comparison, Gate(limits=Limits(max_latency_p95_ms=5.0)))
    assert verdict is not None
    assert verdict.name == "FAIL"


def test_a_pass_is_withheld_from_a_candidate_that_nobody_judged() -> None:
    pairs = [(["a"], ["a", "x", "y"])] * 400
    verdict = judge(quality(pairs, judge_all=False), asks(0.02))
    assert verdict is not None
    assert verdict.rules[-1].rule == "max_judged_drop"
    assert verdict.name == "INCONCLUSIVE"
    gained = [(["b", "a"], ["a", "x", "y"])] * 400
    withheld = judge(quality(gained, judge_all=False), asks(0.02))
    assert withheld is not None
    assert [rule.outcome for rule in withheld.rules] == ["PASS", "INCONCLUSIVE"]
    allowed = replace(asks(0.02), limits=Limits(max_judged_drop=1.0))
    passed = judge(quality(gained, judge_all=False), allowed)
    assert passed is not None
    assert passed.name == "PASS"


def test_bounds_gate_only_when_they_are_asked_for() -> None:
    # what is unjudged may be relevant, and the baseline showed it higher
    pairs = [(["x", "c", "a"], ["b", "a", "c"])] * 400
    comparison = quality(pairs)
    shown = comparison.measures[0].bounds
    assert shown is not None
    assert shown.low < -0.02
    plain, strict = judge(comparison, asks(0.02)), judge(comparison, asks(0.02, bounds=True))
    assert plain is not None
    assert strict is not None
    assert plain.name == "PASS"
    assert strict.name == "INCONCLUSIVE"
    assert strict.rules[-1].rule == "bounds"
    judged = judge(quality([GAIN] * 400), asks(0.02, bounds=True))
    assert judged is not None
    assert judged.rules[-1].rule == "bounds"


@pytest.mark.parametrize(("limit", "name"), [(0.5, "PASS"), (0.51, "FAIL")])
def test_similarity_is_the_mean_against_the_baselines_page(limit: float, name: str) -> None:
    seen = judge(
        impact([(["a"], ["a"]), (["b"], ["x"])]), Gate(limits=Limits(min_similarity=limit))
    )
    assert seen is not None
    assert seen.name == name


def test_what_cannot_be_judged_is_a_misuse() -> None:
    with pytest.raises(ValueError, match="judgments"):
        judge(
            impact([SAME]), Gate(measures=(MeasureGate(impact([SAME]).measures[0].measure, 0.1),))
        )
    with pytest.raises(ValueError, match="not computed"):
        judge(quality([SAME]), Gate(measures=(MeasureGate(parse_measure("P@5"), 0.1),)))


def test_a_gate_is_checked_before_anything_is_searched() -> None:
    topics = [Topic("t1", "胃", topic_class="症状")]
    gate = Gate(
        measures=(MeasureGate(RR, 0.1, classes={"交通": 0.1}, lines={"交通": 7}),),
        source="gate.toml",
    )
    with pytest.raises(ConfigError, match=r"gate\.toml:7: .*交通.*症状"):
        check_gate(gate, topics, judged=True)
    with pytest.raises(ConfigError, match="--qrels"):
        check_gate(asks(), topics, judged=False)
    check_gate(asks(), topics, judged=True)


def test_the_worst_candidate_is_the_verdict_and_the_best_stands_first() -> None:
    pairs = {"lost": [FALL] * 100, "kept": [SAME] * 100, "open": [FALL] * 2 + [SAME] * 98}
    comparisons = [quality(rows, tag=tag) for tag, rows in pairs.items()]
    verdicts = judge_all(comparisons, asks(0.02))
    results = [
        CandidateResult(comparison, verdict, None)
        for comparison, verdict in zip(comparisons, verdicts, strict=True)
    ]
    assert [row.comparison.tag for row in ranked(results)] == ["kept", "open", "lost"]
    worst = overall(results)
    assert worst is not None
    assert worst.name == "FAIL"
    assert worst.reason.startswith("lost: ")
    without = overall(results[1:])
    assert without is not None
    assert without.exit_code == 4
    assert overall([replace(row, verdict=None) for row in results]) is None

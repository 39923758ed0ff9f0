"""The four fields of the A/B decision, and what a live test would need."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from esqual.comparison import Comparison
from esqual.gate import Decision, DecisionSettings, LargeImpact, LiveTest, Verdict, decision_of
from tests.gate.made import HIT, LOST, impact, quality

SAME = (HIT, HIT)
# from rank 2 to rank 1, with another document beside it; and back
GAIN, FALL = (["b", "a"], ["a", "c"]), (["a", "c"], ["b", "a"])
OTHER = (["a", "b"], ["a", "c"])


def decide(comparison: Comparison, **settings: object) -> Decision:
    judged = {"a": 1, "b": 0, "c": 0, "d": 0}
    qrels = {topic.query_id: judged for topic in comparison.topics}
    return decision_of(
        comparison,
        DecisionSettings(**settings),  # type: ignore[arg-type]
        qrels=qrels if comparison.mode == "quality" else None,
    )


def test_large_impact_and_a_sure_gain_is_a_candidate_for_a_live_test() -> None:
    decision = decide(quality([GAIN] * 30 + [SAME] * 10))
    assert decision.field == "live_test"
    assert decision.large_impact
    assert decision.gain.direction == "gain"
    assert any("impact is large: 25.0%" in reason for reason in decision.reasons)
    assert decision.judge_first == ()


def test_a_test_and_an_interval_that_disagree_are_not_sure() -> None:
    # five hits one rank higher deep down, one from the end to the top: p = 2 / 2^6, and yet the
    # mean rests on a single topic
    deep = ["b", "c", "d", "e", "f", "g", "h", "a"]
    up, top = [*deep[:6], "a", "h"], ["a", *deep[:7]]
    decision = decide(quality([(deep, up)] * 5 + [(deep, top)] + [SAME] * 4))
    assert decision.gain.p_value == pytest.approx(2 / 2**6)
    assert decision.gain.direction == "unclear"
    assert "does not rule out 0" in decision.gain.reason


def test_large_impact_and_a_sure_loss_stops() -> None:
    decision = decide(quality([(HIT, LOST)] * 30 + [SAME] * 10))
    assert (decision.field, decision.gain.direction) == ("stop", "loss")
    assert "stop" in decision.sentence


def test_small_impact_needs_more_traffic_whatever_it_gained() -> None:
    for moved in (GAIN, FALL, OTHER):
        decision = decide(quality([moved] * 12 + [SAME] * 388))
        assert decision.field == "more_traffic"
        assert not decision.large_impact
    live = decision.live_test
    assert live.changed_share == pytest.approx(0.03)
    assert live.diluted_sessions_per_arm is not None
    # an effect on 3 % of the sessions alone: about 1 / 0.03² times as many
    ratio = live.diluted_sessions_per_arm / live.sessions_per_arm
    assert ratio == pytest.approx(1 / 0.03**2, rel=0.02)


def test_unclear_says_which_documents_to_judge_first() -> None:
    pairs = [(["a", "b"], ["a", "x"])] * 20 + [(["a", "b"], ["y", "b", "a"])] * 3
    decision = decide(quality(pairs), judge_first=4)
    assert (decision.field, decision.gain.direction) == ("judge_first", "unclear")
    # "x" stands below the relevant document and cannot move RR; "b" is judged
    assert decision.judge_first == (("t20", "y"), ("t21", "y"), ("t22", "y"))
    assert decide(quality(pairs), judge_first=1).judge_first == (("t20", "y"),)


def test_unclear_with_nothing_left_to_judge_asks_for_topics() -> None:
    decision = decide(quality([GAIN] * 10 + [FALL] * 10))
    assert decision.field == "judge_first"
    assert decision.judge_first == ()
    assert any("only more topics" in reason for reason in decision.reasons)


def test_without_judgments_a_large_impact_is_to_be_judged() -> None:
    decision = decide(impact([OTHER] * 2 + [(["a"], ["x", "a"])]))
    assert (decision.field, decision.gain.direction) == ("judge_first", "not judged")
    # the best rank first, then topic order
    wanted = (("t2", "x"), ("t0", "b"), ("t0", "c"), ("t1", "b"), ("t1", "c"))
    assert decision.judge_first == wanted
    assert decide(impact([SAME] * 10)).field == "more_traffic"


def test_identical_arms_have_nothing_that_a_live_test_could_see() -> None:
    decision = decide(quality([SAME] * 10))
    assert decision.field == "more_traffic"
    assert decision.live_test.diluted_sessions_per_arm is None
    assert any("no page changed" in reason for reason in decision.reasons)


def test_a_failed_gate_keeps_a_gain_from_the_live_test() -> None:
    comparison = quality([GAIN] * 30 + [SAME] * 10)
    failed = Verdict("FAIL", "too slow")
    decision = decision_of(comparison, DecisionSettings(), verdict=failed)
    assert decision.field == "stop"
    assert any("gate says FAIL" in reason for reason in decision.reasons)


def test_the_thresholds_are_those_of_the_settings() -> None:
    comparison = quality([GAIN] * 20 + [SAME] * 20)
    assert decide(comparison).field == "live_test"
    assert decide(comparison, min_gain=0.3).field == "judge_first"
    never = LargeImpact(identical_share=0.49)
    assert decide(comparison, large_impact=never).field == "more_traffic"
    nothing_low = LargeImpact(similarity=0.0, rbo=0.0, jaccard=0.0)
    assert decide(comparison, large_impact=nothing_low).field == "more_traffic"
    # the same documents in another order: RBO alone sees it
    turned = quality([(["b", "a"], ["a", "b"])] * 10)
    overlap = turned.overlap
    assert overlap is not None
    assert overlap.jaccard == overlap.similarity == 1.0
    at = LargeImpact(rbo=overlap.rbo)
    assert decide(turned, large_impact=at).large_impact
    below = LargeImpact(rbo=overlap.rbo - 1e-9)
    assert not decide(turned, large_impact=below).large_impact


@pytest.mark.parametrize(
    ("base_rate", "effect", "relative", "power"),
    [(0.3, 0.02, True, 0.8), (0.1, 0.005, False, 0.9), (0.02, 0.1, True, 0.8)],
)
def test_sessions_agree_with_statsmodels(
    base_rate: float, effect: float, relative: bool, power: float
) -> None:
    settings = DecisionSettings(live_test=LiveTest(base_rate, effect, relative, power))
    live = decision_of(quality([GAIN, SAME]), settings).live_test
    change = base_rate * effect if relative else effect
    wanted = samplesize_proportions_2indep_onetail(
        change, base_rate, power, alternative="two-sided"
    )
    assert live.sessions_per_arm == math.ceil(wanted)
    share = live.changed_share
    assert share == 0.5
    diluted = samplesize_proportions_2indep_onetail(
        change * share, base_rate, power, alternative="two-sided"
    )
    assert live.diluted_sessions_per_arm == math.ceil(diluted)


def test_a_decision_needs_the_overlap() -> None:
    with pytest.raises(ValueError, match="overlap"):
        decide(replace(quality([SAME]), overlap=None))

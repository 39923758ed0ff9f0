"""Scoring by hand: impact and quality from ranked lists, without an engine."""

from __future__ import annotations

import math

import pytest

from esqual.comparison import impact_of, quality_of
from esqual.errors import EngineError, JudgmentsError
from esqual.measures import parse_measure
from esqual.models import Topic

NDCG3 = parse_measure("nDCG(dcg='exp-log2')@3")


def topic(query_id: str, weight: float = 1.0) -> Topic:
    return Topic(query_id, f"胃が痛い {query_id}", weight=weight)


def test_impact_is_the_normalised_dcg_of_the_kept_documents() -> None:
    baseline = {"t1": [f"b{i}" for i in range(1, 21)]}
    # documents of the baseline at ranks 2, 5 and 10 of 20
    page = [f"new{i}" for i in range(1, 21)]
    page[1], page[4], page[9] = "b3", "b20", "b7"
    rows, topics = impact_of([topic("t1")], baseline, {"t1": page}, 20)
    assert rows[0].candidate == pytest.approx(0.1856246546622184, abs=1e-12)
    assert rows[0].baseline == 1.0
    assert (rows[0].wins, rows[0].ties, rows[0].losses) == (0, 0, 1)
    assert len(topics[0].entered) == len(topics[0].left) == 17


def test_impact_is_one_for_the_same_documents_in_another_order_but_the_rankings_differ() -> None:
    rows, topics = impact_of([topic("t1")], {"t1": ["a", "b", "c"]}, {"t1": ["c", "a", "b"]}, 20)
    assert rows[0].candidate == 1.0
    assert not topics[0].identical
    assert topics[0].rbo < 1.0
    assert topics[0].entered == topics[0].left == ()


@pytest.mark.parametrize(
    ("own", "other", "figure", "identical"),
    [([], [], 1.0, True), ([], ["a"], 0.0, False), (["a"], [], 0.0, False)],
)
def test_two_empty_pages_are_identical_and_one_empty_page_is_zero(
    own: list[str], other: list[str], figure: float, identical: bool
) -> None:
    rows, topics = impact_of([topic("t1")], {"t1": own}, {"t1": other}, 20)
    assert rows[0].candidate == figure
    assert topics[0].identical is identical
    assert topics[0].rbo == figure


def test_quality_counts_wins_ties_and_losses_and_averages_the_topics() -> None:
    qrels = {q: {"good": 3, "fair": 1} for q in ("t1", "t2", "t3")}
    baseline = {"t1": ["good", "x", "y"], "t2": ["x", "good", "y"], "t3": ["x"]}
    candidate = {"t1": ["x", "good", "y"], "t2": ["good", "fair", "y"], "t3": ["y"]}
    topics = [topic("t1"), topic("t2"), topic("t3")]
    rows, results, left_out = quality_of(topics, qrels, [NDCG3], baseline, candidate, 3)
    ideal = 7 + 1 / math.log2(3)
    first, second = 7 / ideal, (7 / math.log2(3)) / ideal
    assert [r.baseline[0] for r in results] == pytest.approx([first, second, 0.0], abs=1e-12)
    assert [r.candidate[0] for r in results] == pytest.approx([second, 1.0, 0.0], abs=1e-12)
    assert (rows[0].wins, rows[0].ties, rows[0].losses) == (1, 1, 1)
    assert rows[0].delta == pytest.approx((second - first + 1.0 - second) / 3, abs=1e-12)
    assert left_out == ()


def test_topics_that_cannot_move_are_left_out_and_named_with_the_reason() -> None:
    qrels = {"t1": {"a": 1}, "t2": {"a": 0}}
    lists = {"t1": ["a"], "t2": ["a"], "t3": ["a"]}
    topics = [topic("t1"), topic("t2"), topic("t3")]
    rows, results, left_out = quality_of(topics, qrels, [NDCG3], lists, lists, 3)
    assert [r.query_id for r in results] == ["t1"]
    assert rows[0].baseline == 1.0
    assert [(t.query_id, t.reason) for t in left_out] == [
        ("t2", "no relevant document"),
        ("t3", "no judgment"),
    ]


def test_no_scorable_topic_is_an_error() -> None:
    with pytest.raises(JudgmentsError, match="none of the 1 topics"):
        quality_of([topic("t1")], {"other": {"a": 1}}, [NDCG3], {"t1": []}, {"t1": []}, 3)


def test_weights_weigh_the_means() -> None:
    qrels = {"t1": {"a": 1}, "t2": {"a": 1}}
    lists = {"t1": ["a"], "t2": ["x"]}
    topics = [topic("t1", 3.0), topic("t2", 1.0)]
    rows, _, _ = quality_of(topics, qrels, [NDCG3], lists, lists, 3)
    assert rows[0].baseline == pytest.approx(0.75, abs=1e-12)


def test_a_servers_short_list_figure_is_shown_as_parted() -> None:
    # one right hit of three rated: the released server cuts the ideal list at one
    qrels = {"t1": {"a": 1, "b": 3, "c": 3}}
    lists = {"t1": ["a"]}
    server = [({"t1": 1 / 7}, {"t1": 1 / 7})]
    rows, _, _ = quality_of([topic("t1")], qrels, [NDCG3], lists, lists, 3, server)
    assert rows[0].rank_eval is not None
    assert rows[0].rank_eval.parted_baseline == rows[0].rank_eval.parted_candidate == ("t1",)
    assert rows[0].rank_eval.baseline == pytest.approx(1 / 7)
    assert rows[0].baseline < 1 / 7


def test_a_servers_figure_that_no_rule_explains_voids_the_comparison() -> None:
    qrels = {"t1": {"a": 1}}
    lists = {"t1": ["a"]}
    with pytest.raises(EngineError, match="topic t1"):
        quality_of([topic("t1")], qrels, [NDCG3], lists, lists, 3, [({"t1": 1.0}, {"t1": 0.9})])


def test_bounds_stand_beside_the_delta_and_count_left_out_topics_that_may_come_in() -> None:
    qrels = {"t1": {"a": 1, "b": 0}, "t2": {"x": 0}}
    baseline = {"t1": ["a", "b"], "t2": ["x"]}
    candidate = {"t1": ["b", "a"], "t2": ["new"]}
    topics = [topic("t1"), topic("t2")]
    rows, _, _ = quality_of(topics, qrels, [parse_measure("RR@3")], baseline, candidate, 3)
    bounds = rows[0].bounds
    assert bounds is not None
    assert (bounds.counted_low, bounds.counted_high) == (-0.5, -0.5)
    # t2 may become a gain of 1, and never a loss
    assert (bounds.low, bounds.high) == (-0.5, 0.25)
    assert bounds.topics == ((-0.5, -0.5),)
    assert (bounds.method, bounds.top_grade, bounds.unjudged) == ("exact", 1, 1)
    wider, _, _ = quality_of(topics, qrels, [NDCG3], baseline, candidate, 3, top_grade=3)
    narrow, _, _ = quality_of(topics, qrels, [NDCG3], baseline, candidate, 3)
    assert wider[0].bounds is not None
    assert narrow[0].bounds is not None
    assert wider[0].bounds.counted_high > narrow[0].bounds.counted_high

"""The hole queue: its order, what it leaves out, and that it settles a comparison sooner."""

from __future__ import annotations

import random

import pytest

from benchmarks.holes import judged_until_settled, synthetic
from esqual.comparison.holes import find_holes
from esqual.errors import JudgmentsError, MeasureError
from esqual.measures import parse_measure
from esqual.models import Topic

RR = parse_measure("RR@10")
TOPICS = [Topic("t1", "胃が痛い"), Topic("t2", "海が見える", weight=3.0), Topic("t3", "窓と電話")]
QRELS = {"t1": {"a": 1}, "t2": {"a": 1}, "t3": {"a": 0}}


def test_documents_that_could_change_more_come_first_and_what_changes_nothing_not_at_all() -> None:
    baseline = {"t1": ["a", "x"], "t2": ["a"], "t3": ["x"]}
    candidate = {"t1": ["a", "y"], "t2": ["p", "q", "a"], "t3": ["y"]}
    queue = find_holes(TOPICS, QRELS, baseline, candidate, RR, depth=10)
    # t1: the first hit of both is relevant, nothing moves; t3 has no relevant document
    assert [(h.query_id, h.doc_id) for h in queue.holes] == [("t2", "p"), ("t2", "q")]
    assert (queue.holes[0].baseline_rank, queue.holes[0].candidate_rank) == (None, 1)
    assert queue.n_unjudged == 4
    assert queue.n_left_out == 1
    # seen: (0 + 3 * (1/3 - 1)) / 4; with p relevant no topic loses
    assert queue.delta == pytest.approx(-0.5)
    assert (queue.low, queue.high) == pytest.approx((-0.5, 0.0))


def test_a_mean_that_no_judgment_takes_across_the_line_is_said_to_be_settled() -> None:
    lists = {"t1": ["a", "x"], "t2": ["a"], "t3": []}
    other = {"t1": ["x", "a"], "t2": ["a"], "t3": []}
    near = find_holes(TOPICS, QRELS, lists, other, RR, depth=10, margin=0.05)
    far = find_holes(TOPICS, QRELS, lists, other, RR, depth=10, margin=0.2)
    assert near.can_flip
    assert not far.can_flip
    assert near.line == -0.05


def test_a_document_of_a_heavier_topic_comes_before_one_of_an_earlier_topic() -> None:
    lists = {q: ["a"] for q in ("t1", "t2", "t3")}
    other = {q: ["n", "a"] for q in ("t1", "t2", "t3")}
    queue = find_holes(TOPICS, QRELS, lists, other, RR, depth=10)
    assert [(h.query_id, h.doc_id) for h in queue.holes] == [("t2", "n"), ("t1", "n")]
    assert queue.holes[0].effect == pytest.approx(3 * queue.holes[1].effect)


@pytest.mark.parametrize(("margin", "first"), [(0.5, "old"), (-0.5, "new")])
def test_what_could_take_the_verdict_away_comes_first_whichever_it_is(
    margin: float, first: str
) -> None:
    # most documents are not relevant, so a tie above the line fears what the baseline shows
    qrels = {"t1": {"a": 1, "b": 0, "c": 0, "d": 0}}
    lists = {"t1": ["a", "old", "b", "c", "d"]}
    other = {"t1": ["a", "new", "b", "c", "d"]}
    measure = parse_measure("P@5")
    queue = find_holes(TOPICS[:1], qrels, lists, other, measure, depth=5, margin=margin)
    assert queue.holes[0].doc_id == first


def test_equal_effects_are_in_the_order_of_topics_then_ranks_then_ids() -> None:
    topics = [Topic(f"t{i}", "胃が痛い") for i in (2, 1)]
    qrels = {t.query_id: {"a": 1} for t in topics}
    measure = parse_measure("P@3")
    lists = {t.query_id: ["a"] for t in topics}
    other = {t.query_id: ["z", "b", "a"] for t in topics}
    queue = find_holes(topics, qrels, lists, other, measure, depth=3)
    assert [(h.query_id, h.doc_id) for h in queue.holes] == [
        ("t2", "z"),
        ("t2", "b"),
        ("t1", "z"),
        ("t1", "b"),
    ]
    assert len({round(h.effect, 12) for h in queue.holes}) == 1


def test_a_measure_without_bounds_and_judgments_without_relevance_are_refused() -> None:
    lists = {"t1": ["x"], "t2": [], "t3": []}
    with pytest.raises(MeasureError, match="Bpref"):
        find_holes(TOPICS, QRELS, lists, lists, parse_measure("Bpref@5"), depth=5)
    with pytest.raises(JudgmentsError, match="none of the 3 topics"):
        find_holes(TOPICS, {"t1": {"a": 0}}, lists, lists, RR, depth=5)


@pytest.mark.parametrize("name", ["nDCG(dcg='exp-log2')@10", "RR@10", "P@5"])
def test_the_queue_settles_a_comparison_with_fewer_judgments_than_random_order(name: str) -> None:
    rng = random.Random(7)
    sooner = 0
    for _ in range(6):
        case = synthetic(rng, topics=20)
        queue, by_chance = judged_until_settled(parse_measure(name), case, 0.5, 0.02, rng)
        sooner += by_chance - queue
        assert queue <= by_chance + 5
    assert sooner > 0

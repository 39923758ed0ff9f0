"""Overlap of two arms over topics: means by weight, topics without a figure, largest moves."""

from __future__ import annotations

import pytest

from esqual.comparison import overlap_of
from esqual.comparison.overlap import TopicMove
from esqual.measures.overlap import kendall_tau, rbo, tau_ap
from esqual.models import Topic

TOPICS = [Topic("t1", "胃が痛い"), Topic("t2", "空港", weight=3.0), Topic("t3", "窓")]
BEFORE = {"t1": ["a", "b", "c"], "t2": ["a", "b"], "t3": []}
AFTER = {"t1": ["c", "a", "d"], "t2": ["a", "b"], "t3": []}


def test_means_are_weighted_and_taus_are_over_the_topics_that_have_one() -> None:
    seen = overlap_of(TOPICS, BEFORE, AFTER, 3)
    assert (seen.n_topics, seen.depth) == (3, 3)
    assert seen.identical_share == pytest.approx(4 / 5)
    # t1 shares two of four documents, and weighs 1 of 5
    assert seen.jaccard == pytest.approx(4 / 5 + 2 / 4 / 5)
    assert seen.rbo == pytest.approx((4 + rbo(BEFORE["t1"], AFTER["t1"])) / 5)
    # gains 1 at ranks 1 and 2 of three
    first, second, third = 1.0, 0.6309297535714575, 0.5
    assert seen.similarity == pytest.approx((4 + (first + second) / (first + second + third)) / 5)
    tau, top_tau = kendall_tau(BEFORE["t1"], AFTER["t1"]), tau_ap(BEFORE["t1"], AFTER["t1"])
    assert tau is not None
    assert top_tau is not None
    # the two empty pages have none
    assert (seen.tau_topics, seen.tau_ap_topics) == (2, 2)
    assert seen.kendall_tau == pytest.approx((3 + tau) / 4)
    assert seen.tau_ap == pytest.approx((3 + top_tau) / 4)


def test_hits_below_the_depth_do_not_exist() -> None:
    seen = overlap_of(TOPICS[:1], {"t1": ["a", "b"]}, {"t1": ["a", "c"]}, 1)
    assert seen.identical_share == seen.jaccard == seen.rbo == seen.similarity == 1.0
    assert seen.kendall_tau is None
    assert seen.moves == ()


def test_topics_without_a_hit_are_counted_for_each_arm() -> None:
    seen = overlap_of(TOPICS, BEFORE, {**AFTER, "t2": []}, 3)
    assert seen.zero_hits == (1, 2)


def test_the_largest_moves_of_all_topics_stand_first() -> None:
    before = {"t1": ["a", "b", "c", "d"], "t2": ["x", "y"]}
    after = {"t1": ["d", "a", "b", "c"], "t2": ["y", "z"]}
    moves = overlap_of(TOPICS[:2], before, after, 10).moves
    # x: from 1 to below the page, 11; z: from there to 2; d: 4 to 1; the rest by one rank each
    assert moves[:2] == (TopicMove("t2", "x", 1, None), TopicMove("t2", "z", None, 2))
    assert moves[2:4] == (TopicMove("t1", "d", 4, 1), TopicMove("t1", "a", 1, 2))


def test_the_first_document_of_an_empty_page_moved_most() -> None:
    moves = overlap_of(TOPICS[:1], BEFORE, {"t1": []}, 3).moves
    assert moves == tuple(TopicMove("t1", d, r, None) for r, d in enumerate("abc", 1))


def test_no_topic_is_a_misuse() -> None:
    with pytest.raises(ValueError, match="no topics"):
        overlap_of([], {}, {}, 3)

"""The five metrics of the Ranking Evaluation API against cases worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Any

import pytest

from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.metrics import read_metric

Ratings = Sequence[int | None]


def score(metric: dict[str, Any], ratings: Ratings, judged: Sequence[int]) -> float:
    return read_metric(metric).evaluate(ratings, judged)[0]


@pytest.mark.parametrize(
    ("parameters", "ratings", "expected"),
    [
        ({}, [1, None, 0, 2], 2 / 4),
        ({"relevant_rating_threshold": 2}, [1, None, 0, 2], 1 / 4),
        ({"ignore_unlabeled": True}, [1, None, 0, 2], 2 / 3),
        # fewer hits than k: what is divided by is what came back
        ({"k": 10}, [1], 1.0),
        ({"ignore_unlabeled": True}, [None, None], 0.0),
        ({}, [], 0.0),
    ],
)
def test_precision_divides_by_the_hits_returned(
    parameters: dict[str, Any], ratings: Ratings, expected: float
) -> None:
    assert score({"precision": parameters}, ratings, [1, 0, 2]) == expected


@pytest.mark.parametrize(
    ("ratings", "judged", "expected"),
    [([2, None, 1], [2, 1, 1, 0], 2 / 3), ([], [1], 0.0), ([None], [], 0.0), ([0], [0], 0.0)],
)
def test_recall_divides_by_the_relevant_ratings(
    ratings: Ratings, judged: Sequence[int], expected: float
) -> None:
    assert score({"recall": {}}, ratings, judged) == expected


@pytest.mark.parametrize(
    ("threshold", "ratings", "expected", "first"),
    [
        (1, [None, 0, 1], 1 / 3, 3),
        (2, [1, 2], 1 / 2, 2),
        (1, [], 0.0, -1),
        (1, [None], 0.0, -1),
    ],
)
def test_reciprocal_rank_counts_unrated_hits_as_places(
    threshold: int, ratings: Ratings, expected: float, first: int
) -> None:
    metric = read_metric({"mean_reciprocal_rank": {"relevant_rating_threshold": threshold}})
    assert metric.evaluate(ratings, []) == (expected, {"first_relevant": first})


def test_dcg_leaves_an_unrated_hit_its_rank() -> None:
    expected = (2**3 - 1) / log2(2) + (2**2 - 1) / log2(4)
    assert score({"dcg": {}}, [3, None, 2], [3, 2]) == pytest.approx(expected, abs=1e-12)


def test_dcg_gives_an_unrated_hit_the_rating_that_is_named_for_it() -> None:
    expected = (2**1 - 1) / log2(2) + (2**2 - 1) / log2(3)
    metric = {"dcg": {"unknown_doc_rating": 2}}
    assert score(metric, [1, None], [1]) == pytest.approx(expected, abs=1e-12)


def test_ndcg_cuts_the_ideal_list_at_the_hits_returned() -> None:
    metric = {"dcg": {"normalize": True, "k": 10}}
    # one hit came back, so the ideal is the best rating alone, though two more are rated
    assert score(metric, [1], [3, 3, 1]) == pytest.approx(1 / 7, abs=1e-12)


def test_ndcg_of_hits_at_ranks_2_5_and_10_of_20_is_the_practice_figure() -> None:
    ratings: list[int | None] = [None] * 20
    for rank in (2, 5, 10):
        ratings[rank - 1] = 1
    metric = {"dcg": {"normalize": True, "k": 20}}
    assert score(metric, ratings, [1] * 20) == pytest.approx(0.1856246546622184, abs=1e-12)


@pytest.mark.parametrize(("ratings", "judged"), [([], [3]), ([None, None], []), ([0], [0])])
def test_ndcg_is_nothing_where_nothing_could_be_gained(
    ratings: Ratings, judged: Sequence[int]
) -> None:
    metric = read_metric({"dcg": {"normalize": True}})
    assert metric.evaluate(ratings, judged)[0] == 0.0
    assert "ideal_dcg" not in metric.evaluate(ratings, judged)[1]


def test_err_discounts_by_what_earlier_hits_have_satisfied() -> None:
    # R(3) = 7/8, R(1) = 1/8: 7/8 + (1 - 7/8) * 1/8 / 3; the unrated second place keeps its rank
    expected = 7 / 8 + (1 / 8) * (1 / 8) / 3
    metric = {"expected_reciprocal_rank": {"maximum_relevance": 3}}
    assert score(metric, [3, None, 1], [3, 1]) == pytest.approx(expected, abs=1e-12)
    assert score(metric, [], [3]) == 0.0


def test_err_counts_an_unrated_hit_by_the_rating_that_is_named_for_it() -> None:
    metric = {"expected_reciprocal_rank": {"maximum_relevance": 1, "unknown_doc_rating": 1}}
    assert score(metric, [None, 1], [1]) == pytest.approx(1 / 2 + (1 / 2) * (1 / 2) / 2, abs=1e-12)


@pytest.mark.parametrize(
    "metric",
    [{"dgc": {}}, {"dcg": {"kk": 1}}, {"precision": {"k": 0}}, {"expected_reciprocal_rank": {}}],
)
def test_what_no_metric_takes_is_refused(metric: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refusal:
        read_metric(metric)
    assert refusal.value.status == 400

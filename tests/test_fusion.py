"""Fusion against cases worked by hand: ties, missing documents, empty lists, duplicates."""

from __future__ import annotations

import math
from typing import Any

import pytest

from esqual.errors import ConfigError
from esqual.fusion import Fusion, fuse, read_fused

WORDS = [("a", 9.0), ("b", 5.0), ("c", 5.0), ("d", 1.0)]
VECTOR = [("d", 0.9), ("e", 0.8), ("a", 0.5)]
LISTS: dict[str, list[tuple[str, float | None]]] = {"words": [*WORDS], "vector": [*VECTOR]}


def scores(fusion: Fusion, lists: dict[str, list[tuple[str, float | None]]]) -> dict[str, float]:
    return {row.key: row.score for row in fuse(fusion, lists)}


def order(fusion: Fusion, lists: dict[str, list[tuple[str, float | None]]]) -> list[str]:
    return [row.key for row in fuse(fusion, lists)]


def test_rrf_adds_one_over_constant_plus_rank_and_nothing_for_a_missing_document() -> None:
    # by hand with constant 1: a 1/2 + 1/4, b 1/3, c 1/4, d 1/5 + 1/2, e 1/3
    found = scores(Fusion(rank_constant=1), LISTS)
    assert found == pytest.approx({"a": 0.75, "d": 0.7, "b": 1 / 3, "e": 1 / 3, "c": 0.25})
    # b and e tie, both at rank 2: words stand first in the file
    assert order(Fusion(rank_constant=1), LISTS) == ["a", "d", "b", "e", "c"]


def test_a_tie_goes_to_the_list_that_stands_first() -> None:
    turned = {"vector": LISTS["vector"], "words": LISTS["words"]}
    assert order(Fusion(rank_constant=1), turned) == ["a", "d", "e", "b", "c"]


def test_a_tie_goes_to_the_better_rank_before_the_first_list() -> None:
    # x: 2/(1+3) = 0.5 by weight, y: 1/(1+1) = 0.5
    lists: Any = {
        "words": [("p", 3.0), ("q", 2.0), ("x", 1.0)],
        "vector": [("y", 1.0)],
    }
    fusion = Fusion(rank_constant=1, weights={"words": 2})
    found = scores(fusion, lists)
    assert found["x"] == found["y"] == 0.5
    assert order(fusion, lists) == ["p", "q", "y", "x"]


def test_the_constant_is_60_unless_said() -> None:
    (first, *_) = fuse(Fusion(), LISTS)
    assert first.score == pytest.approx(1 / 61 + 1 / 63, abs=1e-15)
    assert first.ranks == {"words": 1, "vector": 3}


def test_weights_count_per_list_and_default_to_one() -> None:
    found = scores(Fusion(rank_constant=1, weights={"vector": 3}), LISTS)
    assert found["d"] == pytest.approx(1 / 5 + 3 / 2)
    assert found["b"] == pytest.approx(1 / 3)


def test_an_empty_list_leaves_the_other_as_it_is() -> None:
    for fusion in (Fusion(), Fusion("linear"), Fusion("linear", normalize="zscore", missing="min")):
        assert order(fusion, {"words": LISTS["words"], "vector": []}) == ["a", "b", "c", "d"]
    assert fuse(Fusion(), {"words": [], "vector": []}) == []


def test_a_document_named_twice_has_its_better_place_and_moves_nobody_up() -> None:
    lists: Any = {"words": [("a", 3.0), ("a", 2.0), ("b", 1.0)]}
    assert scores(Fusion(rank_constant=1), lists) == pytest.approx({"a": 1 / 2, "b": 1 / 4})
    assert scores(Fusion("linear"), lists) == {"a": 1.0, "b": 0.0}


def test_what_lies_beyond_the_window_is_missing() -> None:
    found = scores(Fusion(rank_constant=1, window=2), LISTS)
    assert found == pytest.approx({"a": 1 / 2, "b": 1 / 3, "d": 1 / 2, "e": 1 / 3})


def test_minmax_runs_from_the_least_to_the_best_of_each_list() -> None:
    # words: a 1, b and c (5-1)/8, d 0; vector: d 1, e 0.75, a 0
    found = scores(Fusion("linear"), LISTS)
    assert found == pytest.approx({"a": 1, "b": 0.5, "c": 0.5, "d": 1, "e": 0.75})
    # a and d tie at 1, both first in a list; b before c by rank
    assert order(Fusion("linear"), LISTS) == ["a", "d", "e", "b", "c"]


def test_minmax_of_equal_scores_is_one() -> None:
    lists: Any = {"words": [("a", 7.0), ("b", 7.0)], "vector": [("c", 0.2)]}
    assert scores(Fusion("linear"), lists) == {"a": 1.0, "b": 1.0, "c": 1.0}


def test_zscore_is_in_deviations_from_the_mean_of_the_list() -> None:
    # words: mean 5, deviation sqrt((16 + 0 + 0 + 16) / 4) = sqrt(8)
    fusion = Fusion("linear", normalize="zscore", missing="min")
    z, low = 4 / math.sqrt(8), -4 / math.sqrt(8)
    mean = (0.9 + 0.8 + 0.5) / 3
    deviation = math.sqrt(((0.9 - mean) ** 2 + (0.8 - mean) ** 2 + (0.5 - mean) ** 2) / 3)
    least = (0.5 - mean) / deviation
    found = scores(fusion, LISTS)
    assert found["a"] == pytest.approx(z + least)
    assert found["b"] == pytest.approx(0 + least)
    assert found["d"] == pytest.approx(low + (0.9 - mean) / deviation)
    assert found["e"] == pytest.approx(low + (0.8 - mean) / deviation)


def test_zscore_of_equal_scores_is_zero() -> None:
    # three times 0.1 has a mean that is not 0.1
    lists: Any = {"words": [("a", 0.1), ("b", 0.1), ("c", 0.1)]}
    assert set(scores(Fusion("linear", normalize="zscore"), lists).values()) == {0.0}


def test_a_missing_document_has_the_stated_value_times_the_weight() -> None:
    fusion = Fusion("linear", normalize="none", missing=-0.5, weights={"vector": 10})
    found = scores(fusion, LISTS)
    assert found == pytest.approx({"a": 9 + 5, "b": 5 - 5, "c": 5 - 5, "d": 1 + 9, "e": -0.5 + 8})


def test_linear_refuses_hits_without_scores_and_rrf_takes_them() -> None:
    lists: Any = {"words": [("a", None), ("b", None)]}
    assert order(Fusion(), lists) == ["a", "b"]
    with pytest.raises(ConfigError, match=r"queries\.words.*sort of its own"):
        fuse(Fusion("linear"), lists)


def test_the_order_of_the_lists_does_not_move_a_score() -> None:
    lists: Any = {str(n): [("a", 0.1 * n), ("b", 0.07 * n)] for n in range(1, 12)}
    fusion = Fusion("linear", normalize="none")
    assert scores(fusion, lists) == scores(fusion, dict(reversed(lists.items())))


BODY = {"query": {"match": {"text": "胃が痛い"}}}
KNN = {"knn": {"field": "vector", "query_vector": [0.1, 0.2], "k": 5}}


def test_a_plain_body_is_not_fused() -> None:
    assert read_fused(BODY) is None


def test_a_file_names_method_and_bodies() -> None:
    fuse_part = {"method": "rrf", "rank_constant": 20, "window": 50, "weights": {"vector": 2}}
    query = read_fused({"fuse": fuse_part, "queries": {"words": BODY, "vector": KNN}})
    assert query is not None
    assert query.fusion == Fusion("rrf", 50, {"vector": 2.0}, 20)
    assert list(query.bodies) == ["words", "vector"]
    assert query.left_out == ()


@pytest.mark.parametrize(
    "nothing",
    [
        *(False, None, {}),
        {"knn": {"field": "vector", "query_vector": False}},
        {"knn": {"field": "vector", "query_vector": []}},
        {"query": {"knn": {"field": "vector", "query_vector": []}}, "_source": False},
    ],
)
def test_a_body_that_asks_nothing_is_left_out_and_named(nothing: Any) -> None:
    query = read_fused({"fuse": {}, "queries": {"words": BODY, "vector": nothing}})
    assert query is not None
    assert list(query.bodies) == ["words"]
    assert query.left_out == ("vector",)


def test_zscore_counts_a_missing_document_as_the_last_of_the_list_unless_said() -> None:
    def missing(fuse_part: Any) -> Any:
        query = read_fused({"fuse": {"method": "linear", **fuse_part}, "queries": {"w": BODY}})
        assert query is not None
        return query.fusion.missing

    assert missing({}) == 0.0
    assert missing({"normalize": "zscore"}) == "min"
    assert missing({"normalize": "zscore", "missing": -1}) == -1.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fuse": "rrf"}, r"\[fuse\] is an object"),
        ({"fuse": {"method": "borda"}}, "known: linear, rrf"),
        ({"fuse": {"normalize": "minmax"}}, r"\[fuse.normalize\] is not known for rrf"),
        ({"fuse": {"method": "linear", "rank_constant": 1}}, "not known for linear"),
        ({"fuse": {"method": "linear", "normalize": "l2"}}, "known: minmax, none, zscore"),
        ({"fuse": {"method": "linear", "missing": "max"}}, r"\[fuse.missing\] is 'max'"),
        ({"fuse": {"rank_constant": 0}}, "it is 1 or more"),
        ({"fuse": {"window": 0}}, "from 1 to 10000"),
        ({"fuse": {"window": True}}, "from 1 to 10000"),
        ({"fuse": {"weights": [1, 2]}}, "an object by name"),
        ({"fuse": {"weights": {"words": -1}}}, r"weights.words\] is -1"),
        ({"fuse": {"weights": {"wrods": 1}}}, r"wrods\]: no such query; there are: words"),
        ({"queries": {}}, "must name the bodies"),
        ({"queries": [BODY]}, "must name the bodies"),
        ({"queries": {"words": 7}}, "neither a search body nor false"),
        ({"queries": {"words": {**BODY, "from": 5}}}, "ranks count from the first hit"),
        ({"size": 3}, r"\[size\] beside \[fuse\]"),
    ],
)
def test_what_the_file_does_not_know_is_refused_by_name(
    change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_fused({"fuse": {}, "queries": {"words": BODY}, **change})


def test_a_window_smaller_than_the_page_is_refused() -> None:
    query = read_fused({"fuse": {"window": 5}, "queries": {"words": BODY}})
    assert query is not None
    query.check_depth(5)
    with pytest.raises(ConfigError, match="window"):
        query.check_depth(6)

"""The server's own figure stands beside ours only where it was computed from the same hits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from esqual.comparison import Comparison, RunOptions, compare_queries
from esqual.comparison.server_side import size_matters
from esqual.errors import EngineError
from esqual.measures import parse_measure
from tests.comparison.cluster import TOPICS, Cluster, arms
from tests.fakes import scripted_client

QRELS = {"t1": {"d1": 1}, "t2": {"d2": 1}}
RR, P, AP = map(parse_measure, ("RR@1", "P@1", "AP@1"))


def steady(field: str, text: str, _: Mapping[str, Any]) -> list[tuple[str, float]]:
    first = "d1" if text == TOPICS[0].text else "d2"
    return [(first if field == "own" else "d3", 2.0), ("d4", 1.0)]


def swapped(field: str, text: str, header: Mapping[str, Any]) -> list[tuple[str, float]]:
    """As ``steady``, but for the first topic of the baseline."""
    hits = steady(field, text, header)
    return hits[::-1] if (field, text) == ("own", TOPICS[0].text) else hits


def compare(cluster: Cluster, folder: Path, **options: Any) -> Comparison:
    measures = options.pop("measures", [RR])
    return compare_queries(
        scripted_client(cluster),
        TOPICS,
        *arms(folder),
        qrels=QRELS,
        measures=measures,
        run=RunOptions(**options, drift=False),
    )[0]


def test_one_pass_for_the_pages_and_one_for_the_first_measure(tmp_path: Path) -> None:
    cluster = Cluster(steady, steady)
    first, second, third = compare(cluster, tmp_path, measures=[RR, P, AP]).measures
    assert (cluster.asked.count("_msearch"), cluster.asked.count("_rank_eval")) == (2, 2)
    assert first.rank_eval is not None
    assert (first.rank_eval.baseline, first.rank_eval.candidate) == (1.0, 0.0)
    assert first.rank_eval_reason is None
    assert "--rank-eval all" in (second.rank_eval_reason or "")
    assert "no measure of this definition" in (third.rank_eval_reason or "")
    # ours are there all the same
    assert (second.baseline, third.baseline) == (1.0, 1.0)


def test_every_measure_or_none_is_asked_for_on_request(tmp_path: Path) -> None:
    cluster = Cluster(steady, steady)
    rows = compare(cluster, tmp_path, measures=[RR, P], rank_eval="all").measures
    assert cluster.asked.count("_rank_eval") == 4
    assert [row.rank_eval is None for row in rows] == [False, False]
    cluster = Cluster(steady, steady)
    (row,) = compare(cluster, tmp_path, rank_eval="none").measures
    assert "_rank_eval" not in cluster.asked
    assert row.rank_eval_reason == "not asked for: --rank-eval none"


def test_a_server_without_the_module_gives_figures_and_the_reason(tmp_path: Path) -> None:
    (row,) = compare(Cluster(steady), tmp_path).measures
    assert (row.baseline, row.candidate, row.rank_eval) == (1.0, 0.0, None)
    assert row.rank_eval_reason == "this server has no ranking evaluation API (module rank-eval)"


def test_other_hits_from_other_copies_are_no_figure_of_this_comparison(tmp_path: Path) -> None:
    (row,) = compare(Cluster(steady, swapped), tmp_path).measures
    assert (row.baseline, row.rank_eval) == (1.0, None)
    assert "other hits for 1 of 2 topics (such as t1)" in (row.rank_eval_reason or "")
    assert "copies" in (row.rank_eval_reason or "")


def test_other_hits_where_there_is_one_copy_void_the_comparison(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="topic t1: the hits of _rank_eval are others"):
        compare(Cluster(steady, swapped, nodes=["n1"]), tmp_path)


def test_copies_that_agree_at_the_second_asking_are_believed(tmp_path: Path) -> None:
    turns = iter([swapped, swapped])

    def moody(field: str, text: str, header: Mapping[str, Any]) -> list[tuple[str, float]]:
        # each topic of the first request, then all others
        return next(turns, steady)(field, text, header)

    (row,) = compare(Cluster(steady, moody), tmp_path).measures
    assert row.rank_eval is not None
    assert row.rank_eval.baseline == 1.0


@pytest.mark.parametrize(
    ("body", "matters"),
    [
        ({"query": {"match": {"text": "knn"}}}, False),
        ({"query": {"bool": {"should": [{"knn": {"field": "v"}}]}}}, True),
        ({"knn": {"field": "v"}}, True),
        ({"retriever": {"standard": {}}}, True),
        ({"query": {"match_all": {}}, "rescore": {"query": {}}}, True),
    ],
)
def test_clauses_whose_hits_depend_on_the_size_are_known(body: Any, matters: bool) -> None:
    assert size_matters(body) is matters


def test_such_bodies_are_asked_for_exactly_the_hits_that_are_compared(tmp_path: Path) -> None:
    sizes: list[int] = []

    class Watched(Cluster):
        def _answer(self, ranking: Any, header: Any, body: Any) -> dict[str, Any]:
            sizes.append(body["size"])
            return super()._answer(ranking, header, body)

    client = scripted_client(Watched(steady))
    for more, expected in (({}, {3}), ({"rescore": {"query": {}}}, {2})):
        sizes.clear()
        compare_queries(client, TOPICS, *arms(tmp_path, more), depth=2, run=RunOptions(drift=False))
        assert set(sizes[:4]) == expected

"""Recall against a fake engine whose graph misses what it is told to miss, and on the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch, helpers

from esqual.errors import ConfigError
from esqual.measures import parse_measure
from esqual.recall import (
    Selection,
    TopicVector,
    VectorField,
    choose_by_ids,
    iter_documents,
    measure_recall,
    read_vector_field,
)
from esqual.recall.measuring import percentile
from tests.fakes import scripted_client

FIELD = VectorField("vector", {"similarity": "cosine"})
ALL = Selection(100, 6)


def hits(scored: Sequence[tuple[str, float]]) -> dict[str, Any]:
    found = [{"_index": "a", "_id": doc_id, "_score": score} for doc_id, score in scored]
    return {
        "timed_out": False,
        "_shards": {"failed": 0},
        "hits": {"hits": found},
    }


def rows(
    exact: Mapping[str, Sequence[tuple[str, float]]],
    graph: Mapping[int, Mapping[str, Sequence[str]]],
    **options: Any,
) -> Any:
    """Rows of topics ``t1`` (vector 1) and ``t2`` (vector 2) from what the engine would answer."""

    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        if "knn" in body:
            topic = f"t{int(body['knn']['query_vector'][0])}"
            ids = graph[body["knn"]["num_candidates"]][topic]
            return 200, hits([(doc_id, 1.0) for doc_id in ids[: body["size"]]])
        vector = body["query"]["script_score"]["script"]["params"]["query_vector"]
        return 200, hits(exact[f"t{int(vector[0])}"][: body["size"]])

    topics = [TopicVector("t1", (1.0,)), TopicVector("t2", (2.0,))]
    return measure_recall(
        scripted_client(answer),
        "a",
        FIELD,
        topics,
        [ALL],
        num_candidates=sorted(graph),
        **options,
    )


EXACT = {
    "t1": [("a", 1.9), ("b", 1.8), ("c", 1.7), ("d", 1.6)],
    "t2": [("e", 1.9), ("f", 1.5), ("g", 1.5), ("h", 1.1)],
}


def test_recall_is_the_share_of_the_k_nearest_that_the_graph_found() -> None:
    graph = {2: {"t1": ["a", "x"], "t2": ["e", "f"]}, 4: {"t1": ["b", "a"], "t2": ["e", "f"]}}
    exact, narrow, wide = rows(EXACT, graph, k=2)
    assert (exact.num_candidates, exact.recall) == (None, 1.0)
    assert (narrow.num_candidates, narrow.recall, narrow.worst) == (2, 0.75, 0.5)
    assert (wide.num_candidates, wide.recall, wide.worst) == (4, 1.0, 1.0)


def test_a_document_as_near_as_the_last_counts_as_one_of_the_nearest() -> None:
    _, row = rows(EXACT, {2: {"t1": ["a", "b"], "t2": ["e", "g"]}}, k=2)
    assert row.recall == 1.0
    _, row = rows(EXACT, {2: {"t1": ["a", "b"], "t2": ["e", "h"]}}, k=2)
    assert row.recall == 0.75


def test_quality_is_the_mean_over_judged_topics_and_its_cost_shows() -> None:
    measure = parse_measure("RR@10")
    qrels = {"t1": {"b": 1}, "t2": {"zz": 0}}
    graph = {2: {"t1": ["x", "b"], "t2": ["e", "f"]}, 3: {"t1": ["x", "a", "b"], "t2": ["e"]}}
    exact, narrow, wide = rows(EXACT, graph, k=3, qrels=qrels, measure=measure)
    assert (exact.quality, narrow.quality) == (0.5, 0.5)
    assert wide.quality == pytest.approx(1 / 3)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentile(values, 50) == 3.0
    assert percentile(values, 95) == 5.0
    assert percentile([7.0], 50) == 7.0
    assert percentile([float(n) for n in range(1, 101)], 95) == 95.0


def test_a_selection_is_decided_by_the_seed_and_lies_within_a_larger_one() -> None:
    ids = [f"d{n}" for n in range(200)]

    def chosen(percent: float, seed: int, order: Sequence[str]) -> list[str]:
        selection = choose_by_ids(order, percent, seed, None, "_id")
        (kept,) = selection.filters
        values: list[str] = list(kept["ids"]["values"])
        assert selection.documents == len(values) == round(2 * percent)
        return values

    small, large = chosen(1, 7, ids), chosen(50, 7, ids)
    assert set(small) < set(large)
    assert chosen(1, 7, ids[::-1]) == small
    assert chosen(50, 8, ids) != large


def test_a_selection_may_name_documents_by_a_field_of_theirs() -> None:
    values = {"d1": "A", "d2": "B"}
    selection = choose_by_ids(["d1", "d2"], 50, 1, values, "code")
    (kept,) = selection.filters
    assert kept["terms"]["code"] in (["A"], ["B"])


def test_a_selection_too_long_for_a_filter_is_refused() -> None:
    with pytest.raises(ConfigError, match="lists at most 65536"):
        choose_by_ids([str(n) for n in range(200_000)], 50, 1, None, "_id")


# ------------------------------------------------------------------ on the engine

DIMS = 8


@pytest.fixture
def vectors(engine: Elasticsearch) -> Elasticsearch:
    vector = {"type": "dense_vector", "dims": DIMS, "index_options": {"type": "hnsw", "m": 4}}
    properties = {"vector": vector, "code": {"type": "keyword"}, "text": {"type": "text"}}
    engine.indices.create(index="vectors", mappings={"properties": properties})
    random = np.random.default_rng(3)
    actions = [
        {"_index": "vectors", "_id": f"d{n}", "vector": row.tolist(), "code": f"c{n}"}
        for n, row in enumerate(random.normal(size=(600, DIMS)))
    ]
    helpers.bulk(engine, [*actions, {"_index": "vectors", "_id": "none", "text": "文"}])
    engine.indices.refresh(index="vectors")
    return engine


def test_the_graph_is_walked_and_more_candidates_find_more(vectors: Elasticsearch) -> None:
    field = read_vector_field(vectors, "vectors", "vector")
    documents = dict(iter_documents(vectors, "vectors", field, "code"))
    assert documents["d7"] == ["c7"]
    assert "none" not in documents
    assert len(documents) == 600
    random = np.random.default_rng(4)
    topics = [TopicVector(f"t{n}", tuple(map(float, random.normal(size=DIMS)))) for n in range(20)]
    half = choose_by_ids(list(documents), 50, 1, None, "_id")
    found = measure_recall(
        vectors,
        "vectors",
        field,
        topics,
        [Selection(100, 600), half],
        k=10,
        num_candidates=[10, 300],
    )
    exact, narrow, wide, *filtered = found
    assert exact.recall == 1.0
    assert narrow.recall < 1.0  # it was no scan
    assert narrow.recall <= wide.recall
    assert wide.recall > 0.98
    assert filtered[0].selection is half
    assert all(0 < row.p50_ms <= row.p95_ms for row in found)


@pytest.mark.parametrize("similarity", ["cosine", "dot_product", "l2_norm"])
def test_the_exact_search_orders_as_the_similarity_does(
    engine: Elasticsearch, similarity: str
) -> None:
    vector = {"type": "dense_vector", "dims": 2, "similarity": similarity}
    vector["index_options"] = {"type": "hnsw"}
    engine.indices.create(index="few", mappings={"properties": {"v": vector}})
    rows = {"a": [1.0, 0.0], "b": [0.6, 0.8], "c": [-1.0, 0.0], "d": [0.0, 1.0]}
    helpers.bulk(engine, [{"_index": "few", "_id": name, "v": row} for name, row in rows.items()])
    engine.indices.refresh(index="few")
    field = read_vector_field(engine, "few", "v")
    query = [0.8, 0.6]
    exact = engine.search(index="few", body=field.exact(query, []))["hits"]["hits"]
    near = engine.search(index="few", body=field.approximate(query, [], 4, 4))["hits"]["hits"]
    assert [hit["_id"] for hit in exact] == [hit["_id"] for hit in near] == ["b", "a", "d", "c"]
    kept = engine.search(index="few", body=field.exact(query, [{"ids": {"values": ["c"]}}]))
    assert [hit["_id"] for hit in kept["hits"]["hits"]] == ["c"]


@pytest.mark.parametrize(
    ("mapping", "name", "reason"),
    [
        ({"v": {"type": "text"}}, "v", "is text, not dense_vector"),
        ({"v": {"type": "text"}}, "w", "is not mapped"),
        ({"v": {"type": "dense_vector", "dims": 2, "index": False}}, "v", "index: false"),
        (
            {"v": {"type": "dense_vector", "dims": 2, "index_options": {"type": "flat"}}},
            "v",
            "mapped flat",
        ),
        (
            {"v": {"type": "dense_vector", "dims": 2, "similarity": "max_inner_product"}},
            "v",
            "max_inner_product has no exact query",
        ),
    ],
)
def test_a_field_that_cannot_be_measured_is_refused(
    engine: Elasticsearch, mapping: Any, name: str, reason: str
) -> None:
    engine.indices.create(index="odd", mappings={"properties": mapping})
    with pytest.raises(ConfigError, match=reason):
        read_vector_field(engine, "odd", name)

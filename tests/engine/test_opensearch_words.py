"""Vectors in OpenSearch's words: what is rewritten, what is left alone, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esqual.engine.server.opensearch import to_opensearch
from esqual.errors import UnsupportedByEngineError

VECTOR = [0.5, 1.0, 0.0]
CLAUSE = {"field": "v", "query_vector": VECTOR, "k": 5, "num_candidates": 9, "boost": 2}
KNN = {"v": {"vector": VECTOR, "k": 5, "method_parameters": {"ef_search": 9}, "boost": 2}}
FIELD = {"type": "dense_vector", "dims": 3, "index_options": {"type": "hnsw"}}


def _rewritten(method: str, target: str, body: Any, major: int | None = 3) -> Any:
    text = to_opensearch(method, target, json.dumps(body).encode(), major)
    assert text is not None
    return json.loads(text)


def _search(body: Any) -> Any:
    return _rewritten("POST", "/texts/_search?size=1", body)


def _created(field: Any, settings: Any = None, major: int | None = 3) -> Any:
    body = {"settings": settings or {}, "mappings": {"properties": {"v": field}}}
    return _rewritten("PUT", "/texts", body, major)


def test_a_query_clause_is_rewritten_however_deep_it_stands() -> None:
    assert _search({"query": {"knn": CLAUSE}}) == {"query": {"knn": KNN}}
    deep = {"query": {"bool": {"should": [{"match": {"t": "雨"}}, {"knn": CLAUSE}]}}}
    assert _search(deep)["query"]["bool"]["should"] == [{"match": {"t": "雨"}}, {"knn": KNN}]


def test_a_filter_is_kept_and_rewritten_too() -> None:
    inner = {"bool": {"must": {"knn": CLAUSE}}}
    found = _search({"query": {"knn": {**CLAUSE, "filter": inner}}})
    assert found["query"]["knn"]["v"]["filter"] == {
        "bool": {"filter": {"bool": {"must": {"knn": KNN}}}}
    }


def test_candidates_are_half_as_many_again_as_hits_where_nothing_is_said() -> None:
    clause = {"field": "v", "query_vector": VECTOR, "k": 5}
    found = _search({"query": {"knn": clause}})
    assert found["query"]["knn"]["v"]["method_parameters"] == {"ef_search": 8}


def test_every_line_of_a_batch_and_every_rated_request_is_rewritten() -> None:
    lines = [{"index": "a"}, {"query": {"knn": CLAUSE}}, {}, {"query": {"match_all": {}}}]
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    sent = to_opensearch("POST", "/_msearch", text)
    assert sent is not None
    assert sent.endswith(b"\n")
    assert [json.loads(line) for line in sent.splitlines()] == [
        {"index": "a"},
        {"query": {"knn": KNN}},
        {},
        {"query": {"match_all": {}}},
    ]
    rated = {"requests": [{"id": "1", "request": {"query": {"knn": CLAUSE}}, "ratings": []}]}
    sent = _rewritten("POST", "/a/_rank_eval", rated)
    assert sent["requests"][0] == {
        "id": "1",
        "request": {"query": {"knn": KNN}},
        "ratings": [],
    }


def test_a_section_alone_becomes_a_query_when_its_hits_are_the_same() -> None:
    body = {"knn": CLAUSE, "size": 5, "track_total_hits": False, "_source": False}
    rest = {"size": 5, "track_total_hits": False, "_source": False}
    assert _search(body) == {**rest, "query": {"knn": KNN}}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"knn": CLAUSE, "size": 6, "track_total_hits": False}, '"k" must be at least'),
        ({"knn": CLAUSE, "size": 5}, '"track_total_hits": false'),
        ({"knn": CLAUSE, "query": {"match_all": {}}}, 'beside "query"'),
        ({"knn": [CLAUSE, CLAUSE], "size": 5}, "no list of knn sections"),
        ({"query": {"knn": {**CLAUSE, "similarity": 0.5}}}, '"similarity" does'),
        (
            {"query": {"knn": {"field": "v", "query_vector": VECTOR}}},
            'needs "query_vector" and "k"',
        ),
        ({"retriever": {"standard": {}}}, "no retrievers"),
    ],
)
def test_a_search_that_would_not_find_the_same_is_refused(body: Any, reason: str) -> None:
    with pytest.raises(UnsupportedByEngineError, match=reason):
        _search(body)


@pytest.mark.parametrize(
    ("similarity", "space"),
    [("cosine", "cosinesimil"), ("l2_norm", "l2"), ("max_inner_product", "innerproduct")],
)
def test_a_field_becomes_one_of_lucene_with_the_same_score(similarity: str, space: str) -> None:
    created = _created({**FIELD, "similarity": similarity})
    assert created["mappings"]["properties"]["v"] == {
        "type": "knn_vector",
        "dimension": 3,
        "method": {
            "name": "hnsw",
            "engine": "lucene",
            "space_type": space,
            "parameters": {"m": 16, "ef_construction": 100},
        },
    }
    assert created["settings"]["index.knn"] is True


def test_a_field_inside_an_object_is_found_and_others_are_left_alone() -> None:
    field = {"properties": {"v": FIELD, "t": {"type": "text"}}}
    inner = _created(field)["mappings"]["properties"]["v"]["properties"]
    assert inner["v"]["type"] == "knn_vector"
    assert inner["t"] == {"type": "text"}
    sent = _rewritten("PUT", "/texts/_mapping", {"properties": {"v": FIELD}})
    assert sent["properties"]["v"]["type"] == "knn_vector"


def test_words_weigh_beside_vectors_as_on_elasticsearch_unless_told_otherwise() -> None:
    name = "index.similarity.default.type"
    assert _created(FIELD)["settings"][name] == "LegacyBM25"
    own = {"similarity": {"default": {"type": "BM25", "b": 0.3}}}
    assert name not in _created(FIELD, own)["settings"]
    dotted = {"index.similarity.default.type": "DFR"}
    assert _created(FIELD, dotted)["settings"][name] == "DFR"
    # OpenSearch 2 still has the factor
    assert name not in _created(FIELD, major=2)["settings"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"similarity": "dot_product"}, "vectors of length 1 score alike with cosine"),
        ({"index_options": {"type": "int8_hnsw"}}, 'no index like "int8_hnsw"'),
        ({"index_options": None}, "which rounds vectors"),
        ({"index": False}, 'leave out "index": false'),
        ({"element_type": "bit"}, "use float or byte"),
        ({"dims": None}, None),
        ({"meta": {}}, 'nothing like "meta"'),
    ],
)
def test_a_field_without_an_exact_counterpart_is_refused(more: Any, reason: str | None) -> None:
    field = {key: value for key, value in {**FIELD, **more}.items() if value is not None}
    with pytest.raises(UnsupportedByEngineError, match=reason or 'needs "dims"'):
        _created(field)


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("PUT", "/texts/_bulk", b'{"index":{}}\n{"t":"dense_vector","knn":{"field":"x"}}\n'),
        ("PUT", "/texts/_doc/1", b'{"knn":{"field":"x"},"retriever":1}'),
        ("POST", "/texts/_search", b'{ "query": {"match": {"t": "vector"}} }'),
        ("GET", "/", None),
    ],
)
def test_documents_and_searches_without_vectors_go_through_as_they_are(
    method: str, target: str, body: bytes | None
) -> None:
    assert to_opensearch(method, target, body) is body

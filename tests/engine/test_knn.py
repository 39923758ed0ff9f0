"""Near vectors: exact scores, filters, deletions, builds that agree, graphs against the scan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from elasticsearch import BadRequestError, Elasticsearch, helpers
from numpy.typing import NDArray

import esqual
from esqual.engine.lucene import knn as module
from esqual.engine.lucene.catalog import Catalog
from esqual.engine.lucene.vectors import field_vectors

Matrix = NDArray[Any]
DIMS = 16
HNSW = {"x-esqual-knn": "hnsw"}
EXACT = {"x-esqual-knn": "exact"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    made = esqual.connect(f"lucene:{tmp_path_factory.mktemp('knn')}")
    yield made
    made.close()


def mapping(similarity: str, kind: str = "hnsw", **more: Any) -> dict[str, Any]:
    options = {"type": kind, **more.pop("options", {})}
    vector = {"type": "dense_vector", "similarity": similarity, "index_options": options, **more}
    return {"properties": {"v": vector, "n": {"type": "integer"}, "half": {"type": "keyword"}}}


def matrix(size: int, seed: int = 0, dims: int = DIMS) -> Matrix:
    return np.random.default_rng(seed).standard_normal((size, dims)).astype(np.float32)


def units(size: int, seed: int = 0) -> Matrix:
    made = matrix(size, seed).astype(np.float64)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def octets(size: int, seed: int = 0) -> Matrix:
    return np.random.default_rng(seed).integers(-128, 128, (size, DIMS))


def fill(client: Elasticsearch, index: str, mappings: Any, vectors: Matrix, parts: int = 3) -> None:
    """Documents 0, 1, … in ``parts`` segments."""
    client.options(ignore_status=404).indices.delete(index=index)
    client.indices.create(index=index, mappings=mappings)
    for part in np.array_split(np.arange(len(vectors)), parts):
        actions = (
            {
                "_index": index,
                "_id": str(n),
                "v": vectors[n].tolist(),
                "n": int(n),
                "half": "even" if n % 2 == 0 else "odd",
            }
            for n in part
        )
        helpers.bulk(client, actions, chunk_size=len(vectors), refresh=True)


def found(client: Elasticsearch, index: str, vector: Matrix, k: int, **more: Any) -> Any:
    """Ids and scores of the k nearest."""
    headers = more.pop("headers", {})
    section = {"field": "v", "query_vector": vector.tolist(), "k": k, **more}
    answer = client.options(headers=headers).search(index=index, knn=section, size=k, source=False)
    hits = answer["hits"]["hits"]
    return [int(hit["_id"]) for hit in hits], [hit["_score"] for hit in hits]


def cosine(v: Matrix, q: Matrix) -> Matrix:
    return (1 + (v @ q) / np.linalg.norm(v, axis=1) / np.linalg.norm(q)) / 2


def dot(v: Matrix, q: Matrix) -> Matrix:
    return (1 + v @ q) / 2


def byte_dot(v: Matrix, q: Matrix) -> Matrix:
    return 0.5 + (v @ q) / (32768 * DIMS)


def l2(v: Matrix, q: Matrix) -> Matrix:
    return 1 / (1 + ((v - q) ** 2).sum(axis=1))


def inner(v: Matrix, q: Matrix) -> Matrix:
    return np.where(v @ q < 0, 1 / (1 - np.minimum(v @ q, 0)), v @ q + 1)


FORMULAS: list[tuple[str, str, Callable[..., Matrix], Callable[..., Matrix]]] = [
    ("cosine", "float", matrix, cosine),
    ("dot_product", "float", units, dot),
    ("l2_norm", "float", matrix, l2),
    ("max_inner_product", "float", matrix, inner),
    ("cosine", "byte", octets, cosine),
    ("dot_product", "byte", octets, byte_dot),
    ("l2_norm", "byte", octets, l2),
    ("max_inner_product", "byte", octets, inner),
]


@pytest.mark.parametrize("headers", [EXACT, HNSW], ids=["scan", "graph"])
@pytest.mark.parametrize(("similarity", "element", "make", "formula"), FORMULAS)
def test_scores_are_the_formulas(
    client: Elasticsearch,
    similarity: str,
    element: str,
    make: Callable[..., Matrix],
    formula: Callable[..., Matrix],
    headers: dict[str, str],
) -> None:
    vectors, queries = make(300), make(5, seed=1)
    if headers is EXACT:
        fill(
            client, f"f-{similarity}-{element}", mapping(similarity, element_type=element), vectors
        )
    for query in queries:
        ids, scores = found(
            client, f"f-{similarity}-{element}", query, 300, num_candidates=300, headers=headers
        )
        expected = formula(vectors.astype(np.float64), query.astype(np.float64))
        assert sorted(ids) == list(range(300))
        assert scores == pytest.approx(expected[ids], rel=1e-5)
        assert scores == sorted(scores, reverse=True)


def test_a_scan_is_exact(client: Elasticsearch) -> None:
    vectors = matrix(3000)
    fill(client, "scan", mapping("cosine"), vectors)
    for query in matrix(20, seed=1):
        ids, _ = found(client, "scan", query, 10)
        assert ids == np.argsort(-cosine(vectors, query))[:10].tolist()


def test_a_batch_answers_as_its_searches_alone(client: Elasticsearch) -> None:
    fill(client, "scan", mapping("l2_norm"), matrix(3000))
    lines: list[dict[str, Any]] = []
    bodies = []
    for n, query in enumerate(matrix(30, seed=1)):
        section: dict[str, Any] = {"field": "v", "query_vector": query.tolist(), "k": 5 + n % 3}
        if n % 2:
            section["filter"] = {"term": {"half": "odd" if n % 3 else "even"}}
        bodies.append({"knn": section, "size": 8, "_source": False})
        lines += [{"index": "scan"}, bodies[-1]]
    together = client.msearch(searches=lines)["responses"]
    alone = [client.search(index="scan", body=body) for body in bodies]
    assert [each["hits"] for each in together] == [each["hits"] for each in alone]


def test_equal_vectors_have_equal_scores_and_come_in_the_order_of_indexing(
    client: Elasticsearch,
) -> None:
    vectors = np.repeat(matrix(40), 50, axis=0)
    fill(client, "equal", mapping("cosine"), vectors, parts=1)
    for headers in (EXACT, {}):
        ids, scores = found(client, "equal", matrix(1, seed=2)[0], 120, headers=headers)
        assert ids == [n for start in range(0, 120, 50) for n in sorted(ids[start : start + 50])]
        assert len(set(scores)) == 3


@pytest.mark.parametrize("headers", [EXACT, HNSW], ids=["scan", "graph"])
def test_a_filter_leaves_k_hits_whenever_k_documents_match(
    client: Elasticsearch, headers: dict[str, str]
) -> None:
    fill(client, "filtered", mapping("cosine"), matrix(2000))
    queries = matrix(5, seed=3)
    for matching in (0, 1, 9, 10, 11, 100, 1000, 1999):
        expected = min(10, matching)
        for query in queries:
            ids, _ = found(
                client,
                "filtered",
                query,
                10,
                num_candidates=10,
                filter={"range": {"n": {"lt": matching}}},
                headers=headers,
            )
            assert len(ids) == expected
            assert all(n < matching for n in ids)


def test_a_graph_finds_nearly_what_the_scan_finds(client: Elasticsearch) -> None:
    # a poor graph, so that walking it differs from the scan
    options = {"m": 6, "ef_construction": 12}
    fill(client, "graph", mapping("cosine", options=options), matrix(3000), parts=1)
    same = 0
    for query in matrix(50, seed=4):
        exact, scores = found(client, "graph", query, 10)
        walked, others = found(client, "graph", query, 10, num_candidates=12, headers=HNSW)
        same += len(set(exact) & set(walked))
        known = dict(zip(exact, scores, strict=True))
        for n, score in zip(walked, others, strict=True):
            assert score == known.get(n, score)
    assert 250 <= same < 500


def test_a_segment_above_the_threshold_is_written_with_its_graph(client: Elasticsearch) -> None:
    options = {"flat_index_threshold": 500, "m": 6, "ef_construction": 12}
    fill(client, "written", mapping("cosine", options=options), matrix(3000), parts=1)
    queries = matrix(50, seed=4)

    def recall(headers: dict[str, str]) -> int:
        same = 0
        for query in queries:
            exact, _ = found(client, "written", query, 10, headers=EXACT)
            walked, _ = found(client, "written", query, 10, num_candidates=12, headers=headers)
            same += len(set(exact) & set(walked))
        return same

    unforced = recall({})
    assert 250 <= unforced < 500
    assert recall(HNSW) == unforced
    fill(client, "scan", mapping("cosine"), matrix(3000), parts=1)
    assert all(
        found(client, "scan", query, 10) == found(client, "scan", query, 10, headers=EXACT)
        for query in queries
    )


@pytest.mark.parametrize("threshold", [-1, 100], ids=["made", "written"])
def test_two_builds_agree(client: Elasticsearch, threshold: int) -> None:
    options = {"flat_index_threshold": threshold}
    for name in ("one", "two"):
        fill(client, name, mapping("cosine", options=options), matrix(900))
    for query in matrix(40, seed=5):
        one = found(client, "one", query, 10, num_candidates=12, headers=HNSW)
        assert one == found(client, "two", query, 10, num_candidates=12, headers=HNSW)


@pytest.mark.parametrize("headers", [EXACT, HNSW], ids=["scan", "graph"])
def test_deletions_and_updates_are_seen(client: Elasticsearch, headers: dict[str, str]) -> None:
    vectors = matrix(600)
    fill(client, "changing", mapping("cosine"), vectors)
    query = matrix(1, seed=6)[0]
    first, _ = found(client, "changing", query, 5, headers=headers)
    for n in first[:2]:
        client.delete(index="changing", id=str(n))
    client.update(index="changing", id=str(first[2]), doc={"v": (-query).tolist()})
    client.update(index="changing", id=str(first[3]), doc={"n": -1})
    client.index(index="changing", id="600", document={"v": query.tolist()})
    client.indices.refresh(index="changing")
    ids, scores = found(client, "changing", query, 5, headers=headers)
    assert ids[0] == 600
    assert scores[0] == pytest.approx(1, rel=1e-6)
    assert ids[1:3] == [first[3], first[4]]
    assert not set(first[:3]) & set(ids)


def test_a_flat_field_scores_every_vector(client: Elasticsearch) -> None:
    vectors = matrix(700)
    fill(client, "flat", mapping("cosine", "flat"), vectors)
    query = matrix(1, seed=7)[0]
    clause = {"knn": {"field": "v", "query_vector": query.tolist(), "k": 3}}
    order = np.argsort(-cosine(vectors, query))
    simple = client.search(index="flat", query=clause, size=5, from_=2)["hits"]
    assert simple["total"] == {"value": 700, "relation": "eq"}
    assert [int(hit["_id"]) for hit in simple["hits"]] == order[2:7].tolist()
    assert simple["max_score"] == pytest.approx(cosine(vectors, query).max(), rel=1e-6)
    inside = client.search(index="flat", query={"bool": {"must": [clause]}}, size=5, from_=2)[
        "hits"
    ]
    assert inside["hits"] == simple["hits"]
    assert inside["total"] == simple["total"]
    few = client.search(index="flat", query=clause, track_total_hits=100)["hits"]
    assert few["total"] == {"value": 100, "relation": "gte"}


def test_a_field_without_a_graph_refuses_to_walk_one(client: Elasticsearch) -> None:
    fill(client, "flat", mapping("cosine", "flat"), matrix(10))
    with pytest.raises(BadRequestError, match="it has no graph"):
        found(client, "flat", matrix(1)[0], 3, headers=HNSW)
    with pytest.raises(BadRequestError, match="must be one of auto, exact, hnsw"):
        found(client, "flat", matrix(1)[0], 3, headers={"x-esqual-knn": "fast"})


def test_an_index_without_vectors_has_no_near_ones(client: Elasticsearch) -> None:
    client.options(ignore_status=404).indices.delete(index="empty")
    client.indices.create(index="empty", mappings=mapping("cosine", dims=DIMS))
    assert found(client, "empty", matrix(1)[0], 3) == ([], [])
    client.index(index="empty", id="1", document={"n": 1}, refresh=True)
    for headers in (EXACT, HNSW):
        assert found(client, "empty", matrix(1)[0], 3, headers=headers) == ([], [])
    client.options(ignore_status=404).indices.delete(index="unknown-dims")
    client.indices.create(index="unknown-dims", mappings=mapping("cosine"))
    assert found(client, "unknown-dims", matrix(1)[0], 3) == ([], [])


def test_4096_dims_are_kept(client: Elasticsearch) -> None:
    vectors = matrix(20, dims=4096)
    fill(client, "wide", mapping("cosine", options={"flat_index_threshold": 0}), vectors, parts=1)
    ids, scores = found(client, "wide", vectors[7], 3)
    assert ids[0] == 7
    assert scores == pytest.approx(cosine(vectors.astype(np.float64), vectors[7])[ids], rel=1e-5)


def test_a_template_a_count_and_an_explanation_know_knn(client: Elasticsearch) -> None:
    vectors = matrix(100)
    fill(client, "routes", mapping("cosine"), vectors)
    source = '{"knn": {"field": "v", "query_vector": {{#toJson}}vector{{/toJson}}, "k": 3}}'
    params = {"vector": vectors[5].tolist()}
    answer = client.search_template(index="routes", source=source, params=params)
    assert answer["hits"]["hits"][0]["_id"] == "5"
    clause = {"knn": {"field": "v", "query_vector": vectors[5].tolist(), "k": 7}}
    assert client.count(index="routes", query=clause)["count"] == 7
    why = client.explain(index="routes", id="5", query=clause)
    assert why["matched"]
    assert why["explanation"]["value"] == pytest.approx(1, rel=1e-6)
    assert why["explanation"]["description"] == "within top 7 docs"
    last = answer = client.search(index="routes", query=clause, size=7)["hits"]["hits"][-1]
    clause["knn"]["k"] = 6
    why = client.explain(index="routes", id=last["_id"], query=clause)
    assert (why["matched"], why["explanation"]["description"]) == (False, "not in top 6 docs")


def test_a_scroll_reads_the_hits_page_by_page(client: Elasticsearch) -> None:
    vectors = matrix(100)
    fill(client, "routes", mapping("cosine"), vectors)
    fill(client, "flat", mapping("cosine", "flat"), vectors)
    near = {"field": "v", "query_vector": vectors[5].tolist()}
    order = np.argsort(-cosine(vectors, vectors[5])).tolist()
    bodies: list[tuple[str, dict[str, Any], int]] = [
        ("routes", {"query": {"knn": near}}, 4),
        ("routes", {"query": {"knn": {**near, "k": 10}}}, 10),
        ("routes", {"knn": {**near, "k": 10}}, 10),
        ("flat", {"query": {"knn": near}}, 100),
    ]
    for index, body, total in bodies:
        answer = client.search(index=index, body={**body, "size": 4}, scroll="1m")
        seen: list[int] = []
        while answer["hits"]["hits"]:
            assert answer["hits"]["total"]["value"] == total
            seen += [int(hit["_id"]) for hit in answer["hits"]["hits"]]
            answer = client.scroll(scroll_id=answer["_scroll_id"])
        assert seen == order[:total]


def test_rank_eval_rates_near_vectors(client: Elasticsearch) -> None:
    vectors = matrix(100)
    fill(client, "routes", mapping("cosine"), vectors)
    requests = [
        {
            "id": "q",
            "request": {"knn": {"field": "v", "query_vector": vectors[5].tolist(), "k": 3}},
            "ratings": [{"_index": "routes", "_id": "5", "rating": 1}],
        }
    ]
    answer = client.rank_eval(index="routes", requests=requests, metric={"precision": {"k": 3}})
    assert answer["details"]["q"]["metric_score"] == pytest.approx(1 / 3)


def test_what_a_server_quantises_is_said_once_and_only_of_what_is_new(
    client: Elasticsearch,
) -> None:
    client.options(ignore_status=404).indices.delete(index="said")
    with pytest.warns(match="int8_hnsw on a server") as caught:
        client.indices.create(
            index="said", mappings={"properties": {"v": {"type": "dense_vector", "dims": 3}}}
        )
    assert len(caught) == 1
    with pytest.warns(match=r"\[w\] is bbq_flat on a server") as caught:
        client.indices.put_mapping(
            index="said",
            properties={
                "w": {"type": "dense_vector", "dims": 64, "index_options": {"type": "bbq_flat"}},
                "x": {"type": "dense_vector", "dims": 64, "index_options": {"type": "hnsw"}},
            },
        )
    assert len(caught) == 1


def test_sources_keep_vectors_when_the_index_says_so(client: Elasticsearch) -> None:
    client.options(ignore_status=404).indices.delete(index="kept")
    client.indices.create(
        index="kept",
        settings={"index.mapping.exclude_source_vectors": False},
        mappings=mapping("cosine"),
    )
    client.index(index="kept", id="1", document={"v": [0.1, 2], "n": 1}, refresh=True)
    assert client.get(index="kept", id="1")["_source"] == {"v": [0.1, 2], "n": 1}
    assert client.get(index="kept", id="1", source_exclude_vectors=True)["_source"] == {"n": 1}
    client.update(index="kept", id="1", doc={"n": 2})
    assert client.get(index="kept", id="1")["_source"] == {"v": [0.1, 2], "n": 2}


def test_sources_give_vectors_back_as_they_were_sent(client: Elasticsearch) -> None:
    client.options(ignore_status=404).indices.delete(index="sent")
    client.indices.create(index="sent", mappings=mapping("cosine"))
    document = {
        "前": '胃が "v": [1] と痛い',
        "v": [0.1, -2.5e-7, 1 / 3],
        "後": [{"w": [1.5]}, None],
    }
    shown = {**document, "v": [0.1, -2.5e-7, 0.33333334]}
    client.index(index="sent", id="1", document=document)
    client.index(index="sent", id="2", document={"v": "PczMzTPWv5U+qqqr", "inner": {"v": [1, 2]}})
    # a key that is spelt otherwise, and one of its name that is no vector
    raw = r'{"\u0076": [1, 2, 3], "inner": {"v": [1, 2, 3]}}'
    client.index(index="sent", id="3", document=json.loads(raw))
    client.bulk(body='{"index": {"_index": "sent", "_id": "4"}}\n' + raw + "\n")
    whole = {"source_exclude_vectors": False}
    for name in ("3", "4"):
        assert client.get(index="sent", id=name, **whole)["_source"] == json.loads(raw)
    client.delete(index="sent", id="3")
    client.delete(index="sent", id="4")
    assert json.dumps(client.get(index="sent", id="1", **whole)["_source"]) == json.dumps(shown)
    assert client.get(index="sent", id="1")["_source"] == {k: document[k] for k in ("前", "後")}
    two = client.get(index="sent", id="2", **whole)["_source"]
    assert two == {"v": [0.1, 1e-7, 0.33333334], "inner": {"v": [1, 2]}}
    assert client.update(index="sent", id="1", doc={"v": shown["v"]})["result"] == "noop"
    client.update(index="sent", id="1", doc={"n": 7})
    assert client.get(index="sent", id="1", **whole)["_source"] == {**shown, "n": 7}
    client.indices.refresh(index="sent")
    query = np.array([0.1, -2.5e-7, 1 / 3])
    assert sorted(found(client, "sent", query, 2)[0]) == [1, 2]
    hits = client.search(index="sent", source={"exclude_vectors": False}, fields=["v"], sort="_doc")
    assert [hit["fields"]["v"] for hit in hits["hits"]["hits"]] == [two["v"], shown["v"]]


# ------------------------------------------------------------------ the parts


def test_vectors_are_read_where_they_lie(client: Elasticsearch, tmp_path: Any) -> None:
    vectors = matrix(500)
    own = esqual.connect(f"lucene:{tmp_path}")
    fill(own, "mapped", mapping("l2_norm"), vectors, parts=2)
    searcher = Catalog.open(tmp_path).single("mapped").searcher()
    seen = field_vectors(searcher, "v", DIMS, byte=False)
    assert [len(block.matrix) for block in seen.blocks] == [250, 250]
    assert np.array_equal(np.concatenate([block.matrix for block in seen.blocks]), vectors)
    for block, leaf in zip(seen.blocks, seen.leaves, strict=True):
        assert leaf.slice() is not None
        assert not block.matrix.flags.writeable
        copied = np.frombuffer(bytes(leaf.copy(0, 250)), "<f4").reshape(250, DIMS)
        assert np.array_equal(copied, block.matrix)
    own.close()


@pytest.mark.parametrize("columns", [1, 31, 64, 700, 5000])
@pytest.mark.parametrize("k", [1, 7, 40])
def test_the_largest_of_each_row_are_among_the_candidates(columns: int, k: int) -> None:
    chance = np.random.default_rng(columns * 100 + k)
    values = chance.standard_normal((6, columns)).astype(np.float32)
    values[1] = 0
    values[2, chance.random(columns) < 0.9] = -np.inf
    row, column = module._largest(values, k, np.zeros(6, np.float32))
    got: dict[int, set[int]] = {n: set() for n in range(6)}
    for r, c in zip(row.tolist(), column.tolist(), strict=True):
        assert c not in got[r]
        got[r].add(c)
    for r in range(6):
        possible = np.flatnonzero(values[r] > -np.inf)
        best = possible[np.argsort(-values[r, possible], kind="stable")[:k]]
        assert set(best.tolist()) <= got[r]
        assert all(values[r, c] > -np.inf for c in got[r])
        if len(possible) > k and r not in (1, 2):
            assert len(got[r]) < max(len(possible), 2) or columns <= 4 * k * 32


def test_tiles_join_to_the_whole(client: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = matrix(3000)
    fill(client, "tiles", mapping("l2_norm"), vectors)
    queries = matrix(10, seed=9)
    whole = [found(client, "tiles", query, 10) for query in queries]
    monkeypatch.setattr(module, "_TILE_VECTORS", 137)
    monkeypatch.setattr(module, "_TILE_SCORES", 137 * 3)
    assert [found(client, "tiles", query, 10) for query in queries] == whole
    body = json.loads(json.dumps({"field": "v", "query_vector": queries[0].tolist(), "k": 10}))
    lines: list[dict[str, Any]] = []
    for query in queries:
        lines += [{}, {"knn": {**body, "query_vector": query.tolist()}, "_source": False}]
    answers = client.msearch(index="tiles", searches=lines)["responses"]
    assert [[int(h["_id"]) for h in a["hits"]["hits"]] for a in answers] == [w[0] for w in whole]

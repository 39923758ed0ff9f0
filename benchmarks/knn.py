"""Near vectors: 20,000 × 384 seeded vectors against one bare matrix product, hnswlib and Faiss.

The vectors have 48 directions that matter and some noise, as text embeddings have; queries are
drawn alike. hnswlib and Faiss are extras of the benchmark: without them their rows say so.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import Data
from benchmarks.timing import Ratio, in_turn

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["knn"]

Row = tuple[str, str, str, str]
Matrix = NDArray[np.float32]

SIZE, DIMS, TOPICS, K = 20_000, 384, 1000, 10
M, EF_CONSTRUCTION = 16, 100
CANDIDATES = (50, 100, 200)
DIRECTIONS, NOISE = 48, 0.05


def knn(data: Data, folder: Path) -> Iterator[Row]:
    """The rows of the table; ``data`` is not needed."""
    import esqual

    chance = np.random.default_rng(20261121)
    directions = chance.standard_normal((DIRECTIONS, DIMS))
    vectors, queries = (_units(chance, n, directions) for n in (SIZE, TOPICS))
    client = esqual.connect(f"lucene:{folder / 'knn'}")
    _fill(client, vectors)
    yield from _batches(client, folder / "knn", vectors, queries)
    yield from _graphs(client, vectors, queries[:200])
    client.close()


def _units(chance: np.random.Generator, size: int, directions: NDArray[Any]) -> Matrix:
    made = chance.standard_normal((size, DIRECTIONS)) @ directions
    made += NOISE * DIRECTIONS**0.5 * chance.standard_normal((size, DIMS))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def _fill(client: Elasticsearch, vectors: Matrix) -> None:
    from elasticsearch import helpers

    options = {"type": "hnsw", "m": M, "ef_construction": EF_CONSTRUCTION}
    field = {"type": "dense_vector", "dims": DIMS, "index_options": options}
    client.indices.create(index="v", mappings={"properties": {"v": field}})
    rows = ({"_index": "v", "_id": str(n), "v": row.tolist()} for n, row in enumerate(vectors))
    helpers.bulk(client, rows, chunk_size=2000)
    client.indices.forcemerge(index="v", max_num_segments=1)


# ------------------------------------------------------------------ exact


def _bare(vectors: Matrix, queries: Matrix) -> NDArray[Any]:
    """One matrix product, and the k largest of each row, best first."""
    scores = queries @ vectors.T
    nearest = np.argpartition(scores, SIZE - K, axis=1)[:, SIZE - K :]
    order = np.argsort(-np.take_along_axis(scores, nearest, axis=1), axis=1)
    return np.take_along_axis(nearest, order, axis=1)


def _batches(
    client: Elasticsearch, folder: Path, vectors: Matrix, queries: Matrix
) -> Iterator[Row]:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.fields.vector import DenseVectorField
    from esqual.engine.lucene.jvm import J
    from esqual.engine.lucene.knn import Nearest, find_nearest

    index = Catalog.open(folder).single("v")
    field, searcher = index.mapping.field("v"), index.searcher()
    assert isinstance(field, DenseVectorField)

    def scan() -> None:
        searches = [Nearest(field, query, K, K, J.KnnHits("", K)) for query in queries]
        find_nearest([(searcher, nearest) for nearest in searches])

    bodies: list[dict[str, Any]] = []
    for query in queries:
        section = {"field": "v", "query_vector": query.tolist(), "k": K}
        bodies += [{"index": "v"}, {"knn": section, "_source": False}]

    def msearch() -> list[Any]:
        return list(client.msearch(searches=bodies)["responses"])

    def bare() -> NDArray[Any]:
        return _bare(vectors, queries)

    found = [[int(hit["_id"]) for hit in each["hits"]["hits"]] for each in msearch()]
    same = np.mean([len(set(a) & set(b)) / K for a, b in zip(found, bare().tolist(), strict=True)])
    label = f"exact, {TOPICS} topics × {SIZE} × {DIMS}, k={K}"
    for name, call, goal in (("scan", scan, "≤ 1.3"), ("msearch, JSON and all", msearch, "")):
        ratio = in_turn(call, bare)
        seen = f"{ratio.ours_s:.2f} s / {ratio.other_s:.2f} s, same hits {same:.4f}"
        yield f"{label}: {name} / one NumPy product with top-k", _shown(ratio), goal, seen
    one = {"knn": bodies[1]["knn"], "_source": False}
    lone = in_turn(
        lambda: client.search(index="v", body=one), lambda: _bare(vectors, queries[:1]), pairs=50
    )
    seen = f"{lone.ours_s * 1000:.1f} ms / {lone.other_s * 1000:.1f} ms"
    yield "exact, one topic: search / one NumPy product with top-k", _shown(lone), "", seen


def _shown(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


# ------------------------------------------------------------------ approximate

Search = Callable[[Matrix, int], Sequence[int]]


def _graphs(client: Elasticsearch, vectors: Matrix, queries: Matrix) -> Iterator[Row]:
    exact = _bare(vectors, queries)
    makers = {"esqual": _ours, "hnswlib": _hnswlib, "faiss": _faiss}
    for name, make in makers.items():
        if name != "esqual" and importlib.util.find_spec(name) is None:
            yield f"HNSW in {name}", "", "", "not installed: pip install 'esqual[bench]'"
            continue
        start = time.perf_counter()
        search = make(client, vectors)
        built = time.perf_counter() - start
        for candidates in CANDIDATES:
            for query in queries[:20]:
                search(query, candidates)
            times, same = [], 0
            for query, nearest in zip(queries, exact, strict=True):
                start = time.perf_counter()
                found = search(query, candidates)
                times.append(1000 * (time.perf_counter() - start))
                same += len(set(found) & set(nearest.tolist()))
            seen = (
                f"recall@{K} {same / K / len(queries):.4f}, p50 {statistics.median(times):.2f} ms, "
                f"p95 {np.percentile(times, 95):.2f} ms, built in {built:.0f} s by one thread"
            )
            yield f"HNSW in {name}, m={M}, {candidates} candidates", "", "", seen


def _ours(client: Elasticsearch, vectors: Matrix) -> Search:
    walking = client.options(headers={"x-esqual-knn": "hnsw"})

    def search(query: Matrix, candidates: int) -> list[int]:
        section = {"field": "v", "query_vector": query.tolist(), "k": K}
        body = {"knn": {**section, "num_candidates": candidates}, "_source": False}
        return [int(hit["_id"]) for hit in walking.search(index="v", body=body)["hits"]["hits"]]

    search(vectors[0], K)
    return search


def _hnswlib(client: Elasticsearch, vectors: Matrix) -> Search:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=DIMS)
    index.init_index(SIZE, ef_construction=EF_CONSTRUCTION, M=M, random_seed=1)
    index.add_items(vectors, num_threads=1)
    index.set_num_threads(1)

    def search(query: Matrix, candidates: int) -> list[int]:
        index.set_ef(candidates)
        return [int(n) for n in index.knn_query(query, K)[0][0]]

    return search


def _faiss(client: Elasticsearch, vectors: Matrix) -> Search:
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(DIMS, M, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    index.add(vectors)

    def search(query: Matrix, candidates: int) -> list[int]:
        index.hnsw.efSearch = candidates
        return [int(n) for n in index.search(query[None], K)[1][0]]

    return search

"""Vectors on every engine: the same mapping file and the same query, the same scores by formula."""

from __future__ import annotations

import math
from typing import Any

import pytest
from elasticsearch import Elasticsearch

pytestmark = pytest.mark.needs("vectors")

VECTORS = {"a": (1.0, 0.0, 0.0), "b": (0.5, 1.0, 0.0), "c": (-1.0, -1.0, 0.5)}
WORDS = {"a": "rain", "b": "snow storm", "c": "rain storm"}
ASKED = (1.0, 0.5, 0.0)


def _dot(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


def _score(similarity: str, vector: tuple[float, ...]) -> float:
    dot = _dot(vector, ASKED)
    if similarity == "cosine":
        return (1 + dot / math.sqrt(_dot(vector, vector) * _dot(ASKED, ASKED))) / 2
    if similarity == "l2_norm":
        return 1 / (1 + sum((x - y) ** 2 for x, y in zip(vector, ASKED, strict=True)))
    return dot + 1 if dot >= 0 else 1 / (1 - dot)


def _bm25(doc_id: str, word: str) -> float:
    """With Elasticsearch's factor k1 + 1; lengths are short enough to be kept exactly."""
    texts = {name: text.split() for name, text in WORDS.items()}
    having = sum(word in text for text in texts.values())
    idf = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
    tf, length = texts[doc_id].count(word), len(texts[doc_id])
    average = sum(map(len, texts.values())) / len(texts)
    return idf * 2.2 * tf / (tf + 1.2 * (0.25 + 0.75 * length / average))


def _fill(engine: Elasticsearch, similarity: str) -> None:
    field = {
        "type": "dense_vector",
        "dims": 3,
        "similarity": similarity,
        "index_options": {"type": "hnsw"},
    }
    engine.indices.create(
        index="texts",
        settings={"number_of_shards": 1, "number_of_replicas": 0},
        mappings={"properties": {"text": {"type": "text"}, "v": field}},
    )
    for doc_id, vector in VECTORS.items():
        engine.index(index="texts", id=doc_id, document={"text": WORDS[doc_id], "v": list(vector)})
    engine.indices.refresh(index="texts")


def _scores(engine: Elasticsearch, query: dict[str, Any]) -> dict[str, float]:
    hits = engine.search(index="texts", query=query)["hits"]["hits"]
    return {hit["_id"]: hit["_score"] for hit in hits}


def _knn(k: int = 3, **more: Any) -> dict[str, Any]:
    clause = {"field": "v", "query_vector": list(ASKED), "k": k, "num_candidates": 10}
    return {"knn": {**clause, **more}}


@pytest.mark.parametrize("similarity", ["cosine", "l2_norm", "max_inner_product"])
def test_a_similarity_scores_by_its_formula(engine: Elasticsearch, similarity: str) -> None:
    _fill(engine, similarity)
    expected = {name: 2 * _score(similarity, vector) for name, vector in VECTORS.items()}
    assert _scores(engine, _knn(boost=2)) == pytest.approx(expected, rel=1e-5)


def test_words_and_vectors_are_summed_with_the_same_weights(engine: Elasticsearch) -> None:
    _fill(engine, "cosine")
    query = {"bool": {"should": [{"match": {"text": "rain"}}, _knn()]}}
    expected = {n: _bm25(n, "rain") + _score("cosine", v) for n, v in VECTORS.items()}
    assert _scores(engine, query) == pytest.approx(expected, rel=1e-5)


def test_the_filter_chooses_before_the_nearest_are_taken(engine: Elasticsearch) -> None:
    _fill(engine, "cosine")
    query = _knn(k=1, filter={"ids": {"values": ["b", "c"]}})
    assert list(_scores(engine, query)) == ["b"]


def test_a_section_alone_gives_its_nearest(engine: Elasticsearch) -> None:
    _fill(engine, "cosine")
    answer = engine.search(index="texts", knn=_knn(k=2)["knn"], size=2, track_total_hits=False)
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["a", "b"]


@pytest.mark.needs("dense_vector")
def test_a_section_beside_a_query_adds_up(engine: Elasticsearch) -> None:
    _fill(engine, "cosine")
    answer = engine.search(index="texts", knn=_knn()["knn"], query={"match": {"text": "rain"}})
    expected = {n: _bm25(n, "rain") + _score("cosine", v) for n, v in VECTORS.items()}
    found = {hit["_id"]: hit["_score"] for hit in answer["hits"]["hits"]}
    assert found == pytest.approx(expected, rel=1e-5)

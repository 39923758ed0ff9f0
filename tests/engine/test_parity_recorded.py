"""The embedded engine answers the shapes of the parity table as Elasticsearch 9.4.3 was recorded.

``docs/parity.md`` has the figures of larger collections against the server itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch

import esqual
from tests.conftest import ROOT
from tests.parity.agreement import ask, build, compare, verdict
from tests.parity.collections import demo
from tests.parity.shapes import SHAPES

RECORDED: dict[str, Any] = json.loads(
    (ROOT / "tests/fixtures/parity-es-9.4.3.json").read_text("utf-8")
)["answers"]
COLLECTION = demo(sentences=False)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    client = esqual.connect(f"lucene:{tmp_path_factory.mktemp('parity')}")
    build(client, "demo", COLLECTION)
    yield client
    client.close()


def test_every_shape_is_recorded() -> None:
    assert RECORDED.keys() == SHAPES.keys()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_has_the_hits_the_order_and_the_scores_of_elasticsearch(
    client: Elasticsearch, shape: str
) -> None:
    real = [([(i, s) for i, s in hits], total) for hits, total in RECORDED[shape]]
    row = compare(shape, COLLECTION.topics, real, ask(client, "demo", shape, COLLECTION.topics))
    assert row.topics == len(COLLECTION.topics)
    assert row.different == []


def test_another_order_or_score_is_no_agreement() -> None:
    real = ([("a", 3.0), ("b", 2.0), ("c", 2.0), ("d", 1.0)], 4)
    assert verdict(real, ([("a", 3.0), ("c", 2.0), ("b", 2.0), ("d", 1.0)], 4)) == "ties"
    assert verdict(real, ([("b", 3.0), ("a", 2.0), ("c", 2.0), ("d", 1.0)], 4)) == "different"
    assert verdict(real, ([("a", 3.0), ("b", 2.0), ("c", 2.0), ("d", 1.0001)], 4)) == "different"
    assert verdict(real, (real[0], 5)) == "different"
    near = ([("a", 1.0), ("b", 0.9999999)], 2)
    swapped = ([("b", 1.0), ("a", 0.9999999)], 2)
    assert verdict(near, swapped) == "different"
    assert verdict(near, swapped, rounded=True) == "rounding"


@pytest.mark.parametrize(("similarity", "expected"), [("cosine", 0.48024), ("l2_norm", 0.4801152)])
def test_the_cosine_of_a_nearly_unit_vector_takes_it_for_one_where_cosine_is_the_similarity(
    engine: Elasticsearch, similarity: str, expected: float
) -> None:
    options = {"type": "dense_vector", "dims": 3, "similarity": similarity}
    field = {**options, "index_options": {"type": "flat"}}
    engine.indices.create(index="near", mappings={"properties": {"v": field}})
    engine.index(index="near", id="1", document={"v": [0.6003, 0.8001, 0.0]}, refresh=True)
    script = {"source": "cosineSimilarity(params.q, 'v')", "params": {"q": [0.8, 0.0, 0.6]}}
    query = {"script_score": {"query": {"match_all": {}}, "script": script}}
    hits = engine.search(index="near", query=query)["hits"]["hits"]
    assert hits[0]["_score"] == pytest.approx(expected, abs=1e-7)

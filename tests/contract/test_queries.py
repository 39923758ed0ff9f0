"""Every clause on our own sentences gives the hits, scores and totals of Elasticsearch 9.4.3.

The record is ``tests/fixtures/queries-es-9.4.3.json``. Where an engine differs, the case stands in
``OTHERWISE`` with the reason, and the test fails when it no longer does.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from elasticsearch import ApiError, Elasticsearch, helpers

from tests.conftest import ROOT
from tests.contract.dialects import ask, scored_as_elasticsearch

RECORD = json.loads((ROOT / "tests/fixtures/queries-es-9.4.3.json").read_text("utf-8"))
INDEX = RECORD["index"]

_GRAPHS = "combined_fields weighs the terms of a token graph otherwise"
_PARAMETERS = "combined_fields knows fewer parameters"
#: engine -> query as JSON -> why its answer differs
OTHERWISE: dict[str, dict[str, str]] = {
    "embedded": {},
    "elasticsearch-9": {},
    "opensearch": {
        '{"combined_fields": {"query": "関西国際空港に行く", '
        '"fields": ["body.kt", "title.kt^2"]}}': _GRAPHS,
        '{"combined_fields": {"query": "スマホの電池", "fields": ["syn", "syn2^2"]}}': _GRAPHS,
        '{"combined_fields": {"query": "関西国際空港に行く", "fields": ["body.kt", "title.kt"], '
        '"auto_generate_synonyms_phrase_query": false}}': _PARAMETERS,
        '{"combined_fields": {"query": "の", "fields": ["title", "body"], '
        '"zero_terms_query": "all"}}': _PARAMETERS,
        '{"range": {"open": {"gte": true}}}': "a range of booleans scores as its terms would",
        '{"function_score": {"random_score": {"seed": 3}}}': "a seed alone is mixed otherwise",
    },
}


def text(query: Any) -> str:
    return json.dumps(query, ensure_ascii=False)


@pytest.fixture(scope="module")
def client(module_engine: Elasticsearch, engine_name: str) -> Elasticsearch:
    body = scored_as_elasticsearch(engine_name, RECORD["body"])
    module_engine.indices.create(index=INDEX, **body)
    documents = enumerate(RECORD["documents"], 1)
    actions = ({"_index": INDEX, "_id": str(n), **document} for n, document in documents)
    helpers.bulk(module_engine, actions, refresh=True)
    return module_engine


def same(client: Elasticsearch, case: dict[str, Any]) -> bool:
    try:
        answer = client.search(index=INDEX, query=case["query"], size=50, track_total_hits=True)
    except ApiError:
        return False
    hits = [(hit["_id"], hit["_score"]) for hit in answer["hits"]["hits"]]
    recorded = case["hits"]
    return (
        [doc_id for doc_id, _ in hits] == [doc_id for doc_id, _ in recorded]
        and [score for _, score in hits]
        == pytest.approx([score for _, score in recorded], rel=1e-6)
        and answer["hits"]["total"]["value"] == case["total"]
    )


CLAUSES = sorted({next(iter(case["query"])) for case in RECORD["good"]})


@pytest.mark.needs("kuromoji", "lucene10")
@pytest.mark.parametrize("clause", CLAUSES)
def test_hits_scores_and_totals_are_those_of_elasticsearch(
    client: Elasticsearch, engine_name: str, clause: str
) -> None:
    cases = [case for case in RECORD["good"] if next(iter(case["query"])) == clause]
    wrong = [case["query"] for case in cases if not same(client, case)]
    excused = [case["query"] for case in cases if text(case["query"]) in OTHERWISE[engine_name]]
    assert [text(query) for query in wrong] == [text(query) for query in excused]


def test_what_is_said_to_differ_was_recorded() -> None:
    recorded = {text(case["query"]) for case in RECORD["good"]}
    assert {query for queries in OTHERWISE.values() for query in queries} <= recorded


@pytest.mark.needs("kuromoji", "lucene10", "es9")
def test_what_elasticsearch_refuses_is_refused_with_its_type(client: Elasticsearch) -> None:
    for case in RECORD["bad"]:
        # not through the client, which leaves a null query out
        status, answer = ask(client, "POST", f"/{INDEX}/_search", {"query": case["query"]})
        assert status == case["status"], text(case["query"])
        assert answer["error"]["type"] == case["type"], text(case["query"])

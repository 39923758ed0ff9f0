"""What engines do differently, each with what it does: ``docs/engines.md`` gives the reasons."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch, helpers

from tests.contract.dialects import ask, scored_as_elasticsearch
from tests.servers.capabilities import ENGINES

TEXT = {"properties": {"text": {"type": "text"}, "word": {"type": "keyword"}}}


def _scores(engine: Elasticsearch, body: dict[str, Any], query: dict[str, Any]) -> list[float]:
    engine.options(ignore_status=404).indices.delete(index="a")
    engine.indices.create(index="a", body=body)
    documents = [("雨 が 降る", "雨"), ("雪 が 降る", "雪"), ("晴れ の 日", "雪")]
    actions = (
        {"_index": "a", "_id": str(n), "text": text, "word": word}
        for n, (text, word) in enumerate(documents)
    )
    helpers.bulk(engine, actions, refresh=True)
    return [hit["_score"] for hit in engine.search(index="a", query=query)["hits"]["hits"]]


def test_opensearch_leaves_a_constant_factor_out_of_bm25_unless_told(
    engine: Elasticsearch, engine_name: str
) -> None:
    query = {"match": {"text": "雨"}}
    (score,) = _scores(engine, {"mappings": TEXT}, query)
    (told,) = _scores(engine, scored_as_elasticsearch(engine_name, {"mappings": TEXT}), query)
    factor = 1.0 if "k1+1" in ENGINES[engine_name].features else 2.2
    assert told == pytest.approx(factor * score, rel=1e-6)


def test_opensearch_scores_keywords_alike_unless_told(
    engine: Elasticsearch, engine_name: str
) -> None:
    query = {"term": {"word": "雨"}}
    (score,) = _scores(engine, {"mappings": TEXT}, query)
    (told,) = _scores(engine, scored_as_elasticsearch(engine_name, {"mappings": TEXT}), query)
    assert (score == 1.0) == (engine_name == "opensearch")
    assert told == pytest.approx(0.98082924, rel=1e-6)


def test_a_document_that_does_not_fit_has_another_name_for_its_error(
    engine: Elasticsearch, engine_name: str
) -> None:
    engine.indices.create(index="a", mappings={"properties": {"n": {"type": "long"}}})
    with pytest.raises(BadRequestError) as caught:
        engine.index(index="a", document={"n": "多い"})
    new = engine_name in ("embedded", "elasticsearch-9", "elasticsearch-8")
    name = "document_parsing_exception" if new else "mapper_parsing_exception"
    assert caught.value.body["error"]["type"] == name


def test_numbers_of_two_kinds_in_one_new_field(engine: Elasticsearch, engine_name: str) -> None:
    status, _ = ask(engine, "PUT", "/a/_doc/1", {"n": [1, 2.5]})
    assert status == (201 if engine_name in ("embedded", "elasticsearch-9") else 400)


@pytest.mark.needs("kuromoji")
def test_only_lucene_8_keeps_compounds_beside_their_parts(
    engine: Elasticsearch, engine_name: str
) -> None:
    tokens = engine.indices.analyze(analyzer="kuromoji", text="関西国際空港")["tokens"]
    words = ["関西", "国際", "空港"]
    if engine_name == "elasticsearch-7":
        words.insert(1, "関西国際空港")
    assert [token["token"] for token in tokens] == words


@pytest.mark.needs("rank_eval")
def test_opensearch_repeats_the_cause_of_a_failed_rated_request(
    engine: Elasticsearch, engine_name: str
) -> None:
    engine.indices.create(index="a", mappings=TEXT)
    bad = {"match_phrase_prefix": {"word": "雨"}}
    request = {"id": "q", "request": {"query": bad}, "ratings": []}
    answer = engine.rank_eval(index="a", requests=[request], metric={"precision": {}})
    error = answer["failures"]["q"]["error"]
    assert ("caused_by" in error) == (engine_name == "opensearch")

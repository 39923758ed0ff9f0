"""Every engine analyses and ranks the demo collection as Elasticsearch recorded it.

The record is ``tests/fixtures/demo.json``; ``record_demo.py`` beside it says how it was made.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.conftest import ROOT
from tests.contract.dialects import scored_as_elasticsearch
from tests.fixtures import record_demo

RECORD: dict[str, Any] = json.loads((ROOT / "tests/fixtures/demo.json").read_text("utf-8"))
ARMS = [
    (mapping, template) for mapping, templates in RECORD["runs"].items() for template in templates
]
ANALYSES = [(mapping, label) for mapping, labels in RECORD["tokens"].items() for label in labels]


pytestmark = pytest.mark.needs("kuromoji", "lucene10")


@pytest.fixture(scope="module")
def client(module_engine: Elasticsearch, engine_name: str) -> Elasticsearch:
    """The demo corpus in three indices; ``spellings`` is the changed mapping without synonyms."""
    bodies = {name: record_demo.mapping(name) for name in record_demo.MAPPINGS}
    bodies["spellings"] = record_demo.mapping("ja-normalized-synonyms")
    for field in ("title", "text"):
        del bodies["spellings"]["mappings"]["properties"][field]["search_analyzer"]
    for name, body in bodies.items():
        record_demo.build(module_engine, name, scored_as_elasticsearch(engine_name, body))
    return module_engine


def test_the_record_covers_every_mapping_and_template() -> None:
    assert sorted(RECORD["runs"]) == record_demo.MAPPINGS
    assert all(sorted(templates) == record_demo.TEMPLATES for templates in RECORD["runs"].values())


@pytest.mark.parametrize(("mapping", "template"), ARMS)
def test_every_topic_has_the_hits_of_elasticsearch_in_its_order_with_its_scores(
    client: Elasticsearch, mapping: str, template: str
) -> None:
    run = record_demo.run(client, mapping, template)
    expected = RECORD["runs"][mapping][template]
    assert run.keys() == expected.keys()
    for query_id, hits in expected.items():
        assert [doc_id for doc_id, _ in run[query_id]] == [doc_id for doc_id, _ in hits], query_id
        scores = [score for _, score in hits]
        assert [score for _, score in run[query_id]] == pytest.approx(scores, rel=1e-6), query_id


@pytest.mark.parametrize(("mapping", "label"), ANALYSES)
def test_every_sentence_has_the_tokens_of_elasticsearch_with_offsets_and_positions(
    client: Elasticsearch, mapping: str, label: str
) -> None:
    how = record_demo.analyses(mapping)[label]
    assert record_demo.tokens(client, mapping, **how) == RECORD["tokens"][mapping][label]


def _changed(client: Elasticsearch, before: str, after: str) -> set[str]:
    baseline = record_demo.run(client, before, "match")
    candidate = record_demo.run(client, after, "match")
    return {
        query_id
        for query_id in baseline
        if [hit[0] for hit in baseline[query_id]] != [hit[0] for hit in candidate[query_id]]
    }


def test_spelling_rules_are_seen_in_exactly_the_topics_they_touch(client: Elasticsearch) -> None:
    assert _changed(client, "ja-text", "spellings") == {"q15", "q16", "q17", "q25", "q29"}


def test_synonyms_are_seen_in_exactly_the_topics_they_touch(client: Elasticsearch) -> None:
    topics = {"q05", "q09", "q11", "q12", "q13", "q14", "q17", "q21", "q23"}
    assert _changed(client, "spellings", "ja-normalized-synonyms") == topics


def test_words_alone_cannot_tell_whose_pain_it_is(client: Elasticsearch) -> None:
    hits = dict(record_demo.run(client, "ja-text", "match")["q01"])
    assert hits["d001"] == hits["d002"]

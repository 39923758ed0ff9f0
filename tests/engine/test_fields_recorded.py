"""Queries on fields, sort values, ``fields`` and dates are those of Elasticsearch 9.4.3.

``tests/fixtures/mapping.json`` holds its answers, ``record_mapping.py`` beside it asks again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import ApiError, Elasticsearch

import esqual

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "mapping.json").read_text(encoding="utf-8")
)
SEARCHES = RECORDED["queries"] + RECORDED["sorts"] + RECORDED["fetches"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    with esqual.connect(f"lucene:{tmp_path_factory.mktemp('fields')}") as client:
        client.indices.create(index=RECORDED["index"], mappings=RECORDED["query_mapping"])
        for number, document in enumerate(RECORDED["query_documents"], 1):
            client.index(index=RECORDED["index"], id=str(number), document=document)
        client.indices.refresh(index=RECORDED["index"])
        client.indices.create(index="dates", mappings={"properties": RECORDED["date_fields"]})
        yield client


def chain(refused: ApiError) -> list[list[str]]:
    error = refused.body["error"]
    if "failed_shards" in error:
        error = error["failed_shards"][0]["reason"]
    causes = []
    while error:
        causes.append([error["type"], error["reason"]])
        error = error.get("caused_by")
    return without_index(causes)


def without_index(causes: list[list[str]]) -> list[list[str]]:
    """Where in a date the reading failed is not said by the embedded engine."""
    return [[kind, re.sub(r" at index \d+$", "", reason)] for kind, reason in causes]


@pytest.mark.parametrize("case", SEARCHES, ids=lambda case: json.dumps(case["body"])[:90])
def test_a_search_on_a_field_answers_as_elasticsearch_does(
    client: Elasticsearch, case: dict[str, Any]
) -> None:
    if "error" in case:
        with pytest.raises(ApiError) as refused:
            client.search(index=RECORDED["index"], body=case["body"])
        assert refused.value.status_code == case["status"]
        assert chain(refused.value) == without_index(case["error"])
        return
    hits = client.search(index=RECORDED["index"], body=case["body"])["hits"]["hits"]
    assert [hit["_id"] for hit in hits] == [hit["_id"] for hit in case["hits"]]
    for hit, recorded in zip(hits, case["hits"], strict=True):
        # the scores of both are 32-bit floats printed in full
        assert hit["_score"] == recorded["_score"]
        assert hit.get("sort") == recorded.get("sort")
        assert hit.get("fields") == recorded.get("fields")


@pytest.mark.parametrize(
    "case", RECORDED["dates"], ids=lambda case: f"{case['field']}-{case['value']}"
)
def test_a_date_is_read_and_written_as_elasticsearch_does(
    client: Elasticsearch, case: dict[str, Any]
) -> None:
    field = case["field"]
    document = {field: case["value"]}
    if "error" in case:
        with pytest.raises(ApiError) as refused:
            client.index(index="dates", id="1", document=document)
        # the recorded text had a blank more before the value
        assert without_place(chain(refused.value)) == without_place(case["error"])
        return
    client.index(index="dates", id="1", document=document, refresh=True)
    (hit,) = client.search(index="dates", sort=[field], fields=[field])["hits"]["hits"]
    assert (hit["sort"], hit["fields"][field]) == ([case["millis"]], case["text"])


def without_place(causes: list[list[str]]) -> list[list[str]]:
    return [[k, re.sub(r"^\[\d+:\d+\] ", "", reason)] for k, reason in without_index(causes)]

"""Scrolls: every hit once, on the view of the first page, in the search's own order."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError, helpers

pytestmark = pytest.mark.needs("kuromoji")


@pytest.fixture
def client(engine: Elasticsearch) -> Elasticsearch:
    for part in ("north", "south"):
        engine.indices.create(
            index=part, mappings={"properties": {"text": {"type": "text", "analyzer": "kuromoji"}}}
        )
        actions = [
            {"_index": part, "_id": f"{part}-{i:02}", "text": "海" * (1 + i % 3) + "が見える"}
            for i in range(25)
        ]
        helpers.bulk(engine, actions, refresh=True)
    return engine


def ids(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["_id"] for hit in hits]


def test_a_scan_yields_every_document_once(client: Elasticsearch) -> None:
    found = [hit["_id"] for hit in helpers.scan(client, index="north,south", size=7)]
    assert sorted(found) == sorted(f"{p}-{i:02}" for p in ("north", "south") for i in range(25))


@pytest.mark.parametrize("index", ["north", "north,south"])
def test_pages_are_the_slices_of_the_whole_ranking(client: Elasticsearch, index: str) -> None:
    query = {"match": {"text": "海"}}
    whole = client.search(index=index, size=50, query=query)["hits"]["hits"]
    answer = client.search(index=index, scroll="1m", size=9, query=query)
    pages = []
    while answer["hits"]["hits"]:
        assert len(answer["hits"]["hits"]) <= 9
        assert answer["hits"]["total"]["value"] == len(whole)
        pages += answer["hits"]["hits"]
        answer = client.scroll(scroll_id=answer["_scroll_id"], scroll="1m")
    assert pages == whole


def test_a_scroll_does_not_see_what_is_written_later(client: Elasticsearch) -> None:
    first = client.search(index="north", scroll="1m", size=20, sort="_doc")
    client.delete(index="north", id="north-24", refresh=True)
    rest = client.scroll(scroll_id=first["_scroll_id"])
    assert "north-24" in ids(rest["hits"]["hits"])


def test_a_scroll_goes_beyond_the_result_window(client: Elasticsearch) -> None:
    client.indices.put_settings(index="north", settings={"index.max_result_window": 10})
    assert len(list(helpers.scan(client, index="north", size=10))) == 25
    with pytest.raises(BadRequestError, match="search_phase_execution_exception") as caught:
        client.search(index="north", scroll="1m", size=11)
    cause = caught.value.body["error"]["root_cause"][0]["reason"]
    assert cause.startswith("Batch size is too large, size must be less than or equal to: [10]")


def test_a_cleared_scroll_is_gone_and_clearing_twice_frees_nothing(client: Elasticsearch) -> None:
    scroll_id = client.search(index="north", scroll="1m")["_scroll_id"]
    assert client.clear_scroll(scroll_id=scroll_id).body == {"succeeded": True, "num_freed": 1}
    with pytest.raises(NotFoundError) as none:
        client.clear_scroll(scroll_id=scroll_id)
    assert none.value.body == {"succeeded": True, "num_freed": 0}
    with pytest.raises(NotFoundError) as caught:
        client.scroll(scroll_id=scroll_id)
    cause = caught.value.body["error"]["root_cause"][0]
    assert cause["type"] == "search_context_missing_exception"


@pytest.mark.parametrize(
    ("parameters", "body", "reason"),
    [
        ("1m", {"size": 0}, "[size] cannot be [0] in a scroll context"),
        ("1m", {"from": 1}, "using [from] is not allowed in a scroll context"),
        ("1x", {}, "failed to parse setting [scroll] with value [1x] as a time value"),
    ],
)
def test_what_a_scroll_cannot_have_is_refused_in_elasticsearchs_words(
    client: Elasticsearch, parameters: str, body: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ApiError) as caught:
        client.search(index="north", scroll=parameters, body=body)
    assert caught.value.status_code == 400
    assert reason in caught.value.body["error"]["reason"]


def test_an_id_that_is_none_is_refused(client: Elasticsearch) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.scroll(scroll_id="abc")
    assert caught.value.body["error"]["reason"] == "Cannot parse scroll id"

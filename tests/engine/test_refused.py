"""What only a server can do says so: no option is ignored."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch


@pytest.fixture
def client(engine: Elasticsearch) -> Elasticsearch:
    for name in ("朝日", "many"):
        engine.indices.create(index=name, mappings={"properties": {"text": {"type": "text"}}})
    engine.index(
        index="朝日", id="a1", document={"text": "雨の朝は電車が混む。", "n": 1}, refresh=True
    )
    return engine


@pytest.mark.parametrize(
    "body",
    [
        {"aggs": {"a": {"terms": {"field": "n"}}}},
        {"aggregations": {}},
        {"suggest": {}},
        {"collapse": {"field": "n"}},
        {"retriever": {"rescorer": {}}},
        {"retriever": {"standard": {"collapse": {"field": "n"}}}},
        {"runtime_mappings": {}},
        {"script_fields": {}},
        {"slice": {"id": 0, "max": 2}},
        {"pit": {"id": "x"}},
        {"profile": True},
        {"terminate_after": 1},
        {"timeout": "1s"},
        {"docvalue_fields": ["n"]},
        {"stored_fields": ["text"]},
        {"highlight": {"fields": {"text": {"type": "plain"}}}},
        {"sort": [{"_script": {"type": "number", "script": "1"}}]},
        {"sort": [{"n": {"numeric_type": "double"}}]},
        {
            "explain": True,
            "rescore": {"query": {"rescore_query": {"match_all": {}}}},
        },
    ],
    ids=lambda body: next(iter(body)),
)
def test_what_only_a_server_can_do_says_so(client: Elasticsearch, body: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match="use an Elasticsearch server"):
        client.search(index="朝日", body=body)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/many/_pit"),
        ("POST", "/many/_async_search"),
        ("GET", "/many/_search?timeout=1s"),
    ],
)
def test_paths_that_need_a_server_say_so(client: Elasticsearch, method: str, path: str) -> None:
    with pytest.raises(BadRequestError, match="use an Elasticsearch server"):
        client.perform_request(method, path)


# a real server answers some of these with a 500
KEYS = [
    "query",
    "post_filter",
    "from",
    "size",
    "sort",
    "search_after",
    "_source",
    "fields",
    "highlight",
    "rescore",
    "min_score",
    "track_total_hits",
    "track_scores",
    "explain",
    "version",
    "stored_fields",
    "indices_boost",
    "aggs",
    "zz",
]
VALUES: list[Any] = [None, True, -1, 1.5, 10**30, "x", [], [None], [[1]], [{"a": 1}], {}, {"a": []}]


@pytest.mark.parametrize("key", KEYS)
def test_no_value_in_a_body_is_more_than_refused(client: Elasticsearch, key: str) -> None:
    for value in VALUES:
        body = {"size": 1, key: value}
        lenient = client.options(ignore_status=[400, 404])
        status = lenient.search(index="朝日", body=body).meta.status
        assert status in ((200, 400, 404) if key == "indices_boost" else (200, 400)), value

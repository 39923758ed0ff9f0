"""Searches are answered as Elasticsearch 9.4.3 answered them, to the word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.contract.dialects import ask
from tests.engine.recorded import comparable, fill_shops, load, search_cases

RECORDED = load("search-es-9.4.3.json")
INDEX = search_cases.INDEX


pytestmark = pytest.mark.needs("kuromoji", "es9")


@pytest.fixture(scope="module")
def client(module_engine: Elasticsearch) -> Elasticsearch:
    fill_shops(module_engine)
    return module_engine


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:120]


@pytest.mark.parametrize(
    ("body", "recorded"), [*zip(search_cases.bodies(), RECORDED["bodies"], strict=True)], ids=text
)
def test_a_search_is_answered_as_elasticsearch_answers_it(
    client: Elasticsearch, body: Any, recorded: list[Any]
) -> None:
    got = ask(client, "POST", f"/{INDEX}/_search", body)
    assert comparable(got) == comparable(recorded)


@pytest.mark.parametrize(
    ("case", "recorded"), [*zip(search_cases.PATHS, RECORDED["paths"], strict=True)], ids=text
)
def test_the_apis_around_search_answer_as_elasticsearch(
    client: Elasticsearch, case: tuple[str, Any], recorded: list[Any]
) -> None:
    path, body = case
    got = ask(client, "GET" if body is None else "POST", f"/{INDEX}/{path}", body)
    assert comparable(got) == comparable(recorded)


@pytest.mark.parametrize(
    ("body", "recorded"), [*zip(search_cases.MSEARCH, RECORDED["msearch"], strict=True)], ids=text
)
def test_msearch_answers_item_by_item_as_elasticsearch(
    client: Elasticsearch, body: str, recorded: list[Any]
) -> None:
    got = ask(client, "POST", "/_msearch", body)
    assert comparable(got) == comparable(recorded)

"""What the embedded engine answers to searches equals what Elasticsearch 9.4.3 answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.recorded import ask, comparable, load, search_cases, shops

RECORDED = load("search-es-9.4.3.json")
INDEX = search_cases.INDEX


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with shops(tmp_path_factory.mktemp("search")) as node:
        yield node


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:120]


@pytest.mark.parametrize(
    ("body", "recorded"), [*zip(search_cases.bodies(), RECORDED["bodies"], strict=True)], ids=text
)
def test_a_search_is_answered_as_elasticsearch_answers_it(
    node: Any, body: Any, recorded: list[Any]
) -> None:
    got = ask(node, "POST", f"/{INDEX}/_search", body)
    assert comparable(got) == comparable(recorded)


@pytest.mark.parametrize(
    ("case", "recorded"), [*zip(search_cases.PATHS, RECORDED["paths"], strict=True)], ids=text
)
def test_the_apis_around_search_answer_as_elasticsearch(
    node: Any, case: tuple[str, Any], recorded: list[Any]
) -> None:
    path, body = case
    got = ask(node, "GET" if body is None else "POST", f"/{INDEX}/{path}", body)
    assert comparable(got) == comparable(recorded)


@pytest.mark.parametrize(
    ("body", "recorded"), [*zip(search_cases.MSEARCH, RECORDED["msearch"], strict=True)], ids=text
)
def test_msearch_answers_item_by_item_as_elasticsearch(
    node: Any, body: str, recorded: list[Any]
) -> None:
    got = ask(node, "POST", "/_msearch", body)
    assert comparable(got) == comparable(recorded)

"""Every clause on our own sentences: what Elasticsearch 9.4.3 answered is what we answer.

``tests/fixtures/record_queries.py`` records the answers again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import java_failure
from tests.engine.query.harness import FIXTURES, make_index, search

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index

RECORD = json.loads((FIXTURES / "queries-es-9.4.3.json").read_text(encoding="utf-8"))
# line and column of the request, and the index's own id: not known, or not the same, here
PLACE = re.compile(r"\d+:\d+|(?<=/)([\w-]{22}|uuid)(?=\])")

# refusals whose words differ, and why; their type is the same
OTHER_WORDS = {
    '{"match": {"body": {"query": "a", "boost": -1}}}': "the message quotes the server's own "
    "rendering of the query",
    '{"match": {"body": {"query": "a", "max_expansions": true}}}': "the message quotes the bytes "
    "of the request",
}


def text(query: Any) -> str:
    return json.dumps(query, ensure_ascii=False)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder: Path = tmp_path_factory.mktemp("queries")
    made = make_index(folder / "index", RECORD["index"], RECORD["body"], RECORD["documents"])
    yield made
    made.close()


def test_the_fixture_covers_what_the_engine_promises() -> None:
    clauses = {next(iter(case["query"])) for case in RECORD["good"]}
    assert len(RECORD["documents"]) >= 80
    assert len(RECORD["good"]) >= 150
    assert len(RECORD["bad"]) >= 30
    assert clauses >= {
        *("bool", "boosting", "combined_fields", "constant_score", "dis_max", "exists"),
        *("function_score", "fuzzy", "ids", "match", "match_all", "match_bool_prefix"),
        *("match_none", "match_phrase", "match_phrase_prefix", "multi_match", "prefix"),
        *("query_string", "range", "regexp", "simple_query_string", "term", "terms", "wildcard"),
    }


@pytest.mark.parametrize("case", RECORD["good"], ids=lambda case: text(case["query"])[:90])
def test_hits_scores_and_total_are_those_of_elasticsearch(
    index: Index, case: dict[str, Any]
) -> None:
    total, hits = search(index, case["query"])
    assert [doc_id for doc_id, _ in hits] == [doc_id for doc_id, _ in case["hits"]]
    assert [score for _, score in hits] == pytest.approx(
        [score for _, score in case["hits"]], rel=1e-6
    )
    assert total == case["total"]


def refusal(index: Index, query: Any) -> tuple[str, list[list[str]]]:
    try:
        search(index, query)
    except ApiError as error:
        return error.type, causes(error.root or error)
    except J.RuntimeException as error:  # raised while documents are scored
        return "search_phase_execution_exception", causes(java_failure(error))
    raise AssertionError("the query was accepted")


def causes(error: ApiError | None) -> list[list[str]]:
    answer = []
    while error is not None:
        answer.append([error.type, error.reason])
        error = error.caused_by
    return answer


@pytest.mark.parametrize("case", RECORD["bad"], ids=lambda case: text(case["query"])[:90])
def test_refusals_are_those_of_elasticsearch(index: Index, case: dict[str, Any]) -> None:
    kind, found = refusal(index, case["query"])
    assert kind == case["type"]
    if text(case["query"]) in OTHER_WORDS:
        assert found[0][0] == case["causes"][0][0]
        assert found != case["causes"], "the words agree now: take the case off the list"
        return
    assert PLACE.sub("?", text(found)) == PLACE.sub("?", text(case["causes"]))

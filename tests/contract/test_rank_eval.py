"""``_rank_eval`` and search templates answer as OpenSearch 3.6.0 did, and Elasticsearch 7.17.

OpenSearch leaves the factor k1 + 1 out of its scores, so they are not compared here; the scores are
held to Elasticsearch in test_search_recorded.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.contract.dialects import ask
from tests.engine.recorded import OWN, comparable, fill_shops, load

import rank_eval_cases as cases  # isort: skip  (recorded puts its folder on the path)

RECORDED = load("rank-eval-opensearch-3.6.0.json")
# mapping types ended with Elasticsearch 8
OTHERS = OWN | {"_score", "max_score", "_type"}


pytestmark = pytest.mark.needs("kuromoji", "rank_eval", "templates")


@pytest.fixture(scope="module")
def client(module_engine: Elasticsearch) -> Elasticsearch:
    fill_shops(module_engine)
    assert ask(module_engine, "PUT", "/_scripts/e_stored", cases.STORED)[0] == 200
    return module_engine


def assert_close(got: Any, recorded: Any, where: str = "") -> None:
    """Equal, numbers to 1e-9."""
    if isinstance(recorded, dict) and isinstance(got, dict):
        assert sorted(got) == sorted(recorded), where
        for key, value in recorded.items():
            assert_close(got[key], value, f"{where}/{key}")
    elif isinstance(recorded, list) and isinstance(got, list):
        assert len(got) == len(recorded), where
        for place, value in enumerate(recorded):
            assert_close(got[place], value, f"{where}/{place}")
    elif isinstance(recorded, float):
        assert math.isclose(got, recorded, abs_tol=1e-9), where
    else:
        assert got == recorded, where


def without_repeated_causes(answer: Any) -> Any:
    """Elasticsearch does not repeat the cause of a query that an index refuses, OpenSearch does."""
    for failure in answer.get("failures", {}).values():
        if failure["error"].get("caused_by", {}).get("type") == "query_shard_exception":
            del failure["error"]["caused_by"]
    return answer


@pytest.mark.parametrize("number", range(len(cases.SPECS)))
def test_rated_requests_are_answered_as_recorded(client: Elasticsearch, number: int) -> None:
    answers = [
        ask(client, "POST", f"/{cases.INDEX}/_rank_eval", cases.SPECS[number]),
        RECORDED["specs"][number],
    ]
    got, recorded = ([status, without_repeated_causes(body)] for status, body in answers)
    assert_close(comparable(got, OTHERS), comparable(recorded, OTHERS))


@pytest.mark.parametrize(("path", "recorded"), [*zip(cases.PATHS, RECORDED["paths"], strict=True)])
def test_indices_and_parameters_are_read_as_recorded(
    client: Elasticsearch, path: str, recorded: list[Any]
) -> None:
    got = ask(client, "POST", path, cases.spec())
    assert_close(comparable(got, OTHERS), comparable(recorded, OTHERS))


@pytest.mark.parametrize("number", range(len(cases.TEMPLATES)))
@pytest.mark.parametrize("group", ["search_template", "render_template"])
def test_templates_are_answered_as_recorded(client: Elasticsearch, group: str, number: int) -> None:
    path = f"/{cases.INDEX}/_search/template" if group == "search_template" else "/_render/template"
    answers = [ask(client, "POST", path, cases.TEMPLATES[number]), RECORDED[group][number]]
    for status, answer in answers:
        if status == 200:
            # only OpenSearch repeats the HTTP status inside a good answer
            answer.pop("status", None)
    got, recorded = answers
    assert_close(comparable(got, OTHERS), comparable(recorded, OTHERS))

"""``_rank_eval`` and search templates answer as OpenSearch 3.6.0 answered.

OpenSearch leaves the factor k1 + 1 out of its scores, so they are not compared here; the scores are
held to Elasticsearch in test_search_recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.recorded import OWN, ask, comparable, load, shops

import rank_eval_cases as cases  # isort: skip  (recorded puts its folder on the path)

RECORDED = load("rank-eval-opensearch-3.6.0.json")
OTHERS = OWN | {"_score", "max_score"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with shops(tmp_path_factory.mktemp("rated")) as node:
        assert ask(node, "PUT", "/_scripts/e_stored", cases.STORED)[0] == 200
        yield node


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


@pytest.mark.parametrize("number", range(len(cases.SPECS)))
def test_rated_requests_are_answered_as_recorded(node: Any, number: int) -> None:
    status, answer = RECORDED["specs"][number]
    for failure in answer.get("failures", {}).values():
        # Elasticsearch does not repeat the cause of a query that an index refuses
        if failure["error"].get("caused_by", {}).get("type") == "query_shard_exception":
            del failure["error"]["caused_by"]
    got = ask(node, "POST", f"/{cases.INDEX}/_rank_eval", cases.SPECS[number])
    assert_close(comparable(got, OTHERS), comparable([status, answer], OTHERS))


@pytest.mark.parametrize(("path", "recorded"), [*zip(cases.PATHS, RECORDED["paths"], strict=True)])
def test_indices_and_parameters_are_read_as_recorded(
    node: Any, path: str, recorded: list[Any]
) -> None:
    got = ask(node, "POST", path, cases.spec())
    assert_close(comparable(got, OTHERS), comparable(recorded, OTHERS))


@pytest.mark.parametrize("number", range(len(cases.TEMPLATES)))
@pytest.mark.parametrize("group", ["search_template", "render_template"])
def test_templates_are_answered_as_recorded(node: Any, group: str, number: int) -> None:
    path = f"/{cases.INDEX}/_search/template" if group == "search_template" else "/_render/template"
    status, answer = RECORDED[group][number]
    if status == 200:
        # only OpenSearch repeats the HTTP status inside a good answer
        answer = {key: value for key, value in answer.items() if key != "status"}
    got = ask(node, "POST", path, cases.TEMPLATES[number])
    assert_close(comparable(got, OTHERS), comparable([status, answer], OTHERS))

"""Vectors: the embedded engine answers what Elasticsearch 9.4.3 has answered."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import esqual
from tests.engine.recorded import FIXTURES, ask, load

sys.path.insert(0, str(FIXTURES))
import record_vectors
import vector_cases as cases

RECORDED = load("vectors-es-9.4.3.json")
GROUPS = [name for name in RECORDED if name != "engine"]
# places in a text, and a score that is off by its last bit
_PLACE = re.compile(r"\[\d+:\d+\] |(?<=Expected text at )\d+:\d+|(?<=score \[-0\.54291)\d+")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Any]]]:
    client = esqual.connect(f"lucene:{tmp_path_factory.mktemp('vectors')}")
    node = client.transport.node_pool.get()
    yield record_vectors.record(lambda *request: ask(node, *request))
    client.close()


def asked(group: str, number: int) -> Any:
    """What was asked, for the message of a failure."""
    name = group.split()[0]
    if name == "refused":
        bodies = [b for m in cases.REFUSED for b in ({"query": cases.knn(**m)}, cases.knn(**m))]
        return [*bodies, *cases.BODIES][number]
    listed: dict[str, Any] = {
        "declarations": cases.DECLARATIONS,
        "updates": cases.UPDATES,
        "documents": [*cases.SINGLE, "the mapping after all of them"],
        "searches": cases.SEARCHES,
        "paths": cases.PATHS,
    }
    return listed[name][number]


def refusal(body: Any) -> list[Any]:
    """Type and reason of an error, of what it is rooted in and of its causes."""
    error = body["error"]
    chain = []
    while error is not None:
        chain.append((error["type"], _PLACE.sub("", error["reason"] or "")))
        root = error.get("root_cause")
        if root:
            chain += [(each["type"], _PLACE.sub("", each["reason"])) for each in root]
        shards = error.get("failed_shards")
        error = shards[0]["reason"] if shards else error.get("caused_by")
    return chain


def near(expected: Any) -> Any:
    """``expected`` with its floats met to 1e-6 relative."""
    if isinstance(expected, dict):
        return {key: near(value) for key, value in expected.items()}
    if isinstance(expected, list):
        return [near(value) for value in expected]
    if isinstance(expected, float):
        return pytest.approx(expected, rel=1e-6, abs=1e-9)
    return expected


def shown(body: Any) -> Any:
    """An answer without what no two engines share."""
    return {key: value for key, value in body.items() if key not in ("took", "_shards")}


@pytest.mark.parametrize("group", GROUPS)
def test_answers_are_those_of_elasticsearch(group: str, answers: dict[str, list[Any]]) -> None:
    expected, got = RECORDED[group], answers[group]
    assert len(got) == len(expected)
    wrong = []
    for number, ((status, body), (our_status, ours)) in enumerate(zip(expected, got, strict=True)):
        if status != our_status:
            same = False
        elif status >= 400:
            same = refusal(body) == refusal(ours)
            body, ours = refusal(body), refusal(ours)
        elif isinstance(body, dict):
            same = shown(ours) == near(shown(body))
        else:
            same = ours == body
        if not same:
            wrong.append(f"{number}: {asked(group, number)}\n  expected {body}\n  got      {ours}")
    assert not wrong, "\n".join(wrong)

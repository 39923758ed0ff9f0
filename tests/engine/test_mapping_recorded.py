"""Mappings, their changes and documents are answered as Elasticsearch 9.4.3 answered them.

``tests/fixtures/mapping.json`` holds its answers, ``record_mapping.py`` beside it asks again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from esqual.engine.lucene.analysis import Analysis
from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fields.base import Environment
from esqual.engine.lucene.fields.similarity import Similarities
from esqual.engine.lucene.mapping import Mapping

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "mapping.json").read_text(encoding="utf-8")
)

# what Elasticsearch takes and the embedded engine leaves to a server
UNSUPPORTED = {
    "nested": "field type nested",
    "half float": "field type half_float",
    "store": "store of a text field",
    "term vector": "term_vector of a text field",
    "index prefixes": "index_prefixes of a text field",
    "index phrases": "index_phrases of a text field",
    "fielddata": "fielddata of a text field",
    "month names": "date format letters MMM",
    "source disabled": "_source disabled",
    "dynamic runtime": "dynamic runtime",
    "runtime fields": "runtime fields",
    "routing": "_routing",
}


def make(declared: Any) -> Mapping:
    return Mapping(declared, Environment(Analysis(), Similarities({}), {}))


def answer(action: Callable[[], Mapping]) -> dict[str, Any]:
    """The mapping that results, or the chain of errors."""
    try:
        return {"mapping": action().to_json()}
    except ApiError as refused:
        body = refused.body()
        error, causes = body["error"], []
        root = error["root_cause"][0]
        while error:
            causes.append([error["type"], error["reason"]])
            error = error.get("caused_by")
        return {
            "status": body["status"],
            "root": [root["type"], root["reason"]],
            "error": causes,
        }


def comparable(case: dict[str, Any]) -> dict[str, Any]:
    """The parts of an answer that are promised to be equal.

    Left aside: what Java's JSON reader says of its own place (``[1:10]`` of a cause, ``at
    [Source ...``, the second cause that repeats the first), the place inside ``Expected text at
    1:6``, and where exactly a date stopped making sense (``at index 4``).
    """
    if "mapping" in case:
        return {"mapping": case["mapping"]}
    causes = []
    for place, (kind, reason) in enumerate(case["error"]):
        if kind in ("json_parse_exception", "input_coercion_exception"):
            continue
        reason = reason.partition("\n at [Source")[0].replace("1e+30", "1e30")
        reason = re.sub(r"Expected text at \d+:\d+ but", "Expected text but", reason)
        reason = re.sub(r" could not be parsed at index \d+", " could not be parsed", reason)
        if place and kind == "x_content_parse_exception":
            reason = re.sub(r"^\[\d+:\d+\] ", "", reason)
        causes.append([kind, reason])
    return {"status": case["status"], "root": case["root"], "error": causes}


def check(case: dict[str, Any], got: dict[str, Any]) -> None:
    assert comparable(got) == comparable(case)


def cases(group: str) -> list[Any]:
    return [pytest.param(name, case, id=name) for name, case in RECORDED[group].items()]


@pytest.mark.parametrize(("name", "case"), cases("fields") + cases("mappings"))
def test_a_mapping_is_taken_or_refused_as_elasticsearch_does(
    name: str, case: dict[str, Any]
) -> None:
    declared = case["declared"]
    if name in RECORDED["fields"] and case is RECORDED["fields"][name]:
        declared = {"properties": {"f": declared}}
    got = answer(lambda: make(declared))
    if name in UNSUPPORTED:
        assert "mapping" in case, "Elasticsearch takes it"
        assert f"[{UNSUPPORTED[name]}] is not supported by the embedded" in got["error"][0][1]
    else:
        check(case, got)


@pytest.mark.parametrize("case", RECORDED["merges"], ids=lambda case: json.dumps(case["new"]))
def test_a_mapping_changes_or_stays_as_in_elasticsearch(case: dict[str, Any]) -> None:
    mapping = make(case["old"])
    before = mapping.to_json()

    def merge() -> Mapping:
        mapping.merge(case["new"])
        return mapping

    got = answer(merge)
    if "error" in case:
        assert mapping.to_json() == before
        reason = case["error"][0][1]
        # two parameters that Elasticsearch keeps in other words than the mapping has
        reason = re.sub(r"\n\tCannot update parameter \[normalizer_skip.*", "", reason)
        reason = re.sub(r"Values\[enabled=(\w+),[^\]]*\]", r"\1", reason)
        case = {**case, "error": [[case["error"][0][0], reason], *case["error"][1:]]}
        if len(case["error"]) == 1:
            case["root"] = case["error"][0]
    check(case, got)


def test_what_a_mapping_shows_reads_back_as_the_same_mapping() -> None:
    groups = RECORDED["fields"], RECORDED["mappings"]
    shown = [
        case["mapping"]
        for group in groups
        for name, case in group.items()
        if "mapping" in case and name not in UNSUPPORTED
    ]
    assert len(shown) > 30
    for mapping in shown:
        assert make(mapping).to_json() == mapping


WRITTEN = [("document_mapping", case) for case in RECORDED["documents"]]
WRITTEN += [("templates", case) for case in RECORDED["templated"]]


@pytest.mark.parametrize(("group", "case"), WRITTEN, ids=[case["document"] for _, case in WRITTEN])
def test_a_document_is_taken_or_refused_as_elasticsearch_does(
    group: str, case: dict[str, Any]
) -> None:
    mapping = make(RECORDED[group])
    before = mapping.to_json(), mapping.version

    def parse() -> Mapping:
        mapping.parse("1", case["document"].encode())
        return mapping

    check(case, answer(parse))
    if "error" in case:
        assert (mapping.to_json(), mapping.version) == before
    else:
        assert (mapping.version > before[1]) == (mapping.to_json() != before[0])


def test_a_decoded_document_is_refused_without_a_place() -> None:
    with pytest.raises(ApiError, match=r"exception: failed to parse field .n. of type .long."):
        make({"properties": {"n": {"type": "long"}}}).parse("1", {"n": "五"})

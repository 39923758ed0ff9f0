"""What `--json` prints keeps to docs/comparison.schema.json, and that file leaves no key out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import Esqual
from tests.cli.test_gate_cli import ARMS, COMPARE, JUDGED, SAME, gate, ready
from tests.conftest import ROOT

__all__ = ["ready"]

SCHEMA = json.loads((ROOT / "docs" / "comparison.schema.json").read_text(encoding="utf-8"))

# options -> exit code
MODES: dict[str, tuple[tuple[str, ...], int]] = {
    "impact": (ARMS, 0),
    "impact with a gate": ((*ARMS, "--min-similarity", "0.99"), 1),
    "quality": ((*ARMS, *JUDGED), 0),
    "a measure that a server has not": ((*ARMS, *JUDGED, "--measure", "RBP(rel=1)@10"), 0),
    "several measures": ((*ARMS, *JUDGED, "--measure", "RR@10", "--measure", "DCG@10"), 0),
    "pass": ((*SAME, *JUDGED, "--max-drop", "0.1"), 0),
    "inconclusive": ((*ARMS, *JUDGED, "--max-drop", "0.1"), 4),
    "inconclusive and allowed": ((*ARMS, *JUDGED, "--max-drop", "0.1", "--allow-inconclusive"), 0),
    "fail": ((*SAME[:3], "nothing.json", *JUDGED, "--max-drop", "0.1"), 1),
    "several candidates": ((*ARMS, "--candidate", "nothing.json", *JUDGED), 0),
    "several with a gate": (
        (*ARMS, "--candidate", "nothing.json", *JUDGED, "--max-drop", "0.1"),
        1,
    ),
    "latency": ((*SAME, "--latency"), 0),
    "a sort of its own": (("--baseline", "sorted.json", "--candidate", "match.json"), 0),
}


def strict(schema: Any) -> Any:
    """The schema with every key that it does not name refused."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


VALIDATOR = jsonschema.Draft202012Validator(strict(SCHEMA))


def check(document: Any) -> None:
    VALIDATOR.validate(document)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["title"].endswith("schema 1")


@pytest.mark.parametrize("name", MODES)
def test_every_mode_keeps_to_the_schema(ready: Esqual, name: str) -> None:
    options, code = MODES[name]
    body = json.loads(Path("match.json").read_text(encoding="utf-8"))
    Path("sorted.json").write_text(json.dumps({**body, "sort": ["id"]}), encoding="utf-8")
    result = ready(*COMPARE, *options, "--json")
    assert result.exit_code == code, result.output
    check(json.loads(result.stdout))


def test_classes_and_limits_keep_to_the_schema(ready: Esqual) -> None:
    Path("qrels.txt").write_text("t1 0 d1 2\nt2 0 d3 1\nt3 0 d3 1\n", encoding="utf-8")
    asked = gate(
        '[measures."RR@10"]\nmargin = 0.1\nbounds = true\nmust_improve = true\n'
        '[measures."RR@10".classes]\nword = 0.1\n[limits]\nmin_judged = 0.1\n'
        "max_zero_hit_share = 0.5\nmax_left_out_share = 0.5\n"
    )
    result = ready(*COMPARE, *ARMS, *JUDGED, *asked, "--json")
    document = json.loads(result.stdout)
    assert {rule["rule"] for rule in document["rules"]} >= {"margin", "bounds", "classes"}
    assert document["measures"][0]["classes"]
    check(document)


def test_a_void_comparison_prints_no_json(ready: Esqual) -> None:
    Path("qrels.txt").write_text("t1 0 nowhere 1\n", encoding="utf-8")
    result = ready(*COMPARE, *ARMS, *JUDGED, "--json")
    assert (result.exit_code, result.stdout) == (3, "")


Break = Callable[[dict[str, Any]], object]
BREAKS: dict[str, Break] = {
    "a key is gone": lambda d: d.pop("overlap"),
    "a new key": lambda d: d.update(other=1),
    "a new key of a measure": lambda d: d["measures"][0].update(other=1),
    "a verdict nobody knows": lambda d: d.update(verdict="OK"),
    "a figure is text": lambda d: d["measures"][0].update(delta="0.1"),
    "half of the statistics": lambda d: d["measures"][0].pop("effect_size"),
    "an interval of one end": lambda d: d["measures"][0].update(confidence_interval=[0.1]),
    "another schema": lambda d: d.update(schema=2),
    "a topic without its delta": lambda d: d["topics"][0].pop("delta"),
}


def test_what_does_not_keep_to_the_schema_is_seen(ready: Esqual) -> None:
    result = ready(*COMPARE, *ARMS, *JUDGED, "--json")
    for name, breaks in BREAKS.items():
        document = json.loads(result.stdout)
        breaks(document)
        assert not VALIDATOR.is_valid(document), name

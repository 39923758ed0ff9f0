"""JUnit XML: only a rule of the gate can fail, and every file holds the schema."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from esqual.gate import Gate
from esqual.report.junit import render_junit, render_void_junit
from tests.gate.made import HIT, LOST, SECOND, asks, impact, quality
from tests.report import junit_facts
from tests.report.reports import MADE, report_of

MANY = 60


def outcomes(root: ET.Element) -> dict[str, str]:
    """Rule -> pass, failure, error or skipped."""
    return {
        case.get("name", ""): next((child.tag for child in case), "pass")
        for case in root.iter("testcase")
    }


def test_a_pass_is_green_and_its_lost_topics_stand_in_the_text() -> None:
    pairs = [(SECOND, HIT)] * MANY + [(HIT, LOST)]
    root = junit_facts.check(render_junit(report_of([quality(pairs)], asks())))
    assert outcomes(root) == {"margin RR@10": "pass"}
    assert (root[0].get("failures"), root[0].get("errors")) == ("0", "0")
    text = root[0].findtext("system-out") or ""
    assert f"-1.0000  t{MANY}  {MANY}番の胃が痛い" in text
    assert "went a" in text


def test_a_fail_is_a_failure_with_the_reason() -> None:
    report = report_of([quality([(HIT, LOST)] * MANY)], asks())
    root = junit_facts.check(render_junit(report))
    assert outcomes(root) == {"margin RR@10": "failure"}
    failure = next(root.iter("failure"))
    verdict = report.results[0].verdict
    assert verdict is not None
    assert failure.get("message") == failure.text == verdict.rules[0].reason


@pytest.mark.parametrize(("allowed", "kind"), [(False, "error"), (True, "skipped")])
def test_inconclusive_is_an_error_unless_it_is_allowed(allowed: bool, kind: str) -> None:
    gate = replace(asks(), allow_inconclusive=allowed)
    report = report_of([quality([(HIT, SECOND), (SECOND, HIT)] * 3)], gate)
    assert outcomes(junit_facts.check(render_junit(report))) == {"margin RR@10": kind}


def test_without_a_gate_one_case_is_skipped() -> None:
    root = junit_facts.check(render_junit(report_of([impact([(HIT, LOST)])])))
    assert outcomes(root) == {"gate": "skipped"}


def test_every_rule_and_every_candidate_has_its_case() -> None:
    gate = asks(0.3, must_improve=True, classes={"語": 0.3})
    classes = ["語", "文"] * (MANY // 2)
    both = [
        quality([(SECOND, HIT)] * MANY, classes, tag="良い"),
        quality([(HIT, LOST)] * MANY, classes, tag="悪い"),
    ]
    root = junit_facts.check(render_junit(report_of(both, gate)))
    assert [suite.get("name") for suite in root] == ["esqual.良い", "esqual.悪い"]
    for suite, wanted in zip(root, ("pass", "failure"), strict=True):
        held = outcomes(suite)
        assert set(held) == {"margin RR@10", "must_improve RR@10", "classes RR@10 語"}
        assert set(held.values()) == {wanted}


def test_a_void_comparison_is_an_error() -> None:
    root = junit_facts.check(render_void_junit("the index changed", MADE))
    assert outcomes(root) == {"comparison": "error"}
    assert next(root.iter("error")).text == "the index changed"


def test_verdict_and_decision_are_properties() -> None:
    root = junit_facts.check(render_junit(report_of([quality([(HIT, HIT)] * 3)], Gate())))
    held = {row.get("name"): row.get("value") for row in root.iter("property")}
    assert held == {"verdict": "none", "decision": "more_traffic"}


BROKEN = [
    ("<testsuites><testsuite/></testsuites>", "testsuite"),
    ("<testsuites name='x'></testsuites>", "testsuites"),
]


@pytest.mark.parametrize(("text", "where"), BROKEN)
def test_the_facts_refuse_what_is_not_junit(text: str, where: str) -> None:
    with pytest.raises(AssertionError, match=where):
        junit_facts.check(text)

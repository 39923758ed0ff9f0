"""The verdict as JUnit XML: a test case per rule of the gate, and only a rule can fail.

What is written is valid under both schemas in use, that of Jenkins' xUnit plugin (junit-10) and
the one for Ant's JUnit task: only elements and attributes that both know, in the stricter order.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime

from esqual.comparison import Comparison
from esqual.gate import CandidateResult, Outcome
from esqual.report.plain import one_line, shorten
from esqual.report.values import Report

__all__ = ["render_junit", "render_void_junit"]

_TEXT = 200
_NAME = 300


def render_junit(report: Report) -> str:
    """One suite per candidate. FAIL is a failure; INCONCLUSIVE an error, skipped where allowed.

    Topics that lost stand in ``system-out`` of the suite, so that a PASS stays green. Without a
    gate the suite has one case, skipped.
    """
    suites = ET.Element("testsuites")
    for number, result in enumerate(report.results):
        cases = list(_cases(result))
        text = "\n".join(_lost(result.comparison, report.moved))
        verdict = "none" if result.verdict is None else result.verdict.name
        record: list[tuple[str, str]] = [("verdict", verdict)]
        if result.decision is not None:
            record.append(("decision", result.decision.field))
        record += sorted(result.comparison.record.items())
        suite = f"esqual.{result.comparison.tag}"
        suites.append(_suite(number, suite, report.made, record, cases, text))
    return _text(suites)


def render_void_junit(reason: str, made: datetime) -> str:
    """A comparison that is void: one case, an error."""
    case = _case("esqual", "comparison")
    _add(case, "error", "void", reason)
    suites = ET.Element("testsuites")
    suites.append(_suite(0, "esqual", made, [("verdict", "void")], [case], ""))
    return _text(suites)


def _suite(
    number: int,
    name: str,
    made: datetime,
    record: list[tuple[str, str]],
    cases: list[ET.Element],
    out: str,
) -> ET.Element:
    def count(kind: str) -> str:
        return str(sum(case.find(kind) is not None for case in cases))

    suite = ET.Element(
        "testsuite",
        {
            "id": str(number),
            "package": "esqual",
            "name": shorten(name, _NAME),
            "timestamp": made.strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "localhost",
            "tests": str(len(cases)),
            "failures": count("failure"),
            "errors": count("error"),
            "skipped": count("skipped"),
            "time": "0",
        },
    )
    properties = ET.SubElement(suite, "properties")
    for key, value in record:
        ET.SubElement(
            properties, "property", {"name": one_line(key) or "?", "value": one_line(value)}
        )
    suite.extend(cases)
    ET.SubElement(suite, "system-out").text = out
    ET.SubElement(suite, "system-err")
    return suite


def _cases(result: CandidateResult) -> Iterator[ET.Element]:
    suite = f"esqual.{result.comparison.tag}"
    if result.verdict is None:
        case = _case(suite, "gate")
        _add(case, "skipped", "none", "no gate was asked for")
        yield case
        return
    for rule in result.verdict.rules:
        case = _case(suite, _name(rule))
        if rule.outcome == "FAIL":
            _add(case, "failure", "FAIL", rule.reason)
        elif rule.outcome == "INCONCLUSIVE":
            kind = "skipped" if result.verdict.allow_inconclusive else "error"
            _add(case, kind, "INCONCLUSIVE", rule.reason)
        yield case


def _name(rule: Outcome) -> str:
    about = [rule.rule, *(part for part in (rule.measure, rule.topic_class) if part)]
    return " ".join(about)


def _case(suite: str, name: str) -> ET.Element:
    names = {"classname": shorten(suite, _NAME), "name": shorten(name, _NAME), "time": "0"}
    return ET.Element("testcase", names)


def _add(case: ET.Element, kind: str, type_: str, reason: str) -> None:
    line = shorten(reason, 2000)
    ET.SubElement(case, kind, {"type": type_, "message": line}).text = line


def _lost(comparison: Comparison, moved: int) -> Iterator[str]:
    lost = comparison.lost_most(moved)
    if not lost:
        return
    yield f"topics that lost most ({comparison.measures[0].measure}):"
    for topic in lost:
        query_id, text = (shorten(each, _TEXT) for each in (topic.query_id, topic.text))
        yield f"{topic.delta():+.4f}  {query_id}  {text}"
        for word, doc_ids in (("came", topic.entered), ("went", topic.left)):
            if doc_ids:
                yield f"    {word} {' '.join(shorten(doc_id, _TEXT) for doc_id in doc_ids[:10])}"


def _text(suites: ET.Element) -> str:
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'

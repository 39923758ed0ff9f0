"""Workflow commands of GitHub Actions: rules and regressed topics as annotations of a file.

A runner shows ten errors and ten warnings of a step; what is beyond is not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from esqual.gate import CandidateResult
from esqual.report.plain import shorten
from esqual.report.values import Report

__all__ = ["render_annotations", "render_void_annotations"]

_SHOWN = 10
_TEXT = 500


def render_annotations(report: Report) -> str:
    """A line per annotation: FAIL an error, INCONCLUSIVE and topics that lost a warning.

    They point at the candidate's template. Empty where nothing failed or was lost.
    """
    errors: list[str] = []
    warnings: list[str] = []
    for result in report.results:
        for level, line in _rules(result):
            (errors if level == "error" else warnings).append(line)
    # a topic of every candidate before the second of any
    lost = [list(_topics(result, report.moved)) for result in report.results]
    for place in range(max(map(len, lost), default=0)):
        warnings += [rows[place] for rows in lost if place < len(rows)]
    return "".join(f"{line}\n" for line in [*errors[:_SHOWN], *warnings[:_SHOWN]])


def render_void_annotations(reason: str, made: datetime) -> str:
    """One error: the comparison is void."""
    del made  # an annotation has no time
    return f"{_command('error', '', 'esqual: the comparison is void', reason)}\n"


def _rules(result: CandidateResult) -> Iterator[tuple[str, str]]:
    verdict = result.verdict
    for rule in () if verdict is None else verdict.rules:
        if rule.outcome == "PASS":
            continue
        level = "error" if rule.outcome == "FAIL" else "warning"
        title = f"{result.comparison.tag}: {rule.outcome}"
        yield level, _command(level, _file(result), title, rule.reason)


def _topics(result: CandidateResult, moved: int) -> Iterator[str]:
    comparison = result.comparison
    name = comparison.measures[0].measure
    for topic in comparison.lost_most(moved):
        went = f"; went: {' '.join(topic.left[:5])}" if topic.left else ""
        text = f"{topic.text} ({name} {topic.baseline[0]:.4f} → {topic.candidate[0]:.4f}){went}"
        title = f"{comparison.tag}: {topic.query_id} lost {-topic.delta():.4f}"
        yield _command("warning", _file(result), title, text)


def _file(result: CandidateResult) -> str:
    return result.comparison.record.get("candidate_template", "")


def _command(level: str, file: str, title: str, message: str) -> str:
    properties = [f"file={_property(file)}"] if file.strip() else []
    properties.append(f"title={_property(title)}")
    return f"::{level} {','.join(properties)}::{_data(message)}"


def _data(text: str) -> str:
    """What stands behind the second pair of colons; line breaks are gone by then."""
    return shorten(text, _TEXT).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

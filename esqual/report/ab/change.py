"""What changes, and why it was tried."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from esqual.gate import CandidateResult
from esqual.report.ab.why import stated_why
from esqual.report.blocks import Block, Bullets, Foreign, Line, Listing, Paragraph
from esqual.report.values import Report
from esqual.report.words import Say

__all__ = ["change"]

_LINES = 40
_WHY = 1000


def change(result: CandidateResult, report: Report, say: Say) -> Iterator[Block]:
    """Why, the indices, the templates, and the difference of their texts."""
    comparison = result.comparison
    why = stated_why(report, comparison.tag)
    lines: list[Line] = [
        say("why_unknown") if why is None else say("why", why=Foreign(why, _WHY)),
        say("index", index=Foreign(comparison.index))
        if comparison.index == comparison.candidate_index
        else say(
            "indices",
            index=Foreign(comparison.index),
            other=Foreign(comparison.candidate_index),
        ),
    ]
    own = comparison.record.get("baseline_template")
    other = comparison.record.get("candidate_template")
    if own is not None and other is not None:
        same = own == other
        lines.append(
            say("same_template", own=Foreign(own))
            if same
            else say("templates", own=Foreign(own), other=Foreign(other))
        )
    yield Bullets.of(*lines)
    difference = _difference(report, comparison.tag)
    if difference:
        yield Paragraph(say("diff"))
        rest = len(difference) - _LINES
        more = (say.text("more_lines").format(n=rest),) if rest > 0 else ()
        yield Listing((*difference[:_LINES], *more))


def _difference(report: Report, tag: str) -> list[str]:
    """Lines of a unified diff without its head; none where a text is not known."""
    if "baseline" not in report.templates or tag not in report.templates:
        return []
    own, other = (report.templates[name].splitlines() for name in ("baseline", tag))
    return list(difflib.unified_diff(own, other, n=2, lineterm=""))[2:]

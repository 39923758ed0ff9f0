"""Why a change was tried: said on the command line, or by the candidate's template itself."""

from __future__ import annotations

import re

from esqual.report.values import Report

__all__ = ["stated_why"]

# a comment of the template that begins with the word: {{! why: compounds are split apart }}
_WHY = re.compile(r"\{\{!\s*why\s*[:：]\s*(.*?)\s*\}\}", re.I | re.S)


def stated_why(report: Report, tag: str) -> str | None:
    """``--why``, else the comment ``{{! why: … }}`` of the candidate's template, else None."""
    if report.why:
        return report.why
    found = _WHY.search(report.templates.get(tag, ""))
    return found[1] if found and found[1] else None

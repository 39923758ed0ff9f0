"""The A/B report: one page for a meeting that decides on a live test, in English or Japanese."""

from __future__ import annotations

from esqual.report.ab.content import ab_blocks
from esqual.report.ab.why import stated_why
from esqual.report.markdown import to_markdown
from esqual.report.page import to_html
from esqual.report.values import Report

__all__ = ["ab_blocks", "render_ab_html", "render_ab_markdown", "stated_why"]


def render_ab_markdown(report: Report) -> str:
    """The page as Markdown. Raises ValueError for a result without a decision."""
    return to_markdown(ab_blocks(report))


def render_ab_html(report: Report) -> str:
    """The page as one HTML file that asks for nothing else, without a script."""
    return to_html(ab_blocks(report), report.language)

"""Which report formats can be written to a file: the one table to add another to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from esqual.report.ab import render_ab_html, render_ab_markdown
from esqual.report.csv import render_csv
from esqual.report.github import render_annotations, render_void_annotations
from esqual.report.html import render_html
from esqual.report.junit import render_junit, render_void_junit
from esqual.report.summary import render_markdown, render_void_markdown
from esqual.report.values import Report

__all__ = ["REPORTS", "VOID_REPORTS"]

# format -> the text of the file. It is also the flag of `compare-queries`, which has two for
# --ab-report, by the ending of the file's name.
REPORTS: dict[str, Callable[[Report], str]] = {
    "junit": render_junit,
    "markdown": render_markdown,
    "csv": render_csv,
    "html": render_html,
    "annotations": render_annotations,
    "ab-report.md": render_ab_markdown,
    "ab-report.html": render_ab_html,
}

# What CI publishes after a failure as well: the file says that the comparison is void, and why.
VOID_REPORTS: dict[str, Callable[[str, datetime], str]] = {
    "junit": render_void_junit,
    "markdown": lambda reason, _: render_void_markdown(reason),
    "annotations": render_void_annotations,
}

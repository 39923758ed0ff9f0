"""The whole page: what a script shows later and what stands without one, in both languages.

Text from outside comes into the page at two places: :func:`esqual.report.page.fragment` and its
``escape`` for what stands, and ``script_json`` for what the script shows as text. A policy in the
page lets no other script or style run and nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from esqual.report.html.data import page_data, script_json
from esqual.report.html.summary import header, sections
from esqual.report.html.words import said
from esqual.report.page import escape
from esqual.report.plain import shorten
from esqual.report.values import Report

__all__ = ["render_html"]

_SCRIPTS = ("words", "figures", "parts", "lists", "page")


def render_html(report: Report) -> str:
    """One page in English and Japanese; the report's language is shown first."""
    style, script = _asset("page.css"), _script()
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    first = report.results[0]
    word = "" if first.verdict is None else f"{first.verdict.name} · "
    place = 1 if report.language == "ja" else 0
    title = f"{word}{shorten(first.comparison.tag, 60)} · {said('page', place)}"
    parts: Iterable[str] = (
        f'<!DOCTYPE html>\n<html lang="{report.language}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>",
        *header(report),
        "<main>",
        *sections(report),
        "</main>",
        f'<script type="application/json" id="data">{script_json(page_data(report))}</script>',
        f"<script>{script}</script>\n</body>\n</html>\n",
    )
    return "\n".join(parts)


@cache
def _asset(name: str) -> str:
    return files("esqual.report.html").joinpath(name).read_text(encoding="utf-8")


def _script() -> str:
    """The parts in their order, with names of their own."""
    parts = "\n".join(_asset(f"{name}.js") for name in _SCRIPTS)
    return f'"use strict";\n{{\n{parts}}}\n'


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"

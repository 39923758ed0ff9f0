"""Hostile text in every field: nothing runs, nothing links, no format breaks."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from esqual.report.ab import render_ab_html, render_ab_markdown
from esqual.report.csv import render_csv
from esqual.report.files import VOID_REPORTS
from esqual.report.github import render_annotations
from esqual.report.junit import render_junit
from esqual.report.markdown import LIMIT
from esqual.report.summary import render_markdown
from esqual.report.values import Language, Report
from tests.report import junit_facts
from tests.report.reports import HOSTILE, MADE, hostile

LANGUAGES: list[Language] = ["en", "ja"]


@cache
def made(language: Language = "en", only: int | None = None) -> Report:
    if only is None:
        return hostile(language)
    return replace(made(language), results=[made(language).results[only]])


def only_printable(text: str) -> None:
    assert all(c.isprintable() or c == "\n" for c in text)
    text.encode("utf-8")


def test_junit_holds_its_schema_and_no_control_character() -> None:
    text = render_junit(made())
    only_printable(text)
    root = junit_facts.check(text)
    assert len(root) == len(HOSTILE)


def test_no_cell_of_the_csv_begins_as_a_formula_does() -> None:
    text = render_csv(made())
    only_printable(text)
    header, *rows = csv.reader(io.StringIO(text))
    assert len(rows) == len(HOSTILE) * (len(HOSTILE) + 1)
    texts = [header.index(name) for name in ("candidate", "query_id", "class", "text")]
    for row in rows:
        assert len(row) == len(header)
        for place, cell in enumerate(row):
            if place in texts:
                assert not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))
            elif cell not in ("", "true", "false", "no relevant document", "no judgment"):
                float(cell)


def tokens(text: str) -> list[Token]:
    flat = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        flat += [token, *(token.children or [])]
    return flat


def check_markdown(text: str) -> None:
    only_printable(text)
    assert len(text) <= LIMIT <= 65_536
    for token in tokens(text):
        assert token.type not in ("html_block", "html_inline", "link_open", "image", "s_open")
        assert token.type not in ("code_block", "blockquote_open", "hr", "ordered_list_open")
        if token.type == "text":
            # outside code these would be a mention, a reference or a link on GitHub
            assert not re.search(r"@|://|www\.|#\w", token.content), token.content
    for table in re.findall(r"(?:^\|.*\n)+", re.sub(r"(?ms)^(`{3,}).*?^\1$", "", text), flags=re.M):
        lines = table.splitlines()
        # a bar ends a cell unless one backslash stands before it, and never two
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
        assert len(widths) == 1, lines
        assert not re.search(r"\\\\\|", table)


def test_markdown_holds_no_markup_from_outside() -> None:
    check_markdown(render_markdown(made()))


@pytest.mark.parametrize("only", range(len(HOSTILE)))
def test_markdown_of_one_candidate_holds_no_markup_from_outside(only: int) -> None:
    check_markdown(render_markdown(made(only=only)))
    check_markdown(render_ab_markdown(made("ja", only=only)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_live_test_holds_no_markup_from_outside(language: Language) -> None:
    check_markdown(render_ab_markdown(made(language)))


ANNOTATION = re.compile(r"::(error|warning) (?:file=([^:,\n]*),)?title=([^:,\n]*)::([^\n]*)\n")


def check_annotations(text: str) -> int:
    """Every line is one command, with a file and a title that end where they should."""
    only_printable(text)
    lines = text.splitlines(keepends=True)
    for line in lines:
        found = ANNOTATION.fullmatch(line)
        assert found is not None, line
        for part in found.groups()[1:]:
            # a percent sign is one of ours, or it is written as one
            assert not re.search(r"%(?!25|3A|2C)", part or "")
    return len(lines)


def test_every_annotation_is_one_command_of_ours() -> None:
    assert check_annotations(render_annotations(made())) == 10
    for only in range(len(HOSTILE)):
        assert check_annotations(render_annotations(made(only=only))) == 10


TAGS = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "li"}
TAGS |= {"div", "table", "thead", "tbody", "tr", "th", "td", "bdi", "strong", "pre"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "scope", "class", "tabindex"}


class _Walk(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            assert "evil" not in (value or "")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_page_has_our_elements_alone(language: Language) -> None:
    text = render_ab_html(made(language))
    only_printable(text)
    walk = _Walk()
    walk.feed(text)
    walk.close()
    assert walk.open == []
    assert text.count("<style>") == 1


@pytest.mark.parametrize("reason", HOSTILE)
def test_what_makes_a_comparison_void_is_told_safely(reason: str) -> None:
    junit_facts.check(VOID_REPORTS["junit"](reason, MADE))
    check_markdown(VOID_REPORTS["markdown"](reason, MADE))
    assert check_annotations(VOID_REPORTS["annotations"](reason, MADE)) == 1

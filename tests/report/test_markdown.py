"""Markdown that fits a comment, and sentences in which nothing becomes a link."""

from __future__ import annotations

import pytest

from esqual.report.blocks import Bullets, Foreign, Heading, Listing, Paragraph, Table
from esqual.report.markdown import code, prose, to_markdown
from esqual.report.summary import render_markdown
from tests.gate.made import HIT, LOST, asks, quality
from tests.report.reports import report_of


def test_what_has_no_room_is_counted_and_the_verdict_is_not_what_is_cut() -> None:
    comparisons = [quality([(HIT, LOST)] * 30, tag=f"候補{i}") for i in range(60)]
    text = render_markdown(report_of(comparisons, asks(), moved=30))
    assert text.startswith("## esqual: FAIL\n")
    assert 55_000 < len(text) <= 65_000
    assert text.rstrip().endswith("more parts have no room; the JSON has everything._")


def test_nothing_is_cut_that_fits() -> None:
    blocks = [Heading(1, ("一",)), Paragraph(("二",)), Bullets.of(("三",), ("四",))]
    assert to_markdown(blocks) == "# 一\n\n二\n\n- 三\n- 四\n"
    assert to_markdown(blocks, limit=207).startswith("# 一\n\n_Cut here: 2 more parts")


PROSE = [
    ("RR@10: the mean fell", "`RR@10`: the mean fell"),
    ("nDCG(dcg='exp-log2')@10 changed", "`nDCG(dcg='exp-log2')@10` changed"),
    ("see (http://evil.example).", "see `(http://evil.example)`."),
    ("a_b *c* <d> e|f", r"a\_b \*c\* \<d\> e\|f"),
    ("胃が 痛い", "胃が 痛い"),
]


@pytest.mark.parametrize(("text", "wanted"), PROSE)
def test_what_could_be_a_link_in_a_sentence_is_code(text: str, wanted: str) -> None:
    assert prose(text) == wanted


CODE = [
    ("胃が痛い", "`胃が痛い`"),
    ("a`b", "``a`b``"),
    ("`", "`` ` ``"),
    ("", "(empty)"),
    ("一\n二", "`一 二`"),
    ("長" * 200, "`" + "長" * 119 + "…`"),
]


@pytest.mark.parametrize(("text", "wanted"), CODE)
def test_foreign_text_is_a_code_span_with_fences_that_fit(text: str, wanted: str) -> None:
    assert code(text) == wanted


def test_a_bar_in_a_cell_is_escaped_once() -> None:
    table = Table(("x",), (((Foreign("a|b"),),), ((Foreign("a\\|b"),),), (("c|d",),)))
    assert to_markdown([table]).splitlines()[2:] == [
        r"| `a\|b` |",
        r"| `a\ \|b` |",
        r"| c\|d |",
    ]


def test_a_listing_is_fenced_by_more_than_it_holds() -> None:
    assert to_markdown([Listing(("````", "x"))]) == "`````diff\n````\nx\n`````\n"

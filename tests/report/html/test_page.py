"""The page in a real Chromium: sorts, filters, opens, speaks two languages, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from esqual.comparison import Comparison, overlap_of, quality_of
from esqual.comparison.passages import Passage, Passages
from esqual.diagnosis import Diagnosis, Suspect
from esqual.gate import Gate, MeasureGate
from esqual.measures import parse_measure
from esqual.models import Topic
from esqual.report.html import render_html
from esqual.report.values import Report
from tests.gate.made import RR
from tests.report.html.checks import ACCESSIBILITY
from tests.report.html.conftest import Page
from tests.report.reports import HOSTILE, hostile, report_of

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

TOPICS = [
    Topic("q1", "胃が痛い", topic_class="症状"),
    Topic("q2", "東京駅 行き方", topic_class="交通"),
    Topic("q3", "桜の名所", topic_class="観光"),
    Topic("q4", "ｽﾏﾎ 充電", topic_class="交通"),
]
QRELS = {f"q{i}": {"good": 3, "bad": 0} for i in (1, 2, 3, 4)}
BEFORE = {"q1": ["good", "bad"], "q2": ["bad", "good"], "q3": ["good"], "q4": ["good", "bad"]}
AFTER = {"q1": ["bad", "new", "good"], "q2": ["good", "bad"], "q3": ["good"], "q4": ["bad"]}


def small() -> Report:
    measures = [RR, parse_measure("P@5")]
    rows, results, left = quality_of(TOPICS, QRELS, measures, BEFORE, AFTER, 10)
    overlap = overlap_of(TOPICS, BEFORE, AFTER, 10)
    comparison = Comparison("quality", "i", "i", 10, rows, results, left, overlap=overlap)
    report = report_of(
        [comparison],
        Gate(measures=(MeasureGate(RR, 0.02),)),
        QRELS,
        passages=Passages({("i", "q1", "good"): Passage(("夫の", "胃"), ("", "胃", "が", "痛い"))}),
    )
    lost = Diagnosis("q1", "胃が痛い", -0.7, (Suspect("operator", "text", "", ("or",), ("and",)),))
    return replace(report, results=[replace(report.results[0], diagnoses=(lost,))])


def opened(browser: Chrome, path: Path, report: Report) -> Page:
    file = path / "report.html"
    file.write_text(render_html(report), encoding="utf-8")
    return Page(browser, file)


@pytest.fixture
def page(browser: Chrome, tmp_path: Path) -> Page:
    return opened(browser, tmp_path, small())


def ids(page: Page) -> list[str]:
    return page.texts(".topics tbody th .id")


def test_the_topic_that_lost_most_stands_first_and_the_page_is_silent(page: Page) -> None:
    assert ids(page) == ["q4", "q1", "q3", "q2"]
    assert page.complaints() == []


def test_a_heading_sorts_says_so_and_keeps_the_focus(page: Page) -> None:
    page.run("document.querySelector('[data-sort=delta]').focus()")
    page.click("[data-sort=delta]")
    assert ids(page) == ["q2", "q3", "q1", "q4"]
    sort = "return document.querySelector('[data-sort=delta]').closest('th').ariaSort"
    assert page.run(sort) == "descending"
    assert page.run("return document.querySelectorAll('[aria-sort]').length") == 1
    assert page.run("return document.activeElement.dataset.sort") == "delta"


def test_class_text_and_kind_filter_and_width_does_not_matter(page: Page) -> None:
    page.choose("cls", "0")
    assert page.texts(".topics tbody td.wide")[0] == "交通"
    assert ids(page) == ["q4", "q2"]
    page.choose("cls", "")
    page.choose("text", "スマホ")
    assert ids(page) == ["q4"]
    page.choose("text", "")
    page.choose("show", "gained")
    assert ids(page) == ["q2"]
    page.choose("text", "そんなものはない")
    assert page.texts(".empty") == ["No topic is like that."]


def test_a_topic_opens_with_both_lists_what_moved_ratings_words_and_the_cause(page: Page) -> None:
    page.run("document.querySelector('[data-topic=\"0\"]').focus()")
    page.browser.switch_to.active_element.send_keys("\n")
    page.settle()
    assert page.run("return document.activeElement.ariaExpanded") == "true"
    own, other = page.texts(".detail .list")
    assert "rel 3" in own
    assert "▼ down 2" in own
    assert "unjudged" in other
    assert "＋ new" in other
    assert page.texts(".detail .list:first-child mark") == ["胃", "胃", "痛い"]
    assert page.texts(".diagnosis li") == ["operator changed: [text] or → and"]
    page.click('[data-topic="0"]')
    assert page.texts(".detail") == []


def test_another_measure_changes_the_figures(page: Page) -> None:
    page.choose("measure", "1")
    assert page.texts(".topics tbody td.n:nth-of-type(2)")[0] == "0.2000"


def test_the_language_changes_all_words_and_the_theme_all_colours(page: Page) -> None:
    page.click("[data-language=ja]")
    assert page.run("return document.documentElement.lang") == "ja"
    assert "トピック" in page.texts("#topics h2")[0]
    assert "悪化" in page.texts(".deltas")[0]
    other = "return [...document.querySelectorAll('[lang=en].t')].some((n) => n.checkVisibility())"
    assert page.run(other) is False
    colour = "return getComputedStyle(document.body).backgroundColor"
    page.click("[data-theme=light]")
    light = page.run(colour)
    page.click("[data-theme=dark]")
    assert page.run(colour) != light
    assert "undefined" not in page.texts("body")[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_names_headings_references_and_contrast_are_in_order(
    page: Page, theme: str, language: str
) -> None:
    page.click(f"[data-theme={theme}]")
    page.click(f"[data-language={language}]")
    page.click('[data-topic="0"]')
    page.run("for (const each of document.querySelectorAll('details')) each.open = true")
    page.settle()
    assert page.run(ACCESSIBILITY) == []


def test_a_narrow_screen_needs_no_sideways_scrolling(page: Page) -> None:
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.click('[data-topic="0"]')
        wide = page.run("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_on_paper_there_are_no_controls(page: Page) -> None:
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert page.run("return document.querySelector('.controls').offsetHeight") == 0
        assert page.run("return document.querySelector('.topics').offsetHeight") > 0
    finally:
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_hostile_text_runs_nothing_and_leads_nowhere(browser: Chrome, tmp_path: Path) -> None:
    report = hostile()
    texts = {
        ("i", f"{text}{place}", f"{text}良"): Passage((text, text), (text, text, text))
        for place, text in enumerate(HOSTILE)
    }
    report = replace(report, results=report.results[:3], passages=Passages(texts))
    page = opened(browser, tmp_path, report)
    page.run("for (const each of document.querySelectorAll('[data-topic]')) each.click()")
    page.click("[data-language=ja]")
    page.choose("candidate", "1")
    assert page.complaints() == []
    assert page.run("return document.scripts.length") == 2
    assert (
        page.run("return document.querySelectorAll('img, iframe, object, form[action]').length")
        == 0
    )
    assert page.run("return [...document.links].map((a) => a.getAttribute('href'))") == ["#topics"]
    handlers = (
        "return [...document.querySelectorAll('*')].flatMap((n) => n.getAttributeNames())"
        ".filter((name) => name.startsWith('on') || name === 'style')"
    )
    assert page.run(handlers) == []
    assert "<script>alert(1)</script>" in page.texts(".topics")[0]
    assert (tmp_path / "report.html").stat().st_size < 5_000_000


def test_five_thousand_topics_open_sort_and_filter_without_a_stall(
    browser: Chrome, tmp_path: Path
) -> None:
    chance = random.Random(7)
    topics = [Topic(f"q{i}", f"{i}番の駅から近い宿", topic_class=f"c{i % 6}") for i in range(5000)]
    before, after, qrels = {}, {}, {}
    for topic in topics:
        pool = [f"doc-{n:07d}" for n in chance.sample(range(400_000), 24)]
        before[topic.query_id], after[topic.query_id] = pool[:20], chance.sample(pool, 20)
        qrels[topic.query_id] = {doc_id: chance.randrange(4) for doc_id in pool[:16]}
    rows, results, left = quality_of(topics, qrels, [RR], before, after, 20)
    overlap = overlap_of(topics, before, after, 20)
    comparison = Comparison("quality", "i", "i", 20, rows, results, left, overlap=overlap)
    page = opened(browser, tmp_path, report_of([comparison], qrels=qrels))
    loaded = page.run("return performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert len(ids(page)) == 50
    # milliseconds; a quiet machine needs a tenth of these
    assert loaded < 5000
    assert (tmp_path / "report.html").stat().st_size < 10_000_000
    for action in (
        "document.querySelector('[data-sort=topic]').click()",
        "document.querySelector('[data-sort=rbo]').click()",
        "const s = document.querySelector('[data-control=show]'); s.value = 'lost';"
        "s.dispatchEvent(new Event('change'))",
    ):
        page.run(action)
        assert page.settle() < 2000
    page.click("[data-page=next]")
    assert "page 2 of" in page.texts(".pager")[0]

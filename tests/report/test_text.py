"""The terminal report: what it says, and that it lines up in Japanese."""

from __future__ import annotations

from esqual.comparison import Comparison, quality_of
from esqual.gate import Verdict
from esqual.measures import parse_measure
from esqual.models import Qrels, Topic
from esqual.report.table import clip, display_width, render_table
from esqual.report.text import render_text

QRELS: Qrels = {"t1": {"a": 1}, "t2": {"a": 1}, "t3": {"a": 1}, "t4": {"a": 0}}
TOPICS = [Topic(f"t{i}", f"{text}が痛い") for i, text in enumerate("胃頭腰足", start=1)]


def comparison() -> Comparison:
    baseline = {"t1": ["a", "b"], "t2": ["b", "a"], "t3": ["a"], "t4": ["a"]}
    candidate = {"t1": ["b", "c", "a"], "t2": ["a", "b"], "t3": ["a"], "t4": ["b"]}
    measure = parse_measure("RR@10")
    rows, topics, left_out = quality_of(TOPICS, QRELS, [measure], baseline, candidate, 10)
    return Comparison("quality", "v1", "v2", 10, rows, topics, left_out, (1, 2), ("a note",))


def test_the_report_says_what_changed_for_which_topics_and_why_some_are_not_counted() -> None:
    text = render_text(comparison(), Verdict("FAIL", "too low"), qrels=QRELS)
    lines = text.splitlines()
    assert "v1 against v2, 3 topics, top 10 compared" in lines
    assert "rankings identical for 1 of 3 topics" in text
    assert "left out of the means, no relevant document: 1 (t4)" in lines
    assert "baseline 1, candidate 2" in text
    assert "a note" in lines
    assert lines[-1] == "FAIL: too low"
    lost, gained = lines.index("topics that lost most"), lines.index("topics that gained most")
    assert "t1" in lines[lost + 1]
    assert "-0.6667" in lines[lost + 1]
    assert lines[lost + 2].strip() == "came c (rank 2, unjudged)"
    assert "t2" in lines[gained + 1]
    assert lines[gained + 2].strip() == "same documents in another order"


def test_means_have_signs_and_four_digits() -> None:
    row = render_text(comparison(), None).splitlines()[4].split()
    assert row == ["RR@10", "0.8333", "0.7778", "-0.0556", "1", "1", "1", "no", "counterpart"]


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert display_width("胃 pain") == 7
    assert display_width("ｻｰﾊﾞｰ") == 5
    assert display_width("か\u3099") == 2


def test_columns_line_up() -> None:
    table = render_table(["id", "text", "n"], [["a", "胃が痛い", "1"], ["bb", "x", "10"]], "  >")
    assert len({display_width(line) for line in table.splitlines()}) == 1


def test_a_clipped_text_keeps_to_its_columns_and_to_one_line() -> None:
    clipped = clip("ずっと胃が\nキリキリと\x1b[31m痛い", 12)
    assert display_width(clipped) <= 12
    assert clipped.endswith("…")
    assert "\n" not in clipped
    assert "\x1b" not in clip("\x1b[31m痛い", 40)


def test_the_report_says_what_unjudged_documents_could_do() -> None:
    # t1: -2/3 to 0, t2: 0 to 1/2, t3: 0; t4 is left out, and its b could bring a gain of 1 in
    lines = render_text(comparison(), None).splitlines()
    said = next(line for line in lines if "unjudged documents could move" in line)
    assert said.strip().startswith("judging the 4 unjudged documents could move the delta")
    assert said.endswith("from -0.2222 to +0.3750 (exact bounds, grades 0 to 1)")
    assert "of the counted topics alone: -0.2222 to +0.1667" in "\n".join(lines)

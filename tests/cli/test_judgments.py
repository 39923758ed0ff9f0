"""``esqual judgments``: convert and check, from files to exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from esqual.cli.judgments import COMBINER_NAMES, FORMAT_NAMES
from esqual.judgments import FORMATS, read_qrels, read_topics
from esqual.judgments.records import COMBINERS
from tests.cli.conftest import Esqual, parsed

QRELS = "t1 0 d1 3\nt1 0 d2 1\nt2 0 d3 2\n"
TOPICS = "t1\t胃が痛い\nt2\t海が見える部屋\n"
BOOK = "query,docid,花子,太郎\n胃が痛い,d1,3,2\n胃が痛い,d2,1,1\n夜眠れない,d3,0,\n"


@pytest.fixture(autouse=True)
def _files(esqual: Esqual) -> None:
    Path("qrels.txt").write_text(QRELS, encoding="utf-8")
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    Path("book.csv").write_text(BOOK, encoding="utf-8")


def test_the_names_in_the_options_are_those_of_the_library() -> None:
    assert tuple(FORMATS) == FORMAT_NAMES
    assert tuple(COMBINERS) == COMBINER_NAMES


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_judgments_go_to_every_format_and_back(esqual: Esqual, name: str) -> None:
    topics = ["--topics", "topics.tsv"] if FORMATS[name].key == "text" else []
    index = ["--index", "articles"] if FORMATS[name].needs_index else []
    there = esqual("judgments", "convert", "qrels.txt", "out", "--to", name, *topics, *index)
    assert (there.exit_code, there.stdout) == (0, ""), there.output
    assert f"3 judgments of 2 queries, trec to {name}" in there.stderr
    back = esqual("judgments", "convert", "out", "-", "--to", "trec", *topics)
    assert (back.exit_code, back.stdout) == (0, QRELS), back.output


def test_a_quepid_book_becomes_topics_and_judgments(esqual: Esqual) -> None:
    line = ("judgments", "convert", "book.csv", "q.txt", "--to", "trec", "--write-topics", "t.tsv")
    refused = esqual(*line)
    assert refused.exit_code == 3
    assert "book.csv:2: topic q1, document d1: relevance 2 here, 3 by 花子" in refused.stderr
    assert not Path("q.txt").exists()
    assert not Path("t.tsv").exists()
    assert esqual(*line, "--combine", "median").exit_code == 0
    assert read_qrels("q.txt") == {"q1": {"d1": 2, "d2": 1}, "q2": {"d3": 0}}
    assert [(t.query_id, t.text) for t in read_topics("t.tsv")] == [
        ("q1", "胃が痛い"),
        ("q2", "夜眠れない"),
    ]


def test_standard_input_needs_its_format_only_where_it_leaves_a_doubt(esqual: Esqual) -> None:
    good = esqual("judgments", "convert", "-", "-", "--to", "ranx", stdin=QRELS)
    assert json.loads(good.stdout) == {"t1": {"d1": 3, "d2": 1}, "t2": {"d3": 2}}
    odd = "t1 1 d1 3\n"
    refused = esqual("judgments", "convert", "-", "-", "--to", "ranx", stdin=odd)
    assert refused.exit_code == 3
    assert "cannot be told for certain" in refused.stderr
    told = esqual("judgments", "convert", "-", "-", "--from", "trec", "--to", "ranx", stdin=odd)
    assert json.loads(told.stdout) == {"t1": {"d1": 3}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["qrels.txt", "-", "--to", "rre"], "needs --index"),
        (["qrels.txt", "-", "--to", "csv", "--index", "a"], "names no index"),
        (["qrels.txt", "-", "--to", "quepid-csv"], "one by id and one by text: give --topics FILE"),
        (["book.csv", "-", "--to", "trec"], "or --write-topics FILE to make them"),
        (["qrels.txt", "-", "--to", "csv", "--topics", "topics.tsv"], "no topics are needed"),
        (["qrels.txt", "-", "--to", "csv", "--write-topics", "t"], "there is none to give"),
        (["qrels.txt", "-", "--to", "csv", "--combine", "max"], "names no rater"),
        (
            ["book.csv", "-", "--to", "trec", "--topics", "topics.tsv", "--write-topics", "t"],
            "not both",
        ),
    ],
)
def test_an_option_that_would_be_ignored_or_is_missing_is_wrong_usage(
    esqual: Esqual, options: list[str], message: str
) -> None:
    result = esqual("judgments", "convert", *options)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")
    assert result.stdout == ""


def test_check_passes_a_sound_file(esqual: Esqual) -> None:
    result = esqual("judgments", "check", "qrels.txt", "--topics", "topics.tsv", "--scale", "0..3")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "qrels.txt (trec): 3 judgments of 3 documents for 2 topics",
        "levels: 1: 1, 2: 1, 3: 1",
        "nothing found",
    ]


def test_check_ends_with_three_when_something_falsifies_a_comparison(esqual: Esqual) -> None:
    Path("qrels.txt").write_text(QRELS + "t1 0 d2 0\nt9 0 d1 5\n", encoding="utf-8")
    line = ("judgments", "check", "qrels.txt", "--topics", "topics.tsv", "--scale", "0..3")
    result = esqual(*line)
    assert result.exit_code == 3
    assert result.stdout.splitlines()[2:] == [
        "error: 1 judgments that contradict another",
        "  line 4: topic t1, document d2: relevance 0 here, 1 in line 2",
        "error: 1 levels outside the scale",
        "  line 5: topic t9, document d1: relevance 5, and the scale is 0..3",
        "error: 1 topics that are judged and not in the topics",
        "  line 5: topic t9",
    ]
    answer = json.loads(esqual(*line, "--json").stdout)
    assert (answer["schema"], answer["errors"], answer["warnings"]) == (1, 3, 0)
    assert answer["findings"][0] == {
        "severity": "error",
        "kind": "conflict",
        "message": "topic t1, document d2: relevance 0 here, 1 in line 2",
        "query": "t1",
        "doc_id": "d2",
        "line": 4,
    }
    assert answer["levels"] == {"0": 1, "1": 1, "2": 1, "3": 1, "5": 1}


def test_many_findings_of_one_kind_are_counted_and_ten_are_shown(esqual: Esqual) -> None:
    Path("qrels.txt").write_text("".join(f"t1 0 d{i} 9\n" for i in range(14)), encoding="utf-8")
    line = ("judgments", "check", "qrels.txt", "--scale", "0..3")
    lines = esqual(*line).stdout.splitlines()
    assert lines[2] == "error: 14 levels outside the scale"
    assert len(lines) == 2 + 1 + 10 + 1
    assert lines[-1] == "  … and 4 more, all with --json"
    assert len(json.loads(esqual(*line, "--json").stdout)["findings"]) == 14


def test_check_says_how_far_raters_agree(esqual: Esqual) -> None:
    result = esqual("judgments", "check", "book.csv")
    assert result.exit_code == 0
    assert "agreement of 2 raters on 2 pairs" in result.stdout
    assert "Cohen's kappa 0.333 (2 pairs judged by all)" in result.stdout
    answer = parsed(esqual("judgments", "check", "book.csv", "--json"))
    assert answer["agreement"]["raters"] == ["花子", "太郎"]
    assert answer["agreement"]["kappa_value"] == pytest.approx(1 / 3)
    assert (answer["key"], answer["warnings"]) == ("text", 1)


def test_check_names_documents_that_no_index_holds(indexed: Esqual) -> None:
    assert indexed("judgments", "check", "qrels.txt", "--index", "articles").exit_code == 0
    Path("qrels.txt").write_text(QRELS + "t2 0 消えた 0\n", encoding="utf-8")
    result = indexed("judgments", "check", "qrels.txt", "--index", "articles")
    assert result.exit_code == 3
    assert "line 4: document 消えた" in result.stdout
    missing = indexed("judgments", "check", "qrels.txt", "--index", "none")
    assert missing.exit_code == 3
    assert "there is no index 'none'" in missing.stderr


@pytest.mark.parametrize("scale", ["3", "3..0", "0..x", "0-3", "0..0"])
def test_a_wrong_scale_is_wrong_usage(esqual: Esqual, scale: str) -> None:
    result = esqual("judgments", "check", "qrels.txt", "--scale", scale)
    assert result.exit_code == 2
    assert "is not LOW..HIGH" in result.stderr


def test_an_engine_without_an_index_is_wrong_usage(esqual: Esqual) -> None:
    result = esqual("judgments", "check", "qrels.txt", "--engine", "lucene:x")
    assert result.exit_code == 2
    assert "--engine is for --index" in result.stderr


def test_a_file_that_cannot_be_read_is_an_error_with_its_line(esqual: Esqual) -> None:
    Path("qrels.txt").write_text("t1 0 d1 3\nt1 d2\n", encoding="utf-8")
    result = esqual("judgments", "check", "qrels.txt")
    assert result.exit_code == 3
    assert "qrels.txt:2: has 2 columns and needs four" in result.stderr

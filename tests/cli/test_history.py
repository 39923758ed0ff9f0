"""`esqual history` from the outside, and that keeping a comparison never changes its verdict."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Esqual, parsed

PLAIN = '{"query": {"match": {"text.plain": "{{query}}"}}}'
NOTHING = '{"query": {"match_none": {}}}'
TOPICS = "query_id\ttext\nt1\t胃が痛い\nt2\t海が見える\n"
QRELS = "t1 0 d1 2\nt1 0 d2 0\nt2 0 d3 1\n"


@pytest.fixture
def ready(indexed: Esqual, monkeypatch: pytest.MonkeyPatch) -> Esqual:
    monkeypatch.setenv("ESQUAL_HISTORY", "h.sqlite")
    for name, text in (
        ("plain.json", PLAIN),
        ("nothing.json", NOTHING),
        ("topics.tsv", TOPICS),
        ("qrels.txt", QRELS),
    ):
        Path(name).write_text(text, encoding="utf-8")
    return indexed


def _compare(candidate: str, *more: str) -> tuple[str, ...]:
    return (
        *("compare-queries", "--index", "articles", "--topics", "topics.tsv"),
        *("--baseline", "match.json", "--candidate", candidate, "--qrels", "qrels.txt", *more),
    )


def test_comparisons_are_listed_diffed_drawn_and_searched_for_breaks(ready: Esqual) -> None:
    assert "kept in the history as #1" in ready(*_compare("match.json", "--max-drop", "0.5")).stderr
    ready(*_compare("nothing.json", "--max-drop", "0.5"))
    ready(*_compare("nothing.json", "--no-history"))
    listed = parsed(ready("history", "list", "--json"))["comparisons"]
    assert [row["verdict"] for row in listed] == ["PASS", "FAIL"]
    assert listed[0]["engine"].startswith("lucene:")
    shown = ready("history", "list").stdout
    assert "FAIL" in shown

    difference = parsed(ready("history", "diff", "1", "2", "--json"))
    assert difference["comparable"]
    assert any("match_none" in line for line in difference["texts"]["candidate template"])
    assert {row["query_id"]: row["after"] for row in difference["topics"]} == {"t1": 0, "t2": 0}
    assert "candidate template" in ready("history", "diff", "1", "2").stdout

    drawn = ready("history", "trend", "--svg", "trend.svg")
    assert "nothing" not in drawn.stderr
    assert len(parsed(ready("history", "trend", "--json"))["comparisons"]) == 2
    assert Path("trend.svg").read_text(encoding="utf-8").startswith("<svg")

    broken = parsed(ready("history", "broke", "t1", "--json"))["broken"]
    assert [(row["query_id"], row["last_good"], row["first_bad"]) for row in broken] == [
        ("t1", 1, 2)
    ]
    assert broken[0]["text"] == "胃が痛い"
    assert "candidate template" in broken[0]["changed"]
    assert "胃が痛い" in ready("history", "broke").stdout
    by_baseline = ready("history", "broke", "--arm", "baseline").stdout
    assert "no topic is worse" in by_baseline


def test_what_made_a_comparison_is_kept_as_text(ready: Esqual) -> None:
    ready(*_compare("plain.json", "--max-drop", "0.25"))
    with sqlite3.connect("h.sqlite") as connection:
        texts = [row[0] for row in connection.execute("SELECT body FROM kept_text")]
    for part in ("text.plain", "margin = 0.25", '"analyzer": "kuromoji"', "海が見える"):
        assert any(part in text for text in texts), part


@pytest.mark.parametrize("trouble", ["locked", "broken", "no folder", "no driver", "no url"])
def test_a_history_in_trouble_is_a_warning_and_no_other_verdict(
    ready: Esqual, trouble: str
) -> None:
    comparison = _compare("nothing.json", "--max-drop", "0.5", "--json")
    well = ready(*comparison, "--no-history")
    place = {
        "locked": "sqlite:///h.sqlite?timeout=0.1",
        "no folder": "no/where/h.sqlite",
        "no driver": "nosuchdialect://host/db",
        "no url": "://",
        "broken": "h.sqlite",
    }[trouble]
    holder = None
    if trouble == "broken":
        Path("h.sqlite").write_bytes(b"\x00garbage" * 500)
    if trouble == "locked":
        holder = sqlite3.connect("h.sqlite", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
    result = ready(*comparison, "--history", place)
    if holder is not None:
        holder.close()
    assert (result.stdout, result.exit_code) == (well.stdout, well.exit_code)
    assert result.exit_code == 1
    assert result.stderr.count("warning: not kept in the history") == 1
    assert "Traceback" not in result.stderr


def test_a_password_on_the_command_line_is_refused_and_not_repeated(ready: Esqual) -> None:
    result = ready(*_compare("plain.json", "--history", "postgresql://me:himitsu99@db/h"))
    assert result.exit_code == 3
    assert "ESQUAL_HISTORY" in result.stderr
    assert "himitsu99" not in result.stderr


def test_the_place_comes_from_the_settings_file(
    ready: Esqual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ESQUAL_HISTORY")
    Path("esqual.toml").write_text('[esqual]\nhistory = "kept.sqlite"\n', encoding="utf-8")
    ready(*_compare("plain.json"))
    assert Path("kept.sqlite").is_file()
    Path("esqual.toml").write_text('[esqual]\nhistory = "off"\n', encoding="utf-8")
    assert "kept" not in ready(*_compare("plain.json")).stderr
    result = ready("history", "list")
    assert result.exit_code == 3
    assert "off" in result.stderr


def test_an_empty_history_says_how_one_comes_to_be(ready: Esqual) -> None:
    result = ready("history", "list")
    assert result.exit_code == 3
    assert "there is no history yet" in result.stderr
    assert not Path("h.sqlite").exists()


def test_keeping_and_saving_give_the_same_report(ready: Esqual) -> None:
    result = ready(*_compare("plain.json", "--save", "saved", "--json"))
    assert json.loads(result.stdout) == json.loads(
        Path("saved/report.json").read_text(encoding="utf-8")
    )

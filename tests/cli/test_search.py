"""``esqual search``: hits as JSON and as a table that lines up in Japanese."""

from __future__ import annotations

from pathlib import Path

import pytest

from esqual.report.table import display_width
from tests.cli.conftest import Esqual, parsed

QUERY = ("search", "--index", "articles", "--query", "match.json")


def test_json_has_ids_ranks_and_scores_in_order(indexed: Esqual) -> None:
    answer = parsed(indexed(*QUERY, "胃が痛い", "--json"))
    assert set(answer) == {"schema", "hits"}
    assert answer["schema"] == 1
    assert [(hit["doc_id"], hit["rank"]) for hit in answer["hits"]] == [("d1", 1), ("d2", 2)]
    scores = [hit["score"] for hit in answer["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_the_table_shows_the_text_and_lines_up(indexed: Esqual) -> None:
    result = indexed(*QUERY, "胃が痛い")
    assert result.exit_code == 0
    header, first, second = result.stdout.splitlines()
    assert first.split()[0] == "1"
    assert "d1" in first
    assert "腹痛 / ずっと胃がキリキリと痛い。" in first
    column = display_width(header[: header.index("text")])
    assert display_width(first[: first.index("腹痛")]) == column
    assert display_width(second[: second.index("二日")]) == column


def test_a_long_text_is_cut_at_the_width_of_the_terminal(
    indexed: Esqual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    lines = indexed(*QUERY, "胃が痛い").stdout.splitlines()
    assert max(map(display_width, lines)) <= 50
    assert lines[1].endswith("…")


def test_size_is_the_flags_or_the_templates(indexed: Esqual) -> None:
    Path("match.json").write_text(
        '{"size": 1, "query": {"match": {"text": "{{query}}"}}}', encoding="utf-8"
    )
    assert len(parsed(indexed(*QUERY, "胃が痛い", "--json"))["hits"]) == 1
    assert len(parsed(indexed(*QUERY, "胃が痛い", "--json", "--size", "2"))["hits"]) == 2


def test_parameters_reach_the_template(indexed: Esqual) -> None:
    Path("match.json").write_text(
        '{"query": {"match": {"{{field}}": {"query": "{{query}}", "operator": "{{op}}"}}}}',
        encoding="utf-8",
    )
    options = ("--param", "field=text", "--param", "op=and", "--json")
    hits = parsed(indexed(*QUERY, "キリキリ 痛い", *options))["hits"]
    assert [hit["doc_id"] for hit in hits] == ["d1"]


@pytest.mark.parametrize("text", ['"', "\\", "{{query}}", "}}", "\t\n", "\x01", "'", "<&>", "𠮟る"])
def test_no_text_is_too_odd_to_be_asked(indexed: Esqual, text: str) -> None:
    assert indexed(*QUERY, text, "--json").exit_code == 0
    assert [h["doc_id"] for h in parsed(indexed(*QUERY, f"海{text}", "--json"))["hits"]] == ["d3"]


def test_nothing_found_says_so(indexed: Esqual) -> None:
    assert indexed(*QUERY, "宇宙船").stdout == "no hits\n"


def test_control_characters_of_a_document_do_not_reach_the_terminal(esqual: Esqual) -> None:
    Path("c.ndjson").write_text('{"id": "x", "text": "胃\\u001b[31m痛"}\n', encoding="utf-8")
    esqual("index", "c.ndjson", "--index", "articles", "--mapping", "mapping.json")
    assert "\x1b" not in esqual(*QUERY, "胃").stdout


def test_a_template_that_sorts_by_a_field_has_no_scores(indexed: Esqual) -> None:
    Path("match.json").write_text(
        '{"query": {"match": {"text": "{{query}}"}}, "sort": ["id"]}', encoding="utf-8"
    )
    assert [hit["score"] for hit in parsed(indexed(*QUERY, "痛い", "--json"))["hits"]] == [None] * 2
    assert indexed(*QUERY, "痛い").stdout.splitlines()[1].split()[1] == "-"


def test_a_missing_index_names_those_that_are_there(indexed: Esqual) -> None:
    result = indexed("search", "--index", "article", "--query", "match.json", "胃")
    assert result.exit_code == 3
    assert "there is no index 'article'" in result.stderr
    assert "there are: articles" in result.stderr


def test_a_clause_that_the_engine_does_not_know_is_told_in_its_words(indexed: Esqual) -> None:
    Path("match.json").write_text('{"query": {"mach": {"text": "{{query}}"}}}', encoding="utf-8")
    result = indexed(*QUERY, "胃")
    assert result.exit_code == 3
    assert "unknown query [mach]" in result.stderr
    assert result.stderr.count("\n") == 1

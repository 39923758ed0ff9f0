"""``esqual analyze``: one column per field or analyzer, aligned where tokens begin."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Esqual, parsed

ANALYZE = ("analyze", "--index", "articles")


def test_columns_line_up_by_the_offset_where_a_token_begins(indexed: Esqual) -> None:
    result = indexed(*ANALYZE, "--field", "text", "--analyzer", "standard", "国際空港に行く")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "start  text      analyzer standard",
        "    0  国際 0-2  国 0-1",
        "    1            際 1-2",
        "    2  空港 2-4  空 2-3",
        "    3            港 3-4",
        "    4            に 4-5",
        "    5  行く 5-7  行 5-6",
        "    6            く 6-7",
    ]


def test_json_has_tokens_with_offsets_per_column(indexed: Esqual) -> None:
    answer = parsed(indexed(*ANALYZE, "--field", "text", "--field", "text.plain", "海", "--json"))
    assert (answer["schema"], answer["index"], answer["text"]) == (1, "articles", "海")
    assert [column["field"] for column in answer["columns"]] == ["text", "text.plain"]
    [token] = answer["columns"][0]["tokens"]
    assert token == {
        "token": "海",
        "start_offset": 0,
        "end_offset": 1,
        "position": 0,
        "position_length": 1,
        "type": "word",
    }


def test_a_compound_beside_its_parts_shows_how_far_it_spans(esqual: Esqual) -> None:
    analyzer = {"type": "custom", "tokenizer": "kuromoji_tokenizer"}
    body = {
        "settings": {"analysis": {"analyzer": {"compounds": analyzer}}},
        "mappings": {"properties": {"text": {"type": "text", "analyzer": "compounds"}}},
    }
    Path("mapping.json").write_text(json.dumps(body), encoding="utf-8")
    esqual("index", "c.ndjson", "--index", "articles", "--mapping", "mapping.json")
    lines = esqual(*ANALYZE, "--field", "text", "関西国際空港").stdout.splitlines()
    assert "    0  関西 0-2" in lines
    assert "       関西国際空港 0-6 (3 positions)" in lines


def test_a_text_without_tokens_says_so(indexed: Esqual) -> None:
    assert indexed(*ANALYZE, "--field", "text", "。。。").stdout == "no tokens\n"


def test_a_field_that_is_not_there_is_an_error_and_not_the_default_analyzer(
    indexed: Esqual,
) -> None:
    result = indexed(*ANALYZE, "--field", "txt", "胃")
    assert result.exit_code == 3
    assert "no field 'txt'; its fields: id, stars, text, text.plain, title" in result.stderr


def test_an_analyzer_that_is_not_there_is_named(indexed: Esqual) -> None:
    result = indexed(*ANALYZE, "--analyzer", "kuromojii", "胃")
    assert result.exit_code == 3
    assert "kuromojii" in result.stderr


def test_without_a_field_or_analyzer_the_usage_is_wrong(indexed: Esqual) -> None:
    assert indexed(*ANALYZE, "胃").exit_code == 2

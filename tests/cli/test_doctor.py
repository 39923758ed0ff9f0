"""One screen, JSON with stable keys, and 3 where the engine cannot be used."""

from __future__ import annotations

import json

from tests.cli.conftest import Esqual, parsed


def test_the_screen_marks_every_row_and_says_the_verdict(esqual: Esqual) -> None:
    result = esqual("doctor", "--query", "match.json")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("engine lucene:")
    assert any(line.startswith("ok  kuromoji") for line in lines)
    assert lines[-1] == "The engine can be used."
    assert len(lines) <= 24


def test_the_json_has_stable_keys(esqual: Esqual) -> None:
    content = parsed(esqual("doctor", "--json"))
    assert set(content) == {"schema", "engine", "product", "version", "usable", "checks"}
    assert content["usable"] is True
    assert set(content["checks"][0]) == {"name", "mark", "found", "advice"}


def test_an_engine_that_is_away_is_3_with_what_to_do(esqual: Esqual) -> None:
    result = esqual("doctor", "--engine", "http://127.0.0.1:1")
    assert result.exit_code == 3
    assert "NO  reachable" in result.stdout
    assert "> is it running" in result.stdout
    assert result.stdout.splitlines()[-1] == "The engine cannot be used as it is."
    result = esqual("doctor", "--engine", "http://127.0.0.1:1", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["usable"] is False


def test_a_query_that_the_engine_refuses_is_3(esqual: Esqual) -> None:
    with open("odd.json", "w") as stream:
        stream.write('{"query": {"no_such_clause": {"text": "{{query}}"}}}')
    result = esqual("doctor", "--query", "odd.json")
    assert result.exit_code == 3
    assert "NO  query odd.json" in result.stdout
    assert "unknown query [no_such_clause]" in result.stdout

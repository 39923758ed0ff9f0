"""The command line in this process, on an embedded engine of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from esqual.cli import main

Esqual = Callable[..., Result]

MAPPING = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "id": {"type": "keyword"},
            "title": {"type": "text", "analyzer": "kuromoji"},
            "text": {
                "type": "text",
                "analyzer": "kuromoji",
                "fields": {"plain": {"type": "text", "analyzer": "standard"}},
            },
            "stars": {"type": "integer"},
        },
    },
}
DOCUMENTS = [
    {"id": "d1", "title": "腹痛", "text": "ずっと胃がキリキリと痛い。"},
    {"id": "d2", "title": "二日酔い", "text": "頭が痛い。胃がむかむかする。"},
    {"id": "d3", "text": "窓から海が見える部屋だった。", "stars": 5},
]
MATCH = '{"query": {"match": {"text": "{{query}}"}}}'


@pytest.fixture
def esqual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Esqual:
    """Run ``esqual ARGUMENTS`` in an empty folder; mapping.json, match.json, c.ndjson are there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ESQUAL_ENGINE", f"lucene:{tmp_path / 'engine'}")
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING), encoding="utf-8")
    (tmp_path / "match.json").write_text(MATCH, encoding="utf-8")
    lines = [json.dumps(document, ensure_ascii=False) + "\n" for document in DOCUMENTS]
    (tmp_path / "c.ndjson").write_text("".join(lines), encoding="utf-8")

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, list(arguments), input=stdin)

    return run


@pytest.fixture
def indexed(esqual: Esqual) -> Esqual:
    """The same with c.ndjson in the index ``articles``."""
    result = esqual("index", "c.ndjson", "--index", "articles", "--mapping", "mapping.json")
    assert result.exit_code == 0, result.output
    return esqual


def parsed(result: Result) -> Any:
    """The JSON of a command that succeeded."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)

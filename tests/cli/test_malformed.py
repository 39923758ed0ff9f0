"""Malformed everything: exit code 2 or 3, one clear message, nothing on stdout, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Esqual

INDEX = ["index", "c.ndjson", "--index", "articles", "--mapping", "mapping.json"]
SEARCH = ["search", "--index", "articles", "--query", "match.json", "胃"]

CORPORA = [
    ("not JSON", "c.ndjson", b"id,text\n1,x\n", "c.ndjson:1: not JSON"),
    ("cut off", "c.ndjson", b'{"id": "1", "te', "c.ndjson:1: not JSON"),
    ("an array", "c.ndjson", b'[{"id": "1"}]', "c.ndjson:1: a list, where"),
    ("no id", "c.ndjson", b'{"text": "x"}\n', "the id field"),
    ("empty id", "c.ndjson", b'{"id": ""}\n', "is empty"),
    (
        "a long id",
        "c.ndjson",
        b'{"id": "' + b"x" * 513 + b'"}\n',
        "c.ndjson:1: the id is 513 bytes long",
    ),
    ("CP932", "c.ndjson", '{"id": "1", "text": "胃"}\n'.encode("cp932"), "invalid UTF-8 at byte"),
    ("UTF-16", "c.ndjson", '{"id": "1"}\n'.encode("utf-16"), "is UTF-16"),
    ("binary", "c.ndjson", bytes(range(256)) * 10, "c.ndjson:1: "),
    ("NUL", "c.ndjson", b'{"id": "1"}\0\n', "NUL"),
    ("half a pair", "c.ndjson", b'{"id": "1", "text": "\\udead"}\n', "surrogate"),
    (
        "half a pair in the id",
        "c.ndjson",
        b'{"id": "\\udead"}\n',
        "c.ndjson:1: half of a surrogate",
    ),
    ("a huge number", "c.ndjson", b'{"id": ' + b"9" * 5000 + b"}\n", "not usable JSON"),
    ("infinity", "c.ndjson", b'{"id": "1", "stars": 1e999}\n', "cannot be written as JSON"),
    ("too deep", "c.ndjson", b'{"id":' * 50_000, "c.ndjson:1: "),
    ("a field of another type", "c.ndjson", b'{"id": "1", "stars": "many"}\n', "[stars]"),
    ("an undeclared field", "c.ndjson", b'{"id": "1", "x": 1}\n', "dynamic introduction of [x]"),
    ("a repeated id", "c.ndjson", b'{"id": 1}\n{"id": "1"}\n', "stands already at c.ndjson:1"),
    ("a broken gzip", "c.ndjson", b"\x1f\x8b\x08\x00broken", "gzip data is damaged"),
    ("a ragged table", "c.csv", b"id,text\n1\n", "c.csv:2: 1 columns, where the header has 2"),
    ("an open quotation", "c.csv", b'id,text\n1,"x\n', "c.csv:2: not CSV"),
    ("a table without ids", "c.csv", b"text\nx\n", 'has no column "id"'),
    ("no suffix", "corpus", b"{}", "use --format"),
]


@pytest.mark.parametrize(
    ("name", "content", "said"), [c[1:] for c in CORPORA], ids=[c[0] for c in CORPORA]
)
def test_corpora(esqual: Esqual, name: str, content: bytes, said: str) -> None:
    Path(name).write_bytes(content)
    _refuses(esqual, ["index", name, *INDEX[2:]], 3, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "mapping.json:1: not JSON"),
        ("{", "mapping.json:1: not JSON"),
        ("[]", "is an object"),
        ('{"properties": {}}', 'put it under "mappings"'),
        ('{"mappings": {"properties": {"text": {"type": "tekst"}}}}', "tekst"),
        ('{"mappings": {"properties": {"text": {"type": "text", "analyzer": "nö"}}}}', "nö"),
        ('{"mappings": {"properties": {"text": {"type": "text", "analyser": "x"}}}}', "analyser"),
        ('{"mappings": {"properties": "x"}}', "mapping.json: the engine refuses"),
        ('{"settings": {"analysis": {"analyzer": {"a": {"tokenizer": "x"}}}}}', "mapping.json: "),
        ('{"settings": {"number_of_shards": "many"}}', "number_of_shards"),
        ('{"settings": {"no_such_setting": 1}}', "no_such_setting"),
    ],
)
def test_mapping_files(esqual: Esqual, content: str, said: str) -> None:
    Path("mapping.json").write_text(content, encoding="utf-8")
    _refuses(esqual, INDEX, 3, said)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("lucene:", "names no folder"),
        ("lucene", "of no known form"),
        ("", "of no known form"),
        ("ftp://example.org", "of no known form"),
        ("http:/x", "of no known form"),
        ("http://", "of no known form"),
        ("http://127.0.0.1", "port"),
        ("http://127.0.0.1:port", "port"),
        ("http://[::1", "not one of a server"),
        ("http://127.0.0.1:1", "cannot be reached"),
        ("http://user:geheim@127.0.0.1:1", "take the password out"),
        ("lucene:c.ndjson", "c.ndjson"),
    ],
)
def test_engine_urls(esqual: Esqual, url: str, said: str) -> None:
    for command in (INDEX, SEARCH):
        stderr = _refuses(esqual, [*command, "--engine", url], 3, said)
        assert "geheim" not in stderr
        assert "not expected" not in stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["index"], 2, "Missing argument"),
        (["index", "c.ndjson"], 2, "--index"),
        (["index", "c.ndjson", "--index", "a"], 2, "--mapping"),
        ([*INDEX, "--recreate", "--append"], 2, "exclude each other"),
        ([*INDEX, "--max-errors", "-1"], 2, "--max-errors"),
        ([*INDEX, "--max-errors", "x"], 2, "--max-errors"),
        ([*INDEX, "--flush-every", "0"], 2, "--flush-every"),
        ([*INDEX, "--format", "xml"], 2, "--format"),
        ([*INDEX, "--on-duplicate", "first"], 2, "--on-duplicate"),
        ([*INDEX, "--columns", "id,text"], 2, "columns belong to CSV and TSV"),
        ([*INDEX, "--columns", "id,id", "--format", "csv"], 2, "a name of its own"),
        ([*INDEX, "--columns", "a,b", "--format", "csv"], 2, "do not contain 'id'"),
        ([*INDEX, "--rejects", "no/such/folder/r.ndjson"], 3, "no/such/folder"),
        (["index", "-", *INDEX[2:]], 2, "standard input needs --format"),
        (["index", "-", "-", *INDEX[2:], "--format", "csv"], 2, "only once"),
        (["index", "none.ndjson", *INDEX[2:]], 3, "none.ndjson: cannot be read"),
        (["index", ".", *INDEX[2:]], 3, ".: is a folder"),
        ([*INDEX[:4], "--mapping", "none.json"], 3, "none.json: the mapping file cannot be read"),
        (["index", "c.ndjson", "--index", "*", *INDEX[4:]], 3, "is not an index name"),
        (["index", "c.ndjson", "--index", "a", "--append"], 3, "no index 'a' to add to"),
        (["search"], 2, "Missing"),
        (SEARCH, 3, "there is no index 'articles'"),
        ([*SEARCH, "--size", "-1"], 2, "--size"),
        ([*SEARCH, "--size", "99999"], 3, ""),
        ([*SEARCH, "--param", "x"], 2, "'x' is not NAME=VALUE"),
        ([*SEARCH, "--param", "=x"], 2, "is not NAME=VALUE"),
        ([*SEARCH, "--param", "a=1", "--param", "a=2"], 2, "'a' is given twice"),
        ([*SEARCH[:4], "none.json", "胃"], 3, "none.json: cannot be read"),
        ([*SEARCH[:4], "c.ndjson", "胃"], 3, "c.ndjson:"),
        (["analyze", "--index", "articles", "--field", "text", "胃"], 3, "no index 'articles'"),
        (["analyze", "--index", "articles", "胃"], 2, "--field or --analyzer"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_flags(esqual: Esqual, arguments: list[str], code: int, said: str) -> None:
    _refuses(esqual, arguments, code, said)


@pytest.mark.parametrize(
    "content", ["[esqual", '[esqual]\nengin = "x"\n', "[esqual]\nengine = 1\n"]
)
def test_settings_files(esqual: Esqual, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.delenv("ESQUAL_ENGINE")
    Path("esqual.toml").write_text(content, encoding="utf-8")
    _refuses(esqual, INDEX, 3, "esqual.toml")


def _refuses(esqual: Esqual, arguments: list[str], code: int, said: str) -> str:
    result = esqual(*arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    if code == 3:
        # one message; a second, indented line may say what the state is or what to try
        first, *more = result.stderr.splitlines()
        assert first.startswith("esqual: error: ")
        assert all(line.startswith("  ") for line in more)
        assert len(more) <= 1
    return result.stderr

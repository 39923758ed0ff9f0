"""An index is only compared: what its ``_meta`` names is never imported, opened or contacted.

The canary is a module that writes a file when it is imported, a port that counts who connects, and
a file that nobody may open; an audit hook sees imports, opens and connections of this process.
"""

from __future__ import annotations

import importlib
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esqual import connect
from tests.cli.conftest import Esqual

MODULE = "esqual_canary"
EVENTS: list[tuple[str, str]] = []
_watching: list[bool] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in ("import", "open", "socket.connect", "socket.getaddrinfo"):
        EVENTS.append((event, " ".join(map(str, arguments))))


sys.addaudithook(_watch)  # a hook stays for the life of the process; it sleeps outside of a test


class Canary:
    """What must stay untouched."""

    def __init__(self, folder: Path) -> None:
        self.sung = folder / "sung"
        self.artefact = folder / "canary.artefact"
        self.artefact.write_text("{}", encoding="utf-8")
        (folder / f"{MODULE}.py").write_text(
            f"open({str(self.sung)!r}, 'w').close()\ndef encode(texts): return [[1.0]]\n",
            encoding="utf-8",
        )
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0.05)
        self.port = self.server.getsockname()[1]

    def called(self) -> bool:
        """Whether anybody connected since the last question."""
        try:
            self.server.accept()[0].close()
        except TimeoutError:
            return False
        return True

    def touched(self) -> list[tuple[str, str]]:
        """Everything that went near it."""
        names = (MODULE, "canary.artefact", str(self.port))
        return [event for event in EVENTS if any(name in event[1] for name in names)]


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    folder = tmp_path / "canary"
    folder.mkdir()
    bird = Canary(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    EVENTS.clear()
    _watching.append(True)
    yield bird
    _watching.clear()
    sys.modules.pop(MODULE, None)
    bird.server.close()


def _foreign(canary: Canary, encoder: str) -> dict[str, Any]:
    """What a hostile index says of itself: the encoder, an address, an artefact, a key."""
    parameters = {
        "encoder": encoder,
        "dims": 3,
        "url": f"http://127.0.0.1:{canary.port}/v1",
        "base_url": f"http://127.0.0.1:{canary.port}/v1",
        "artefact": str(canary.artefact),
        "api_key": "${OPENAI_API_KEY}",
    }
    entry = {"name": "vector", "kind": "vector", "source": "text", "target": "vec"}
    return {
        "mapping_digest": "0" * 64,
        "enrich": [{**entry, "parameters": parameters, "implementation": f"{MODULE}:encode"}],
        "enriched": {
            "vec": {
                "names": ["vector", "has_vector"],
                "digest": "0" * 64,
                "fingerprint": {"kind": f"python:{MODULE}.encode", "parameters": parameters},
                "implementation": f"{MODULE}:encode",
            }
        },
    }


def _make_index(tmp_path: Path, esqual: dict[str, Any]) -> None:
    client = connect(f"lucene:{tmp_path / 'engine'}")
    properties = {"text": {"type": "text", "analyzer": "kuromoji"}}
    body = {"mappings": {"_meta": {"esqual": esqual}, "properties": properties}}
    client.indices.create(index="foreign", body=body)
    client.index(index="foreign", id="x", document={"text": "胃が痛い"}, refresh=True)
    client.close()


ENCODERS = [f"python:{MODULE}.encode", "openai:text-embedding-3-small", f"scdv:{MODULE}"]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_nothing_that_an_index_names_is_run_imported_opened_or_contacted(
    esqual: Esqual, canary: Canary, tmp_path: Path, encoder: str
) -> None:
    foreign = _foreign(canary, encoder)
    _make_index(tmp_path, foreign)
    parameters = {"encoder": "char-ngram", "dims": 8}
    entry = {"name": "vector", "kind": "vector", "source": "text", "target": "vec"}
    meta = {"esqual": {"enrich": [{**entry, "parameters": parameters}]}}
    properties = {"vec": {"type": "dense_vector", "dims": 8}}
    local = {"mappings": {"_meta": meta, "properties": properties}}
    Path("local.json").write_text(json.dumps(local), encoding="utf-8")
    asks = '{"query": {"match": {"text": "{{query}}{{#has_vector}} {{/has_vector}}"}}}'
    Path("asks.json").write_text(asks, encoding="utf-8")
    Path("topics.tsv").write_text("t1\t胃が痛い\n", encoding="utf-8")
    search = ("search", "--index", "foreign", "--query", "asks.json", "胃")
    comparison = ("compare-queries", "--index", "foreign", "--topics", "topics.tsv")
    arms = ("--baseline", "match.json", "--candidate", "asks.json")
    index = ("index", "c.ndjson", "--index", "foreign")
    commands = [
        search,
        (*search, "--mapping", "local.json"),
        (*comparison, *arms),
        (*comparison, *arms, "--mapping", "local.json"),
        (*index, "--append"),
        (*index, "--append", "--mapping", "local.json"),
        (*index, "--append", "--mapping", "mapping.json"),
        (*index, "--mapping", "local.json"),
    ]
    for command in commands:
        result = esqual(*command)
        assert result.exit_code == 3, (command, result.output)
        assert "esqual: error: " in result.stderr, command
    # a template that asks for nothing runs, and still nothing happens
    plain = esqual("search", "--index", "foreign", "--query", "match.json", "胃")
    assert plain.exit_code == 0, plain.output
    assert EVENTS, "the hook is awake"
    assert canary.touched() == []
    assert not canary.sung.exists()
    assert MODULE not in sys.modules
    assert not canary.called()


def test_the_canary_would_sing(canary: Canary) -> None:
    importlib.import_module(MODULE)
    canary.artefact.read_text(encoding="utf-8")
    socket.create_connection(("127.0.0.1", canary.port)).close()
    assert canary.sung.exists()
    events = {event for event, _ in canary.touched()}
    assert events >= {"open", "socket.connect"}
    assert any(f"{MODULE}.py" in arguments for _, arguments in canary.touched())
    assert canary.called()

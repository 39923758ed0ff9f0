"""Send recorded requests to the embedded engine and say where the answers part."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from elastic_transport import NodeConfig

from esqual.engine.lucene.catalog import Catalog
from esqual.engine.lucene.node import EmbeddedNode

FIXTURE = Path(__file__).parent.parent / "fixtures" / "documents-elasticsearch-9.4.3.json"
# chance and clock, what only a cluster with tiers has, and places in a JSON text
_PASSING = frozenset(
    {
        "col",
        "creation_date",
        "index.creation_date",
        "index.routing.allocation.include._tier_preference",
        "index.uuid",
        "index_uuid",
        "line",
        "routing",
        "took",
        "uuid",
    }
)
# what we say more or less than the server, in words
_OUR_WORDS = {
    "; the embedded engine does not have this API, use an Elasticsearch server for it": "",
    # there is no reopening here, so the advice leaves it out
    "You can either resubmit the update with `?reopen=true`, or create": "Create",
}
_NO_JSON = re.compile(
    "Unexpected end of file|Invalid UTF-8|Unrecognized token|Expecting value|is not JSON"
)


def scenario(name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(FIXTURE.read_text(encoding="utf-8"))["scenarios"][name]
    return steps


def node(folder: Path) -> EmbeddedNode:
    extras = {"esqual_catalog": Catalog.open(folder)}
    return EmbeddedNode(NodeConfig("http", "embedded", 9200, _extras=extras))


def send(to: EmbeddedNode, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    raw = None
    if body is not None:
        raw = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
    answer = to.perform_request(method, quote(path, safe="/?&=%*,:+-_.~"), raw)
    return answer.meta.status, json.loads(answer.body) if answer.body else None


def comparable(value: Any, key: str = "") -> Any:
    """An answer without what differs from run to run."""
    if isinstance(value, dict):
        kept = {k: comparable(v, k) for k, v in value.items() if k not in _PASSING}
        return {k: _parser_words(v) if k == "error" else v for k, v in kept.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str) and key in ("reason", "error"):
        value = re.sub(r"^(\[\d+:\d+\] )+", "", value)
        value = re.sub(r"\[(c_\w+)/[\w-]{20,}\]", r"[\1/UUID]", value)
        for ours, theirs in _OUR_WORDS.items():
            value = value.replace(ours, theirs)
    return value


def _parser_words(error: Any) -> Any:
    """Of a text that is no JSON only the type: the words are those of the JSON parser."""
    if isinstance(error, dict) and _NO_JSON.search(json.dumps(error)):
        return {"type": error["type"]}
    return error


def differences(to: EmbeddedNode, steps: list[dict[str, Any]]) -> list[str]:
    """One text for every recorded answer that the engine gives otherwise."""
    found = []
    for step in steps:
        status, answer = send(to, step["method"], step["path"], step["body"])
        ours, theirs = (status, comparable(answer)), (step["status"], comparable(step["answer"]))
        if ours != theirs:
            request = f"{step['method']} {step['path'][:80]} {step['body']}"
            found.append(f"{request}\n  ours {ours}\n  theirs {theirs}")
    return found

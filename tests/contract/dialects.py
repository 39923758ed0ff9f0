"""What must be said otherwise to an engine so that it does the same, and what it does otherwise."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import quote

from elastic_transport import HttpHeaders
from elasticsearch import Elasticsearch

from tests.servers.capabilities import ENGINES

__all__ = ["ask", "scored_as_elasticsearch"]


def scored_as_elasticsearch(engine: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body of an index whose scores on this engine are those of Elasticsearch.

    OpenSearch 3 leaves the factor k1 + 1 out of BM25 and gives keyword fields a constant score;
    both can be asked for.
    """
    if "k1+1" in ENGINES[engine].features:
        return body
    body = copy.deepcopy(body)
    body.setdefault("settings", {})["similarity"] = {"default": {"type": "LegacyBM25"}}
    _score_keywords(body["mappings"])
    return body


def _score_keywords(mapping: Any) -> None:
    if isinstance(mapping, dict):
        if mapping.get("type") == "keyword":
            mapping["use_similarity"] = True
        for inner in mapping.values():
            _score_keywords(inner)


def ask(client: Elasticsearch, method: str, path: str, body: Any = None) -> list[Any]:
    """``[status, answer]`` of one request, whatever the status."""
    data, headers = None, HttpHeaders()
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        data = text.encode()
        lines = "bulk" in path or "msearch" in path
        headers["content-type"] = "application/x-ndjson" if lines else "application/json"
    node = client.transport.node_pool.get()
    answer = node.perform_request(method, quote(path, safe="/?&=_:,*()%+-.~"), data, headers)
    return [answer.meta.status, json.loads(answer.body) if answer.body else None]

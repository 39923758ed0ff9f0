"""A client for any of the test servers."""

from __future__ import annotations

import re
from typing import Any

from elastic_transport import HttpHeaders, Urllib3HttpNode
from elasticsearch import Elasticsearch

import esqual

__all__ = ["client_of", "wipe"]

_VENDOR = re.compile(r"application/vnd\.elasticsearch\+(json|x-ndjson)\s*;\s*compatible-with=\d+")


class PlainNode(Urllib3HttpNode):
    """Speaks plain JSON: for Elasticsearch 7, an oracle that esqual itself does not promise."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        **how: Any,
    ) -> Any:
        plain = HttpHeaders(headers or {})
        for name in ("accept", "content-type"):
            if name in plain:
                plain[name] = _VENDOR.sub(r"application/\1", plain[name])
        return super().perform_request(method, target, body, plain, **how)


def client_of(engine: str, url: str) -> Elasticsearch:
    """The client that a user of ``url`` gets; a machine that is busy otherwise is waited for."""
    if engine == "elasticsearch-7":
        return Elasticsearch(url, node_class=PlainNode, request_timeout=60)
    return esqual.connect(url).options(request_timeout=60)


def wipe(client: Elasticsearch) -> None:
    """Delete every index and stored script. Only for servers that are the tests' own."""
    names = [row["index"] for row in client.cat.indices(format="json")]
    if names:
        client.indices.delete(index=names)
    state = client.cluster.state(metric="metadata", filter_path="metadata.stored_scripts")
    for script in state.get("metadata", {}).get("stored_scripts", {}):
        client.delete_script(id=script)

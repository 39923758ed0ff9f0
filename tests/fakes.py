"""Fakes at the seam: a real transport node that answers from a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders, NodeConfig
from elastic_transport._node import NodeApiResponse
from elasticsearch import Elasticsearch

# (method, path without parameters, body) -> (status, JSON)
Answer = Callable[[str, str, Any], tuple[int, Any]]


class ScriptedNode(BaseNode):
    """Asks the ``answer`` function that stands in the node's config."""

    _CLIENT_META_HTTP_CLIENT = ("fk", "0")

    def perform_request(
        self, method: str, target: str, body: Any = None, headers: Any = None, **_: Any
    ) -> NodeApiResponse:
        answer: Answer = self.config._extras["answer"]
        text = (body or b"").decode()
        lines = [json.loads(line) for line in text.splitlines() if line.strip()] if text else []
        payload = lines[0] if len(lines) == 1 else lines
        status, document = answer(method, target.split("?")[0], payload)
        fields = {
            "x-elastic-product": "Elasticsearch",
            "content-type": "application/vnd.elasticsearch+json;compatible-with=9",
        }
        meta = ApiResponseMeta(status, "1.1", HttpHeaders(fields), 0.0, self.config)
        return NodeApiResponse(meta, json.dumps(document).encode())

    def close(self) -> None:
        """Nothing to let go of."""


def scripted_client(answer: Answer) -> Elasticsearch:
    """A real client whose only node answers with ``answer``."""
    config = NodeConfig("http", "fake", 9200, _extras={"answer": answer})
    return Elasticsearch([config], node_class=ScriptedNode, max_retries=0)

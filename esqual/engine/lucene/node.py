"""The seam itself: a transport node that answers in this process."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders, NodeConfig
from elastic_transport._models import DEFAULT, DefaultType
from elastic_transport._node import NodeApiResponse
from elasticsearch import Elasticsearch

from esqual.engine.lucene import cluster, documents, indices, search_api
from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.catalog import Catalog
from esqual.engine.lucene.rest import Request, Response, Router

__all__ = ["EmbeddedNode", "connect"]

_HEADERS = {
    "x-elastic-product": "Elasticsearch",
    "content-type": "application/vnd.elasticsearch+json;compatible-with=9",
}
_ROUTER = Router([*cluster.ROUTES, *indices.ROUTES, *documents.ROUTES, *search_api.ROUTES])


def connect(path: Path) -> Elasticsearch:
    """A client over the indices under ``path``. Retries are off: a retried write would run twice."""
    catalog = Catalog.open(path)
    config = NodeConfig("http", "embedded", 9200, _extras={"esqual_catalog": catalog})
    return Elasticsearch([config], node_class=EmbeddedNode, max_retries=0)


class EmbeddedNode(BaseNode):
    """Answers requests from a :class:`Catalog`; never raises for what Elasticsearch would answer."""

    _CLIENT_META_HTTP_CLIENT = ("em", "0")

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        self._catalog: Catalog = config._extras["esqual_catalog"]

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> NodeApiResponse:
        """Answer one request. ``request_timeout`` has no meaning without a network."""
        start = time.perf_counter()
        status, answer = self._answer(method, target, body or b"")
        meta = ApiResponseMeta(
            status=status,
            http_version="1.1",
            headers=HttpHeaders(_HEADERS),
            duration=time.perf_counter() - start,
            node=self.config,
        )
        empty = method == "HEAD" or answer is None
        raw = b"" if empty else json.dumps(answer, ensure_ascii=False).encode()
        return NodeApiResponse(meta, raw)

    def _answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        try:
            # Elasticsearch answers HEAD wherever it answers GET
            lookup = "GET" if method == "HEAD" else method
            route, variables, parameters = _ROUTER.find(lookup, target)
            request = Request(method, target, variables, parameters, body)
            answer = route.handler(self._catalog, request)
        except ApiError as error:
            return error.status, error.body()
        if isinstance(answer, Response):
            return answer.status, answer.body
        return 200, answer

    def close(self) -> None:
        """Commit and let go of the writer's lock."""
        self._catalog.close()

"""The seam itself: a transport node that answers in this process."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders, NodeConfig, NodePool
from elastic_transport._models import DEFAULT, DefaultType
from elastic_transport._node import NodeApiResponse
from elasticsearch import Elasticsearch

from esqual.engine.lucene import cluster, documents, indices, search_api
from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.catalog import Catalog
from esqual.engine.lucene.filter_path import filter_path
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.knn import KNN_HEADER, choosing
from esqual.engine.lucene.rest import Request, Response, Router

__all__ = ["EmbeddedNode", "connect"]

_HEADERS = {
    "x-elastic-product": "Elasticsearch",
    "content-type": "application/vnd.elasticsearch+json;compatible-with=9",
}
_log = logging.getLogger("esqual.engine")
_ROUTER = Router([*cluster.ROUTES, *indices.ROUTES, *documents.ROUTES, *search_api.ROUTES])
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def connect(path: Path) -> Elasticsearch:
    """A client over the indices under ``path``; no retries, for a write would run twice."""
    catalog = Catalog.open(path)
    config = NodeConfig("http", "embedded", 9200, _extras={"esqual_catalog": catalog})
    return Elasticsearch(
        [config], node_class=EmbeddedNode, node_pool_class=_AlwaysThere, max_retries=0
    )


class _AlwaysThere(NodePool):
    """The pool of one node in this process: an answer of 503 does not mean that it is away."""

    def mark_dead(self, node: BaseNode, _now: float | None = None) -> None:
        """Keep the node."""


class EmbeddedNode(BaseNode):
    """Answers requests from a :class:`Catalog`; raises for nothing that Elasticsearch answers."""

    _CLIENT_META_HTTP_CLIENT = ("em", "0")
    IN_THIS_PROCESS = True  # read by esqual.engine.manners

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
        status, answer, warnings = self._answer(method, target, body or b"", headers or {})
        meta = ApiResponseMeta(
            status=status,
            http_version="1.1",
            headers=HttpHeaders({**_HEADERS, **_warning(warnings)}),
            duration=time.perf_counter() - start,
            node=self.config,
        )
        empty = method == "HEAD" or answer is None
        raw = b"" if empty else _encode(answer).encode("utf-8", "surrogatepass")
        return NodeApiResponse(meta, raw)

    def _answer(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Any, tuple[str, ...]]:
        try:
            # Elasticsearch answers HEAD wherever it answers GET
            lookup = "GET" if method == "HEAD" else method
            route, variables, parameters = _ROUTER.find(lookup, target)
            request = Request(method, target, variables, parameters, body)
            with choosing(headers.get(KNN_HEADER)):
                answer = route.handler(self._catalog, request)
        except ApiError as error:
            return error.status, error.body(), ()
        except J.Throwable as error:
            return 500, _java_failure(error).body(), ()
        except Exception as error:
            # a defect of ours must look like one, and still be an answer
            _log.debug("%s %s failed", method, target, exc_info=True)
            reason = f"{error} (a defect of the embedded engine: please report it)"
            return 500, ApiError(500, type(error).__name__, reason).body(), ()
        response = answer if isinstance(answer, Response) else Response(answer)
        shown = response.body
        if "filter_path" in parameters and shown is not None:
            shown = filter_path(shown, parameters["filter_path"])
        return response.status, shown, response.warnings

    def close(self) -> None:
        """Commit and let go of the writer's lock."""
        self._catalog.close()


def _warning(texts: Sequence[str]) -> dict[str, str]:
    """The header of warnings, as Elasticsearch writes it: the client shows each once."""
    if not texts:
        return {}
    return {"warning": ", ".join(f'299 Elasticsearch-embedded "{text}"' for text in texts)}


def _java_failure(error: Any) -> ApiError:
    """500 for what nobody foresaw: the Java exception's name and message."""
    return ApiError(500, str(error.getClass().getSimpleName()), str(error.getMessage()))

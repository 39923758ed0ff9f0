"""The transport node of a server: one client, whichever product and version answers.

The client of Elasticsearch 9 signs its bodies ``application/vnd.elasticsearch+json;
compatible-with=9``. Elasticsearch 8 refuses that, OpenSearch does not know the type, and the
client itself refuses answers that do not call themselves Elasticsearch. So the node asks once
who is there (``GET /`` in plain JSON), before its first request, and from then on writes the
headers that this server takes. Each node of a cluster asks for itself: an upgrade under way has
two versions.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import Any

import urllib3
from elastic_transport import BaseNode, HttpHeaders, NodeConfig, Urllib3HttpNode
from elastic_transport._models import DEFAULT, DefaultType
from elastic_transport._node import NodeApiResponse

from esqual.engine.connection import Connection
from esqual.engine.server.opensearch import to_opensearch
from esqual.engine.server.pools import make_pool
from esqual.engine.server.product import UNKNOWN, Product, read_product

__all__ = ["CONNECTION", "ServerNode"]

#: the key of the :class:`Connection` among a node config's extras
CONNECTION = "esqual_connection"
# a refusal with one of these says nothing of who would answer; the next request asks again
_PASSING = {401, 407, 408, 429, *range(500, 600)}
# nor does it come from who would answer, but from what stands before it, or comes too early
_BUSY = {429, 502, 503, 504}

_MEDIA_TYPE = re.compile(
    r"application/vnd\.elasticsearch\+([\w.-]+)\s*;\s*compatible-with\s*=\s*\d+"
)


class ServerNode(Urllib3HttpNode):
    """An HTTP node that knows its server's product; safe to use from many threads."""

    def __init__(self, config: NodeConfig) -> None:
        # the pool of the class above knows neither proxies nor a CA of one's own alone
        BaseNode.__init__(self, config)
        self._connection: Connection = config._extras[CONNECTION]
        self.pool = make_pool(config, self._connection)  # type: ignore[assignment]
        self._product = UNKNOWN
        self._asking = Lock()

    @property
    def product(self) -> Product:
        """What is known of the server so far; UNKNOWN before the first request."""
        return self._product

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> NodeApiResponse:
        """Send one request in this server's words. Raises as the transport's own node does."""
        given = HttpHeaders(headers or {})
        timeout = self._timeout(request_timeout)
        product = self._known(given, timeout)
        if isinstance(product, NodeApiResponse):
            return product
        if product.is_opensearch:
            body = to_opensearch(method, target, body, product.major)
        response = super().perform_request(
            method, target, body, _in_words_of(product, given), timeout
        )
        if product.is_opensearch:
            # the client trusts only answers with this header
            response.meta.headers["x-elastic-product"] = "Elasticsearch"
        return response

    def _timeout(self, request_timeout: DefaultType | float | None) -> Any:
        """What was asked for is the time for an answer; connecting has a time of its own."""
        if isinstance(request_timeout, DefaultType):
            return request_timeout
        return urllib3.Timeout(connect=self._connection.connect_timeout_s, read=request_timeout)

    def _known(self, headers: HttpHeaders, timeout: Any) -> Product | NodeApiResponse:
        """The product, asked for with the rights of ``headers`` until the server tells.

        A server that is too busy to tell is too busy for the request, which nobody can word yet:
        then its answer.
        """
        if self._product is not UNKNOWN:
            return self._product
        with self._asking:
            if self._product is UNKNOWN:
                question = HttpHeaders({"accept": "application/json"})
                if "authorization" in headers:
                    question["authorization"] = headers["authorization"]
                meta, answer = super().perform_request("GET", "/", None, question, timeout)
                if meta.status in _BUSY:
                    return NodeApiResponse(meta, answer)
                product = read_product(meta.status, meta.headers, answer)
                if meta.status in _PASSING:
                    return product
                self._product = product
            return self._product


def _in_words_of(product: Product, headers: HttpHeaders) -> HttpHeaders:
    """``headers`` with the media types that ``product`` takes; plain JSON where in doubt."""
    version = product.compatible_with
    wanted = (
        r"application/\1"
        if version is None
        else rf"application/vnd.elasticsearch+\1; compatible-with={version}"
    )
    for name in ("accept", "content-type"):
        if name in headers:
            headers[name] = _MEDIA_TYPE.sub(wanted, headers[name])
    return headers

"""The engine seam: a URL in, an ``elasticsearch.Elasticsearch`` client out.

Nothing outside this package knows which engine answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.connection import DEFAULT_URL, Connection, make_connection

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["DEFAULT_URL", "connect"]


def connect(
    address: str | Sequence[str] | Connection | None = DEFAULT_URL, **options: Any
) -> Elasticsearch:
    """Return a client for ``address``; see :func:`esqual.connect`."""
    if isinstance(address, Connection):
        if options:
            raise TypeError("a Connection has its options already")
        connection = address
    else:
        if "cloud_id" in options and address == DEFAULT_URL:
            address = None
        connection = make_connection(address, **options)
    if connection.is_embedded:
        from esqual.engine.lucene import connect_embedded

        return connect_embedded(connection.path)
    from esqual.engine.server import connect_server

    return connect_server(connection)

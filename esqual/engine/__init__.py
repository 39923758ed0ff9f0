"""The engine seam: a URL in, an ``elasticsearch.Elasticsearch`` client out.

Nothing outside this package knows which engine answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from esqual.errors import ConfigError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["DEFAULT_URL", "connect"]

DEFAULT_URL = "lucene:.esqual"


def connect(url: str = DEFAULT_URL) -> Elasticsearch:
    """Return a client for ``url``; see :func:`esqual.connect`."""
    scheme, separator, rest = url.partition(":")
    if separator and scheme == "lucene":
        if not rest:
            raise ConfigError(
                f"the engine URL {url!r} names no folder; write lucene:PATH, "
                f"for example {DEFAULT_URL}"
            )
        from esqual.engine.lucene import connect_embedded

        return connect_embedded(rest)
    if separator and scheme in ("http", "https") and rest.startswith("//") and len(rest) > 2:
        from esqual.engine.server import connect_server

        return connect_server(url)
    raise ConfigError(
        f"the engine URL {url!r} is of no known form; write lucene:PATH for the embedded engine "
        "or http(s)://HOST:PORT for a server"
    )

"""esqual: what does a change of query, analyzer or field do to Japanese search results?

The library is a set of small functions from plain values to plain values; the engine is always
an :class:`elasticsearch.Elasticsearch` client, made by :func:`connect`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["__version__", "connect"]

__version__ = "0.1.0"


def connect(url: str = "lucene:.esqual") -> Elasticsearch:
    """Return an Elasticsearch client for ``url``: the embedded engine or a server.

    ``lucene:PATH`` runs official Lucene inside this process and keeps its indices under PATH;
    ``http(s)://…`` is a server. Raises :class:`esqual.errors.ConfigError` for a URL of another
    form and :class:`esqual.errors.EngineUnavailableError` when the engine does not start.
    """
    # The client is imported when used, so that `esqual --help` stays instant.
    from esqual.engine import connect as _connect

    return _connect(url)

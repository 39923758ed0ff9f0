"""A client for a server: Elasticsearch over HTTP."""

from __future__ import annotations

from elasticsearch import Elasticsearch

__all__ = ["connect_server"]


def connect_server(url: str) -> Elasticsearch:
    """Return a client for the Elasticsearch server at ``url`` (``http(s)://host:port``).

    User and password may stand in the URL, as the client itself accepts them.
    """
    return Elasticsearch(url)

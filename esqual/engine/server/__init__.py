"""A client for a server over HTTP: Elasticsearch 8 or 9, OpenSearch 2 or 3."""

from __future__ import annotations

from elasticsearch import Elasticsearch

from esqual.engine.server.node import ServerNode
from esqual.errors import ConfigError

__all__ = ["connect_server"]


def connect_server(url: str) -> Elasticsearch:
    """Return a client for the server at ``url`` (``http(s)://host:port``).

    User and password may stand in the URL, as the client itself accepts them. Raises ConfigError
    for a URL that the client does not accept, one without a port among them.
    """
    try:
        return Elasticsearch(url, node_class=ServerNode)
    except ValueError as error:
        # the URL itself may hold a password and stays out of the message
        raise ConfigError(
            f"the engine URL is not one of a server: {error}; write http(s)://HOST:PORT"
        ) from error

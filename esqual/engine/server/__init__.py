"""A client for a server over HTTP: Elasticsearch 8 or 9, OpenSearch 2 or 3."""

from __future__ import annotations

from elastic_transport import NodeConfig
from elastic_transport.client_utils import url_to_node_config
from elasticsearch import Elasticsearch

from esqual.engine.connection import Connection
from esqual.engine.server.node import CONNECTION, ServerNode

__all__ = ["connect_server"]


def connect_server(connection: Connection) -> Elasticsearch:
    """Return a client for the servers of ``connection``, one cluster; nothing is sent yet.

    Raises ConfigError for files of TLS that cannot be used.
    """
    configs = [_node_config(url, connection) for url in connection.urls]
    key, password = connection.api_key, connection.password
    return Elasticsearch(
        configs,
        node_class=ServerNode,
        api_key=key.reveal() if key else None,
        basic_auth=(connection.user or "", password.reveal()) if password else None,
    )


def _node_config(url: str, connection: Connection) -> NodeConfig:
    return url_to_node_config(url).replace(
        # a page of searches is long, and Elastic Cloud counts bytes
        http_compress=connection.cloud_id is not None,
        request_timeout=connection.timeout_s,
        _extras={CONNECTION: connection},
    )

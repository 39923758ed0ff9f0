"""esqual: what does a change of query, analyzer or field do to Japanese search results?

The library is a set of small functions from plain values to plain values; the engine is always
an :class:`elasticsearch.Elasticsearch` client, made by :func:`connect`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.engine.connection import Connection

__all__ = ["__version__", "connect"]

__version__ = "0.1.0"


def connect(
    address: str | Sequence[str] | Connection = "lucene:.esqual", **options: Any
) -> Elasticsearch:
    """Return an Elasticsearch client for ``address``: the embedded engine or a server.

    ``lucene:PATH`` runs official Lucene inside this process and keeps its indices under PATH;
    ``http(s)://HOST:PORT`` is a server, Elasticsearch 8 or 9 or OpenSearch 2 or 3; several
    addresses of one cluster are a sequence, or stand with commas between them. A
    :class:`~esqual.engine.connection.Connection` is taken as it is: ``resolve_connection()`` of
    :mod:`esqual.config` reads one from the environment and ``esqual.toml``.

    Options, all for servers (docs/connecting.md): ``cloud_id`` instead of an address; ``api_key``
    or ``user`` and ``password``; ``ca_file`` or ``fingerprint``; ``client_cert``, ``client_key``,
    ``client_key_password``; ``proxy``; ``timeout_s`` and ``connect_timeout_s``, in seconds.

    Nothing is sent to a server before the first request. Raises
    :class:`esqual.errors.ConfigError` for an address or option that cannot be used, without any
    secret in the message, and :class:`esqual.errors.EngineUnavailableError` when the embedded
    engine does not start.
    """
    # The client is imported when used, so that `esqual --help` stays instant.
    from esqual.engine import connect as _connect

    return _connect(address, **options)

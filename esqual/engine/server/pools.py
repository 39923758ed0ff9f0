"""The sockets of a server: TLS with the CA that was named, and proxies."""

from __future__ import annotations

import ssl
from typing import Any

import urllib3
from elastic_transport import NodeConfig
from elastic_transport._node._urllib3_chain_certs import HTTPSConnectionPool

from esqual.engine.connection import Connection
from esqual.errors import ConfigError

__all__ = ["Pool", "make_pool"]


class Pool:
    """What a node sends its requests through; ``target`` is a path with its parameters."""

    def __init__(self, manager: urllib3.PoolManager, config: NodeConfig) -> None:
        self._manager = manager
        self._pool = manager.connection_from_host(config.host, config.port, config.scheme)
        # a proxy that forwards is told the whole address; through a tunnel the path is enough
        forwarded = manager.proxy is not None and config.scheme == "http"
        host = f"[{config.host}]" if ":" in config.host else config.host
        self._before = f"http://{host}:{config.port}" if forwarded else ""

    def urlopen(self, method: str, target: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send one request. Redirects are answers: rights are never sent to another address."""
        return self._pool.urlopen(
            method, self._before + target, redirect=False, assert_same_host=False, **options
        )

    def close(self) -> None:
        """Let go of all sockets."""
        self._manager.clear()


def make_pool(config: NodeConfig, connection: Connection) -> Pool:
    """The pool for one address. Raises ConfigError for files of TLS that cannot be used."""
    options: dict[str, Any] = {
        "maxsize": config.connections_per_node,
        "block": True,
        "timeout": urllib3.Timeout(connect=connection.connect_timeout_s, read=connection.timeout_s),
    }
    if config.scheme == "https":
        options["ssl_context"] = _tls(connection)
        if connection.fingerprint:
            options |= {"assert_fingerprint": connection.fingerprint, "assert_hostname": False}
    manager: urllib3.PoolManager
    if connection.proxy:
        login = connection.proxy_login
        headers = urllib3.make_headers(proxy_basic_auth=login.reveal()) if login else None
        manager = urllib3.ProxyManager(connection.proxy, proxy_headers=headers, **options)
    else:
        manager = urllib3.PoolManager(**options)
    # this one can hold a fingerprint against every certificate of the chain, the CA's too
    manager.pool_classes_by_scheme = {
        **manager.pool_classes_by_scheme,
        "https": HTTPSConnectionPool,
    }
    return Pool(manager, config)


def _tls(connection: Connection) -> ssl.SSLContext:
    """TLS 1.2 or newer; with a CA file, that CA and no other is trusted."""
    try:
        context = ssl.create_default_context(cafile=connection.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{connection.ca_file}: no certificates can be read: {error}; the CA file is PEM, "
            "lines between BEGIN CERTIFICATE and END CERTIFICATE"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if connection.fingerprint:
        # the fingerprint says which certificate it must be, whoever signed it
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if connection.client_cert:
        _load_client_certificate(context, connection)
    return context


def _load_client_certificate(context: ssl.SSLContext, connection: Connection) -> None:
    asked: list[bool] = []

    def password() -> str:
        asked.append(True)
        given = connection.client_key_password
        return given.reveal() if given else ""

    assert connection.client_cert is not None
    try:
        # without a callback OpenSSL would ask on the terminal
        context.load_cert_chain(connection.client_cert, connection.client_key, password)
    except (OSError, ssl.SSLError) as error:
        if asked:
            hint = "the key is encrypted, and its password (ESQUAL_CLIENT_KEY_PASSWORD) is "
            hint += "wrong" if connection.client_key_password else "not given"
        else:
            hint = "both are PEM files, and the key must be the certificate's own"
        where = connection.client_key or connection.client_cert
        raise ConfigError(
            f"{where}: the client certificate cannot be used: {error}; {hint}"
        ) from error

"""Certificates of both sides and proxies: what is let through, and why not."""

from __future__ import annotations

import base64
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import elastic_transport
import pytest

import esqual
from esqual.engine.connection import Connection, make_connection
from esqual.engine.refusals import explain_unreachable
from esqual.errors import ConfigError
from tests.engine.server.told import elasticsearch as es
from tests.engine.server.told import telling
from tests.servers.certificates import Authority, Pair
from tests.servers.doors import GatedEngine
from tests.servers.proxy import Answer

LOGIN = "u:geheim"


def _upstream(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
    version = b'{"version": {"number": "9.4.3", "build_flavor": "default"}}'
    return Answer(200, "application/json", version, "Elasticsearch")


def _gate(pair: Pair, client_ca: Path | None = None) -> GatedEngine:
    return GatedEngine(_upstream, pair, {}, LOGIN, client_ca)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def _connection(url: str, **more: Any) -> Connection:
    return make_connection(url, user="u", password="geheim", **more)


def _why_not(connection: Connection) -> str:
    client = esqual.connect(connection).options(max_retries=0)
    with pytest.raises(elastic_transport.TransportError) as caught:
        client.info()
    return explain_unreachable(caught.value, connection)


def test_a_certificate_for_another_name_or_out_of_date_is_refused(authority: Authority) -> None:
    ca = str(authority.path)
    with _gate(authority.sign("other", host="search.example.org")) as gate:
        assert "is for another name" in _why_not(_connection(gate.url, ca_file=ca))
    with _gate(authority.sign("old", is_expired=True)) as gate:
        assert "certificate has expired" in _why_not(_connection(gate.url, ca_file=ca))


def test_the_fingerprint_is_enough_whatever_name_stands_in_the_certificate(
    authority: Authority,
) -> None:
    pair = authority.sign("other", host="search.example.org")
    with _gate(pair) as gate:
        client = esqual.connect(_connection(gate.url, fingerprint=pair.fingerprint))
        assert client.info()["version"]["number"] == "9.4.3"


def test_nothing_is_sent_before_the_certificate_is_trusted(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    with _gate(authority.sign("node")) as gate:
        _why_not(_connection(gate.url, ca_file=str(stranger.path)))
        _why_not(_connection(gate.url, fingerprint=stranger.fingerprint))
        assert gate.seen == []


def test_a_ca_file_is_trusted_alone(authority: Authority) -> None:
    """What certifi and the system trust does not count besides."""
    from esqual.engine.server.pools import make_pool

    config = elastic_transport.NodeConfig("https", "127.0.0.1", 9200)
    pool = make_pool(config, _connection("https://127.0.0.1:9200", ca_file=str(authority.path)))
    context = pool._manager.connection_pool_kw["ssl_context"]
    assert [dict(x[0] for x in ca["subject"]) for ca in context.get_ca_certs()] == [
        {"commonName": "esqual ca"}
    ]


def test_a_client_certificate_is_shown_where_one_is_asked_for(authority: Authority) -> None:
    mine = authority.sign("me", key_password="nur-fuer-mich")
    ca = str(authority.path)
    shown = {"client_cert": str(mine.certificate), "client_key": str(mine.key)}
    with _gate(authority.sign("node"), authority.path) as gate:
        full = _connection(gate.url, ca_file=ca, client_key_password="nur-fuer-mich", **shown)
        with esqual.connect(full) as client:
            assert client.info()["version"]["number"] == "9.4.3"
        assert "client certificate" in _why_not(_connection(gate.url, ca_file=ca))
        for password, said in ((None, "not given"), ("falsch", "is wrong")):
            with pytest.raises(ConfigError, match=said) as caught:
                esqual.connect(
                    _connection(gate.url, ca_file=ca, client_key_password=password, **shown)
                )
            assert "nur-fuer" not in str(caught.value)


def test_files_that_are_no_certificates_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    for path in (tmp_path / "ca.pem", tmp_path / "none.pem"):
        with pytest.raises(ConfigError, match=path.name):
            esqual.connect("https://a:9200", ca_file=str(path))
        with pytest.raises(ConfigError, match=path.name):
            esqual.connect("https://a:9200", client_cert=str(path))


# --- proxies ------------------------------------------------------------------------------------


class _Proxy(ThreadingHTTPServer):
    """Forwards http and tunnels https, for those who give ``login``."""

    daemon_threads = True
    login: str | None = None
    seen: list[tuple[str, str]]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@contextmanager
def _proxy(login: str | None = None) -> Iterator[_Proxy]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _is_let_in(self) -> bool:
            proxy = self.server
            assert isinstance(proxy, _Proxy)
            proxy.seen.append((self.command, self.path))
            if proxy.login is None:
                return True
            wanted = "Basic " + base64.b64encode(proxy.login.encode()).decode()
            if self.headers.get("proxy-authorization") == wanted:
                return True
            self.send_response(407)
            self.send_header("content-length", "0")
            self.end_headers()
            return False

        def do_CONNECT(self) -> None:
            if not self._is_let_in():
                return
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as other:
                self.send_response(200)
                self.end_headers()
                pair = [self.connection, other]
                while True:
                    ready, _, _ = select.select(pair, [], [], 10)
                    if not ready:
                        return
                    for side in ready:
                        data = side.recv(65536)
                        if not data:
                            return
                        pair[1 - pair.index(side)].sendall(data)

        def do_GET(self) -> None:
            if not self._is_let_in():
                return
            import urllib.request

            with urllib.request.urlopen(self.path) as answer:
                data = answer.read()
                self.send_response(answer.status)
                for name in ("content-type", "x-elastic-product"):
                    self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    server = _Proxy(("127.0.0.1", 0), Handler)
    server.login, server.seen = login, []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _address(proxy: _Proxy, login: str = "") -> str:
    return f"http://{login}127.0.0.1:{proxy.server_address[1]}"


def test_a_proxy_tunnels_tls_with_its_own_user(authority: Authority) -> None:
    ca = str(authority.path)
    with _gate(authority.sign("node")) as gate, _proxy("p:proxy-geheim") as proxy:
        through = _connection(gate.url, ca_file=ca, proxy=_address(proxy, "p:proxy-geheim@"))
        assert "proxy-geheim" not in repr(through)
        with esqual.connect(through) as client:
            assert client.info()["version"]["number"] == "9.4.3"
        assert proxy.seen == [("CONNECT", gate.url.removeprefix("https://"))]
        # the proxy's password is the proxy's only
        assert all("proxy-authorization" not in headers for _, headers in gate.seen)
        said = _why_not(_connection(gate.url, ca_file=ca, proxy=_address(proxy)))
        assert "does not let through (407" in said


def test_a_proxy_forwards_http() -> None:
    with telling(es("9.4.3")) as told, _proxy() as proxy:
        with esqual.connect(told.url, proxy=_address(proxy)) as client:
            assert client.info()["version"]["number"] == "9.4.3"
        assert proxy.seen[0] == ("GET", told.url + "/")
        assert len(told.seen) == 2


def test_a_proxy_that_is_not_there_is_named(authority: Authority) -> None:
    connection = _connection(
        "https://127.0.0.1:9", ca_file=str(authority.path), proxy="http://127.0.0.1:1"
    )
    assert "the proxy http://127.0.0.1:1" in _why_not(connection)

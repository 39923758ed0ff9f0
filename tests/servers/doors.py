"""Doors that ask who is there: TLS by a private CA, API keys of several kinds.

:class:`GatedEngine` stands before any upstream in the test's own process and refuses in the words
of Elasticsearch 9.4.3 with security on; :func:`secured_node` is that server itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import ssl
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.servers.artifacts import base
from tests.servers.certificates import Authority, Pair
from tests.servers.homes import Build
from tests.servers.nodes import Node
from tests.servers.proxy import Answer, Upstream

__all__ = ["Door", "GatedEngine", "secured_node"]

#: the index that a reader may search
INDEX = "doors"
_READS = ("read", "view_index_metadata")
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Door:
    """An https address, the CA's file, user and password, and API keys by kind.

    "good" may do everything, "reader" may search :data:`INDEX` and ask for the cluster's state,
    "narrow" may only search it, "expired" was good once, "wrong" never was.
    """

    url: str
    authority: Authority
    server: Pair
    user: str
    password: str
    keys: Mapping[str, str]

    @property
    def secrets(self) -> list[str]:
        """Everything that must not be seen anywhere, in all the forms in which it travels."""
        pair = f"{self.user}:{self.password}".encode()
        shown = [self.password, base64.b64encode(pair).decode()]
        for key in self.keys.values():
            shown += [key, base64.b64decode(key).decode().partition(":")[2]]
        return shown


def _refusal(status: int, reason: str, **more: str) -> Answer:
    cause = {"type": "security_exception", "reason": reason, **more}
    body = {"error": {"root_cause": [cause], **cause}, "status": status}
    # 9.4.3 leaves the product header out of these
    return Answer(status, _JSON, json.dumps(body).encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: handshakes that clients break off are what the tests are about."""


@dataclass
class GatedEngine:
    """An https server on a free port before ``upstream``; ``seen`` holds (path, headers)."""

    upstream: Upstream
    certificate: Pair
    keys: Mapping[str, str]
    login: str
    client_ca: Path | None = None
    redirect: str | None = None
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __enter__(self) -> GatedEngine:
        self._server = _Server(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        if self.client_ca is not None:
            context.load_verify_locations(self.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        # the handshake is the handler's: one that fails must not stop the server
        self._context = context
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                self.request = gate._context.wrap_socket(self.request, server_side=True)
                super().setup()

            def carry(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                gate.seen.append((self.path, headers))
                if gate.redirect is not None:
                    self._send(Answer(302, _JSON, b"{}"), {"location": gate.redirect + self.path})
                    return
                self._send(gate._answer(self.command, self.path, headers, body))

            def _send(self, answer: Answer, more: Mapping[str, str] | None = None) -> None:
                self.send_response(answer.status)
                self.send_header("content-type", answer.content_type)
                self.send_header("content-length", str(len(answer.body)))
                if answer.product is not None:
                    self.send_header("x-elastic-product", answer.product)
                for name, value in (more or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
            setattr(Handler, f"do_{method}", Handler.carry)
        return Handler

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path = target.split("?")[0]
        kind = self._kind(headers.get("authorization"))
        if isinstance(kind, Answer):
            return kind
        if path == "/_security/user/_has_privileges":
            return _privileges(kind, json.loads(body))
        refused = _right(kind, method, path)
        if refused is not None:
            return refused
        passed = {k: v for k, v in headers.items() if k in ("accept", "content-type")}
        return self.upstream(method, target, passed, body)

    def _kind(self, given: str | None) -> str | Answer:
        if given is None:
            return _refusal(401, "missing authentication credentials for REST request [/]")
        if given == f"Basic {base64.b64encode(self.login.encode()).decode()}":
            return "good"
        if given.startswith("Basic "):
            user = base64.b64decode(given[6:]).decode().partition(":")[0]
            return _refusal(401, f"unable to authenticate user [{user}] for REST request [/]")
        kind = next((k for k, v in self.keys.items() if given == f"ApiKey {v}"), "wrong")
        why = {
            "expired": "API key: api key is expired",
            "wrong": "API key: invalid credentials for API key [Kir__qEBwa4vLkJ4ZwGU]",
        }
        if kind in why:
            return _refusal(
                401,
                "unable to authenticate with provided credentials and anonymous access is not "
                "allowed for this request",
                additional_unsuccessful_credentials=why[kind],
            )
        return kind


def _right(kind: str, method: str, path: str) -> Answer | None:
    """What Elasticsearch says where ``kind`` lacks the right; None where it has it."""
    who = "is unauthorized for API key id [Lir__qEBwa4vLkJ4yAH1] of user [esqual]"
    if kind == "good":
        return None
    index = path.split("/")[1]
    if path == "/" or index.startswith(("_cluster", "_cat", "_nodes")):
        if kind == "reader":
            return None
        action = "main" if path == "/" else "health"
        return _refusal(
            403,
            f"action [cluster:monitor/{action}] {who}, this action is granted by the cluster "
            "privileges [monitor,manage,all]",
        )
    reads = method in ("GET", "HEAD") or path.endswith(("_search", "_msearch", "_count"))
    if path.endswith("/_analyze") or path == "/_analyze":
        return _refusal(403, f"action [cluster:admin/analyze] {who}, granted by [manage,all]")
    if reads and (index.startswith((INDEX, "_")) or "*" in index):
        return None
    action, by = ("data/read/search", "read,all") if reads else ("admin/create", "manage,all")
    return _refusal(
        403,
        f"action [indices:{action}] {who} on indices [{index}], this action is granted by the "
        f"index privileges [{by}]",
    )


def _privileges(kind: str, question: Mapping[str, Any]) -> Answer:
    index = {
        name: {
            right: kind == "good" or (name == INDEX and right in _READS)
            for right in entry["privileges"]
        }
        for entry in question.get("index", ())
        for name in entry["names"]
    }
    body = {"username": "esqual", "cluster": {"monitor": kind != "narrow"}, "index": index}
    return Answer(200, _JSON, json.dumps(body).encode(), "Elasticsearch")


# --- the server itself --------------------------------------------------------------------------


@dataclass(slots=True)
class _SecuredNode(Node):
    """Elasticsearch with security on: a private CA for HTTP, one user in a file."""

    authority: Authority | None = None
    server: Pair | None = None
    login: str = ""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.http_port}"

    def _configure(self, build: Build, root: Path) -> None:
        Node._configure(self, build, root)
        config = self.folder / "config"
        user, _, password = self.login.partition(":")
        (config / "users").write_text(f"{user}:{_hash(password)}\n")
        (config / "users_roles").write_text(f"superuser:{user}\n")
        assert self.server is not None
        for path in (self.server.certificate, self.server.key):
            shutil.copy(path, config)

    def ask(self, path: str, timeout: float = 5) -> Any:
        return self.send("GET", path, timeout=timeout)

    def send(self, method: str, path: str, body: Any = None, timeout: float = 30) -> Any:
        """The JSON answer, asked as the user of the file. Raises OSError."""
        assert self.authority is not None
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "content-type": _JSON,
                "authorization": "Basic " + base64.b64encode(self.login.encode()).decode(),
            },
        )
        context = ssl.create_default_context(cafile=str(self.authority.path))
        with urllib.request.urlopen(request, timeout=timeout, context=context) as answer:
            return json.loads(answer.read())


def _hash(password: str) -> str:
    """As Elasticsearch's file of users has it: PBKDF2 with SHA-512."""
    rounds, salt = 10_000, b"s" * 32
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    return f"{{PBKDF2}}{rounds}${base64.b64encode(salt).decode()}${base64.b64encode(made).decode()}"


@contextmanager
def secured_node(folder: Path, login: str) -> Iterator[Door]:
    """An Elasticsearch 9 with TLS and security, :data:`INDEX` and a key of each kind in it."""
    authority = Authority(folder)
    server = authority.sign("node")
    # servers run as a user of their own, who may look into base() only
    place = Path(tempfile.mkdtemp(dir=base() / "run", prefix="tests-"))
    place.chmod(0o755)
    settings = {
        "discovery.type": "single-node",
        "xpack.security.enabled": True,
        "xpack.security.enrollment.enabled": False,
        "xpack.security.transport.ssl.enabled": False,
        "xpack.security.http.ssl.enabled": True,
        "xpack.security.http.ssl.certificate": server.certificate.name,
        "xpack.security.http.ssl.key": server.key.name,
        "xpack.security.authc.api_key.enabled": True,
    }
    node = _SecuredNode(
        "elasticsearch-9",
        "n1",
        place / "n1",
        settings,
        authority=authority,
        server=server,
        login=login,
    )
    try:
        node.start()
        node.wait()
        user, _, password = login.partition(":")
        yield Door(node.url, authority, server, user, password, _make_keys(node))
    finally:
        node.stop()
        shutil.rmtree(place, ignore_errors=True)


def _make_keys(node: _SecuredNode) -> dict[str, str]:
    text = {"type": "text", "analyzer": "kuromoji"}
    body = {
        "settings": {"number_of_replicas": 0},
        "mappings": {"properties": {"id": {"type": "keyword"}, "text": text}},
    }
    node.send("PUT", f"/{INDEX}", body)
    node.send("PUT", f"/{INDEX}/_doc/1?refresh=true", {"id": "1", "text": "胃が痛い"})
    reads = [{"names": [f"{INDEX}*"], "privileges": list(_READS)}]
    asked: dict[str, dict[str, Any]] = {
        "good": {},
        "reader": {"role_descriptors": {"r": {"cluster": ["monitor"], "indices": reads}}},
        "narrow": {"role_descriptors": {"r": {"cluster": [], "indices": reads}}},
        "expired": {"expiration": "1s"},
    }
    keys = {
        kind: node.send("POST", "/_security/api_key", {"name": kind, **more})["encoded"]
        for kind, more in asked.items()
    }
    identity = base64.b64decode(keys["good"]).decode().partition(":")[0]
    keys["wrong"] = base64.b64encode(f"{identity}:abcdefghijklmnopqrstuv".encode()).decode()
    time.sleep(1.5)
    return keys

"""A proxy that breaks what it carries: 429, 503, resets, half of a bulk, cut and slow answers.

Which fault a request meets follows from the seed, from what it asks and from how often it was
asked before, not from the clock or from the order of threads: the same client with the same seed
meets the same faults.

    with FaultProxy("http://127.0.0.1:9200", seed=7, rate=0.3) as proxy:
        client = esqual.connect(proxy.url)
        ...
    proxy.met  # fault -> how often
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from elastic_transport import HttpHeaders

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["FAULTS", "Answer", "FaultProxy", "upstream_of"]

#: fault -> what happens to a request
FAULTS: Mapping[str, str] = {
    "busy": "429, the server never saw it",
    "unavailable": "503, the server never saw it",
    "reset": "the connection breaks before the server saw it",
    "lost": "the server did it, the connection breaks before the answer",
    "half": "half of a bulk is done: the rest gets 429 by item, or the whole answer is lost",
    "cut": "the server did it, half of the answer arrives",
    "slow": "answered late",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, content type and body as they go over the wire."""

    status: int
    content_type: str
    body: bytes
    product: str | None = None


# (method, target with parameters, headers, body) -> answer
Upstream = Callable[[str, str, Mapping[str, str], bytes], Answer]


def upstream_of(client: Elasticsearch) -> Upstream:
    """A client's own node as the server behind a proxy: the embedded engine, over HTTP."""
    lock = threading.Lock()

    def answer(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with lock:
            node = client.transport.node_pool.get()
        meta, data = node.perform_request(method, target, body or None, HttpHeaders(headers))
        content_type = meta.headers.get("content-type") or "application/json"
        return Answer(meta.status, content_type, data, meta.headers.get("x-elastic-product"))

    return answer


def _over_http(url: str) -> Upstream:
    parts = urlsplit(url)
    assert parts.hostname is not None
    host, port = parts.hostname, parts.port
    local = threading.local()

    def answer(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        for attempt in (1, 2):
            connection = getattr(local, "connection", None)
            if connection is None:
                connection = local.connection = http.client.HTTPConnection(host, port, timeout=60)
            try:
                connection.request(method, target, body or None, dict(headers))
                reply = connection.getresponse()
                data = reply.read()
                break
            except (http.client.HTTPException, OSError):
                # a kept connection that the server closed in the meantime
                connection.close()
                local.connection = None
                if attempt == 2:
                    raise
        return Answer(
            reply.status,
            reply.getheader("content-type") or "application/json",
            data,
            reply.getheader("x-elastic-product"),
        )

    return answer


class FaultProxy:
    """An HTTP server on a free port of 127.0.0.1 before ``upstream``, a URL or a function.

    ``rate`` is the share of requests that meet a fault of ``faults``; ``only`` (method, path
    without parameters) says which requests may. ``most`` bounds how often one and the same request
    may fail, so that a patient client gets through; None is no bound. ``slow_s`` is the longest
    delay. A body of more than ``largest`` bytes is a 413. ``met`` counts the faults, ``seen`` the
    requests. After ``gone_after`` requests everything is reset, as if the client had been killed:
    the request after those is done or not, as the seed says, and no later one.
    """

    def __init__(
        self,
        upstream: str | Upstream,
        *,
        seed: int,
        rate: float = 0.25,
        faults: Sequence[str] = tuple(FAULTS),
        only: Callable[[str, str], bool] = lambda method, path: True,
        most: int | None = None,
        slow_s: float = 0.05,
        largest: int | None = None,
        gone_after: int | None = None,
    ) -> None:
        assert set(faults) <= set(FAULTS)
        self._upstream = _over_http(upstream) if isinstance(upstream, str) else upstream
        self._seed, self._rate, self._faults = seed, rate, tuple(faults)
        self._only, self._most, self._slow_s = only, most, slow_s
        self._largest = largest
        self._gone = False
        self._gone_after = gone_after
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.met: Counter[str] = Counter()
        self.seen = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def break_everything(self) -> None:
        """From now on every connection is reset, as if the server were gone."""
        self._gone = True

    def cuts_here(self, dice: random.Random) -> bool:
        """Whether this is the request after the last that is answered, and it is still done."""
        with self._lock:
            if self._gone or self._gone_after is None or self.seen <= self._gone_after:
                return False
            self._gone = True
        return dice.random() < 0.5

    def draw(self, method: str, target: str, body: bytes) -> tuple[str | None, random.Random]:
        """The fault of this request, if it meets one, and the dice for its details."""
        key = hashlib.blake2b(f"{method} {target}\n".encode() + body, digest_size=12).hexdigest()
        with self._lock:
            self.seen += 1
            attempt = self._asked[key]
            self._asked[key] += 1
        dice = random.Random(f"{self._seed} {key} {attempt}")
        allowed = self._most is None or attempt < self._most
        if not allowed or not self._only(method, target.split("?")[0]):
            return None, dice
        fault = dice.choice(self._faults) if dice.random() < self._rate else None
        if fault == "half" and not target.split("?")[0].endswith("/_bulk"):
            fault = "cut"
        if fault is not None:
            with self._lock:
                self.met[fault] += 1
        return fault, dice

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def carry(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                fault, dice = proxy.draw(self.command, self.path, body)
                if proxy._largest is not None and length > proxy._largest:
                    self._send(_refusal(413))
                    return
                if proxy.cuts_here(dice):
                    fault = "lost"
                elif fault == "reset" or proxy._gone:
                    self._break()
                    return
                if fault in ("busy", "unavailable"):
                    self._send(_refusal(429 if fault == "busy" else 503))
                    return
                if fault == "slow":
                    time.sleep(dice.uniform(0, proxy._slow_s))
                headers = {
                    name: self.headers[name]
                    for name in ("accept", "content-type", "authorization")
                    if name in self.headers
                }
                if fault == "half":
                    answer = proxy._half(self.command, self.path, headers, body, dice)
                else:
                    answer = proxy._upstream(self.command, self.path, headers, body)
                if fault == "lost" or answer is None:
                    self._break()
                else:
                    self._send(answer, cut=fault == "cut")

            def _send(self, answer: Answer, *, cut: bool = False) -> None:
                self.send_response(answer.status)
                self.send_header("content-type", answer.content_type)
                if answer.product is not None:
                    self.send_header("x-elastic-product", answer.product)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                if self.command == "HEAD":
                    if cut:
                        self._break()
                    return
                self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
                if cut:
                    self.wfile.flush()
                    self._break()

            def _break(self) -> None:
                # closed with nothing left to linger for: the other side sees a reset
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.close_connection = True
                self.connection.close()

            def handle(self) -> None:
                # the connection that was broken on purpose, or by the client
                with suppress(OSError, ValueError):
                    super().handle()

            def finish(self) -> None:
                with suppress(OSError, ValueError):
                    super().finish()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
            setattr(Handler, f"do_{method}", Handler.carry)
        return Handler

    def _half(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, dice: random.Random
    ) -> Answer | None:
        """Half of the actions are done; None when the client is to hear nothing of it."""
        lines = body.split(b"\n")[:-1]
        actions = _actions(lines)
        taken = len(actions) // 2
        rest = actions[taken:]
        answer = None
        if taken:
            text = b"\n".join(line for action in actions[:taken] for line in action) + b"\n"
            answer = self._upstream(method, target, headers, text)
        if dice.random() < 0.5:
            return None
        if answer is not None and answer.status != 200:
            return answer
        if answer is None:
            answer = Answer(200, "application/json", b'{"errors":true,"took":0,"items":[]}')
        content = json.loads(answer.body)
        content["errors"] = True
        content.setdefault("items", []).extend(_busy_item(action) for action in rest)
        return Answer(200, answer.content_type, json.dumps(content).encode(), answer.product)


def _actions(lines: Sequence[bytes]) -> list[list[bytes]]:
    actions, rest = [], list(lines)
    while rest:
        count = 1 if b'"delete"' in rest[0][:12] else 2
        actions.append(rest[:count])
        del rest[:count]
    return actions


def _busy_item(action: Sequence[bytes]) -> dict[str, Any]:
    (name, meta), *_ = json.loads(action[0]).items()
    error = {"type": "es_rejected_execution_exception", "reason": "the queue is full (proxy)"}
    return {name: {"_id": meta.get("_id"), "status": 429, "error": error}}


def _refusal(status: int) -> Answer:
    kind = {
        429: ("circuit_breaking_exception", "data too large (proxy)"),
        413: ("too_large", "the body is too large (proxy)"),
        503: ("cluster_block_exception", "blocked (proxy)"),
    }[status]
    cause = {"type": kind[0], "reason": kind[1]}
    body = {"error": {"root_cause": [cause], **cause}, "status": status}
    return Answer(status, "application/json", json.dumps(body).encode(), "Elasticsearch")

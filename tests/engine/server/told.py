"""Servers that answer as the real ones were heard to: what they are, and which types they take."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# (method, path, headers) -> status, headers, JSON
Answer = Callable[[str, str, Mapping[str, str]], tuple[int, Mapping[str, str], Any]]

_PRODUCT = {"X-elastic-product": "Elasticsearch"}
_VENDOR = re.compile(r"application/vnd\.elasticsearch\+json\s*;\s*compatible-with=(\d+)")


@dataclass
class Told:
    """A running server: its address and the requests that it saw."""

    url: str
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def telling(answer: Answer) -> Iterator[Told]:
    """An HTTP server on a free port that asks ``answer``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def carry(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.seen.append((self.command, self.path, headers))
            status, more, content = answer(self.command, self.path.split("?")[0], headers)
            data = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", **more}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.carry)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told = Told(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def elasticsearch(number: str, *, has_root: bool = True) -> Answer:
    """Takes its own version and the one before. Without ``has_root`` as bare test builds are."""
    major = int(number.split(".")[0])

    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        for name in ("accept", "content-type"):
            asked = _VENDOR.search(headers.get(name, ""))
            if asked and int(asked[1]) not in (major, major - 1):
                reason = "Invalid media-type value on headers [Accept, Content-Type]"
                cause = {"type": "media_type_header_exception", "reason": reason}
                return 400, _PRODUCT, {"error": {"root_cause": [cause], **cause}, "status": 400}
        if path == "/":
            if not has_root:
                reason = "Incorrect HTTP method for uri [/] and method [GET], allowed: [DELETE]"
                return 405, _PRODUCT, {"error": reason, "status": 405}
            version = {"number": number, "build_flavor": "default"}
            return 200, _PRODUCT, {"version": version, "tagline": "You Know, for Search"}
        return 200, _PRODUCT, {"took": 1}

    return answer


def opensearch(number: str, *, is_signed: bool) -> Answer:
    """Knows no vendor's types; from 3 on it signs its answers with a header."""
    signature = {"X-OpenSearch-Version": f"OpenSearch/{number} (opensearch)"} if is_signed else {}

    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        content_type = headers.get("content-type", "")
        if "vnd.elasticsearch" in content_type + headers.get("accept", ""):
            reason = f"Content-Type header [{content_type}] is not supported"
            return 406, signature, {"error": reason, "status": 406}
        if path == "/":
            version = {"distribution": "opensearch", "number": number}
            return 200, signature, {"version": version}
        return 200, signature, {"took": 1}

    return answer

"""Scrolls: a ranking kept between requests and read page by page.

A scroll keeps the view on which it was made; it ends when it is cleared, when its time without a
request is over, or with the process.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.search import Cursor
from esqual.engine.lucene.settings import interval_seconds

__all__ = ["Scrolls"]


@dataclass(slots=True)
class _Open:
    cursor: Cursor
    expires: float


class Scrolls:
    """The open scrolls of one folder. Thread-safe."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._lock = threading.Lock()

    def start(self, cursor: Cursor, keep_alive: str) -> dict[str, Any]:
        """The first page, with the id that asks for the next one."""
        seconds = interval_seconds(keep_alive, "scroll")
        scroll_id = uuid.uuid4().hex
        with self._lock:
            self._drop_expired()
            self._open[scroll_id] = _Open(cursor, time.monotonic() + seconds)
        return {"_scroll_id": scroll_id, **cursor.page()}

    def next(self, scroll_id: Any, keep_alive: str | None) -> dict[str, Any]:
        """The next page. 404 for a scroll that is not open, or no longer."""
        if not isinstance(scroll_id, str) or len(scroll_id) != 32:
            raise illegal_argument("Cannot parse scroll id")
        with self._lock:
            self._drop_expired()
            found = self._open.get(scroll_id)
            if found is None:
                raise _missing(scroll_id)
            if keep_alive is not None:
                found.expires = time.monotonic() + interval_seconds(keep_alive, "scroll")
            return {"_scroll_id": scroll_id, **found.cursor.page()}

    def clear(self, scroll_ids: list[str] | None) -> int:
        """Close scrolls, all without a list; returns how many were open."""
        with self._lock:
            self._drop_expired()
            names = list(self._open) if scroll_ids is None else scroll_ids
            return sum(self._open.pop(name, None) is not None for name in names)

    def _drop_expired(self) -> None:
        now = time.monotonic()
        self._open = {name: one for name, one in self._open.items() if one.expires > now}


def _missing(scroll_id: str) -> ApiError:
    cause = ApiError(
        404, "search_context_missing_exception", f"No search context found for id [{scroll_id}]"
    )
    return ApiError(
        404,
        "search_phase_execution_exception",
        "all shards failed",
        root=cause,
        caused_by=cause,
        phase="query",
        grouped=True,
        failed_shards=[{"shard": -1, "index": None, "reason": cause.cause()}],
    )

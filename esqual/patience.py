"""Asking a server again: what is worth it, and how long to wait.

The wait doubles with every attempt up to a limit and is cut by up to a half at random, so that
several clients that were turned away together do not come back together.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from elasticsearch import ApiError, SerializationError, TransportError

__all__ = ["Patience", "PatienceEndedError", "is_uncertain", "is_worth_asking_again"]

_T = TypeVar("_T")

# too many requests, and what gateways and nodes answer that are not ready
_PASSING = frozenset({429, 502, 503, 504})


class PatienceEndedError(Exception):
    """Someone set ``stop`` while we waited."""


def is_worth_asking_again(error: Exception) -> bool:
    """Whether the same request can succeed a little later."""
    if isinstance(error, ApiError):
        return error.status_code in _PASSING
    return isinstance(error, (TransportError, SerializationError))


def is_uncertain(error: Exception) -> bool:
    """Whether the server may have done what it did not confirm; after a plain 429 it has not."""
    return not (isinstance(error, ApiError) and error.status_code == 429)


class Patience:
    """``retries`` further attempts; the waits double from ``first_wait_s`` to ``longest_wait_s``.

    ``seed`` fixes the random part of the waits. Setting ``stop`` ends a wait under way, from any
    thread.
    """

    def __init__(
        self,
        retries: int = 8,
        first_wait_s: float = 1.0,
        longest_wait_s: float = 60.0,
        *,
        seed: int | None = None,
    ) -> None:
        self.retries = retries
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._random = random.Random(seed)
        self.stop = threading.Event()

    def wait_s(self, attempt: int, error: Exception | None = None) -> float:
        """Seconds to wait before the attempt after ``attempt`` (0-based); honours Retry-After."""
        longest = min(self._longest_wait_s, self._first_wait_s * 2.0**attempt)
        wait_s = longest * self._random.uniform(0.5, 1.0)
        return max(wait_s, min(_retry_after_s(error), self._longest_wait_s))

    def pause(self, attempt: int, error: Exception | None = None) -> None:
        """Wait. Raises PatienceEndedError when ``stop`` is set."""
        if self.stop.wait(self.wait_s(attempt, error)):
            raise PatienceEndedError

    def ask(self, call: Callable[[], _T], *, unheard: int | None = None) -> _T:
        """The answer of ``call``, which must be safe to repeat; else its last error.

        ``unheard`` bounds the retries until anything has answered: a server that is not there is
        told of soon, while one that says that it is busy is there.
        """
        limit = self.retries if unheard is None else min(unheard, self.retries)
        attempt = 0
        while True:
            try:
                return call()
            except (ApiError, TransportError, SerializationError) as error:
                if isinstance(error, (ApiError, SerializationError)):
                    limit = self.retries
                if attempt >= limit or not is_worth_asking_again(error):
                    raise
                self.stop.wait(self.wait_s(attempt, error))
            attempt += 1


def _retry_after_s(error: Exception | None) -> float:
    if not isinstance(error, ApiError):
        return 0.0
    text = error.meta.headers.get("retry-after") or ""
    return float(text) if text.isdecimal() else 0.0

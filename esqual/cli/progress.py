"""One line on a terminal that says how far a run is; nothing when stderr is no terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType

__all__ = ["ProgressLine"]

_EVERY_S = 0.2


class ProgressLine:
    """``12,345 documents  2,100/s  45%  12 s left``, rewritten in place."""

    def __init__(self, noun: str, *, silent: bool = False) -> None:
        self._noun = noun
        self._on = not silent and sys.stderr.isatty()
        self._start = self._last = time.perf_counter()
        self._width = 0
        self._done = 0

    def add(self, count: int) -> None:
        """``count`` more things are done."""
        self._done += count
        self.update(self._done)

    def update(self, done: int, position: int = 0, size: int | None = None) -> None:
        """``done`` things are done, ``position`` of ``size`` bytes read (None: not known)."""
        now = time.perf_counter()
        if not self._on or now - self._last < _EVERY_S:
            return
        self._last = now
        elapsed = now - self._start
        parts = [f"{done:,} {self._noun}", f"{done / elapsed:,.0f}/s"]
        if size and position:
            share = min(1.0, position / size)
            parts += [f"{share:.0%}", f"{_duration(elapsed / share - elapsed)} left"]
        self._write("  ".join(parts))

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._width:
            self._write("")

    def _write(self, line: str) -> None:
        print(f"\r{line.ljust(self._width)}\r{line}", end="", file=sys.stderr, flush=True)
        self._width = max(self._width, len(line))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"

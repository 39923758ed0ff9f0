"""Pairs of measurements taken in turn, so that a drifting machine does not favour one side."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Median seconds of both sides and the median, least and largest ratio pair by pair."""

    ours_s: float
    other_s: float
    median: float
    low: float
    high: float


def in_turn(ours: Callable[[], object], other: Callable[[], object], pairs: int = 5) -> Ratio:
    """Time ``ours`` and ``other`` alternately after one run of each to warm up."""
    ours()
    other()
    times = []
    for _ in range(pairs):
        times.append((_seconds(ours), _seconds(other)))
    ratios = [a / b for a, b in times]
    return Ratio(
        statistics.median(a for a, _ in times),
        statistics.median(b for _, b in times),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def run_python(*arguments: str) -> None:
    """Run this interpreter with ``arguments``; output thrown away, a failure raises."""
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

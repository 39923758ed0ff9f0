"""How long the searches of the arms take: wall time at the client, arms taking turns."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from esqual.comparison.running import Target
from esqual.comparison.values import Latency
from esqual.search import search_pages

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["latencies_of", "median_interval"]

_MOST, _LEAST, _WARMING = 200, 100, 10


def latencies_of(client: Elasticsearch, targets: Sequence[Target], depth: int) -> list[Latency]:
    """Time one search after the other; baseline first, one answer per candidate.

    200 topics at most, evenly spread over the set; fewer than 100 are gone through again until 100
    searches are timed. The arms take turns within a topic, and each is first in its turn equally
    often; the first ten turns are also run before, untimed.
    """
    query_ids = list(targets[0].bodies)
    step = max(1.0, len(query_ids) / _MOST)
    chosen = [query_ids[int(place * step)] for place in range(min(len(query_ids), _MOST))]
    chosen *= max(1, math.ceil(_LEAST / len(chosen)))
    times: list[list[float]] = [[] for _ in targets]

    def search(target: Target, query_id: str) -> float:
        sending = replace(target.sending, concurrency=1)
        body = {query_id: target.bodies[query_id]}
        start = time.perf_counter()
        search_pages(client, target.arm.index, body, depth, sending=sending)
        return 1_000 * (time.perf_counter() - start)

    for query_id in chosen[:_WARMING]:
        for target in targets:
            search(target, query_id)
    for turn, query_id in enumerate(chosen):
        for place in range(len(targets)):
            arm = (place + turn) % len(targets)
            times[arm].append(search(targets[arm], query_id))
    return [_latency(times[0], other) for other in times[1:]]


def _latency(own: Sequence[float], other: Sequence[float]) -> Latency:
    differences = sorted(b - a for a, b in zip(own, other, strict=True))
    low, high = median_interval(differences) or (None, None)
    before, after = sorted(own), sorted(other)
    return Latency(
        searches=len(own),
        baseline_p50_ms=_quantile(before, 0.5),
        baseline_p95_ms=_quantile(before, 0.95),
        candidate_p50_ms=_quantile(after, 0.5),
        candidate_p95_ms=_quantile(after, 0.95),
        difference_p50_ms=_quantile(differences, 0.5),
        difference_low_ms=low,
        difference_high_ms=high,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest time that ``share`` of all do not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def median_interval(ordered: Sequence[float], level: float = 0.95) -> tuple[float, float] | None:
    """Two of the sorted values between which the median lies, surely at ``level``; None if too few.

    No distribution is assumed: the number of values below the median is binomial. Source: Conover,
    Practical Nonparametric Statistics, 3rd edition, section 3.2.
    """
    n = len(ordered)
    below, rank = 0.0, 0
    while rank < n // 2:
        # P(fewer than rank + 1 of n values lie below the median)
        more = below + math.comb(n, rank) / 2**n
        if more > (1 - level) / 2:
            break
        below, rank = more, rank + 1
    return (ordered[rank - 1], ordered[n - rank]) if rank else None

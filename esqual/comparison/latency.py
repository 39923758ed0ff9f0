"""How long the searches of the arms take: wall time at the client, arms taking turns."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from esqual.comparison.values import Latency
from esqual.search import Body, search_pages

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["latencies_of"]

_MOST, _LEAST = 200, 100


def latencies_of(
    client: Elasticsearch,
    indices: Sequence[str],
    bodies: Sequence[Mapping[str, Body]],
    depth: int,
) -> list[Latency]:
    """Time one search after the other; baseline first, one answer per candidate.

    ``indices`` and ``bodies`` (query_id -> what it asks) stand per arm. 200 topics at most, evenly
    spread over the set; fewer than 100 are gone through again until 100 searches are timed. The
    arms take turns within a topic, and each is first in its turn equally often.
    """
    query_ids = list(bodies[0])
    step = max(1.0, len(query_ids) / _MOST)
    chosen = [query_ids[int(place * step)] for place in range(min(len(query_ids), _MOST))]
    chosen *= max(1, math.ceil(_LEAST / len(chosen)))
    arms = range(len(bodies))
    times: list[list[float]] = [[] for _ in arms]
    for turn, query_id in enumerate(chosen):
        for place in arms:
            arm = (place + turn) % len(bodies)
            start = time.perf_counter()
            search_pages(client, indices[arm], {query_id: bodies[arm][query_id]}, depth)
            times[arm].append(1_000 * (time.perf_counter() - start))
    own = sorted(times[0])
    return [
        Latency(
            searches=len(chosen),
            baseline_p50_ms=_quantile(own, 0.5),
            baseline_p95_ms=_quantile(own, 0.95),
            candidate_p50_ms=_quantile(other, 0.5),
            candidate_p95_ms=_quantile(other, 0.95),
        )
        for other in map(sorted, times[1:])
    ]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest time that ``share`` of all do not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]

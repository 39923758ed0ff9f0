"""The searches, how long each took, and how much of the exact answer the graph found."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from esqual.engine.answers import unanswered
from esqual.errors import EngineError
from esqual.measures import Measure
from esqual.models import Qrels
from esqual.recall.field import VectorField
from esqual.recall.selection import Selection

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Row", "TopicVector", "measure_recall", "percentile"]

# Documents as near as the k-th are as right as it is: so many beyond k are looked at.
_TIES = 20
_SAME = 1e-6
# The embedded engine scans small indices unless told otherwise; a server ignores the header.
_WALK = {"x-esqual-knn": "hnsw"}


@dataclass(frozen=True, slots=True)
class TopicVector:
    """A topic and the vector that stands for it."""

    query_id: str
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One setting over all topics; ``num_candidates`` None is the exact search.

    ``recall`` is the mean over topics of the share of the k nearest that were found, a document as
    near as the k-th counting as one of them; ``worst`` is the least. Latencies are in milliseconds,
    one search at a time. ``quality`` is the mean of the measure over judged topics, None without
    judgments.
    """

    selection: Selection
    num_candidates: int | None
    recall: float
    worst: float
    p50_ms: float
    p95_ms: float
    quality: float | None


@dataclass(frozen=True, slots=True)
class _Exact:
    nearest: tuple[str, ...]
    #: all that are as near as the last of ``nearest``, and those nearer
    right: frozenset[str]


def measure_recall(
    client: Elasticsearch,
    index: str,
    field: VectorField,
    topics: Sequence[TopicVector],
    selections: Sequence[Selection],
    *,
    k: int,
    num_candidates: Sequence[int],
    qrels: Qrels | None = None,
    measure: Measure | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """For every selection the exact search, then each of ``num_candidates``.

    Every setting runs once over all topics unmeasured, then once measured. The embedded engine is
    told to walk the graph where it would rather scan. Raises EngineError when a search answers in
    part.
    """
    rows = []
    for selection in selections:
        run = _Run(client, index, topics, on_progress)
        filters = selection.filters
        pages, times = run.all(partial(_exact_body, field, filters, k))
        exact = {query_id: _nearest(hits, k) for query_id, hits in pages.items()}
        found = {query_id: each.nearest for query_id, each in exact.items()}
        rows.append(_row(selection, None, exact, found, times, qrels, measure))
        for candidates in num_candidates:
            pages, times = run.all(partial(_graph_body, field, filters, k, candidates))
            found = {q: tuple(hit["_id"] for hit in hits) for q, hits in pages.items()}
            rows.append(_row(selection, candidates, exact, found, times, qrels, measure))
    return rows


Hits = Sequence[Mapping[str, Any]]
Filters = Sequence[Mapping[str, Any]]


def _exact_body(
    field: VectorField, filters: Filters, k: int, vector: Sequence[float]
) -> dict[str, Any]:
    return {**field.exact(vector, filters), "size": k + _TIES}


def _graph_body(
    field: VectorField, filters: Filters, k: int, num_candidates: int, vector: Sequence[float]
) -> dict[str, Any]:
    return {**field.approximate(vector, filters, k, num_candidates), "size": k}


class _Run:
    """All topics, one search each, timed one by one."""

    def __init__(
        self,
        client: Elasticsearch,
        index: str,
        topics: Sequence[TopicVector],
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self.client = client.options(headers=_WALK)
        self.index = index
        self.topics = topics
        self.on_progress = on_progress

    def all(
        self, body: Callable[[Sequence[float]], dict[str, Any]]
    ) -> tuple[dict[str, Hits], list[float]]:
        """Hits by topic, and the milliseconds that each search took."""
        pages: dict[str, Hits] = {}
        times: list[float] = []
        for measured in (False, True):
            for topic in self.topics:
                asked = {**body(topic.vector), "_source": False, "track_total_hits": False}
                begin = time.perf_counter()
                answer = self.client.search(index=self.index, body=asked).body
                took = (time.perf_counter() - begin) * 1000
                if answer["timed_out"] or unanswered(answer["_shards"]):
                    raise EngineError(
                        f"topic {topic.query_id}: only a part of {self.index} answered; run it "
                        "again when the cluster is green"
                    )
                if measured:
                    times.append(took)
                    pages[topic.query_id] = answer["hits"]["hits"]
                if self.on_progress is not None:
                    self.on_progress(1)
        return pages, times


def _nearest(hits: Hits, k: int) -> _Exact:
    nearest = tuple(hit["_id"] for hit in hits[:k])
    if not nearest:
        return _Exact((), frozenset())
    last = hits[len(nearest) - 1]["_score"]
    right = frozenset(hit["_id"] for hit in hits if hit["_score"] >= last * (1 - _SAME))
    return _Exact(nearest, right)


def _row(
    selection: Selection,
    num_candidates: int | None,
    exact: Mapping[str, _Exact],
    found: Mapping[str, Sequence[str]],
    times: Sequence[float],
    qrels: Qrels | None,
    measure: Measure | None,
) -> Row:
    shares = [
        min(1.0, len(each.right.intersection(found[query_id])) / len(each.nearest))
        for query_id, each in exact.items()
        if each.nearest
    ]
    if not shares:
        raise EngineError("no document has a vector within the filter; nothing can be found")
    quality = None
    if qrels is not None and measure is not None:
        values = [measure.value(found[q], qrels[q]) for q in found if _is_judged(qrels, q)]
        quality = math.fsum(values) / len(values) if values else None
    return Row(
        selection=selection,
        num_candidates=num_candidates,
        recall=math.fsum(shares) / len(shares),
        worst=min(shares),
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
        quality=quality,
    )


def _is_judged(qrels: Qrels, query_id: str) -> bool:
    return max(qrels.get(query_id, {}).values(), default=0) > 0


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least ``percent`` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]

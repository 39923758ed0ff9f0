"""What the other search type would have shown: production's words are weighed shard by shard."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from elasticsearch import ApiError

from esqual.comparison.run_options import SEARCH_TYPES
from esqual.comparison.running import Pages, Target
from esqual.comparison.values import Drift, MeasureResult, TopicResult
from esqual.fusion import FusedQuery
from esqual.measures import Measure
from esqual.models import Qrels
from esqual.search import search_pages

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["drift_of", "other_pages", "why_not"]


def why_not(client: Elasticsearch, targets: Sequence[Target]) -> str | None:
    """Why the engine does not search these bodies with the other search type; None if it does."""
    for target in targets:
        first = next(iter(target.bodies.values()))
        parts = first.bodies.values() if isinstance(first, FusedQuery) else [first]
        for part in parts:
            try:
                client.search(
                    index=None if target.sending.point else target.arm.index,
                    search_type=_other_type(target),
                    body=_with_point(part, target),
                )
            except ApiError as error:
                if error.status_code != 400:
                    raise
                causes = error.body["error"].get("root_cause") or [error.body["error"]]
                return f"{_other_type(target)} is refused: {causes[0].get('reason')}"
    return None


def _with_point(part: Mapping[str, object], target: Target) -> dict[str, object]:
    point = target.sending.point
    return {**part, "size": 0} if point is None else {**part, "size": 0, "pit": {"id": point}}


def other_pages(
    client: Elasticsearch,
    targets: Sequence[Target],
    depth: int,
    on_progress: Callable[[int], None] | None,
) -> list[Pages]:
    """The pages of each arm under the search type that was not compared."""
    return [
        search_pages(
            client,
            target.arm.index,
            target.bodies,
            depth,
            sending=replace(target.sending, search_type=_other_type(target)),
            on_progress=on_progress,
        )
        for target in targets
    ]


def _other_type(target: Target) -> str:
    own = target.sending.search_type or SEARCH_TYPES[0]
    return SEARCH_TYPES[1 - SEARCH_TYPES.index(own)]


def drift_of(
    target: Target,
    pages: tuple[Pages, Pages],
    other: tuple[Pages, Pages],
    row: MeasureResult,
    topics: Sequence[TopicResult],
    qrels: Qrels | None,
) -> Drift:
    """Baseline and candidate as compared (``pages``, ``row``, ``topics``) beside ``other``."""
    measure = row.measure
    if qrels is None:
        own = [1.0 for _ in topics]
        changed = [
            _similarity(measure, *(arm[t.query_id].doc_ids for arm in other)) for t in topics
        ]
    else:
        own, changed = (
            [measure.value(arm[t.query_id].doc_ids, qrels[t.query_id]) for t in topics]
            for arm in other
        )
    baseline, candidate = _mean(own, topics), _mean(changed, topics)
    delta = _mean([b - a for a, b in zip(own, changed, strict=True)], topics)
    counts = [
        sum(page.doc_ids != after[query_id].doc_ids for query_id, page in before.items())
        for before, after in zip(pages, other, strict=True)
    ]
    return Drift(
        search_type=target.sending.search_type or SEARCH_TYPES[0],
        other=_other_type(target),
        n_topics=len(pages[0]),
        changed_baseline=counts[0],
        changed_candidate=counts[1],
        measure=measure,
        baseline=baseline,
        candidate=candidate,
        delta=delta,
        delta_change=delta - row.delta,
    )


def _similarity(measure: Measure, baseline: Sequence[str], candidate: Sequence[str]) -> float:
    """As impact is defined: two empty pages are the same."""
    if not baseline and not candidate:
        return 1.0
    return measure.value(candidate, dict.fromkeys(baseline, 1))


def _mean(values: Sequence[float], topics: Sequence[TopicResult]) -> float:
    weights = [topic.weight for topic in topics]
    total = math.fsum(weight * value for weight, value in zip(weights, values, strict=True))
    return total / math.fsum(weights)

"""A/A: the same queries again and on every copy of the index. What moves there is no change.

A shard has copies that merge at their own pace: deleted documents still weigh in the scores of one
and not of another, and equal scores come in another order. A user's requests go to any of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from esqual.comparison.arms import Arm
from esqual.comparison.live import depth_of
from esqual.comparison.preparing import opened, prepare
from esqual.comparison.run_options import DEFAULT_RUN, RunOptions
from esqual.comparison.running import Pages, Target
from esqual.comparison.scoring import impact_measure, split_topics
from esqual.enrich.cache import Cache
from esqual.measures import Measure
from esqual.models import Qrels, Topic
from esqual.search import search_pages

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Round", "Wobble", "check_determinism"]

_MOST_NODES = 8


@dataclass(frozen=True, slots=True)
class Round:
    """One more run of an arm beside its first one.

    ``changed`` names the topics whose page is another; of these, ``equal_scores`` show the same
    scores in the same order, so that only documents of equal score changed places.
    ``measure_delta`` is the mean of the measure minus that of the first run, ``largest_delta`` the
    largest difference of one topic, without its sign.
    """

    name: str
    changed: tuple[str, ...]
    equal_scores: int
    measure_delta: float
    largest_delta: float


@dataclass(frozen=True, slots=True)
class Wobble:
    """What repeated runs of one arm show. ``n_topics`` are searched, ``n_measured`` have a figure.

    ``mean`` is the measure's of the first run; without judgments 1, the run against itself.
    """

    tag: str
    index: str
    n_topics: int
    n_measured: int
    measure: Measure
    mean: float
    rounds: tuple[Round, ...]
    n_shards: int
    nodes: tuple[str, ...]

    @property
    def is_steady(self) -> bool:
        """Whether every run showed the same pages."""
        return not any(row.changed for row in self.rounds)

    @property
    def wobbling(self) -> tuple[str, ...]:
        """The topics that some run showed differently, in the order they were first seen."""
        return tuple(dict.fromkeys(name for row in self.rounds for name in row.changed))


def check_determinism(
    client: Elasticsearch,
    topics: Sequence[Topic],
    arms: Sequence[Arm],
    *,
    qrels: Qrels | None = None,
    measures: Sequence[Measure] = (),
    depth: int | None = None,
    stable_order: str | None = None,
    repeats: int = 4,
    run: RunOptions = DEFAULT_RUN,
    on_progress: Callable[[int], None] | None = None,
    cache: Cache | None = None,
) -> list[Wobble]:
    """Run each arm, then ``repeats`` times more and once on each node that holds a copy.

    The measure is the first of ``measures`` against ``qrels``; without judgments the similarity to
    the first run. At most 8 nodes are tried; on a point in time, which fixes the copies, none. The
    index must not change meanwhile, as in a comparison.
    """
    depth = depth or depth_of(measures)
    measure = measures[0] if qrels is not None else impact_measure(depth)
    counted = topics if qrels is None else split_topics(topics, qrels)[0]
    prepared = prepare(client, arms, topics, stable_order, depth, run, cache)
    found = []
    with opened(client, prepared, run) as targets:
        for target in targets:
            runs = _runs(client, target, depth, repeats, on_progress)
            _, first = next(runs)
            judgments: Qrels = qrels if qrels is not None else _own_hits(first)
            before = _figures(measure, counted, first, judgments)
            rounds = []
            for name, pages in runs:
                after = _figures(measure, counted, pages, judgments)
                rounds.append(_round(name, first, pages, counted, before, after))
            found.append(
                Wobble(
                    tag=target.arm.tag,
                    index=target.arm.index,
                    n_topics=len(topics),
                    n_measured=len(counted),
                    measure=measure,
                    mean=_mean(before, counted),
                    rounds=tuple(rounds),
                    n_shards=target.state.n_shards,
                    nodes=tuple(target.state.nodes),
                )
            )
    return found


def _runs(
    client: Elasticsearch,
    target: Target,
    depth: int,
    repeats: int,
    on_progress: Callable[[int], None] | None,
) -> Iterator[tuple[str, Pages]]:
    """The first run, the repeats, and one on each node."""
    nodes = [] if target.sending.point else target.state.nodes[:_MOST_NODES]
    ways: list[tuple[str, str | None]] = [
        (f"again {number}", None) for number in range(repeats + 1)
    ]
    ways += [(f"copies on {node}", f"_prefer_nodes:{node}") for node in nodes if len(nodes) > 1]
    for name, preference in ways:
        sending = target.sending
        if preference is not None:
            sending = replace(sending, preference=preference)
        yield (
            name,
            search_pages(
                client,
                target.arm.index,
                target.bodies,
                depth,
                sending=sending,
                on_progress=on_progress,
            ),
        )


def _own_hits(pages: Pages) -> dict[str, dict[str, int]]:
    return {query_id: dict.fromkeys(page.doc_ids, 1) for query_id, page in pages.items()}


def _figures(
    measure: Measure, topics: Sequence[Topic], pages: Pages, judgments: Qrels
) -> list[float]:
    figures = []
    for topic in topics:
        own, judged = pages[topic.query_id].doc_ids, judgments[topic.query_id]
        # nothing, found again, is the same
        figures.append(measure.value(own, judged) if own or judged else 1.0)
    return figures


def _round(
    name: str,
    first: Pages,
    pages: Pages,
    topics: Sequence[Topic],
    before: Sequence[float],
    after: Sequence[float],
) -> Round:
    changed = [
        query_id for query_id, page in first.items() if page.doc_ids != pages[query_id].doc_ids
    ]
    deltas = [b - a for a, b in zip(before, after, strict=True)]
    return Round(
        name=name,
        changed=tuple(changed),
        equal_scores=sum(first[q].scores == pages[q].scores for q in changed),
        measure_delta=_mean(deltas, topics),
        largest_delta=max(map(abs, deltas), default=0.0),
    )


def _mean(values: Sequence[float], topics: Sequence[Topic]) -> float:
    weights = [topic.weight for topic in topics]
    total = math.fsum(weight * value for weight, value in zip(weights, values, strict=True))
    return total / math.fsum(weights)

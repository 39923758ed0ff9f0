"""How far two arms' pages part, judgments or not: means over all topics that were searched."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import NamedTuple

from esqual.measures import Measure, parse_measure
from esqual.measures.overlap import (
    Move,
    is_identical,
    jaccard,
    kendall_tau,
    largest_moves,
    rbo,
    tau_ap,
)
from esqual.models import Topic

__all__ = ["Overlap", "TopicMove", "TopicOverlap", "overlap_of", "topic_overlap"]

_MOVES = 10

Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class TopicMove:
    """A document of one topic that changed its rank; None: that arm's page has it not."""

    query_id: str
    doc_id: str
    from_rank: int | None
    to_rank: int | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Means over ``n_topics`` topics, weighted where topics are; pages are cut at ``depth``.

    ``similarity`` is the candidate's normalised DCG (all gains 1) against the baseline's own
    page, the figure of impact. ``kendall_tau`` (tau-b over the union) and ``tau_ap`` (over the
    intersection) are over the topics that have them, ``tau_topics`` and ``tau_ap_topics``; None
    where none has. ``zero_hits`` counts topics without a hit, baseline and candidate. ``moves``
    has the largest moves of all topics; a document that one page lacks counts as below the depth.
    """

    n_topics: int
    depth: int
    jaccard: float
    rbo: float
    similarity: float
    kendall_tau: float | None
    tau_topics: int
    tau_ap: float | None
    tau_ap_topics: int
    identical_share: float
    zero_hits: tuple[int, int]
    moves: tuple[TopicMove, ...]


class TopicOverlap(NamedTuple):
    """How far the pages of one topic part; ``moves`` has the largest of the topic."""

    identical: float
    jaccard: float
    rbo: float
    similarity: float
    kendall_tau: float | None
    tau_ap: float | None
    moves: tuple[Move, ...] = ()


def topic_overlap(before: Sequence[str], after: Sequence[str], depth: int) -> TopicOverlap:
    """Compare two pages of one topic, cut at ``depth``."""
    before, after = before[:depth], after[:depth]
    if is_identical(before, after):
        # every figure is 1, where there is one
        tau = 1.0 if len(before) > 1 else None
        return TopicOverlap(1.0, 1.0, 1.0, 1.0, tau, tau)
    return TopicOverlap(
        0.0,
        jaccard(before, after),
        rbo(before, after),
        _similarity(depth).value(after, dict.fromkeys(before, 1)),
        kendall_tau(before, after),
        tau_ap(before, after),
        # over many topics a page that is short or empty has no rank after its last
        tuple(largest_moves(before, after, _MOVES, depth)),
    )


@cache
def _similarity(depth: int) -> Measure:
    return parse_measure(f"nDCG(dcg='exp-log2')@{depth}")


def overlap_of(
    topics: Sequence[Topic],
    baseline: Lists,
    candidate: Lists,
    depth: int,
    known: Mapping[str, TopicOverlap] | None = None,
) -> Overlap:
    """Compare the pages of every topic; ``known`` has those that were compared already.

    Raises ValueError for no topic.
    """
    if not topics:
        raise ValueError("no topics to compare")
    seen = [
        (known or {}).get(q) or topic_overlap(baseline[q], candidate[q], depth)
        for q in (topic.query_id for topic in topics)
    ]
    moves = []
    for place, row in enumerate(seen):
        for move in row.moves:
            old, new = move.from_rank or depth + 1, move.to_rank or depth + 1
            moves.append((-abs(old - new), min(old, new), place, move))
    same, shared, biased, kept, tau_b, top_tau = (
        _mean(column, topics) for column in zip(*(row[:6] for row in seen), strict=True)
    )
    return Overlap(
        n_topics=len(topics),
        depth=depth,
        jaccard=shared[0] or 0.0,
        rbo=biased[0] or 0.0,
        similarity=kept[0] or 0.0,
        kendall_tau=tau_b[0],
        tau_topics=tau_b[1],
        tau_ap=top_tau[0],
        tau_ap_topics=top_tau[1],
        identical_share=same[0] or 0.0,
        zero_hits=(_empty(topics, baseline), _empty(topics, candidate)),
        # the largest first; of equal ones the better rank, then the order of the topics, then ids
        moves=tuple(
            TopicMove(topics[place].query_id, *move)
            for _, _, place, move in heapq.nsmallest(_MOVES, moves, itemgetter(0, 1, 2))
        ),
    )


def _mean(values: Iterable[float | None], topics: Sequence[Topic]) -> tuple[float | None, int]:
    known = [(v, t.weight) for v, t in zip(values, topics, strict=True) if v is not None]
    if not known:
        return None, 0
    total = math.fsum(weight for _, weight in known)
    return math.fsum(value * weight for value, weight in known) / total, len(known)


def _empty(topics: Sequence[Topic], lists: Lists) -> int:
    return sum(not lists[topic.query_id] for topic in topics)

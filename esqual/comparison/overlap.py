"""How far two arms' pages part, judgments or not: means over all topics that were searched."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from esqual.measures import parse_measure
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

__all__ = ["Overlap", "TopicMove", "overlap_of"]

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


def overlap_of(topics: Sequence[Topic], baseline: Lists, candidate: Lists, depth: int) -> Overlap:
    """Compare the pages of every topic. Raises ValueError for no topic."""
    if not topics:
        raise ValueError("no topics to compare")
    similar = parse_measure(f"nDCG(dcg='exp-log2')@{depth}")
    rows: list[tuple[float, float, float, float, float | None, float | None]] = []
    moves: list[tuple[int, int, int, Move]] = []
    for place, topic in enumerate(topics):
        before = baseline[topic.query_id][:depth]
        after = candidate[topic.query_id][:depth]
        if is_identical(before, after):
            # every figure is 1, where there is one
            tau = 1.0 if len(before) > 1 else None
            rows.append((1.0, 1.0, 1.0, 1.0, tau, tau))
            continue
        rows.append(
            (
                0.0,
                jaccard(before, after),
                rbo(before, after),
                similar.value(after, dict.fromkeys(before, 1)),
                kendall_tau(before, after),
                tau_ap(before, after),
            )
        )
        # over many topics a page that is short or empty has no rank after its last
        for move in largest_moves(before, after, _MOVES, depth):
            old, new = move.from_rank or depth + 1, move.to_rank or depth + 1
            moves.append((-abs(old - new), min(old, new), place, move))
    same, shared, biased, kept, tau_b, top_tau = (
        _mean(column, topics) for column in zip(*rows, strict=True)
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

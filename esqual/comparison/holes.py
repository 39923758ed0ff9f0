"""Holes: the unjudged documents of a comparison, those that decide most first.

What a comparison says hangs on which side of a line (0, or -margin) its mean delta lies. If it
lies above, only the *low* bound can take that away, else only the *high* one. A hole's ``effect``
is how far judging it is expected to move that bound of the mean; unjudged/queue.py says how that
is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from esqual.comparison.scoring import Lists, split_topics
from esqual.errors import MeasureError
from esqual.measures import Measure
from esqual.models import Qrels, Topic

if TYPE_CHECKING:
    from esqual.comparison.unjudged.queue import Side

__all__ = ["Hole", "HoleQueue", "find_holes"]


@dataclass(frozen=True, slots=True)
class Hole:
    """An unjudged document; its rank in an arm is None where the arm does not show it.

    ``effect`` is in the units of the mean delta.
    """

    query_id: str
    text: str
    doc_id: str
    baseline_rank: int | None
    candidate_rank: int | None
    effect: float


@dataclass(frozen=True, slots=True)
class HoleQueue:
    """Holes by effect, highest first; equal ones in the order of topics, best rank, document id.

    ``delta`` is the mean that is seen, ``low`` and ``high`` are its bounds over the counted topics,
    and ``line`` is what it is held against. ``n_unjudged`` counts the holes without effect too,
    which are not listed; ``n_left_out`` the topics that have no relevant document yet, whose
    documents are not listed either.
    """

    holes: tuple[Hole, ...]
    measure: Measure
    line: float
    delta: float
    low: float
    high: float
    n_unjudged: int
    n_left_out: int

    @property
    def can_flip(self) -> bool:
        """True when some assignment puts the mean on the other side of the line."""
        return self.low <= self.line if self.delta > self.line else self.high > self.line


def find_holes(
    topics: Sequence[Topic],
    qrels: Qrels,
    baseline: Lists,
    candidate: Lists,
    measure: Measure,
    *,
    depth: int,
    margin: float = 0.0,
    top_grade: int | None = None,
) -> HoleQueue:
    """The unjudged documents of the counted topics that could move the mean across -``margin``.

    Raises MeasureError for a measure without bounds, JudgmentsError where no topic has a relevant
    document or a judgment is above ``top_grade`` (default: the highest judgment).
    """
    import numpy as np

    from esqual.comparison.unjudged import Pages, PageTable, no_bound, topic_bounds
    from esqual.comparison.unjudged.queue import deciding_order

    why = no_bound(measure)
    if why is not None:
        raise MeasureError(f"{measure}: {why}; holes are ordered by the bounds, name another")
    counted, left_out = split_topics(topics, qrels)
    if top_grade is None:
        top_grade = max(max(judgments.values(), default=0) for judgments in qrels.values())
    pages = [
        Pages(
            topic.query_id,
            baseline[topic.query_id][:depth],
            candidate[topic.query_id][:depth],
            qrels[topic.query_id],
        )
        for topic in counted
    ]
    table = PageTable.of(pages, top_grade)
    weights = np.array([topic.weight for topic in counted])
    weights /= weights.sum()
    deltas = [
        measure.value(page.candidate, page.judgments) - measure.value(page.baseline, page.judgments)
        for page in pages
    ]
    delta, line = float(weights @ deltas), -margin
    side: Side = "low" if delta > line else "high"
    low, high, _ = topic_bounds(measure, table)
    holes = []
    for place, column, effect in deciding_order(measure, table, weights, side):
        ranks = [int(r) if r < np.inf else None for r in table.ranks[:, place, column]]
        topic = counted[place]
        doc_id = table.unjudged[place][column]
        holes.append(Hole(topic.query_id, topic.text, doc_id, ranks[0], ranks[1], effect))
    return HoleQueue(
        holes=tuple(holes),
        measure=measure,
        line=line,
        delta=delta,
        low=float(weights @ low),
        high=float(weights @ high),
        n_unjudged=int(table.is_unjudged.sum()),
        n_left_out=len(left_out),
    )

"""What a comparison is: per-topic figures first, means computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from esqual.comparison.overlap import Overlap
from esqual.indexing import EnrichedField
from esqual.measures import Measure
from esqual.stats import TIE_EPSILON, DeltaStatistics

__all__ = [
    "BoundMethod",
    "ClassResult",
    "Comparison",
    "DeltaBounds",
    "Drift",
    "Latency",
    "LeftOut",
    "Means",
    "MeasureResult",
    "RankEvalFigures",
    "TopicResult",
]

Mode = Literal["impact", "quality"]
BoundMethod = Literal["exact", "sound"]


@dataclass(frozen=True, slots=True)
class TopicResult:
    """One counted topic. Figures stand in the order of the comparison's measures.

    ``entered`` and ``left`` are the documents that came to and went from the compared depth, in
    rank order of the arm that shows them. ``judged`` is Judged@k of each arm (quality only).
    """

    query_id: str
    text: str
    topic_class: str | None
    weight: float
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]
    rbo: float
    identical: bool
    baseline_ids: tuple[str, ...]
    candidate_ids: tuple[str, ...]
    entered: tuple[str, ...]
    left: tuple[str, ...]
    judged: tuple[float, float] | None = None

    def delta(self, measure: int = 0) -> float:
        """Candidate minus baseline for one measure, by its place."""
        return self.candidate[measure] - self.baseline[measure]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A topic that cannot be scored, and why; it is counted and named, never dropped."""

    query_id: str
    text: str
    reason: Literal["no relevant document", "no judgment"]


@dataclass(frozen=True, slots=True)
class RankEvalFigures:
    """The server's own means over the counted topics, and the topics where they part from ours.

    Released servers cut the ideal list (and P's denominator) at the hits returned, so a topic
    with fewer hits than k parts there by rule; any other difference voids a comparison before
    this value exists. ``baseline`` is None in impact mode, where it is not asked for.
    """

    baseline: float | None
    candidate: float
    parted_baseline: tuple[str, ...] = ()
    parted_candidate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Means:
    """Means of one figure over the counted topics; delta = candidate - baseline."""

    baseline: float
    candidate: float
    delta: float


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One measure over the counted topics of one class.

    ``adjusted_p_value`` is Holm's over the classes of the measure; None where there is no test.
    """

    topic_class: str
    means: Means
    statistics: DeltaStatistics
    adjusted_p_value: float | None


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one search took as the client saw it: only indicative.

    Of ``searches`` searches an arm, one after the other, arms taking turns, on an otherwise idle
    client; network included. ``difference_p50_ms`` is the median of candidate minus baseline,
    search by search; ``difference_low_ms`` and ``difference_high_ms`` are its interval of 95 %
    from the order of the differences, None where there are too few.
    """

    searches: int
    baseline_p50_ms: float
    baseline_p95_ms: float
    candidate_p50_ms: float
    candidate_p95_ms: float
    difference_p50_ms: float | None = None
    difference_low_ms: float | None = None
    difference_high_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """What the ``other`` search type would have shown beside ``search_type``, which was compared.

    The two part where an index has several shards: ``query_then_fetch`` weighs words by each
    shard's own counts, ``dfs_query_then_fetch`` by those of all. ``changed_baseline`` and
    ``changed_candidate`` count the topics of ``n_topics`` whose compared page is another.
    ``baseline``, ``candidate`` and ``delta`` are the first measure's means under ``other``;
    ``delta_change`` is that delta minus the one of the comparison.
    """

    search_type: str
    other: str
    n_topics: int
    changed_baseline: int
    changed_candidate: int
    measure: Measure
    baseline: float
    candidate: float
    delta: float
    delta_change: float


@dataclass(frozen=True, slots=True)
class DeltaBounds:
    """How far judgments of what is unjudged could move the delta of one measure.

    ``low`` and ``high`` bound the mean delta over all topics of the comparison: one that is left
    out for want of a relevant document comes in where an assignment gives it one.
    ``counted_low`` and ``counted_high`` bound the mean over the counted topics alone, and
    ``topics`` holds (low, high) of each of them, in the comparison's order. ``exact``: both ends
    are reached by some assignment; ``sound``: no assignment leaves them. ``unjudged`` counts the
    pairs of topic and document without a judgment on either page, left-out topics included.
    """

    low: float
    high: float
    method: BoundMethod
    counted_low: float
    counted_high: float
    topics: tuple[tuple[float, float], ...]
    top_grade: int
    unretrieved: int
    unjudged: int


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """Means of one measure over the counted topics (weighted where topics have weights).

    ``statistics`` says how sure ``delta`` is; None in impact mode, where there is nothing to test.
    ``condensed`` has the means of the twin over judged hits alone, None where there is no twin.
    ``classes`` are those of the topics, sorted by name; empty where all topics are of one.
    ``bounds`` say what unjudged documents could do to ``delta``; None where ``no_bound`` of
    :mod:`esqual.comparison.unjudged` says why. ``rank_eval_reason`` says why there is no
    ``rank_eval``.
    """

    measure: Measure
    baseline: float
    candidate: float
    delta: float
    wins: int
    ties: int
    losses: int
    rank_eval: RankEvalFigures | None
    statistics: DeltaStatistics | None = None
    condensed: Means | None = None
    classes: tuple[ClassResult, ...] = ()
    bounds: DeltaBounds | None = None
    rank_eval_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A finished comparison; ``topics`` keep the order of the topics file.

    ``tag`` names the candidate. ``overlap`` is over all topics that were searched, those left out
    among them. ``latency`` is None unless it was asked for. ``enriched`` are the enriched fields
    that the templates of baseline and candidate ask for. ``drift`` is None where the index has one
    shard, so that both search types are the same, or where it was not measured.

    ``tied_pages`` counts, for baseline and candidate, the topics whose page ends inside a run of
    equal scores, where the engine's tie rule decides; None where a foreign sort hides it.
    ``record`` holds tags, digests and versions: enough to run the comparison again.
    """

    mode: Mode
    index: str
    candidate_index: str
    depth: int
    measures: tuple[MeasureResult, ...]
    topics: tuple[TopicResult, ...]
    left_out: tuple[LeftOut, ...] = ()
    tied_pages: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    record: Mapping[str, str] = field(default_factory=dict)
    tag: str = "candidate"
    overlap: Overlap | None = None
    latency: Latency | None = None
    enriched: tuple[tuple[EnrichedField, ...], tuple[EnrichedField, ...]] = ((), ())
    drift: Drift | None = None

    @property
    def identical(self) -> bool:
        """True when both arms rank the same documents in the same order for every topic."""
        return all(topic.identical for topic in self.topics)

    def lost_most(self, count: int) -> Sequence[TopicResult]:
        """The ``count`` topics whose first figure fell most; ties in topic order."""
        fallen = [topic for topic in self.topics if topic.delta() < -TIE_EPSILON]
        return sorted(fallen, key=lambda topic: topic.delta())[:count]

    def gained_most(self, count: int) -> Sequence[TopicResult]:
        """The ``count`` topics whose first figure rose most; ties in topic order."""
        risen = [topic for topic in self.topics if topic.delta() > TIE_EPSILON]
        return sorted(risen, key=lambda topic: -topic.delta())[:count]

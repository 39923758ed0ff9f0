"""Gain and loss by kind of topic, and where most is to be won."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from esqual.comparison import Comparison, TopicResult, delta_support
from esqual.diagnosis.traits import TRAITS, traits_of
from esqual.measures import Measure
from esqual.models import Qrels
from esqual.stats import DeltaStatistics, describe_deltas, holm

__all__ = ["TraitClass", "classes_by_trait"]


@dataclass(frozen=True, slots=True)
class TraitClass:
    """The first measure over the topics of one kind.

    ``trait`` is "class" for the classes of the topics file. ``ceiling``: how much the
    candidate's mean over *all* topics would rise if every topic of this kind were answered
    perfectly. ``adjusted_p_value`` is Holm's over all rows; None where there is no test.
    """

    trait: str
    value: str
    n_topics: int
    baseline: float
    candidate: float
    ceiling: float
    statistics: DeltaStatistics
    adjusted_p_value: float | None = None

    @property
    def delta(self) -> float:
        """Candidate minus baseline."""
        return self.candidate - self.baseline


def classes_by_trait(
    comparison: Comparison,
    qrels: Qrels,
    *,
    unknown: Collection[str] | None = None,
    alpha: float = 0.05,
) -> tuple[TraitClass, ...]:
    """A row for each value of each trait that not all topics share, in the order of ``TRAITS``.

    ``unknown``: query_ids with unknown words, None where that was not asked. A topic stands in one
    row of each trait, so rows overlap; their p-values are corrected together.
    """
    members: dict[str, dict[str, list[TopicResult]]] = {}
    for topic in comparison.topics:
        for trait, value in _traits(topic, unknown):
            members.setdefault(trait, {}).setdefault(value, []).append(topic)
    measure = comparison.measures[0].measure
    total = math.fsum(topic.weight for topic in comparison.topics)
    rows = [
        _row(measure, trait, value, members[trait][value], qrels, total, alpha)
        for trait, values in (*TRAITS.items(), ("class", sorted(members.get("class", ()))))
        for value in values
        if len(members.get(trait, ())) > 1 and value in members[trait]
    ]
    p_values = [row.statistics.p_value for row in rows]
    adjusted = iter(holm([p for p in p_values if p is not None]))
    return tuple(
        row if p is None else replace(row, adjusted_p_value=next(adjusted))
        for row, p in zip(rows, p_values, strict=True)
    )


def _traits(topic: TopicResult, unknown: Collection[str] | None) -> Iterator[tuple[str, str]]:
    has_unknown = None if unknown is None else topic.query_id in unknown
    yield from traits_of(topic.text, has_unknown).items()
    if topic.topic_class is not None:
        yield "class", topic.topic_class


def _row(
    measure: Measure,
    trait: str,
    value: str,
    topics: Sequence[TopicResult],
    qrels: Qrels,
    total: float,
    alpha: float,
) -> TraitClass:
    weights = [topic.weight for topic in topics]
    statistics = describe_deltas(
        [topic.delta() for topic in topics],
        None if len(set(weights)) == 1 else weights,
        alpha=alpha,
        support=delta_support(measure),
    )
    own, other = (
        math.fsum(w * figure for w, figure in zip(weights, figures, strict=True))
        / math.fsum(weights)
        for figures in ([t.baseline[0] for t in topics], [t.candidate[0] for t in topics])
    )
    missing = math.fsum(
        topic.weight * (_perfect(measure, qrels.get(topic.query_id, {})) - topic.candidate[0])
        for topic in topics
    )
    return TraitClass(trait, value, len(topics), own, other, missing / total, statistics)


def _perfect(measure: Measure, judgments: Mapping[str, int]) -> float:
    """The figure of a page with all judged documents, best first: not 1 for P@10 with 3 of them."""
    relevant = [doc_id for doc_id, grade in judgments.items() if grade > 0]
    best = sorted(relevant, key=lambda doc_id: -judgments[doc_id])
    return measure.value(best, judgments)

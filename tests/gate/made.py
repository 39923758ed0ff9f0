"""Comparisons with the pages one wants: RR@10, one relevant document per topic."""

from __future__ import annotations

from collections.abc import Sequence

from esqual.comparison import Comparison, impact_of, overlap_of, quality_of
from esqual.gate import Gate, MeasureGate
from esqual.measures import parse_measure
from esqual.models import Topic

RR = parse_measure("RR@10")
# pages of one topic: the relevant document is "a"
HIT, SECOND, LOST = ["a", "b"], ["b", "a"], ["b", "c"]


def quality(
    pairs: Sequence[tuple[list[str], list[str]]],
    classes: Sequence[str | None] | None = None,
    tag: str = "candidate",
    judge_all: bool = True,
) -> Comparison:
    """Baseline's and candidate's page of each topic; ``judge_all`` judges b, c and d too."""
    topics = [
        Topic(f"t{i}", f"{i}番の胃が痛い", topic_class=None if classes is None else classes[i])
        for i in range(len(pairs))
    ]
    others = {"b": 0, "c": 0, "d": 0} if judge_all else {}
    qrels = {topic.query_id: {"a": 1, **others} for topic in topics}
    before = {topic.query_id: own for topic, (own, _) in zip(topics, pairs, strict=True)}
    after = {topic.query_id: other for topic, (_, other) in zip(topics, pairs, strict=True)}
    rows, results, left_out = quality_of(topics, qrels, [RR], before, after, 10)
    overlap = overlap_of(topics, before, after, 10)
    return Comparison("quality", "i", "i", 10, rows, results, left_out, tag=tag, overlap=overlap)


def impact(pairs: Sequence[tuple[list[str], list[str]]]) -> Comparison:
    """The same without judgments."""
    topics = [Topic(f"t{i}", f"{i}番の駅") for i in range(len(pairs))]
    before = {topic.query_id: own for topic, (own, _) in zip(topics, pairs, strict=True)}
    after = {topic.query_id: other for topic, (_, other) in zip(topics, pairs, strict=True)}
    rows, results = impact_of(topics, before, after, 10)
    overlap = overlap_of(topics, before, after, 10)
    return Comparison("impact", "i", "i", 10, rows, results, overlap=overlap)


def asks(margin: float = 0.02, **more: object) -> Gate:
    """A gate with one margin on RR@10."""
    return Gate(measures=(MeasureGate(RR, margin, **more),))  # type: ignore[arg-type]

"""Worth a live A/B test, or not: four fields from impact and offline gain, with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from esqual.comparison import Comparison, Overlap
from esqual.comparison.holes import find_holes
from esqual.gate.settings import DecisionSettings, LiveTest
from esqual.gate.verdict import Verdict
from esqual.models import Qrels, Topic
from esqual.stats import sessions_per_arm

__all__ = ["Decision", "Gain", "LiveTestSize", "decision_of"]

Field = Literal["live_test", "stop", "more_traffic", "judge_first"]
Direction = Literal["gain", "loss", "unclear", "not judged"]

SENTENCES: dict[Field, str] = {
    "live_test": "large impact and a sure gain: a candidate for a live A/B test",
    "stop": "large impact, and a sure loss or a broken gate: stop",
    "more_traffic": "small impact: a live test would need more traffic than stated",
    "judge_first": "large impact and no clear gain or loss: judge these documents first",
}


@dataclass(frozen=True, slots=True)
class Gain:
    """What the judgments say about the first measure: a sure gain, a sure loss, or neither."""

    direction: Direction
    delta: float | None
    p_value: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class LiveTestSize:
    """Sessions per arm for the stated effect, were every session to see the change.

    Only ``changed_share`` of the topics, by weight, have another page, so only there can anything
    happen: an effect of that size *there* needs ``diluted_sessions_per_arm``; None where no page
    changed.
    """

    settings: LiveTest
    alpha: float
    sessions_per_arm: int
    changed_share: float
    diluted_sessions_per_arm: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """One of four fields.

    ``judge_first``: (query_id, doc_id), the most decisive first as `esqual holes` has them; where
    nothing is judged, or the measure has no bounds, what one arm alone shows, best rank first.
    """

    field: Field
    large_impact: bool
    gain: Gain
    reasons: tuple[str, ...]
    judge_first: tuple[tuple[str, str], ...]
    live_test: LiveTestSize

    @property
    def sentence(self) -> str:
        """The field in words."""
        return SENTENCES[self.field]


def decision_of(
    comparison: Comparison,
    settings: DecisionSettings,
    *,
    verdict: Verdict | None = None,
    qrels: Qrels | None = None,
    alpha: float = 0.05,
) -> Decision:
    """Place a finished comparison in one of the four fields.

    A ``verdict`` of FAIL keeps a candidate from a live test whatever else it gained. ``qrels``
    tell which documents nobody judged. Raises ValueError for a comparison without an overlap.
    """
    overlap = comparison.overlap
    if overlap is None:
        raise ValueError("a decision needs the overlap of the comparison")
    large, why_impact = _impact(overlap, settings)
    gain = _gain(comparison, settings, alpha)
    failed = verdict is not None and verdict.name == "FAIL"
    reasons = [why_impact, gain.reason]
    field: Field
    if not large:
        field = "more_traffic"
    elif gain.direction == "loss" or failed:
        field = "stop"
        if gain.direction != "loss":
            reasons.append("the gate says FAIL")
    elif gain.direction == "gain":
        field = "live_test"
    else:
        field = "judge_first"
    live = _live_test(overlap, settings.live_test, alpha)
    reasons.append(_traffic(live))
    documents: tuple[tuple[str, str], ...] = ()
    if field == "judge_first":
        found: Iterable[tuple[str, str]] = _holes(comparison, qrels) or _unjudged(comparison, qrels)
        documents = tuple(found)[: settings.judge_first]
        if not documents:
            reasons.append("every document that came or went is judged: only more topics can tell")
    return Decision(field, large, gain, tuple(reasons), documents, live)


def _impact(overlap: Overlap, settings: DecisionSettings) -> tuple[bool, str]:
    limits = settings.large_impact
    moved = overlap.identical_share <= limits.identical_share
    figures = [
        ("normalised DCG against the baseline's page", overlap.similarity, limits.similarity),
        ("RBO", overlap.rbo, limits.rbo),
        (f"Jaccard@{overlap.depth}", overlap.jaccard, limits.jaccard),
    ]
    low = [f"{name} {seen:.4f} (≤ {limit:g})" for name, seen, limit in figures if seen <= limit]
    same = f"{overlap.identical_share:.1%} of the rankings stayed the same"
    if moved and low:
        return True, f"the impact is large: {same}, {', '.join(low)}"
    if not moved:
        return False, f"the impact is small: {same}, more than {limits.identical_share:.1%}"
    high = ", ".join(f"{name} {seen:.4f}" for name, seen, _ in figures)
    return False, f"the impact is small: {same}, and {high} are all above their thresholds"


def _gain(comparison: Comparison, settings: DecisionSettings, alpha: float) -> Gain:
    first = comparison.measures[0]
    seen = first.statistics
    if comparison.mode == "impact" or seen is None:
        return Gain("not judged", None, None, "no judgments say whether it is better or worse")
    change = f"{first.measure} changed by {first.delta:+.4f}"
    if seen.p_value is None:
        why = f"{change}, and no test can tell: {seen.reason('p_value')}"
        return Gain("unclear", first.delta, None, why)
    tested = f"{change} (p = {seen.p_value:.2g}, {seen.test})"
    if seen.p_value > alpha:
        return Gain("unclear", first.delta, seen.p_value, f"{tested}: not sure at {alpha:g}")
    interval = seen.confidence_interval
    if interval is None or interval[0] <= 0 <= interval[1]:
        # The test asks whether the arms could be exchanged, the interval where the mean is.
        shown = "no interval" if interval is None else f"{interval[0]:+.4f} to {interval[1]:+.4f}"
        why = f"{tested}, and the interval of the mean does not rule out 0 ({shown}): not sure"
        return Gain("unclear", first.delta, seen.p_value, why)
    if abs(first.delta) < settings.min_gain or first.delta == 0:
        why = f"{tested}: sure, and smaller than the {settings.min_gain:g} that counts"
        return Gain("unclear", first.delta, seen.p_value, why)
    direction: Direction = "gain" if first.delta > 0 else "loss"
    return Gain(direction, first.delta, seen.p_value, f"{tested}: a sure {direction}")


def _live_test(overlap: Overlap, settings: LiveTest, alpha: float) -> LiveTestSize:
    def sessions(effect: float) -> int:
        return sessions_per_arm(settings.base_rate, effect, alpha=alpha, power=settings.power)

    changed = 1 - overlap.identical_share
    effect = settings.absolute_effect
    return LiveTestSize(
        settings=settings,
        alpha=alpha,
        sessions_per_arm=sessions(effect),
        changed_share=changed,
        # below this the rate no longer differs in double precision
        diluted_sessions_per_arm=sessions(effect * changed) if changed > 1e-9 else None,
    )


def _traffic(live: LiveTestSize) -> str:
    settings = live.settings
    told = (
        f"a live test that is to see a rate of {settings.base_rate:g} change by "
        f"{settings.absolute_effect:g} needs {live.sessions_per_arm:,} sessions per arm "
        f"(two-sided {live.alpha:g}, power {settings.power:g})"
    )
    if live.diluted_sessions_per_arm is None:
        return f"{told}, and no number would do: no page changed"
    return (
        f"{told}; where only the {live.changed_share:.1%} that see another page can react so, "
        f"{live.diluted_sessions_per_arm:,}"
    )


def _holes(comparison: Comparison, qrels: Qrels | None) -> list[tuple[str, str]]:
    """What decides whether the first measure rose or fell, as `esqual holes` orders it."""
    first = comparison.measures[0]
    if qrels is None or first.bounds is None:
        return []
    rows = comparison.topics
    topics = [Topic(row.query_id, row.text, weight=row.weight) for row in rows]
    queue = find_holes(
        topics,
        qrels,
        {row.query_id: row.baseline_ids for row in rows},
        {row.query_id: row.candidate_ids for row in rows},
        first.measure,
        depth=comparison.depth,
        top_grade=first.bounds.top_grade,
    )
    return [(hole.query_id, hole.doc_id) for hole in queue.holes]


def _unjudged(comparison: Comparison, qrels: Qrels | None) -> Iterator[tuple[str, str]]:
    """What one arm alone shows and nobody judged; the better rank first, then topic order."""
    found = []
    for place, topic in enumerate(comparison.topics):
        judgments = {} if qrels is None else qrels.get(topic.query_id, {})
        for page, only in (
            (topic.candidate_ids, topic.entered),
            (topic.baseline_ids, topic.left),
        ):
            ranks = {doc_id: rank for rank, doc_id in enumerate(page)}
            found += [
                (ranks[doc_id], place, topic.query_id, doc_id)
                for doc_id in only
                if doc_id not in judgments
            ]
    for _, _, query_id, doc_id in sorted(found):
        yield query_id, doc_id

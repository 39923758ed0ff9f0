"""Rules about a mean: is a fall ruled out, is it shown, or can these topics not tell?

PASS: the lower limit of the mean delta is above the threshold (-margin, or 0 where a gain is
asked for). FAIL: the upper limit is below it, after Holm's correction over every such rule of
every candidate. The limits are Gaffke's at level 1 - alpha / 2 each (docs/statistics.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from esqual.comparison import Comparison, TopicResult, delta_support
from esqual.errors import JudgmentsError
from esqual.gate.settings import Gate, MeasureGate
from esqual.gate.verdict import Outcome, VerdictName
from esqual.measures import Measure
from esqual.stats import gate_limits, gate_p_values, holm, n_topics_needed

__all__ = ["Claim", "claims_of", "decide", "outcome_of"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One rule about a mean, with the deltas it is about, shape (n_topics,).

    ``passes`` and ``fails`` are the one-sided p-values against a true mean at ``threshold``, from
    below and from above; None where the measure has no bounds.
    """

    rule: str
    measure: Measure
    topic_class: str | None
    threshold: float
    deltas: Sequence[float]
    weights: Sequence[float]
    changed: int
    passes: float | None
    fails: float | None

    @property
    def all_tied(self) -> bool:
        """True when no topic's figure moved."""
        from esqual.stats import TIE_EPSILON

        return all(abs(delta) <= TIE_EPSILON for delta in self.deltas)


def claims_of(comparison: Comparison, gate: Gate) -> list[Claim]:
    """Every rule about a mean, in the order of the gate.

    Raises JudgmentsError for a class of which no topic is counted: nothing can be said there.
    """
    places = {row.measure: place for place, row in enumerate(comparison.measures)}
    claims: list[Claim] = []
    for row in gate.measures:
        place = places[row.measure]
        if row.margin is not None:
            claims.append(_claim(comparison, row, place, "margin", -row.margin))
        if row.must_improve:
            claims.append(_claim(comparison, row, place, "must_improve", 0.0))
        for name, margin in row.classes.items():
            claims.append(_claim(comparison, row, place, "classes", -margin, name))
    return claims


def _claim(
    comparison: Comparison,
    row: MeasureGate,
    place: int,
    rule: str,
    threshold: float,
    topic_class: str | None = None,
) -> Claim:
    topics: Sequence[TopicResult] = comparison.topics
    if topic_class is not None:
        topics = [topic for topic in topics if topic.topic_class == topic_class]
    if not topics:
        raise JudgmentsError(
            f"the gate asks for {row.measure} of the class {topic_class}, and no topic of it has a "
            "relevant document: judge some, or take the class out of the gate"
        )
    deltas = [topic.delta(place) for topic in topics]
    weights = [topic.weight for topic in topics]
    support = delta_support(row.measure)
    p_values: tuple[float | None, float | None] = (None, None)
    if support is not None:
        p_values = gate_p_values(deltas, -threshold, weights, support=support)
    changed = sum(not topic.identical for topic in topics)
    return Claim(rule, row.measure, topic_class, threshold, deltas, weights, changed, *p_values)


def decide(claims: Sequence[Claim], alpha: float) -> list[tuple[VerdictName, float | None]]:
    """The outcome of each claim and the corrected p-value of its FAIL; ``claims`` are a family.

    Where all topics are tied, only identical rankings pass: figures that cannot move say nothing.
    """
    fails = [claim.fails for claim in claims if claim.fails is not None]
    adjusted = iter(holm(fails))
    answers: list[tuple[VerdictName, float | None]] = []
    for claim in claims:
        p_fail = None if claim.fails is None else next(adjusted)
        name: VerdictName = "INCONCLUSIVE"
        if claim.all_tied:
            if claim.changed == 0 and claim.rule != "must_improve":
                name = "PASS"
        elif claim.passes is None or p_fail is None:
            pass
        elif claim.passes < alpha / 2:
            name = "PASS"
        elif p_fail < alpha / 2:
            name = "FAIL"
        answers.append((name, p_fail))
    return answers


def outcome_of(claim: Claim, name: VerdictName, p_value: float | None, alpha: float) -> Outcome:
    """The claim with its limits, what would decide it, and the reason in a sentence."""
    support = delta_support(claim.measure)
    lower = upper = None
    needed = to_decide = None
    if support is not None:
        lower, upper = gate_limits(claim.deltas, claim.weights, alpha=alpha, support=support)
        if name == "INCONCLUSIVE" and not (claim.all_tied and claim.changed):
            needed, to_decide = _topics(claim, alpha, support)
    total = sum(claim.weights)
    mean = sum(w * d for w, d in zip(claim.weights, claim.deltas, strict=True)) / total
    about = str(claim.measure)
    if claim.topic_class is not None:
        about += f" of class {claim.topic_class}"
    n = len(claim.deltas)
    return Outcome(
        rule=claim.rule,
        outcome=name,
        reason=f"{about}: {_sentence(claim, name, n, mean, lower, upper, needed, to_decide)}",
        limit=-claim.threshold if claim.rule != "must_improve" else 0.0,
        seen=mean,
        measure=str(claim.measure),
        topic_class=claim.topic_class,
        n_topics=n,
        lower=lower,
        upper=upper,
        p_value=p_value,
        topics_needed=needed,
        topics_to_decide=to_decide,
    )


def _topics(
    claim: Claim, alpha: float, support: tuple[float, float]
) -> tuple[int | None, int | None]:
    """Topics that would pass at a true delta of 0, and that would decide at the one seen."""

    def needed(deltas: Sequence[float], margin: float) -> int | None:
        if margin <= 0:
            return None
        return n_topics_needed(deltas, margin, claim.weights, alpha=alpha, support=support)

    total = sum(claim.weights)
    mean = sum(w * d for w, d in zip(claim.weights, claim.deltas, strict=True)) / total
    away = mean - claim.threshold
    mirrored = [-delta for delta in claim.deltas]
    return (
        needed(claim.deltas, -claim.threshold),
        needed(claim.deltas, away) if away > 0 else needed(mirrored, -away),
    )


def _sentence(
    claim: Claim,
    name: VerdictName,
    n: int,
    mean: float,
    lower: float | None,
    upper: float | None,
    needed: int | None,
    to_decide: int | None,
) -> str:
    fall = f"a fall of {-claim.threshold:g}"
    if lower is None or upper is None:
        return "has no bounds, so no limit of its mean holds at every topic count; gate nDCG"
    if claim.all_tied and claim.changed == 0:
        if claim.rule == "must_improve":
            return f"the rankings of all {n} topics are identical, so nothing improved"
        return f"the rankings of all {n} topics are identical"
    if claim.all_tied:
        return (
            f"no topic's figure moved, and {claim.changed} of {n} rankings did: these judgments "
            "do not see the change; judge what came and went"
        )
    if name == "PASS":
        if claim.rule == "must_improve":
            return f"the gain is sure: the lower limit of the mean delta is {lower:+.4f}"
        return (
            f"{fall} or more is ruled out: the mean changed by {mean:+.4f} and its lower limit is "
            f"{lower:+.4f}"
        )
    if name == "FAIL":
        if claim.rule == "must_improve":
            return f"a gain is ruled out: the upper limit of the mean delta is {upper:+.4f}"
        return (
            f"the mean fell by more than {-claim.threshold:g}: it changed by {mean:+.4f} and its "
            f"upper limit is {upper:+.4f}"
        )
    return _open(claim, n, mean, (lower, upper), needed, to_decide)


def _open(
    claim: Claim,
    n: int,
    mean: float,
    limits: tuple[float, float],
    needed: int | None,
    to_decide: int | None,
) -> str:
    lower, upper = limits
    asked = "a gain" if claim.rule == "must_improve" else f"a fall of {-claim.threshold:g}"
    if upper < claim.threshold:
        told = (
            f"{asked} would be decided if it were the only rule (upper limit {upper:+.4f}), and is "
            "not sure among all of them"
        )
    else:
        told = f"the mean delta lies between {lower:+.4f} and {upper:+.4f}, so {asked} is neither"
        told += " sure nor ruled out"
    if n == 1:
        return f"{told}; one topic says nothing about others"
    known = []
    if to_decide is not None:
        known.append(f"{to_decide} if the true delta is the {mean:+.4f} seen")
    if needed is not None:
        known.append(f"{needed} if it is 0")
    if not known:
        return told
    return f"{told}; topics like these that would decide: {', '.join(known)} (there are {n})"

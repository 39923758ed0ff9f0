"""Comparisons and a gate in, verdicts out. A failed gate is a value, not an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from esqual.comparison import Comparison
from esqual.diagnosis import Diagnosis, TraitClass
from esqual.errors import ConfigError
from esqual.gate.claims import claims_of, decide, outcome_of
from esqual.gate.decision import Decision
from esqual.gate.limits import check_hits, limits_of
from esqual.gate.settings import Gate
from esqual.gate.verdict import Outcome, Verdict, worst
from esqual.models import Topic

__all__ = ["CandidateResult", "check_gate", "judge", "judge_all", "overall", "ranked"]


@dataclass(frozen=True, slots=True)
class CandidateResult:
    """One candidate with what was said about it.

    ``diagnoses`` are those of the topics that lost most, worst first; ``traits`` has the first
    measure by kind of topic. Both are empty where they were not asked for.
    """

    comparison: Comparison
    verdict: Verdict | None
    decision: Decision | None
    diagnoses: tuple[Diagnosis, ...] = ()
    traits: tuple[TraitClass, ...] = ()


def check_gate(gate: Gate, topics: Sequence[Topic], *, judged: bool) -> None:
    """Refuse what cannot be judged before anything is searched.

    ``judged`` says whether there are judgments. Raises ConfigError with the file and the line.
    """
    if not judged and (gate.measures or gate.limits.min_judged is not None):
        raise ConfigError(
            f"{gate.source or 'the gate'}: it asks for quality, and there are no judgments; give "
            "--qrels, or leave the gate out (--no-gate)"
        )
    known = {topic.topic_class for topic in topics if topic.topic_class is not None}
    for row in gate.measures:
        for name in row.classes:
            if name not in known:
                there = f"known: {', '.join(sorted(known))}" if known else "the topics have none"
                raise ConfigError(
                    f"{gate.source}:{row.lines.get(name, 1)}: no topic has the class {name!r}; "
                    f"{there} (column class of the topics file)"
                )


def judge(comparison: Comparison, gate: Gate) -> Verdict | None:
    """The verdict on one candidate; see :func:`judge_all`."""
    return judge_all([comparison], gate)[0]


def judge_all(comparisons: Sequence[Comparison], gate: Gate) -> list[Verdict | None]:
    """One verdict per candidate, None for each where the gate asks for nothing.

    The comparisons must hold every measure of the gate (ValueError), and share topics and
    judgments. Raises EngineError for a baseline that found nothing and JudgmentsError for a class
    that no counted topic has: such a comparison is void.
    """
    if not gate.judges:
        return [None for _ in comparisons]
    held = {row.measure for each in comparisons for row in each.measures}
    for row in gate.measures:
        if row.measure not in held:
            raise ValueError(f"{row.measure} was not computed")
        if any(each.mode == "impact" for each in comparisons):
            raise ValueError("a margin judges quality: it needs judgments")
    claims = [claims_of(each, gate) for each in comparisons]
    # one family: the more there is to fail, the surer each failure must be
    family = [claim for rows in claims for claim in rows]
    decided = iter(zip(family, decide(family, gate.alpha), strict=True))
    verdicts: list[Verdict | None] = []
    for comparison, rows in zip(comparisons, claims, strict=True):
        outcomes: list[Outcome] = []
        nothing = check_hits(comparison)
        if nothing is not None:
            outcomes.append(nothing)
        for _ in rows:
            claim, (name, p_value) = next(decided)
            outcomes.append(outcome_of(claim, name, p_value, gate.alpha))
        outcomes += limits_of(comparison, gate)
        verdicts.append(Verdict.of(tuple(outcomes), allow_inconclusive=gate.allow_inconclusive))
    return verdicts


def overall(results: Sequence[CandidateResult]) -> Verdict | None:
    """The worst verdict of all, FAIL before INCONCLUSIVE before PASS; None without a gate."""
    verdicts = [(row.comparison.tag, row.verdict) for row in results if row.verdict is not None]
    if not verdicts:
        return None
    name = worst(verdict.name for _, verdict in verdicts)
    tag, verdict = next(row for row in verdicts if row[1].name == name)
    if len(results) == 1:
        return verdict
    return Verdict(name, f"{tag}: {verdict.reason}", (), verdict.allow_inconclusive)


def ranked(results: Sequence[CandidateResult]) -> list[CandidateResult]:
    """Best first: by verdict, then by the mean delta of the first measure, then as given.

    Without judgments the delta is that of the similarity, so what changed least comes first.
    """
    order = {"PASS": 0, "INCONCLUSIVE": 1, "FAIL": 2}
    return sorted(
        results,
        key=lambda row: (
            1 if row.verdict is None else order[row.verdict.name],
            -row.comparison.measures[0].delta,
        ),
    )

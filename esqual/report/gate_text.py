"""Verdict, decision and the table of several candidates as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from esqual.gate import CandidateResult, Decision, Verdict, ranked
from esqual.report.table import clip, render_table

__all__ = ["iter_decision", "iter_verdict", "ranking"]

_NAMED = 5
_TAG_COLUMNS = 30
# a field in the table of several candidates
_SHORT = {
    "live_test": "live test",
    "stop": "stop",
    "more_traffic": "small impact",
    "judge_first": "judge first",
}


def iter_decision(decision: Decision) -> Iterator[str]:
    """The field, its reasons, and what to judge."""
    yield f"live A/B test? {decision.sentence}"
    for reason in decision.reasons:
        yield f"  {reason}"
    if decision.judge_first:
        shown = ", ".join(f"{q} {d}" for q, d in decision.judge_first[:_NAMED])
        rest = len(decision.judge_first) - _NAMED
        yield f"  judge first: {shown}{f' and {rest} more' if rest > 0 else ''}"


def iter_verdict(verdict: Verdict) -> Iterator[str]:
    """Every rule with its reason where there are several, and the verdict last."""
    if len(verdict.rules) > 1:
        for rule in verdict.rules:
            yield f"  {rule.outcome}  {rule.reason}"
    allowed = verdict.name == "INCONCLUSIVE" and verdict.exit_code == 0
    yield f"{verdict.name}{' (allowed)' if allowed else ''}: {verdict.reason}"


def ranking(results: Sequence[CandidateResult]) -> str:
    """One line per candidate, best first."""
    first = results[0].comparison.measures[0].measure
    header = ["candidate", str(first), "delta", "interval", "RBO", "identical", "verdict", "test?"]
    rows = []
    for row in ranked(results):
        comparison, measure = row.comparison, row.comparison.measures[0]
        seen = measure.statistics
        interval = None if seen is None else seen.confidence_interval
        overlap = comparison.overlap
        rows.append(
            [
                clip(comparison.tag, _TAG_COLUMNS),
                f"{measure.candidate:.4f}",
                f"{measure.delta:+.4f}",
                "none" if interval is None else f"{interval[0]:+.4f} to {interval[1]:+.4f}",
                "none" if overlap is None else f"{overlap.rbo:.4f}",
                "none" if overlap is None else f"{overlap.identical_share:.1%}",
                "none" if row.verdict is None else row.verdict.name,
                "none" if row.decision is None else _SHORT[row.decision.field],
            ]
        )
    return render_table(header, rows, " >>>>>  ")

"""Finished comparisons and a gate in, everything that is said about the candidates out."""

from __future__ import annotations

from collections.abc import Sequence

from esqual.comparison import Comparison
from esqual.gate.decision import decision_of
from esqual.gate.judging import CandidateResult, judge_all
from esqual.gate.settings import Gate
from esqual.models import Qrels

__all__ = ["judge_candidates"]


def judge_candidates(
    comparisons: Sequence[Comparison], gate: Gate, qrels: Qrels | None
) -> list[CandidateResult]:
    """Verdict and A/B decision of each candidate, in their order; errors as of `judge_all`."""
    return [
        CandidateResult(
            comparison,
            verdict,
            decision_of(comparison, gate.decision, verdict=verdict, qrels=qrels, alpha=gate.alpha),
        )
        for comparison, verdict in zip(comparisons, judge_all(comparisons, gate), strict=True)
    ]

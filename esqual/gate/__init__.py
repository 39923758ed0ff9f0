"""The gate: comparisons in, verdicts and the A/B decision out."""

from __future__ import annotations

from esqual.gate.decision import Decision, decision_of
from esqual.gate.file import read_gate
from esqual.gate.judging import (
    CandidateResult,
    check_gate,
    judge,
    judge_all,
    overall,
    ranked,
)
from esqual.gate.settings import (
    DecisionSettings,
    Gate,
    LargeImpact,
    Limits,
    LiveTest,
    MeasureGate,
)
from esqual.gate.verdict import Outcome, Verdict, worst

__all__ = [
    "CandidateResult",
    "Decision",
    "DecisionSettings",
    "Gate",
    "LargeImpact",
    "Limits",
    "LiveTest",
    "MeasureGate",
    "Outcome",
    "Verdict",
    "check_gate",
    "decision_of",
    "judge",
    "judge_all",
    "overall",
    "ranked",
    "read_gate",
    "worst",
]

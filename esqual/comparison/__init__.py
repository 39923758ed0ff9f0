"""Baseline against candidate: what a change does to the results of a set of topics."""

from __future__ import annotations

from esqual.comparison.arms import Arm, ArmRun
from esqual.comparison.live import compare_candidates, compare_queries
from esqual.comparison.scoring import impact_of, quality_of
from esqual.comparison.values import (
    Comparison,
    LeftOut,
    MeasureResult,
    RankEvalFigures,
    TopicResult,
)

__all__ = [
    "Arm",
    "ArmRun",
    "Comparison",
    "LeftOut",
    "MeasureResult",
    "RankEvalFigures",
    "TopicResult",
    "compare_candidates",
    "compare_queries",
    "impact_of",
    "quality_of",
]

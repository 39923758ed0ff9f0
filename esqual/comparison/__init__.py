"""Baseline against candidate: what a change does to the results of a set of topics."""

from __future__ import annotations

from esqual.comparison.arms import Arm, ArmRun
from esqual.comparison.live import compare_candidates, compare_queries
from esqual.comparison.overlap import Overlap, overlap_of
from esqual.comparison.run_options import RunOptions
from esqual.comparison.scoring import delta_support, impact_of, quality_of
from esqual.comparison.values import (
    ClassResult,
    Comparison,
    Drift,
    Latency,
    LeftOut,
    Means,
    MeasureResult,
    RankEvalFigures,
    TopicResult,
)

__all__ = [
    "Arm",
    "ArmRun",
    "ClassResult",
    "Comparison",
    "Drift",
    "Latency",
    "LeftOut",
    "Means",
    "MeasureResult",
    "Overlap",
    "RankEvalFigures",
    "RunOptions",
    "TopicResult",
    "compare_candidates",
    "compare_queries",
    "delta_support",
    "impact_of",
    "overlap_of",
    "quality_of",
]

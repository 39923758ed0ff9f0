"""Statistics of per-topic deltas: what changed, how surely, and what could have been seen."""

from __future__ import annotations

from esqual.stats.describe import (
    DEFAULT_SEED,
    describe_deltas,
    gate_limits,
    gate_p_values,
    n_topics_needed,
)
from esqual.stats.holm import holm
from esqual.stats.live_test import sessions_per_arm, sessions_per_arm_for_mean
from esqual.stats.values import TIE_EPSILON, DeltaStatistics

__all__ = [
    "DEFAULT_SEED",
    "TIE_EPSILON",
    "DeltaStatistics",
    "describe_deltas",
    "gate_limits",
    "gate_p_values",
    "holm",
    "n_topics_needed",
    "sessions_per_arm",
    "sessions_per_arm_for_mean",
]

"""What the statistics of one measure are: a frozen value, every number with its method's name."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TIE_EPSILON", "DeltaStatistics"]

# Deltas within this are ties: rounding noise of two sums of the same terms in another order.
TIE_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class DeltaStatistics:
    """The deltas of one measure over its topics, described. delta = candidate - baseline.

    A number that cannot be had is None, and ``reasons`` says why, one sentence each, under the
    name of the field. Limits and intervals are in the measure's own units.

    * ``effective_n`` is (Σw)² / Σw², equal to ``n_topics`` without weights.
    * ``confidence_interval`` is two-sided at level 1 - ``alpha``; ``interval_coverage`` is the
      lowest and highest share of intervals that held the true mean in our own simulation, at the
      largest simulated topic count that this topic set reaches (docs/validation.md).
    * ``gate_lower`` and ``gate_upper`` are one-sided limits of the true mean at level
      1 - ``alpha`` / 2 each, from a method that holds at every topic count.
    * ``p_value`` is two-sided; ``test`` says whether it was counted exactly or drawn.
    * ``effect_size`` is Cohen's d_z: mean delta / standard deviation of the deltas (n - 1).
    * ``minimum_detectable_effect`` is the change of the mean that a two-sided test at ``alpha``
      sees with probability 0.8; ``mde_is_reliable`` is False below 500 topics or 40 untied ones.
    """

    n_topics: int
    n_untied: int
    wins: int
    ties: int
    losses: int
    effective_n: float
    weighted: bool
    alpha: float
    mean: float | None
    standard_error: float | None
    confidence_interval: tuple[float, float] | None
    interval_method: str
    interval_coverage: tuple[float, float] | None
    gate_lower: float | None
    gate_upper: float | None
    gate_method: str
    p_value: float | None
    test: str
    wilcoxon_p_value: float | None
    wilcoxon_method: str
    effect_size: float | None
    minimum_detectable_effect: float | None
    mde_is_reliable: bool
    seed: int
    reasons: tuple[tuple[str, str], ...] = ()

    def reason(self, field: str) -> str | None:
        """Why ``field`` is None, or None when it is not."""
        return dict(self.reasons).get(field)

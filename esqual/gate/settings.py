"""What a gate asks for: plain values, with the defaults that docs/statistics.md states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from esqual.measures import Measure

__all__ = [
    "DecisionSettings",
    "Gate",
    "LargeImpact",
    "Limits",
    "LiveTest",
    "MeasureGate",
]


@dataclass(frozen=True, slots=True)
class MeasureGate:
    """What one measure must keep.

    ``margin`` is the fall of the mean that must be ruled out; None asks for none. ``must_improve``
    asks for a gain that is sure. ``bounds`` asks that the fall stays above -margin whatever
    judgments of the unjudged would say. ``classes``: topic class -> margin of the mean over it.
    ``lines`` says where in ``Gate.source`` a class stands, for messages.
    """

    measure: Measure
    margin: float | None = None
    must_improve: bool = False
    bounds: bool = False
    classes: Mapping[str, float] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits on the candidate; None is no limit, and every limit is inclusive.

    Shares are of the topics that were searched. ``min_judged`` and ``max_judged_drop`` are about
    Judged@k, the latter baseline - candidate: above it a PASS is withheld, since it would rest on
    counting unjudged documents as not relevant. ``max_latency_ratio`` is candidate / baseline at
    the 95th percentile. ``min_similarity`` is the mean against the baseline's own page.
    """

    max_zero_hit_share: float | None = None
    max_left_out_share: float | None = None
    min_judged: float | None = None
    max_judged_drop: float = 0.1
    max_latency_p95_ms: float | None = None
    max_latency_ratio: float | None = None
    min_similarity: float | None = None

    @property
    def needs_latency(self) -> bool:
        """True when searches have to be timed."""
        return self.max_latency_p95_ms is not None or self.max_latency_ratio is not None

    @property
    def any_set(self) -> bool:
        """True when there is a limit; the judged drop alone only qualifies a PASS."""
        return any(
            limit is not None
            for limit in (
                self.max_zero_hit_share,
                self.max_left_out_share,
                self.min_judged,
                self.max_latency_p95_ms,
                self.max_latency_ratio,
                self.min_similarity,
            )
        )


@dataclass(frozen=True, slots=True)
class LargeImpact:
    """The impact is large when no more rankings than ``identical_share`` stayed the same and one
    of the other means is at its threshold or below.
    """

    identical_share: float = 0.9
    similarity: float = 0.9
    rbo: float = 0.9
    jaccard: float = 0.9


@dataclass(frozen=True, slots=True)
class LiveTest:
    """A live test to reckon with: a rate, and the effect on it that must be seen.

    ``effect`` is a share of ``base_rate`` where ``relative``, else in its units.
    """

    base_rate: float = 0.3
    effect: float = 0.02
    relative: bool = True
    power: float = 0.8

    @property
    def absolute_effect(self) -> float:
        """The effect in the units of the rate."""
        return self.base_rate * self.effect if self.relative else self.effect


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """Where the four fields of the A/B decision meet.

    A gain or loss is clear when the two-sided test is at or below alpha and the mean delta of the
    first measure is at least ``min_gain`` in size. ``judge_first`` documents are named at most.
    """

    min_gain: float = 0.0
    judge_first: int = 20
    large_impact: LargeImpact = field(default_factory=LargeImpact)
    live_test: LiveTest = field(default_factory=LiveTest)


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate file. ``source`` is its path, for messages and the record; None: flags alone."""

    measures: tuple[MeasureGate, ...] = ()
    limits: Limits = field(default_factory=Limits)
    decision: DecisionSettings = field(default_factory=DecisionSettings)
    alpha: float = 0.05
    allow_inconclusive: bool = False
    source: str | None = None

    @property
    def judges(self) -> bool:
        """True when there is anything to judge by; else a verdict is None."""
        return bool(self.measures) or self.limits.any_set

    def with_margin(self, measure: Measure, margin: float) -> Gate:
        """The same gate with ``margin`` for the whole of ``measure``."""
        rows = list(self.measures)
        for place, row in enumerate(rows):
            if row.measure == measure:
                rows[place] = replace(row, margin=margin)
                break
        else:
            rows.insert(0, MeasureGate(measure, margin))
        return replace(self, measures=tuple(rows))

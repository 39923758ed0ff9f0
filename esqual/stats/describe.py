"""One call from the deltas of a measure to everything a verdict says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from esqual.stats.values import DeltaStatistics

# numpy and scipy wait until something is counted: `esqual --help` stays instant
if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from esqual.stats.deltas import Deltas

__all__ = [
    "DEFAULT_SEED",
    "describe_deltas",
    "gate_limits",
    "gate_p_values",
    "n_topics_needed",
]

DEFAULT_SEED = 20261121
RESAMPLES = 20_000
SUPPORT = (-1.0, 1.0)


def describe_deltas(
    deltas: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    alpha: float = 0.05,
    seed: int = DEFAULT_SEED,
    resamples: int = RESAMPLES,
    support: tuple[float, float] | None = SUPPORT,
) -> DeltaStatistics:
    """The statistics of per-topic deltas, candidate - baseline, shape (n_topics,).

    ``weights``, shape (n_topics,), positive, need not add up to anything. ``seed`` and
    ``resamples`` are those of the randomisation test where it is drawn. ``support`` bounds the
    delta of one topic; None for a measure without bounds, which then has no gate limits. Raises
    DataError for a delta that is not a number or outside ``support``, ValueError for shapes.
    """
    from esqual.stats.bounded import METHOD, lower_limit, upper_limit
    from esqual.stats.deltas import check_deltas
    from esqual.stats.interval import INTERVAL_METHOD, coverage_seen, interval
    from esqual.stats.power import (
        RELIABLE_TOPICS,
        RELIABLE_UNTIED,
        minimum_detectable_effect,
    )
    from esqual.stats.randomisation import least_p_value, sign_flip_test
    from esqual.stats.signed_rank import signed_rank_test

    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha:g} must lie between 0 and 1")
    checked = check_deltas(deltas, weights, support)
    values = checked.values
    wins, losses = int((values > 0).sum()), int((values < 0).sum())
    untied = wins + losses
    spread, reasons = _spread(checked)

    p_value, test = None, "randomisation, exact"
    wilcoxon_p_value, wilcoxon_method = None, "none"
    if least_p_value(untied) > alpha:
        why = _cannot_reach(untied, alpha)
        reasons |= {"p_value": why, "wilcoxon_p_value": why}
    else:
        p_value, test = sign_flip_test(checked, seed=seed, resamples=resamples)
        if checked.weighted:
            reasons["wilcoxon_p_value"] = "the rank test knows no weights"
        else:
            wilcoxon_p_value, wilcoxon_method = signed_rank_test(checked.values)

    gate_lower = gate_upper = None
    if support is None:
        why = "the measure has no bounds, so no limit holds at every topic count"
        reasons |= {"gate_lower": why, "gate_upper": why}
    else:
        gate_lower = lower_limit(checked, alpha / 2, support)
        gate_upper = upper_limit(checked, alpha / 2, support)
    return DeltaStatistics(
        n_topics=checked.n,
        n_untied=untied,
        wins=wins,
        ties=checked.n - untied,
        losses=losses,
        effective_n=checked.effective_n,
        weighted=checked.weighted,
        alpha=alpha,
        mean=checked.mean if checked.n else None,
        standard_error=checked.standard_error,
        confidence_interval=interval(checked, alpha) if spread else None,
        interval_method=INTERVAL_METHOD,
        interval_coverage=coverage_seen(checked.n) if spread else None,
        gate_lower=gate_lower,
        gate_upper=gate_upper,
        gate_method=METHOD,
        p_value=p_value,
        test=test,
        wilcoxon_p_value=wilcoxon_p_value,
        wilcoxon_method=wilcoxon_method,
        effect_size=checked.mean / spread if spread else None,
        minimum_detectable_effect=minimum_detectable_effect(checked, alpha),
        mde_is_reliable=checked.effective_n >= RELIABLE_TOPICS and untied >= RELIABLE_UNTIED,
        seed=seed,
        reasons=tuple(sorted(reasons.items())),
    )


def n_topics_needed(
    deltas: ArrayLike,
    margin: float,
    weights: ArrayLike | None = None,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    support: tuple[float, float] = SUPPORT,
) -> int | None:
    """How many topics like these would pass a gate of ``margin`` if the true delta were 0.

    With probability ``power``; None where no number would, or the spread is unknown.
    """
    from esqual.stats.deltas import check_deltas
    from esqual.stats.power import topics_for_margin

    return topics_for_margin(check_deltas(deltas, weights, support), margin, alpha, support, power)


def gate_p_values(
    deltas: ArrayLike,
    margin: float,
    weights: ArrayLike | None = None,
    *,
    support: tuple[float, float] = SUPPORT,
) -> tuple[float, float]:
    """One-sided p-values against a true mean of -``margin``: from below (PASS), above (FAIL).

    The first is at most α/2 where ``gate_lower`` is above -margin, the second where ``gate_upper``
    is below it; the second is what Holm's correction wants over measures, classes, candidates.
    """
    from esqual.stats.bounded import group, tail
    from esqual.stats.deltas import check_deltas

    checked = check_deltas(deltas, weights, support)
    low, high = support
    if not low < -margin < high:
        raise ValueError(f"a margin of {margin:g} lies outside the deltas' support")
    if not checked.n:
        return 1.0, 1.0
    values, scales, counts = group(checked)
    return (
        float(tail(values, scales, counts, -margin, low)),
        float(tail(-values, scales, counts, margin, -high)),
    )


def gate_limits(
    deltas: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    alpha: float = 0.05,
    support: tuple[float, float] = SUPPORT,
) -> tuple[float, float]:
    """``gate_lower`` and ``gate_upper`` of :func:`describe_deltas`, and nothing else."""
    from esqual.stats.bounded import lower_limit, upper_limit
    from esqual.stats.deltas import check_deltas

    checked = check_deltas(deltas, weights, support)
    return lower_limit(checked, alpha / 2, support), upper_limit(checked, alpha / 2, support)


def _spread(deltas: Deltas) -> tuple[float | None, dict[str, str]]:
    """The standard deviation, or None and why what rests on it is missing."""
    fields = ("confidence_interval", "effect_size", "minimum_detectable_effect")
    spread = deltas.standard_deviation
    if spread:
        return spread, {}
    if deltas.n == 0:
        return None, dict.fromkeys(("mean", "standard_error", *fields), "no topics")
    if spread is None:
        why = "one topic: the spread is unknown"
        return None, dict.fromkeys(("standard_error", *fields), why)
    same = "are tied" if not deltas.values.any() else "have the same delta"
    return None, dict.fromkeys(fields, f"all {deltas.n} topics {same}: no spread was seen")


def _cannot_reach(untied: int, alpha: float) -> str:
    from esqual.stats.randomisation import least_p_value

    if untied == 0:
        return "no topic changed: there is nothing to test"
    return (
        f"{untied} untied topic{'s' if untied > 1 else ''}: the smallest p-value that can come "
        f"of it is {least_p_value(untied):g}, above {alpha:g}"
    )

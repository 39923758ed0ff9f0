"""Hard limits: one figure each, held against what the gate tolerates."""

from __future__ import annotations

import math
from collections.abc import Iterator

from esqual.comparison import Comparison
from esqual.errors import ConfigError, EngineError
from esqual.gate.settings import Gate
from esqual.gate.verdict import Outcome, VerdictName

__all__ = ["check_hits", "limits_of"]


def check_hits(comparison: Comparison) -> Outcome | None:
    """A candidate that finds nothing at all fails whatever its limits.

    Raises EngineError where the baseline finds nothing: there is nothing to compare with.
    """
    if not any(topic.baseline_ids for topic in comparison.topics):
        raise EngineError(
            f"the baseline found nothing for any of the {len(comparison.topics)} topics: a "
            "comparison with nothing is void; check its field names with esqual search"
        )
    if any(topic.candidate_ids for topic in comparison.topics):
        return None
    return Outcome(
        "hits",
        "FAIL",
        f"the candidate found nothing for any of the {len(comparison.topics)} topics",
        limit=0.0,
        seen=0.0,
    )


def limits_of(comparison: Comparison, gate: Gate) -> Iterator[Outcome]:
    """One outcome per limit that is set. Raises ConfigError for one that cannot be looked at."""
    limits = gate.limits
    if limits.min_similarity is not None:
        similarity = _similarity(comparison)
        yield _least(
            "min_similarity",
            "the candidate's mean normalised DCG against the baseline's own hits",
            similarity,
            limits.min_similarity,
        )
    if limits.max_zero_hit_share is not None:
        empty, searched = _zero_hits(comparison)
        yield _most(
            "max_zero_hit_share",
            f"the share of topics without a hit ({empty} of {searched})",
            empty / searched,
            limits.max_zero_hit_share,
        )
    if limits.max_left_out_share is not None:
        out = len(comparison.left_out)
        searched = out + len(comparison.topics)
        yield _most(
            "max_left_out_share",
            f"the share of topics that no judgment lets count ({out} of {searched})",
            out / searched,
            limits.max_left_out_share,
        )
    yield from _bounds(comparison, gate)
    yield from _judged(comparison, gate)
    yield from _latency(comparison, gate)


def _bounds(comparison: Comparison, gate: Gate) -> Iterator[Outcome]:
    """What the worst and the best judgments of the unjudged would make of the mean delta."""
    rows = {row.measure: row for row in comparison.measures}
    for asked in gate.measures:
        if not asked.bounds or asked.margin is None:
            continue
        seen = rows[asked.measure].bounds
        name: VerdictName = "INCONCLUSIVE"
        if seen is None:
            why = "has no bounds for unjudged documents"
        else:
            why = (
                f"judgments of the {seen.unjudged} unjudged documents could move the mean delta to "
                f"{seen.low:+.4f} … {seen.high:+.4f}"
            )
            if seen.low > -asked.margin:
                name, why = "PASS", f"{why}: never a fall of {asked.margin:g}"
            elif seen.high < -asked.margin:
                name, why = "FAIL", f"{why}: always a fall of more than {asked.margin:g}"
            else:
                why = f"{why}: judge the most decisive ones (esqual holes)"
        yield Outcome(
            "bounds",
            name,
            f"{asked.measure}: {why}",
            limit=asked.margin,
            seen=None if seen is None else seen.low,
            measure=str(asked.measure),
        )


def _judged(comparison: Comparison, gate: Gate) -> Iterator[Outcome]:
    limits = gate.limits
    if comparison.mode == "impact":
        if limits.min_judged is not None:
            raise ConfigError(
                f"{gate.source}: limits.min_judged needs judgments: give --qrels, or take it out"
            )
        return
    own, other = _judged_means(comparison)
    if limits.min_judged is not None:
        yield _least("min_judged", "the candidate's mean Judged@k", other, limits.min_judged)
    # with bounds asked for, nothing rests on counting the unjudged as not relevant
    rests = any(row.margin is not None and not row.bounds for row in gate.measures)
    if rests and own - other > limits.max_judged_drop:
        yield Outcome(
            "max_judged_drop",
            "INCONCLUSIVE",
            f"the candidate shows more that nobody judged (mean Judged@k {own:.4f} → {other:.4f}, "
            f"a drop above {limits.max_judged_drop:g}), and it would be judged by counting that "
            "as not relevant; judge those documents",
            limit=limits.max_judged_drop,
            seen=own - other,
        )


def _judged_means(comparison: Comparison) -> tuple[float, float]:
    pairs = [topic.judged for topic in comparison.topics if topic.judged is not None]
    return (
        math.fsum(own for own, _ in pairs) / len(pairs),
        math.fsum(other for _, other in pairs) / len(pairs),
    )


def _latency(comparison: Comparison, gate: Gate) -> Iterator[Outcome]:
    limits, seen = gate.limits, comparison.latency
    if not limits.needs_latency:
        return
    if seen is None:
        raise ConfigError(f"{gate.source}: a latency limit is set, and no search was timed")
    if limits.max_latency_p95_ms is not None:
        yield _most(
            "max_latency_p95_ms",
            f"the candidate's 95th percentile of {seen.searches} timed searches, in ms,",
            seen.candidate_p95_ms,
            limits.max_latency_p95_ms,
        )
    if limits.max_latency_ratio is not None:
        yield _most(
            "max_latency_ratio",
            f"candidate / baseline at the 95th percentile of {seen.searches} timed searches",
            seen.candidate_p95_ms / seen.baseline_p95_ms,
            limits.max_latency_ratio,
        )


def _similarity(comparison: Comparison) -> float:
    if comparison.mode == "impact":
        return comparison.measures[0].candidate
    if comparison.overlap is None:
        raise ValueError("min_similarity needs the overlap of the comparison")
    return comparison.overlap.similarity


def _zero_hits(comparison: Comparison) -> tuple[int, int]:
    if comparison.overlap is None:
        raise ValueError("max_zero_hit_share needs the overlap of the comparison")
    return comparison.overlap.zero_hits[1], comparison.overlap.n_topics


def _most(rule: str, what: str, seen: float, limit: float) -> Outcome:
    # written so that a value that is not a number fails
    return _outcome(rule, what, seen, limit, seen <= limit, "at most", "above")


def _least(rule: str, what: str, seen: float, limit: float) -> Outcome:
    return _outcome(rule, what, seen, limit, seen >= limit, "at least", "below")


def _outcome(
    rule: str, what: str, seen: float, limit: float, kept: bool, good: str, bad: str
) -> Outcome:
    name: VerdictName = "PASS" if kept else "FAIL"
    return Outcome(
        rule, name, f"{what} is {seen:.4g}, {good if kept else bad} {limit:g}", limit, seen
    )

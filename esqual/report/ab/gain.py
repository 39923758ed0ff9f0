"""How much changes, for better or worse, and what follows: impact, gain, reasons."""

from __future__ import annotations

from collections.abc import Iterator

from esqual.comparison import Comparison, MeasureResult
from esqual.gate import CandidateResult, Decision, Outcome, Verdict
from esqual.report.blocks import Block, Bullets, Foreign, Inline, Line, Paragraph, Strong, Table
from esqual.report.words import Say

__all__ = ["gain", "impact", "reasons"]


def impact(comparison: Comparison, decision: Decision, say: Say) -> Bullets:
    """The overlap of both arms, judgments or not."""
    lines = [_impact(comparison, decision, say)]
    overlap = comparison.overlap
    if overlap is not None:
        lines.append(
            say(
                "overlap",
                jaccard_at=f"Jaccard@{overlap.depth}",
                jaccard=f"{overlap.jaccard:.4f}",
                rbo=f"{overlap.rbo:.4f}",
                similarity=f"{overlap.similarity:.4f}",
            )
        )
        own, other = overlap.zero_hits
        lines.append(say("zero_hits", own=own, other=other))
    return Bullets.of(*lines)


def _impact(comparison: Comparison, decision: Decision, say: Say) -> Line:
    size = say("impact_large" if decision.large_impact else "impact_small")
    overlap = comparison.overlap
    if overlap is None:
        return size
    same = say("same", share=f"{overlap.identical_share:.1%}", n=overlap.n_topics)
    return (*size, " ", *same)


def gain(result: CandidateResult, say: Say) -> Iterator[Block]:
    """The measures with interval and margin, and every rule of the gate."""
    comparison = result.comparison
    yield Paragraph(_gain(comparison.measures[0], result.decision, say))
    if comparison.mode == "quality":
        yield _measures(comparison, result.verdict, say)
    if result.verdict is not None:
        yield _rules(result.verdict, say)


def _gain(row: MeasureResult, decision: Decision | None, say: Say) -> Line:
    seen = None if decision is None else decision.gain
    if seen is None or seen.direction == "not judged" or seen.delta is None:
        return say("gain_not_judged")
    places: dict[str, Inline] = {
        "measure": Foreign(str(row.measure)),
        "delta": f"{seen.delta:+.4f}",
    }
    if seen.p_value is None:
        return say("gain_untested", **places)
    return say(f"gain_{seen.direction}", **places, p=f"{seen.p_value:.2g}")


def _measures(comparison: Comparison, verdict: Verdict | None, say: Say) -> Table:
    alphas = [row.statistics.alpha for row in comparison.measures if row.statistics is not None]
    level = f"{100 * (1 - alphas[0]):g} %" if alphas else ""
    header = (
        say.text("measure"),
        say.text("baseline"),
        say.text("candidate"),
        say.text("delta"),
        say.text("interval").format(level=level),
        say.text("margin"),
        say.text("topics_moved"),
    )
    rows = tuple(_measure(row, verdict, say) for row in comparison.measures)
    return Table(header, rows, " >>>>>>")


def _measure(row: MeasureResult, verdict: Verdict | None, say: Say) -> tuple[Line, ...]:
    seen = row.statistics
    interval = None if seen is None else seen.confidence_interval
    margins = [
        rule.limit
        for rule in (() if verdict is None else verdict.rules)
        if rule.rule == "margin" and rule.measure == str(row.measure)
    ]
    return (
        (Foreign(str(row.measure)),),
        (f"{row.baseline:.4f}",),
        (f"{row.candidate:.4f}",),
        (f"{row.delta:+.4f}",),
        say("none") if interval is None else _range(*interval, say),
        (f"{margins[0]:g}",) if margins else say("none"),
        (f"{row.wins} / {row.ties} / {row.losses}",),
    )


def _range(low: float, high: float, say: Say) -> Line:
    return say("to", low=f"{low:+.4f}", high=f"{high:+.4f}")


def _rules(verdict: Verdict, say: Say) -> Table:
    keys = ("rule", "about", "asked", "seen", "limits", "outcome")
    header = tuple(say.text(key) for key in keys)
    return Table(header, tuple(_rule(rule, say) for rule in verdict.rules), "  >>>")


def _rule(rule: Outcome, say: Say) -> tuple[Line, ...]:
    about: list[Inline] = []
    for part in (rule.measure, rule.topic_class):
        if part is not None:
            about += [" "] * bool(about) + [Foreign(part, 60)]
    both = rule.lower is not None and rule.upper is not None
    return (
        (Foreign(rule.rule),),
        tuple(about) or ("–",),
        (f"{rule.limit:g}",),
        say("none") if rule.seen is None else (f"{rule.seen:.4f}",),
        _range(rule.lower or 0.0, rule.upper or 0.0, say) if both else ("–",),
        (Strong(rule.outcome),),
    )


def reasons(result: CandidateResult, decision: Decision, say: Say) -> Iterator[Line]:
    """The verdict, and why the decision is what it is."""
    verdict = result.verdict
    yield say("verdict_none") if verdict is None else say("verdict_is", verdict=verdict.name)
    if say.language == "en":
        # the sentences of the decision and of the gate have the thresholds and tests too
        broken = () if verdict is None else verdict.rules
        told = [rule.reason for rule in broken if rule.outcome != "PASS"]
        yield from ((reason,) for reason in (*decision.reasons, *told))
        return
    yield _impact(result.comparison, decision, say)
    yield _gain(result.comparison.measures[0], decision, say)
    if verdict is not None and verdict.name == "FAIL":
        yield say("gate_fails")
    if decision.field == "judge_first" and not decision.judge_first:
        yield say("all_judged")

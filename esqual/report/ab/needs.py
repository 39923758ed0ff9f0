"""What is not known, what a live test would need, and what it takes to run it again."""

from __future__ import annotations

import math
from collections.abc import Iterator

from esqual.comparison import Comparison, MeasureResult
from esqual.gate import CandidateResult, Decision
from esqual.judgments.digests import digest_of_qrels, digest_of_topics
from esqual.report.blocks import Block, Bullets, Foreign, Heading, Line, Listing, Paragraph, Table
from esqual.report.values import Report
from esqual.report.words import Say

__all__ = ["live_test", "record", "unknown"]

# docs/statistics.md: fewer topics than this see rare changes too seldom for any interval
_FEW = 100


def unknown(result: CandidateResult, say: Say) -> Iterator[Line]:
    """What judgments and topics leave open."""
    comparison = result.comparison
    if comparison.mode == "impact":
        yield say("nothing_judged")
    else:
        yield from _unjudged(comparison.measures[0], say)
        yield from _judged_share(comparison, say)
    if comparison.left_out:
        yield say("left_out", n=len(comparison.left_out))
    yield from _topics(result, say)
    tied = comparison.tied_pages
    if tied is not None and any(tied):
        yield say("tied", own=tied[0], other=tied[1])
    yield from _drift(comparison, say)
    # what the comparison itself has to say, in its own words
    yield from ((note,) for note in comparison.notes)
    yield say("offline")


def _drift(comparison: Comparison, say: Say) -> Iterator[Line]:
    drift = comparison.drift
    if drift is not None:
        yield say(
            "drift",
            used=drift.search_type,
            other=drift.other,
            delta=f"{drift.delta:+.4f}",
            own=drift.changed_baseline,
            changed=drift.changed_candidate,
            n=drift.n_topics,
        )


def _unjudged(row: MeasureResult, say: Say) -> Iterator[Line]:
    bounds = row.bounds
    if bounds is None:
        yield say("no_bounds", measure=Foreign(str(row.measure)))
        return
    low, high = f"{bounds.low:+.4f}", f"{bounds.high:+.4f}"
    yield say("unjudged", n=bounds.unjudged, low=low, high=high)


def _judged_share(comparison: Comparison, say: Say) -> Iterator[Line]:
    pairs = [topic.judged for topic in comparison.topics if topic.judged is not None]
    if pairs:
        own, other = (math.fsum(pair[arm] for pair in pairs) / len(pairs) for arm in (0, 1))
        yield say("judged_share", own=f"{own:.2f}", other=f"{other:.2f}")


def _topics(result: CandidateResult, say: Say) -> Iterator[Line]:
    n = len(result.comparison.topics)
    if n < _FEW:
        yield say("few_topics", n=n)
    seen = result.comparison.measures[0].statistics
    effect = None if seen is None else seen.minimum_detectable_effect
    if seen is not None and effect is not None:
        key = "detectable" if seen.mde_is_reliable else "detectable_roughly"
        yield say(key, n=seen.n_topics, effect=f"{effect:.4f}")
    for rule in () if result.verdict is None else result.verdict.rules:
        name = Foreign(" ".join(x for x in (rule.rule, rule.measure, rule.topic_class) if x))
        if rule.topics_to_decide is not None:
            yield say("needed_if_seen", rule=name, n=rule.topics_to_decide)
        if rule.topics_needed is not None:
            yield say("needed_if_zero", rule=name, n=rule.topics_needed)


def live_test(decision: Decision, say: Say) -> Iterator[Block]:
    """Sessions per arm, and the documents to judge before."""
    live = decision.live_test
    settings = live.settings
    lines = [
        say(
            "sessions",
            rate=f"{settings.base_rate:g}",
            effect=f"{settings.absolute_effect:g}",
            n=f"{live.sessions_per_arm:,}",
            alpha=f"{live.alpha:g}",
            power=f"{settings.power:g}",
        )
    ]
    if live.diluted_sessions_per_arm is None:
        lines.append(say("no_page_changed"))
    else:
        sessions = f"{live.diluted_sessions_per_arm:,}"
        lines.append(say("diluted", share=f"{live.changed_share:.1%}", n=sessions))
    lines.append(say("own_rate"))
    yield Bullets.of(*lines)
    if decision.judge_first:
        yield Paragraph(say("judge_these"))
        yield Bullets.of(*_by_topic(decision))


def _by_topic(decision: Decision) -> Iterator[Line]:
    """A line per topic; the most decisive document first."""
    found: dict[str, list[str]] = {}
    for query_id, doc_id in decision.judge_first:
        found.setdefault(query_id, []).append(doc_id)
    for query_id, doc_ids in found.items():
        line: Line = (Foreign(query_id, 60), ":")
        for doc_id in doc_ids:
            line = (*line, " ", Foreign(doc_id, 60))
        yield line


def record(report: Report, say: Say) -> Iterator[Block]:
    """The command line, and what made every comparison."""
    yield Heading(2, say("record"))
    if report.command is not None:
        yield Listing((report.command,), wrapped=True)
    rows: dict[str, str] = {say.text("made"): report.made.strftime("%Y-%m-%d %H:%M:%S UTC")}
    if report.topics:
        rows["topics_sha256"] = digest_of_topics(report.topics)
    if report.qrels is not None:
        rows["qrels_sha256"] = digest_of_qrels(report.qrels)
    for result in report.results:
        comparison = result.comparison
        rows |= _facts(comparison)
        several = f"{comparison.tag}: " if len(report.results) > 1 else ""
        for key, value in comparison.record.items():
            name = f"{several}{key}" if key.startswith("candidate") else key
            rows[name] = value
    cells = tuple(((Foreign(key),), (Foreign(value, 300),)) for key, value in rows.items())
    yield Table((say.text("key"), say.text("value")), cells)


def _facts(comparison: Comparison) -> dict[str, str]:
    facts = {
        "mode": comparison.mode,
        "index": comparison.index,
        "candidate_index": comparison.candidate_index,
        "topics": str(len(comparison.topics)),
        "depth": str(comparison.depth),
        "measures": ", ".join(str(row.measure) for row in comparison.measures),
    }
    seen = comparison.measures[0].statistics
    if seen is not None:
        facts |= {"alpha": f"{seen.alpha:g}", "seed": str(seen.seed), "test": seen.test}
    return facts

"""The comparison as Markdown: a comment on a pull request, or the summary of a CI step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from esqual.comparison import Comparison, MeasureResult
from esqual.gate import CandidateResult, Decision, Verdict, overall, ranked
from esqual.report.blocks import (
    Block,
    Bullets,
    Foreign,
    Heading,
    Line,
    Paragraph,
    Strong,
    Table,
)
from esqual.report.markdown import to_markdown
from esqual.report.movers import movers
from esqual.report.values import Report
from esqual.report.words import Say

__all__ = ["render_markdown", "render_void_markdown"]


def render_markdown(report: Report) -> str:
    """Verdict first, then figures, topics and notes; at most 65,000 characters."""
    return to_markdown(list(_blocks(report)))


def render_void_markdown(reason: str) -> str:
    """A comparison that is void, and why."""
    return to_markdown(
        [Heading(2, ("esqual: the comparison is void",)), Paragraph((Foreign(reason, 2000),))]
    )


def _blocks(report: Report) -> Iterator[Block]:
    verdict = overall(report.results)
    yield Heading(2, ("esqual: ", _word(verdict)))
    if verdict is not None:
        yield Paragraph((verdict.reason,))
    several = len(report.results) > 1
    if several:
        yield _ranking(report.results)
    for result in report.results:
        if several:
            yield Heading(3, (Foreign(result.comparison.tag),))
        yield from _candidate(result, report, several)


def _word(verdict: Verdict | None) -> str:
    if verdict is None:
        return "compared, no gate asked for"
    allowed = verdict.name == "INCONCLUSIVE" and verdict.exit_code == 0
    return f"{verdict.name}{' (allowed)' if allowed else ''}"


def _candidate(result: CandidateResult, report: Report, several: bool) -> Iterator[Block]:
    comparison = result.comparison
    if several and result.verdict is not None:
        yield Paragraph((Strong(_word(result.verdict)), f": {result.verdict.reason}"))
    yield Paragraph(_heading(comparison))
    yield _measures(comparison)
    if result.verdict is not None and len(result.verdict.rules) > 1:
        yield _rules(result.verdict)
    if result.decision is not None:
        yield _decision(result.decision)
    for heading, topics in (
        ("Topics that lost most", comparison.lost_most(report.moved)),
        ("Topics that gained most", comparison.gained_most(report.moved)),
    ):
        if topics:
            yield Paragraph((Strong(heading),))
            yield movers(topics, report.qrels, Say("en"), result.diagnoses)
    notes = list(_notes(comparison))
    if notes:
        yield Paragraph((Strong("Notes"),))
        yield Bullets.of(*notes)


def _heading(comparison: Comparison) -> Line:
    what = {
        "impact": "Impact, against the baseline's own top hits (no judgments): ",
        "quality": "Quality, both arms against the judgments: ",
    }[comparison.mode]
    where: Line = (Foreign(comparison.index),)
    if comparison.candidate_index != comparison.index:
        where = (Foreign(comparison.index), " against ", Foreign(comparison.candidate_index))
    return (what, *where, f", {len(comparison.topics)} topics, top {comparison.depth} compared.")


def _measures(comparison: Comparison) -> Table:
    header = ("measure", "baseline", "candidate", "delta", "interval", "wins", "ties", "losses")
    rows = tuple(_measure(row) for row in comparison.measures)
    return Table(header, rows, " >>>>>>>")


def _measure(row: MeasureResult) -> tuple[Line, ...]:
    seen = row.statistics
    interval = None if seen is None else seen.confidence_interval
    return (
        (Foreign(str(row.measure)),),
        (f"{row.baseline:.4f}",),
        (f"{row.candidate:.4f}",),
        (f"{row.delta:+.4f}",),
        ("none" if interval is None else f"{interval[0]:+.4f} to {interval[1]:+.4f}",),
        (str(row.wins),),
        (str(row.ties),),
        (str(row.losses),),
    )


def _rules(verdict: Verdict) -> Bullets:
    return Bullets.of(*((Strong(rule.outcome), f" {rule.reason}") for rule in verdict.rules))


def _decision(decision: Decision) -> Bullets:
    answer: Line = ("Live A/B test? ", Strong(decision.sentence))
    return Bullets(((answer, tuple((reason,) for reason in decision.reasons)),))


def _notes(comparison: Comparison) -> Iterator[Line]:
    out = len(comparison.left_out)
    if out:
        yield (f"{out} topics are left out of the means: no relevant document, or no judgment.",)
    bounds = comparison.measures[0].bounds
    if bounds is not None and bounds.unjudged:
        yield (
            f"{bounds.unjudged} documents shown are unjudged and count as not relevant; judging "
            f"them could move the delta to anything from {bounds.low:+.4f} to {bounds.high:+.4f}.",
        )
    for note in comparison.notes:
        yield (note,)


def _ranking(results: Sequence[CandidateResult]) -> Table:
    first = results[0].comparison.measures[0].measure
    rows: list[tuple[Line, ...]] = []
    for row in ranked(results):
        measure = row.comparison.measures[0]
        rows.append(
            (
                (Foreign(row.comparison.tag, 60),),
                (f"{measure.candidate:.4f}",),
                (f"{measure.delta:+.4f}",),
                ("none" if row.verdict is None else row.verdict.name,),
                ("none" if row.decision is None else row.decision.sentence,),
            )
        )
    header = ("candidate, best first", str(first), "delta", "verdict", "live A/B test?")
    return Table(header, tuple(rows), " >>  ")

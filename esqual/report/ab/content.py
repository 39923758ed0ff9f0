"""What the A/B report says, section by section, for every candidate."""

from __future__ import annotations

from collections.abc import Iterator

from esqual.gate import CandidateResult, Decision, ranked
from esqual.report.ab.change import change
from esqual.report.ab.gain import gain, impact, reasons
from esqual.report.ab.needs import live_test, record, unknown
from esqual.report.blocks import Block, Bullets, Foreign, Heading, Line, Paragraph, Strong, Table
from esqual.report.movers import movers
from esqual.report.values import Report
from esqual.report.words import Say

__all__ = ["ab_blocks"]


def ab_blocks(report: Report) -> list[Block]:
    """The whole page; several candidates one after the other, below a table of them.

    Raises ValueError for a result without a decision.
    """
    say = Say(report.language)
    blocks: list[Block] = []
    if len(report.results) > 1:
        blocks += [Heading(1, say("title_several")), _table(report, say)]
    for result in report.results:
        blocks += _candidate(result, report, say)
    blocks += record(report, say)
    return blocks


def _decision(result: CandidateResult) -> Decision:
    if result.decision is None:
        raise ValueError("an A/B report needs the decision")
    return result.decision


def _table(report: Report, say: Say) -> Table:
    first = report.results[0].comparison.measures[0].measure
    rows: list[tuple[Line, ...]] = []
    for row in ranked(report.results):
        measure = row.comparison.measures[0]
        rows.append(
            (
                (Foreign(row.comparison.tag, 60),),
                (f"{measure.delta:+.4f}",),
                say("none") if row.verdict is None else (row.verdict.name,),
                say(_decision(row).field),
            )
        )
    header = (say.text("candidate"), f"{first} Δ", say.text("verdict"), say.text("answer"))
    return Table(header, tuple(rows), " >")


def _candidate(result: CandidateResult, report: Report, say: Say) -> Iterator[Block]:
    comparison, decision = result.comparison, _decision(result)
    level = 2 if len(report.results) > 1 else 1
    yield Heading(level, say("title", tag=Foreign(comparison.tag, 60)))
    yield Paragraph((Strong(say.text(decision.field)),))

    def section(key: str) -> Heading:
        return Heading(level + 1, say(key))

    yield section("what")
    yield from change(result, report, say)
    yield section("impact")
    yield impact(comparison, decision, say)
    yield section("gain")
    yield from gain(result, say)
    yield section("decision")
    yield Bullets.of(*reasons(result, decision, say))
    for key, topics in (
        ("lost", comparison.lost_most(report.moved)),
        ("gained", comparison.gained_most(report.moved)),
    ):
        yield section(key)
        if topics:
            yield movers(topics, report.qrels, say, result.diagnoses)
        else:
            yield Paragraph(say(f"no_{key}"))
    yield section("unknown")
    yield Bullets.of(*unknown(result, say))
    yield section("live")
    yield from live_test(decision, say)

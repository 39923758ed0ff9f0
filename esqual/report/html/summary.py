"""What stands on the page without a script: verdict, decision, figures, record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from esqual.comparison import Comparison
from esqual.gate import CandidateResult, Verdict, overall, ranked
from esqual.report.ab.change import change
from esqual.report.ab.gain import gain, impact, reasons
from esqual.report.ab.needs import live_test, record, unknown
from esqual.report.blocks import Block, Bullets, Foreign, Line, Table
from esqual.report.html.intervals import Interval, Scale, axis, intervals_of, strip
from esqual.report.html.words import LANGUAGES, said
from esqual.report.page import escape, fragment
from esqual.report.plain import shorten
from esqual.report.values import Report
from esqual.report.words import Say

__all__ = ["header", "sections"]

# a mark beside every colour
_MARKS = {"PASS": "✓", "FAIL": "✕", "INCONCLUSIVE": "?", "": "·"}
_LEFT_OUT = 200


def header(report: Report) -> Iterator[str]:
    """Title, what was compared, and the page's own switches (hidden until the script runs)."""
    first = report.results[0].comparison
    tag = "" if len(report.results) > 1 else f"<bdi>{escape(shorten(first.tag, 60))}</bdi>"
    made = report.made.strftime("%Y-%m-%d %H:%M UTC")
    n = len(first.topics)
    yield "<header>"
    yield f'<a class="skip" href="#topics">{_both("skip")}</a>'
    yield '<div class="title">'
    if tag:
        heading = _both("against", tag="\0", baseline="baseline").replace("\0", tag)
    else:
        heading = _both("page")
    yield f"<h1>{heading}</h1>"
    kind = "quality_of" if first.mode == "quality" else "impact_of"
    yield f"<p>{_both(kind, n=f'{n:,}', depth=first.depth, made=made)}</p>"
    yield "</div>"
    yield '<div class="switches" hidden>'
    yield f'<div role="group" data-label="language" aria-label="{said("language", 0)}">'
    yield '<button type="button" data-language="en" lang="en">English</button>'
    yield '<button type="button" data-language="ja" lang="ja">日本語</button></div>'
    yield f'<div role="group" data-label="theme" aria-label="{said("theme", 0)}">'
    for theme, sign in (("auto", "◐"), ("light", "☀"), ("dark", "☾")):
        label = said(f"theme_{theme}", 0)
        yield (
            f'<button type="button" data-theme="{theme}" title="{label}" aria-label="{label}">'
            f'<span aria-hidden="true">{sign}</span></button>'
        )
    yield "</div></div>\n</header>"


def sections(report: Report) -> Iterator[str]:
    """The body: each candidate, the place of the topics, and the record."""
    several = len(report.results) > 1
    if several:
        verdict = overall(report.results)
        if verdict is not None:
            yield _verdict(verdict, "h2")
        yield _section("several", _blocks(lambda say: [_ranking(report, say)]))
    for place, result in enumerate(report.results):
        if several:
            name = f"<bdi>{escape(shorten(result.comparison.tag, 60))}</bdi>"
            yield f'<section class="candidate" aria-labelledby="candidate-{place}">'
            yield f'<h2 id="candidate-{place}">{name}</h2>'
        yield from _candidate(result, "h3" if several else "h2")
        if several:
            yield "</section>"
    yield _topics()
    yield from _rest(report)


def _candidate(result: CandidateResult, level: str) -> Iterator[str]:
    answer = _verdict(result.verdict, level, result.comparison)
    yield f'<div class="answers">{answer}{_decision(result, level)}</div>'
    inner = "".join(
        _plot(rows, result, number, f"h{int(level[1]) + 1}")
        for number, rows in enumerate(intervals_of(result.comparison, result.verdict))
    )
    inner += _blocks(lambda say: gain(result, say))
    decision = result.decision
    if decision is not None:
        inner += _blocks(lambda say: [impact(result.comparison, decision, say)])
    yield _section("figures", inner, level)


def _verdict(verdict: Verdict | None, level: str, comparison: Comparison | None = None) -> str:
    name = "" if verdict is None else verdict.name
    key = f"gate_{name or 'none'}"
    allowed = ""
    if verdict is not None and name == "INCONCLUSIVE" and verdict.exit_code == 0:
        allowed = f" <small>({_both('allowed')})</small>"
    reason = "" if verdict is None else f'<p lang="en">{escape(shorten(verdict.reason, 600))}</p>'
    word = f'<span class="word">{name}</span>' if name else ""
    return (
        f'<section class="answer {name.lower() or "none"}"><{level}>'
        f'<span class="mark" aria-hidden="true">{_MARKS[name]}</span>{word} {_both(key)}{allowed}'
        f"</{level}>{reason}{'' if comparison is None else _headline(comparison)}</section>"
    )


def _headline(comparison: Comparison) -> str:
    """The first measure's means and what became of the topics."""
    row = comparison.measures[0]
    sign, side = _direction(row.delta)
    counts = {"lost": row.losses, "same": row.ties, "won": row.wins}
    told = _both("counts", **{name: f"{n:,}" for name, n in counts.items()})
    return (
        f'<p class="headline"><small>{escape(str(row.measure))}</small> {row.baseline:.4f} → '
        f'{row.candidate:.4f} <strong class="{side}">{sign} {row.delta:+.4f}</strong>'
        f"<small>{told}</small></p>"
    )


def _direction(delta: float) -> tuple[str, str]:
    """Mark and class of a delta."""
    if delta > 0:
        return "▲", "gain"
    return ("▼", "loss") if delta < 0 else ("=", "same")


def _decision(result: CandidateResult, level: str) -> str:
    decision = result.decision
    if decision is None:
        return ""
    found = decision

    def why(say: Say) -> list[Block]:
        # the verdict with its reason stands beside it
        told = list(reasons(result, found, say))[1:]
        return [Bullets.of(*told[: len(found.reasons)])]

    return (
        f'<section class="answer field"><{level}>{_both("live_asked")}</{level}>'
        f"<p><strong>{_both(found.field)}</strong></p>{_blocks(why)}</section>"
    )


def _plot(rows: Sequence[Interval], result: CandidateResult, number: int, level: str) -> str:
    comparison = result.comparison
    classes = _is_classes(rows, result)
    first = str(comparison.measures[0].measure)
    scale = Scale.of(rows)
    seen = comparison.measures[0].statistics
    title = _both("classes", measure=first) if classes else _both("intervals")
    body = "".join(_row(row, scale, classes) for row in rows)
    legend = ""
    if number == 0 and seen is not None:
        shown = [("mean", "legend_mean"), ("interval", "legend_interval")]
        if any(row.margin is not None for row in rows):
            shown.append(("margin", "legend_margin"))
        if any(row.unjudged is not None for row in rows):
            shown.append(("unjudged", "legend_unjudged"))
        percent = f"{100 * (1 - seen.alpha):g} %"
        legend = "".join(
            f'<li><span class="key {kind}" aria-hidden="true"></span>{_both(key, level=percent)}'
            "</li>"
            for kind, key in shown
        )
        legend = f'<ul class="legend">{legend}</ul>'
    return (
        f'<div class="plot"><{level}>{title}</{level}>'
        f'{legend}<ul class="rows">{body}</ul>'
        f'<div class="row foot"><span></span>{axis(scale)}<span></span></div></div>'
    )


def _is_classes(rows: Sequence[Interval], result: CandidateResult) -> bool:
    names = [row.topic_class for row in result.comparison.measures[0].classes]
    return [row.about for row in rows] == names


def _row(row: Interval, scale: Scale, corrected: bool) -> str:
    sign, side = _direction(row.delta)
    interval = (
        _both("row_no_interval")
        if row.low is None or row.high is None
        else f"[{row.low:+.4f}, {row.high:+.4f}]"
    )
    p_value = ""
    if row.p_value is not None:
        p_value = " · " + _both("row_p_class" if corrected else "row_p", p=f"{row.p_value:.2g}")
    return (
        f'<li class="row"><span class="about"><bdi>{escape(shorten(row.about, 60))}</bdi> '
        f"<small>{_both('row_n', n=f'{row.n_topics:,}')}</small></span>{strip(row, scale)}"
        f'<span class="told"><strong class="{side}">{sign} {row.delta:+.4f}</strong> '
        f"<small>{interval}{p_value}</small></span></li>"
    )


def _ranking(report: Report, say: Say) -> Table:
    rows: list[tuple[Line, ...]] = []
    for row in ranked(report.results):
        measure = row.comparison.measures[0]
        rows.append(
            (
                (Foreign(row.comparison.tag, 60),),
                (f"{measure.candidate:.4f}",),
                (f"{measure.delta:+.4f}",),
                say("none") if row.verdict is None else (row.verdict.name,),
                say("none") if row.decision is None else say(row.decision.field),
            )
        )
    first = str(report.results[0].comparison.measures[0].measure)
    header = (say.text("candidate"), first, say.text("delta"), say.text("verdict"), "A/B")
    return Table(header, tuple(rows), " >>  ")


def _topics() -> str:
    title = f'<h2 id="topics-title">{_both("topics")}</h2>'
    return (
        '<section id="topics" aria-labelledby="topics-title" tabindex="-1">'
        f'{title}<noscript><p>{_both("no_script")}</p></noscript><div id="app"></div></section>'
    )


def _rest(report: Report) -> Iterator[str]:
    several = len(report.results) > 1
    for result in report.results:
        name = shorten(result.comparison.tag, 60)
        yield from _open(result, report, f" <small><bdi>{escape(name)}</bdi></small>" * several)
    if report.results[0].comparison.left_out:
        yield _folded("left_out_topics", _left_out(report))
    yield _folded("record", _blocks(lambda say: list(record(report, say))[1:]))


def _open(result: CandidateResult, report: Report, tag: str) -> Iterator[str]:
    """What is not known of one candidate, what a live test needs, what changes, notes."""
    open_questions = _blocks(lambda say: [Bullets.of(*unknown(result, say))])
    yield _section("unknown", open_questions, "h2", tag)
    decision = result.decision
    if decision is not None:
        yield _folded("live", _blocks(lambda say: live_test(decision, say)), tag)
    yield _folded("changed", _blocks(lambda say: change(result, report, say)), tag)
    told = () if report.passages is None else report.passages.notes
    lines: list[Line] = [(Foreign(note, 600),) for note in (*result.comparison.notes, *told)]
    if lines:
        yield _folded("notes", fragment([Bullets.of(*lines)]), tag)


def _left_out(report: Report) -> str:
    rows = report.results[0].comparison.left_out

    def listed(say: Say) -> list[Block]:
        place = LANGUAGES.index(say.language)
        lines: list[Line] = [
            (Foreign(t.query_id, 60), " ", Foreign(t.text), f" – {said(t.reason, place)}")
            for t in rows[:_LEFT_OUT]
        ]
        if len(rows) > _LEFT_OUT:
            lines.append(say("more", n=len(rows) - _LEFT_OUT))
        return [Bullets.of(*lines)]

    return _blocks(listed)


def _section(key: str, inner: str, level: str = "h2", tag: str = "") -> str:
    return f"<section><{level}>{_title(key)}{tag}</{level}>{inner}</section>"


def _folded(key: str, inner: str, tag: str = "") -> str:
    return f"<details><summary><h2>{_title(key)}{tag}</h2></summary>{inner}</details>"


def _title(key: str) -> str:
    return _both(key)


def _both(key: str, **places: str | int) -> str:
    """The sentence in both languages; the style shows that of the page."""
    return "".join(
        f'<span class="t" lang="{language}">{escape(said(key, place, **places))}</span>'
        for place, language in enumerate(LANGUAGES)
    )


def _blocks(make: Callable[[Say], Sequence[Block] | Iterator[Block]]) -> str:
    """Blocks in both languages."""
    return "".join(
        f'<div class="t" lang="{language}">{fragment([*make(Say(language))])}</div>'
        for language in LANGUAGES
    )

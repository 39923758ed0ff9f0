"""The history for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from esqual.history.breaks import Break
from esqual.history.difference import Difference
from esqual.history.entries import Entry
from esqual.report.table import clip, render_table

__all__ = ["render_breaks", "render_difference", "render_list", "render_trend"]

_BAR = 24
_TEXT_WIDTH = 40


def render_list(entries: Sequence[Entry]) -> str:
    """A line per comparison, oldest first."""
    return render_table(
        ["#", "when (UTC)", "tag", "verdict", "decision", "measure", "baseline", "candidate", "Δ"],
        [
            [
                str(entry.number),
                entry.created_at[:16].replace("T", " "),
                clip(entry.tag, 24),
                entry.verdict or "–",
                entry.decision or "–",
                clip(entry.measure, 28),
                f"{entry.baseline:.4f}",
                f"{entry.candidate:.4f}",
                f"{entry.delta:+.4f}",
            ]
            for entry in entries
        ],
        ">.....>>>",
    )


def render_trend(entries: Sequence[Entry]) -> str:
    """A series as bars: ``░`` reaches to the baseline's mean, ``█`` to the candidate's."""
    top = max((max(e.baseline, e.candidate) for e in entries), default=0.0) or 1.0
    rows = [
        [
            str(entry.number),
            entry.created_at[:10],
            clip(entry.tag, 20),
            f"{entry.baseline:.4f}",
            f"{entry.candidate:.4f}",
            _bar(entry.candidate, entry.baseline, top),
            entry.verdict or "–",
        ]
        for entry in entries
    ]
    header = ["#", "day", "tag", "baseline", "candidate", f"0 … {top:.4f}", "verdict"]
    return render_table(header, rows, ">..>>..")


def _bar(candidate: float, baseline: float, top: float) -> str:
    full, own = round(_BAR * candidate / top), round(_BAR * baseline / top)
    return "█" * full + "░" * max(0, own - full)


def render_difference(difference: Difference, moved: int) -> str:
    """What made the two, what came of them, and the topics that changed most."""
    before, after = difference.before, difference.after
    parts = [render_list([before, after])]
    if not difference.comparable:
        parts.append(
            "other topics, judgments or measure: the figures are not of one series, and only what "
            "both have can be held side by side"
        )
    if difference.made_by:
        rows = [[name, clip(old, 40), clip(new, 40)] for name, old, new in difference.made_by]
        parts.append(render_table(["what made it", f"#{before.number}", f"#{after.number}"], rows))
    else:
        parts.append("made by the same templates, mappings, gate, versions and commit")
    for name, lines in difference.texts.items():
        shown = [clip(line, 100) for line in lines]
        parts.append("\n".join([f"{name}:", *shown]))
    if difference.topics:
        rows = [
            [
                clip(row.query_id, 24),
                f"{row.before:.4f}",
                f"{row.after:.4f}",
                f"{row.delta:+.4f}",
            ]
            for row in difference.topics[:moved]
        ]
        more = len(difference.topics) - len(rows)
        table = render_table(["topic", "before", "after", "Δ"], rows, ".>>>")
        parts.append(table + (f"\n… and {more} more" if more > 0 else ""))
    else:
        parts.append("no topic changed")
    return "\n\n".join(parts)


def render_breaks(
    breaks: Sequence[Break], text_of: Callable[[str], str], causes: Callable[[Break], str]
) -> str:
    """A line per broken topic; ``causes`` says what was not the same in the two comparisons."""
    if not breaks:
        return "no topic is worse than it was"

    def rows() -> Iterator[list[str]]:
        for row in breaks:
            yield [
                clip(row.query_id, 20),
                clip(text_of(row.query_id), _TEXT_WIDTH),
                f"#{row.last_good} {row.before:.4f}",
                f"#{row.first_bad} {row.after:.4f}",
                f"{row.now:.4f}",
                causes(row),
            ]

    header = ["topic", "text", "last good", "first bad", "now", "what was not the same"]
    return render_table(header, list(rows()), "....>.")

"""Intervals against the margin, as inline SVG whose places are shares of the width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from esqual.comparison import Comparison
from esqual.gate import Verdict

__all__ = ["Interval", "Scale", "axis", "intervals_of", "strip"]

_HEIGHT, _MIDDLE = 36, 18
# topics from which an interval makes the plot wider
_ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """One row of the plot; all figures are deltas, None where there is none.

    ``about`` is a measure or a class, ``low`` and ``high`` its confidence interval,
    ``margin`` the fall that is tolerated, ``unjudged`` what judgments could still make of it.
    """

    about: str
    n_topics: int
    delta: float
    low: float | None
    high: float | None
    margin: float | None
    unjudged: tuple[float, float] | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Deltas from ``low`` to ``high`` over the width."""

    low: float
    high: float

    @classmethod
    def of(cls, rows: Sequence[Interval]) -> Scale:
        """Wide enough for means, margins, 0, and the intervals of rows with topics enough.

        An interval of two or three topics may be wider than any delta can be; it leaves the plot.
        """
        seen = [0.0]
        for row in rows:
            margin = None if row.margin is None else -row.margin
            ends = (row.low, row.high) if row.n_topics >= _ENOUGH or len(rows) == 1 else ()
            seen += [x for x in (1.15 * row.delta, margin, *ends) if x is not None]
        low, high = min(seen), max(seen)
        room = (high - low) * 0.08 or 0.01
        return cls(low - room, high + room)

    def share(self, value: float) -> str:
        """Place as a share of the width; what lies outside is at the edge."""
        share = 100 * (value - self.low) / (self.high - self.low)
        return f"{min(100.0, max(0.0, share)):.2f}%"

    def holds(self, value: float) -> bool:
        """Whether the place is in the plot."""
        return self.low <= value <= self.high

    def ticks(self) -> list[float]:
        """At most seven round figures, 0 among them."""
        step = 1e-6
        while (self.high - self.low) / step > 6:
            # 1, 2, 5, 10 …
            step *= 2.5 if f"{step:e}"[0] == "2" else 2
        first = int(self.low / step)
        return [n * step for n in range(first, int(self.high / step) + 1)]


def intervals_of(comparison: Comparison, verdict: Verdict | None) -> list[list[Interval]]:
    """Plots of a comparison: the bounded measures, any other measure, the first one's classes.

    Empty without judgments. Measures with one scale share a plot.
    """
    margins = {
        (rule.measure, rule.topic_class): rule.limit
        for rule in (() if verdict is None else verdict.rules)
        if rule.rule == "margin"
    }
    bounded: list[Interval] = []
    others: list[list[Interval]] = []
    for row in comparison.measures:
        seen = row.statistics
        if seen is None:
            continue
        name = str(row.measure)
        low, high = seen.confidence_interval or (None, None)
        interval = Interval(
            name,
            seen.n_topics,
            row.delta,
            low,
            high,
            margins.get((name, None)),
            None if row.bounds is None else (row.bounds.counted_low, row.bounds.counted_high),
            seen.p_value,
        )
        # a measure without one-sided limits has no bounds, and so a scale of its own
        others.append([interval]) if seen.gate_lower is None else bounded.append(interval)
    return [rows for rows in (bounded, *others, list(_classes(comparison, margins))) if rows]


def _classes(
    comparison: Comparison, margins: dict[tuple[str | None, str | None], float]
) -> Iterator[Interval]:
    first = comparison.measures[0]
    for row in first.classes:
        low, high = row.statistics.confidence_interval or (None, None)
        margin = margins.get((str(first.measure), row.topic_class))
        delta, n = row.means.delta, row.statistics.n_topics
        yield Interval(row.topic_class, n, delta, low, high, margin, None, row.adjusted_p_value)


def strip(row: Interval, scale: Scale) -> str:
    """The picture of one row; what it says stands beside it in words."""
    parts = [_line("zero", scale.share(0), 0, _HEIGHT)]
    if row.margin is not None:
        parts.insert(0, _band("refused", "0%", scale.share(-row.margin), 0, _HEIGHT))
        parts.append(_line("margin", scale.share(-row.margin), 0, _HEIGHT))
    if row.unjudged is not None:
        low, high = map(scale.share, row.unjudged)
        parts.append(_band("unjudged", low, high, _MIDDLE - 7, 14))
    if row.low is not None and row.high is not None:
        low, high = scale.share(row.low), scale.share(row.high)
        parts.append(
            f'<line class="interval" x1="{low}" x2="{high}" y1="{_MIDDLE}" y2="{_MIDDLE}"/>'
        )
        # an end outside of the plot has no cap
        ends = [end for end in (row.low, row.high) if scale.holds(end)]
        parts += [_line("interval", scale.share(end), _MIDDLE - 6, 12) for end in ends]
    side = "gain" if row.delta > 0 else "loss" if row.delta < 0 else "same"
    parts.append(f'<circle class="{side}" cx="{scale.share(row.delta)}" cy="{_MIDDLE}" r="5"/>')
    return _svg("strip", _HEIGHT, parts)


def axis(scale: Scale) -> str:
    """The figures below the rows."""
    parts = []
    for tick in scale.ticks():
        place = scale.share(tick)
        parts.append(_line("tick", place, 0, 5))
        label = "0" if abs(tick) < 1e-12 else f"{tick:+.4g}"
        parts.append(f'<text x="{place}" y="18">{label}</text>')
    return _svg("axis", 24, parts)


def _svg(kind: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg class="{kind}" width="100%" height="{height}" aria-hidden="true" focusable="false">'
        f"{''.join(parts)}</svg>"
    )


def _line(kind: str, x: str, y: int, height: int) -> str:
    return f'<line class="{kind}" x1="{x}" x2="{x}" y1="{y}" y2="{y + height}"/>'


def _band(kind: str, low: str, high: str, y: int, height: int) -> str:
    width = float(high[:-1]) - float(low[:-1])
    return f'<rect class="{kind}" x="{low}" width="{width:.2f}%" y="{y}" height="{height}"/>'

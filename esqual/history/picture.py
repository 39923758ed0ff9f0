"""A trend as one self-contained SVG: no script, no font, no link, readable in light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from esqual.history.entries import Entry

__all__ = ["render_trend_svg"]

_WIDTH, _HEIGHT = 860, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 56, 64
# verdict -> (class, word); the shape says it too, so that colour is not needed
_MARKS = {"PASS": "pass", "FAIL": "fail", "INCONCLUSIVE": "open", None: "none"}
_STYLE = """
svg { font: 13px system-ui, sans-serif; background: #fff; color: #1a1d21 }
text { fill: currentColor } .quiet { fill: #5b6470 } .grid { stroke: #dde1e6 }
.base { stroke: #5b6470; stroke-dasharray: 5 4 } .cand, .bar { stroke: #1f5fbf }
.bar { opacity: .45 } path { fill: none; stroke-width: 2 }
.grid, .bar { stroke-width: 1 } .pass { fill: #1f7a3d } .fail { fill: #b3261e }
.open { fill: #fff; stroke: #8a5a00; stroke-width: 2 } .none { fill: #1f5fbf }
@media (prefers-color-scheme: dark) {
svg { background: #14171a; color: #e8eaed } .quiet { fill: #a3adb8 } .grid { stroke: #31373d }
.base { stroke: #a3adb8 } .cand, .bar { stroke: #7fb0ff } .pass { fill: #6fd08c }
.fail { fill: #ff8a80 } .open { fill: #14171a; stroke: #ffc56b } .none { fill: #7fb0ff } }
"""


def render_trend_svg(entries: Sequence[Entry], title: str) -> str:
    """Means of baseline (dashed) and candidate (marks by verdict) in the order of time.

    Vertical bars show the interval of the candidate's gain, laid at the baseline. ``entries``: one
    series, oldest first. Raises ValueError for none.
    """
    if not entries:
        raise ValueError("no comparison to draw")
    plot = _Plot(entries)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="t d"><title id="t">{_clean(title)}</title>',
        f'<desc id="d">{_clean(_described(entries))}</desc><style>{_STYLE}</style>',
        f'<text x="{_LEFT}" y="22" font-weight="600">{_clean(title)}</text>',
        *_legend(),
        *plot.axes(),
        plot.path("base", [entry.baseline for entry in entries]),
        plot.path("cand", [entry.candidate for entry in entries]),
        *plot.bars(),
        *plot.marks(),
        "</svg>\n",
    ]
    return "\n".join(parts)


class _Plot:
    """From values to places; the scale holds every value and interval with a little air."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        values = [v for e in entries for v in (e.baseline, e.candidate, *_ends(e))]
        low, high = min(values), max(values)
        air = max((high - low) * 0.08, 0.005)
        self.low, self.high = low - air, high + air

    def x(self, place: int) -> float:
        span = _WIDTH - _LEFT - _RIGHT
        n = len(self.entries)
        return _LEFT + (span / 2 if n == 1 else 12 + (span - 24) * place / (n - 1))

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def axes(self) -> Iterator[str]:
        for step in range(5):
            value = self.low + (self.high - self.low) * step / 4
            y = self.y(value)
            yield f'<path class="grid" d="M {_LEFT},{y:.1f} H {_WIDTH - _RIGHT}"/>'
            yield _text(_LEFT - 8, y + 4, f"{value:.3f}", "end")
        n = len(self.entries)
        for place in sorted({0, n // 4, n // 2, 3 * n // 4, n - 1}):
            entry, x = self.entries[place], self.x(place)
            for line, text in enumerate((f"#{entry.number}", entry.created_at[:10])):
                y = _HEIGHT - _BOTTOM + 20 + 16 * line
                anchor = "end" if place == n - 1 and n > 1 else "middle"
                yield _text(x, y, text, anchor)

    def path(self, name: str, values: Sequence[float]) -> str:
        points = " ".join(f"{self.x(i):.1f},{self.y(v):.1f}" for i, v in enumerate(values))
        return f'<path class="{name}" d="M {points.replace(" ", " L ")}"/>'

    def bars(self) -> Iterator[str]:
        for place, entry in enumerate(self.entries):
            ends = _ends(entry)
            if ends:
                low, high = (self.y(value) for value in ends)
                yield f'<path class="bar" d="M {self.x(place):.1f},{low:.1f} V {high:.1f}"/>'

    def marks(self) -> Iterator[str]:
        for place, entry in enumerate(self.entries):
            told = f"#{entry.number} {entry.created_at[:16]} {entry.tag}: {_figures(entry)}"
            shape = _shape(entry.verdict, self.x(place), self.y(entry.candidate))
            yield f"<g><title>{_clean(told)}</title>{shape}</g>"


def _ends(entry: Entry) -> tuple[float, ...]:
    if entry.low is None or entry.high is None:
        return ()
    return entry.baseline + entry.low, entry.baseline + entry.high


def _shape(verdict: str | None, x: float, y: float) -> str:
    name = _MARKS.get(verdict, "none")
    if name == "fail":
        return f'<path class="fail" d="M {x - 6:.1f},{y - 5:.1f} h 12 l -6,11 z"/>'
    if name == "open":
        return f'<path class="open" d="M {x:.1f},{y - 6:.1f} l 6,6 l -6,6 l -6,-6 z"/>'
    radius = 5 if name == "pass" else 3
    return f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'


def _legend() -> Iterator[str]:
    x = _LEFT
    for verdict, word in (
        ("PASS", "PASS"),
        ("FAIL", "FAIL"),
        ("INCONCLUSIVE", "INCONCLUSIVE"),
        (None, "no gate"),
    ):
        yield _shape(verdict, x + 6, 38)
        yield _text(x + 17, 43, word)
        x += 34 + 9 * len(word)
    for name, word in (("base", "baseline"), ("cand", "candidate")):
        yield f'<path class="{name}" d="M {x + 6},38 h 28"/>'
        yield _text(x + 40, 43, word)
        x += 120


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="quiet" {place}>{_clean(text)}</text>'


def _figures(entry: Entry) -> str:
    return (
        f"{entry.measure} {entry.baseline:.4f} → {entry.candidate:.4f} "
        f"({entry.delta:+.4f}), {entry.verdict or 'no gate'}"
    )


def _described(entries: Sequence[Entry]) -> str:
    return f"{len(entries)} comparisons; the last one: {_figures(entries[-1])}"


def _clean(text: str) -> str:
    """Text for XML: no control character, and nothing that is markup."""
    return escape("".join(c if c.isprintable() else " " for c in text), {'"': "&quot;"})

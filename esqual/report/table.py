"""Plain-text tables whose columns line up in Japanese too."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["clip", "display_width", "pad", "render_table"]


def display_width(text: str) -> int:
    """Columns that ``text`` takes in a terminal: wide and full-width characters take two."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clip(text: str, width: int) -> str:
    """``text`` on one line in at most ``width`` columns; what is cut ends in …"""
    # control characters of a document must not reach the terminal
    line = "".join(c if c.isprintable() else " " for c in text).strip()
    if display_width(line) <= width:
        return line
    kept, used = [], 0
    for character in line:
        used += _columns(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def pad(text: str, width: int, right: bool = False) -> str:
    """``text`` filled with spaces to ``width`` columns; ``right`` aligns to the right."""
    fill = " " * max(0, width - display_width(text))
    return fill + text if right else text + fill


def render_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Lines of a table; ``right`` has one character a column, ``>`` aligns it to the right."""
    cells = [list(header), *map(list, rows)]
    widths = [max(display_width(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        aligned = [pad(row[i], widths[i], right[i : i + 1] == ">") for i in range(len(row))]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)

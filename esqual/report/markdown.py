"""Blocks as GitHub's Markdown, where nothing from outside can be markup, link or mention."""

from __future__ import annotations

import re
from collections.abc import Sequence

from esqual.report.blocks import (
    Block,
    Bullets,
    Foreign,
    Heading,
    Inline,
    Line,
    Listing,
    Paragraph,
    Strong,
    Table,
)
from esqual.report.plain import kept, shorten

__all__ = ["LIMIT", "code", "prose", "to_markdown"]

# A comment on a pull request holds 65,536 characters; a step summary is larger.
LIMIT = 65_000
_ACTIVE = re.compile(r"([\\`*_\[\]<>&|~$])")
# Outside code GitHub makes these links or mentions, whatever is escaped.
_LINKS = re.compile(r"[@#]|://|\bwww\.|\bGH-", re.I)
_PROSE = 2000


def to_markdown(blocks: Sequence[Block], limit: int = LIMIT) -> str:
    """``blocks`` in at most ``limit`` characters; those that have no room are counted at the end.

    The most important ones come first, so what is cut is the end.
    """
    room = limit - 200
    parts: list[str] = []
    for block in blocks:
        text = _write(block)
        if room < len(text) + 2:
            break
        room -= len(text) + 2
        parts.append(text)
    cut = len(blocks) - len(parts)
    if cut:
        parts.append(f"_Cut here: {cut} more parts have no room; the JSON has everything._")
    return "\n\n".join(parts) + "\n"


def code(text: str, length: int = 120) -> str:
    """``text`` from outside as a code span: no markup, link, mention or HTML is read in it."""
    line = shorten(text, length)
    if not line:
        return "(empty)"
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def prose(text: str) -> str:
    """A sentence of ours that may quote names from outside; what could be a link becomes code."""
    words = []
    for word in shorten(text, _PROSE).split(" "):
        bare = word.rstrip(".,:;)") if _LINKS.search(word) else ""
        if bare:
            # a bracket that opens in the word closes in it
            bare = word[: len(bare) + 1] if "(" in bare and word[len(bare) :][:1] == ")" else bare
            words.append(code(bare, _PROSE) + _ACTIVE.sub(r"\\\1", word[len(bare) :]))
        else:
            words.append(_ACTIVE.sub(r"\\\1", word))
    return " ".join(words)


def _inline(part: Inline) -> str:
    if isinstance(part, Foreign):
        return code(part.text, part.length)
    if isinstance(part, Strong):
        return f"**{prose(part.text)}**"
    return _spaced(part)


def _spaced(text: str) -> str:
    """:func:`prose`, with the spaces at both ends kept: they join it to its neighbours."""
    inner = prose(text)
    if not inner:
        return " " if text else ""
    return f"{' ' * text[:1].isspace()}{inner}{' ' * text[-1:].isspace()}"


def _line(line: Line) -> str:
    return "".join(map(_inline, line))


def _cell(line: Line) -> str:
    # A table is cut into cells before code is read, and how many backslashes there free a bar is
    # not agreed upon: one that stands before a bar is set apart.
    text = re.sub(r"\\+(?=\|)", lambda run: f"{run[0]} ", _bare(line))
    return re.sub(r"\|", r"\\|", text)


def _bare(line: Line) -> str:
    """The line with bars not escaped yet."""
    return "".join(
        _inline(part) if isinstance(part, Foreign) else _inline(part).replace("\\|", "|")
        for part in line
    )


def _write(block: Block) -> str:
    match block:
        case Heading(level, line):
            return f"{'#' * level} {_line(line)}"
        case Paragraph(line):
            return _line(line)
        case Bullets(items):
            lines = []
            for line, below in items:
                lines.append(f"- {_line(line)}")
                lines += [f"  - {_line(each)}" for each in below]
            return "\n".join(lines)
        case Table(header, rows, right):
            return _table(header, rows, right)
        case Listing(lines, wrapped):
            fence = "`" * (1 + max([2, *(len(r) for x in lines for r in re.findall("`+", x))]))
            shown = [kept(line, 4000 if wrapped else 160) for line in lines]
            return "\n".join([f"{fence}{'sh' if wrapped else 'diff'}", *shown, fence])


def _table(header: Sequence[str], rows: Sequence[Sequence[Line]], right: str) -> str:
    marks = ["--:" if right[i : i + 1] == ">" else "---" for i in range(len(header))]
    lines = [
        f"| {' | '.join(_cell((name,)) for name in header)} |",
        f"| {' | '.join(marks)} |",
        *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows),
    ]
    return "\n".join(lines)

"""A small document: what a page says, apart from how Markdown or HTML writes it.

Text of our own is a ``str``; what came from outside (a query, an id, the name of a file or class)
is :class:`Foreign`, and the writers let no character of it act as markup.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Block",
    "Bullets",
    "Foreign",
    "Heading",
    "Inline",
    "Line",
    "Listing",
    "Paragraph",
    "Strong",
    "Table",
]


@dataclass(frozen=True, slots=True)
class Foreign:
    """Text from outside, shown as it is in at most ``length`` characters of one line."""

    text: str
    length: int = 120


@dataclass(frozen=True, slots=True)
class Strong:
    """Text of our own that stands out."""

    text: str


Inline = str | Foreign | Strong
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title (level 1) or the head of a section (2 and 3)."""

    level: int
    line: Line


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    line: Line


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; an item may have items of its own."""

    items: tuple[tuple[Line, tuple[Line, ...]], ...]

    @classmethod
    def of(cls, *lines: Line) -> Bullets:
        """A list without items below items."""
        return cls(tuple((line, ()) for line in lines))


@dataclass(frozen=True, slots=True)
class Table:
    """``right`` has one character a column, ``>`` aligns it to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    right: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines from outside whose spaces count, such as a diff; ``wrapped``: one long command."""

    lines: tuple[str, ...]
    wrapped: bool = False


Block = Heading | Paragraph | Bullets | Table | Listing

"""Foreign text made safe for one line: queries, ids, names of files, tags and classes."""

from __future__ import annotations

__all__ = ["kept", "one_line", "shorten"]


def one_line(text: str) -> str:
    """``text`` without control, format, private or surrogate characters; white space is one space.

    Line breaks, the direction marks that turn text around, and what XML 1.0 forbids are gone.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shorten(text: str, length: int) -> str:
    """:func:`one_line` in at most ``length`` characters; what is cut ends in …"""
    # a text of megabytes is not looked at to its end
    head = text[: 4 * length + 64]
    line = one_line(head)
    if len(line) <= length and len(head) == len(text):
        return line
    return line[: length - 1] + "…"


def kept(text: str, length: int) -> str:
    """``text`` with its spaces, without control characters, in at most ``length`` characters."""
    shown = "".join(c if c.isprintable() else " " for c in text[: length + 1])
    return shown if len(shown) <= length else shown[: length - 1] + "…"

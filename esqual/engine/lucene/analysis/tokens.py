"""Text to tokens, read in one call to Java."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.analysis.components import CharFilter
from esqual.engine.lucene.jvm import J, ints, java_array, java_class, java_strings, strings

__all__ = ["Token", "TooManyTokensError", "filtered", "read", "terms", "tokens"]

_NO_LIMIT = 2**31 - 1


class TooManyTokensError(Exception):
    """The texts gave more tokens than the limit."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token. Offsets count UTF-16 units, as Elasticsearch does; positions start at 0."""

    term: str
    start: int
    end: int
    type: str
    position: int
    position_length: int = 1


def tokens(analyzer: Any, text: str) -> list[Token]:
    """The tokens of ``text`` under a Java ``Analyzer``."""
    return read(analyzer, [text], 0)[0]


def terms(analyzer: Any, text: str) -> list[str]:
    """Only the terms."""
    reader = J.TokenReader.read(analyzer, java_strings([text]), 0, _NO_LIMIT, False)
    return strings(reader.terms())


def filtered(char_filters: Iterable[CharFilter], texts: Iterable[str]) -> list[str]:
    """Each text after the character filters."""
    factories = java_array(
        java_class("org.apache.lucene.analysis.CharFilterFactory"), [f.java for f in char_filters]
    )
    return [str(J.TokenReader.filtered(factories, text)) for text in texts]


def read(
    analyzer: Any, texts: Iterable[str], gap: int, limit: int = _NO_LIMIT, *, details: bool = False
) -> tuple[list[Token], list[list[str]]]:
    """The tokens of several values of one field, ``gap`` positions apart, and their attributes.

    Each token's attributes are one list; an attribute is four strings in a row: attribute class,
    key, Java type of the value, value.
    Raises :class:`TooManyTokensError` beyond ``limit``.
    """
    try:
        reader = J.TokenReader.read(analyzer, java_strings(texts), gap, limit, details)
    except java_class("java.lang.IllegalStateException") as error:
        raise TooManyTokensError from error
    numbers = ints(reader.numbers())
    found = [
        Token(term, numbers[at], numbers[at + 1], type, numbers[at + 2], numbers[at + 3])
        for at, term, type in zip(
            range(0, len(numbers), 4), strings(reader.terms()), strings(reader.types()), strict=True
        )
    ]
    return found, [strings(row) for row in reader.details()]

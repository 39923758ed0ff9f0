"""What an analysis chain is made of, before and after it becomes a Java analyzer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.jvm import J, java_array, java_class, java_flags, java_map

__all__ = ["DEFAULT_GAP", "Chain", "CharFilter", "TokenFilter", "Tokenizer", "factory", "regex"]

DEFAULT_GAP = 100  # positions between the values of a field
_PACKAGE = "org.apache.lucene.analysis."
_FLAGS = {
    "CASE_INSENSITIVE": 0x02,
    "MULTILINE": 0x08,
    "DOTALL": 0x20,
    "UNICODE_CASE": 0x40,
    "CANON_EQ": 0x80,
    "UNIX_LINES": 0x01,
    "LITERAL": 0x10,
    "COMMENTS": 0x04,
    "UNICODE_CHAR_CLASS": 0x100,
    "UNICODE_CHARACTER_CLASS": 0x100,
}


@dataclass(frozen=True, slots=True)
class CharFilter:
    """``java`` is a ``CharFilterFactory``; ``normalizing``: also applied to unsplit terms."""

    name: str
    java: Any
    normalizing: bool = False


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """``java`` is a ``TokenizerFactory``; ``then``: filters that belong to the tokenizer."""

    name: str
    java: Any
    then: tuple[TokenFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenFilter:
    """A filter: ``make(before)`` gives its ``TokenFilterFactory`` list.

    ``before`` is the chain up to here. ``in_synonyms`` says what becomes of the filter while
    synonym rules are parsed: kept, left out, refused, or replaced by another one.
    """

    name: str
    make: Callable[[Chain], list[Any]]
    normalizing: bool = False
    in_synonyms: Literal["keep", "skip", "refuse"] | TokenFilter = "keep"


@dataclass(frozen=True, slots=True)
class Chain:
    """A whole analyzer. ``gap`` is that between values where the mapping names none."""

    name: str
    tokenizer: Tokenizer
    char_filters: tuple[CharFilter, ...] = ()
    filters: tuple[TokenFilter, ...] = ()
    gap: int = DEFAULT_GAP
    custom: bool = field(default=False, kw_only=True)

    def all_filters(self) -> tuple[TokenFilter, ...]:
        """The tokenizer's own filters and the chain's."""
        return self.tokenizer.then + self.filters

    def java(self) -> Any:
        """The Lucene ``Analyzer``. Errors of a component arise here as :class:`ApiError`."""
        factories: list[Any] = []
        normalizing: list[bool] = []
        for at, component in enumerate(self.all_filters()):
            made = component.make(self.before(at))
            factories += made
            normalizing += [component.normalizing] * len(made)
        analyzer = J.ChainAnalyzer(
            java_array(
                java_class(_PACKAGE + "CharFilterFactory"), [c.java for c in self.char_filters]
            ),
            java_flags(c.normalizing for c in self.char_filters),
            self.tokenizer.java,
            java_array(java_class(_PACKAGE + "TokenFilterFactory"), factories),
            java_flags(normalizing),
            self.gap,
        )
        _try_out(analyzer)
        return analyzer

    def before(self, at: int) -> Chain:
        """The chain with only the first ``at`` filters."""
        own = Tokenizer(self.tokenizer.name, self.tokenizer.java)
        return replace(self, tokenizer=own, filters=self.all_filters()[:at])

    def for_synonyms(self) -> Chain:
        """The chain as the parser of synonym rules uses it."""
        kept: list[TokenFilter] = []
        for component in self.filters:
            if component.in_synonyms == "refuse":
                raise illegal_argument(
                    f"Token filter [{component.name}] cannot be used to parse synonyms"
                )
            if isinstance(component.in_synonyms, TokenFilter):
                kept.append(component.in_synonyms)
            elif component.in_synonyms == "keep":
                kept.append(component)
        return replace(self, filters=tuple(kept))


def factory(java: str, /, **arguments: str | int | bool) -> Any:
    """A Lucene factory: a class below ``org.apache.lucene.analysis``, with its own arguments."""
    texts = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in arguments.items()
    }
    made = refusing(lambda: java_class(_PACKAGE + java)(java_map(texts)))
    if isinstance(made, java_class("org.apache.lucene.util.ResourceLoaderAware")):
        # finds classes and rules inside Lucene's own jars; no argument here names a file
        loader = java_class("org.apache.lucene.util.ClasspathResourceLoader")(made.getClass())
        refusing(lambda: made.inform(loader))
    return made


def refusing(action: Callable[[], Any]) -> Any:
    """The result of ``action``; a Java exception becomes the 400 or 500 Elasticsearch gives it."""
    try:
        return action()
    except java_class("java.lang.Exception") as error:
        raise api_error(error) from error


def api_error(error: Any) -> ApiError:
    """A Java exception as Elasticsearch names it: ``IllegalArgumentException`` is a 400."""
    simple = str(error.getClass().getSimpleName())
    words = "".join("_" + c.lower() if c.isupper() else c for c in simple).strip("_")
    bad_input = isinstance(error, java_class("java.lang.IllegalArgumentException"))
    cause = error.getCause()
    return ApiError(
        400 if bad_input else 500,
        words,
        str(error.getMessage()),
        caused_by=None if cause is None else api_error(cause),
    )


def regex(pattern: str, flags: str | None) -> Any:
    """A Java ``Pattern``; ``flags`` like ``CASE_INSENSITIVE|COMMENTS``."""
    bits = 0
    for name in (flags or "").split("|"):
        if name.strip():
            if name.strip().upper() not in _FLAGS:
                raise illegal_argument(f"Unknown regex flag [{name.strip()}]")
            bits |= _FLAGS[name.strip().upper()]
    return refusing(lambda: java_class("java.util.regex.Pattern").compile(pattern, bits))


def _try_out(analyzer: Any) -> None:
    """Build the chain once: Lucene checks some settings only then."""
    refusing(lambda: analyzer.tokenStream("", "").close())

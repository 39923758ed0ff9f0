"""Character filters: text to text, before the tokenizer."""

from __future__ import annotations

import re
from collections.abc import Callable

from esqual.engine.lucene.analysis.components import CharFilter, factory, refusing, regex
from esqual.engine.lucene.analysis.options import Options
from esqual.engine.lucene.analysis.words import lines
from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.jvm import J, java_class

__all__ = ["CHAR_FILTERS", "NEEDS_SETTINGS"]


def _html_strip(o: Options) -> CharFilter:
    tags = o.strings("escaped_tags") or []
    arguments = {"escapedTags": ",".join(tags)} if tags else {}
    return CharFilter(o.name, factory("charfilter.HTMLStripCharFilterFactory", **arguments))


def _pattern_replace(o: Options) -> CharFilter:
    pattern = o.string("pattern")
    if not pattern:
        raise illegal_argument(
            f"pattern is missing for [{o.name}] char filter of type 'pattern_replace'"
        )
    compiled = regex(pattern, o.string("flags"))
    replacement = o.string("replacement", "")
    return CharFilter(o.name, J.Components.patternReplaceChars(compiled, replacement), True)


def _mapping(o: Options) -> CharFilter:
    rules = lines(o, "mappings", "mappings_path")
    if rules is None:
        raise illegal_argument(
            "mapping requires either `mappings` or `mappings_path` to be configured"
        )
    builder = java_class("org.apache.lucene.analysis.charfilter.NormalizeCharMap$Builder")()
    for rule in rules:
        # the last arrow counts: what stands before it may hold arrows
        match = re.fullmatch(r"(.*)\s*=>\s*(.*)\s*", rule, re.DOTALL)
        if match is None:
            raise ApiError(500, "runtime_exception", f"Invalid Mapping Rule : [{rule}]")
        source, target = (unescape(part.strip()) for part in match.groups())
        refusing(lambda s=source, t=target: builder.add(s, t))  # type: ignore[misc]
    return CharFilter(o.name, J.Components.mapping(builder.build()), True)


def unescape(text: str) -> str:
    r"""Resolve the escapes of a mapping rule: ``\n \t \r \b \f \\ \' \"`` and ``\uXXXX``."""

    def resolve(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code in _ESCAPES:
            return _ESCAPES[code]
        raise ApiError(500, "runtime_exception", f"Invalid escaped char in [{text}]")

    plain = re.sub(r"\\(u[0-9a-fA-F]{4}|.|$)", resolve, text, flags=re.DOTALL)
    # two escapes may be the halves of one character
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_ESCAPES = {"\\": "\\", "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _iteration_mark(o: Options) -> CharFilter:
    made = factory(
        "ja.JapaneseIterationMarkCharFilterFactory",
        normalizeKanji=o.boolean("normalize_kanji", True),
        normalizeKana=o.boolean("normalize_kana", True),
    )
    return CharFilter(o.name, made, True)


def _icu_normalizer(o: Options) -> CharFilter:
    o.refuse("unicode_set_filter")
    made = factory(
        "icu.ICUNormalizer2CharFilterFactory",
        name=o.string("name") or "nfkc_cf",
        mode=o.string("mode") or "compose",
    )
    return CharFilter(o.name, made, True)


CHAR_FILTERS: dict[str, Callable[[Options], CharFilter]] = {
    "html_strip": _html_strip,
    "icu_normalizer": _icu_normalizer,
    "kuromoji_iteration_mark": _iteration_mark,
    "mapping": _mapping,
    "pattern_replace": _pattern_replace,
}
# types that have no form without settings
NEEDS_SETTINGS = frozenset({"mapping", "pattern_replace"})

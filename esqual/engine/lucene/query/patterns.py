"""prefix, wildcard, regexp, fuzzy: terms that are like a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import illegal_argument, parsing_error, token_name
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    boosted,
    clause,
    match_none,
    query_shard_error,
)
from esqual.engine.lucene.query.fuzziness import AUTO, fuzziness
from esqual.engine.lucene.query.parameters import (
    COMMON,
    Kind,
    flag,
    integer,
    read,
    text_of,
)
from esqual.engine.lucene.query.rewrite import rewrite_method
from esqual.engine.lucene.query.term_level import absent, single_field

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType

__all__ = ["normalize_pattern", "require_string"]


def _text_value(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        raise illegal_argument(f"Expected text at 1:1 but found {token_name(value)}")
    return text_of(value)


def _pattern(
    name: str, body: Mapping[str, Any], kinds: Mapping[str, Kind], aliases: tuple[str, ...] = ()
) -> tuple[str, str, dict[str, Any]]:
    """Field, pattern and the other parameters of prefix, wildcard and regexp."""
    field, value = single_field(name, body)
    if not isinstance(value, dict):
        return field, _text_value(value), {}
    words = ("value", *aliases)
    texts = [_text_value(value[word]) for word in words if word in value]
    rest = {k: v for k, v in value.items() if k not in words}
    values = read(name, rest, {"rewrite": text_of, "case_insensitive": flag, **kinds, **COMMON})
    if not texts:
        raise illegal_argument("value cannot be null")
    return field, texts[-1], values


def require_string(mapped: FieldType, words: str) -> None:
    """Raise where patterns of terms make no sense."""
    if not mapped.is_string:
        raise query_shard_error(
            f"Can only use {words} - not on [{mapped.name}] which is of type [{mapped.type}]"
        )


def _string_field(context: QueryContext, field: str, words: str) -> FieldType | None:
    mapped = context.mapping.field(field)
    if mapped is not None:
        require_string(mapped, words)
    return mapped


@clause("prefix")
def _prefix(body: dict[str, Any]) -> Build:
    field, text, values = _pattern("prefix", body, {})

    def build(context: QueryContext) -> Any:
        mapped = _string_field(
            context, field, "prefix queries on keyword, text and wildcard fields"
        )
        if mapped is None:
            return absent("prefix")
        method = rewrite_method(values.get("rewrite"))
        term = J.Term(field, mapped.normalize(text))
        if values.get("case_insensitive", False):
            return J.CaseInsensitive.prefix(term, method)
        return J.PrefixQuery(term, method)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


@clause("wildcard")
def _wildcard(body: dict[str, Any]) -> Build:
    field, text, values = _pattern("wildcard", body, {}, aliases=("wildcard",))

    def build(context: QueryContext) -> Any:
        mapped = _string_field(
            context, field, "wildcard queries on keyword, text and wildcard fields"
        )
        if mapped is None:
            return absent("wildcard")
        method = rewrite_method(values.get("rewrite"))
        pattern = text if mapped.is_text else normalize_pattern(text, mapped.normalize)
        term = J.Term(field, pattern)
        if values.get("case_insensitive", False):
            return J.CaseInsensitive.wildcard(term, method)
        return J.WildcardQuery(term, 10000, method)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


def normalize_pattern(pattern: str, normalize: Callable[[str], str]) -> str:
    """``pattern`` with the text between ``*``, ``?`` and escapes in normal form."""
    parts: list[str] = []
    plain = ""
    rest = iter(pattern)
    for char in rest:
        if char in "*?\\":
            parts += [normalize(plain) if plain else "", char]
            plain = ""
            if char == "\\":
                parts.append(next(rest, ""))
        else:
            plain += char
    return "".join([*parts, normalize(plain) if plain else ""])


# Lucene's RegExp flags
_FLAGS = {
    "INTERSECTION": 0x0001,
    "COMPLEMENT": 0x10000,
    "EMPTY": 0x0004,
    "ANYSTRING": 0x0008,
    "INTERVAL": 0x0020,
    "NONE": 0,
    "ALL": 0xFF,
}


def _regexp_flags(value: Any) -> int:
    flags = 0
    for word in text_of(value).split("|"):
        if not word:
            continue
        if word.upper() not in _FLAGS:
            raise illegal_argument(f"Unknown regexp flag [{word}]")
        if word.upper() == "ALL":
            return _FLAGS["ALL"]
        flags |= _FLAGS[word.upper()]
    return flags


@clause("regexp")
def _regexp(body: dict[str, Any]) -> Build:
    kinds: dict[str, Kind] = {
        "flags": _regexp_flags,
        "flags_value": integer,
        "max_determinized_states": integer,
    }
    field, text, values = _pattern("regexp", body, kinds)

    def build(context: QueryContext) -> Any:
        mapped = _string_field(context, field, "regexp queries on keyword and text fields")
        if mapped is None:
            return absent("regexp")
        return J.RegexpQuery(
            J.Term(field, mapped.normalize(text)),
            values.get("flags", values.get("flags_value", _FLAGS["ALL"])),
            J.RegExp.ASCII_CASE_INSENSITIVE if values.get("case_insensitive", False) else 0,
            J.RegexpQuery.DEFAULT_PROVIDER,
            values.get("max_determinized_states", 10000),
            rewrite_method(values.get("rewrite")),
        )

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


_FUZZY: dict[str, Kind] = {
    "value": text_of,
    "term": text_of,
    "fuzziness": fuzziness,
    "prefix_length": integer,
    "max_expansions": integer,
    "transpositions": flag,
    "rewrite": text_of,
    **COMMON,
}


@clause("fuzzy")
def _fuzzy(body: dict[str, Any]) -> Build:
    field, value = single_field("fuzzy", body, "field name cannot be null or empty")
    if isinstance(value, list):
        raise parsing_error(
            f"[fuzzy] query doesn't support multiple fields, found [{field}] and [null]"
        )
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, dict | list):
                raise parsing_error(f"[fuzzy] unexpected token [{token_name(each)}] after [{key}]")
        values = read("fuzzy", value, _FUZZY)
    else:
        values = {} if value is None else {"value": text_of(value)}
    text = values.get("value", values.get("term"))
    if text is None:
        raise illegal_argument("query value cannot be null")

    def build(context: QueryContext) -> Any:
        mapped = context.mapping.field(field)
        if mapped is None:
            return match_none('The "fuzzy" query was rewritten to a "match_none" query.')
        if not mapped.is_string:
            raise illegal_argument(
                "Can only use fuzzy queries on keyword and text fields - not on "
                f"[{field}] which is of type [{mapped.type}]"
            )
        term = mapped.normalize(text)
        expansions = values.get("max_expansions", 50)
        arguments = [
            J.Term(field, term),
            values.get("fuzziness", AUTO).edits(term),
            values.get("prefix_length", 0),
            expansions,
            values.get("transpositions", True),
        ]
        if "rewrite" in values:
            return J.FuzzyQuery(*arguments, rewrite_method(values["rewrite"]))
        return J.FuzzyWords.word(*arguments)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))

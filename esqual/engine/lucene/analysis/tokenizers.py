"""Tokenizers: text to tokens."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

from esqual.engine.lucene.analysis.char_filters import unescape
from esqual.engine.lucene.analysis.components import (
    TokenFilter,
    Tokenizer,
    factory,
    refusing,
    regex,
)
from esqual.engine.lucene.analysis.options import Options
from esqual.engine.lucene.analysis.words import lines
from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.jvm import J, java_class

__all__ = ["TOKENIZERS", "gram_difference", "japanese_tokenizer", "max_length_tokenizer"]

_MAX_TOKEN_LENGTH = 255
_WHITESPACE_BIT = -(2**31)
# Unicode's general categories by the number of java.lang.Character.getType
_CATEGORIES = {
    "unassigned": 0,
    "uppercase_letter": 1,
    "lowercase_letter": 2,
    "titlecase_letter": 3,
    "modifier_letter": 4,
    "other_letter": 5,
    "non_spacing_mark": 6,
    "enclosing_mark": 7,
    "combining_spacing_mark": 8,
    "decimal_digit_number": 9,
    "letter_number": 10,
    "other_number": 11,
    "space_separator": 12,
    "line_separator": 13,
    "paragraph_separator": 14,
    "control": 15,
    "format": 16,
    "private_use": 18,
    "surrogate": 19,
    "dash_punctuation": 20,
    "start_punctuation": 21,
    "end_punctuation": 22,
    "connector_punctuation": 23,
    "other_punctuation": 24,
    "math_symbol": 25,
    "currency_symbol": 26,
    "modifier_symbol": 27,
    "other_symbol": 28,
    "initial_quote_punctuation": 29,
    "final_quote_punctuation": 30,
}
_GROUPS = {
    "letter": sum(1 << n for n in (1, 2, 3, 4, 5)),
    "digit": 1 << 9,
    "whitespace": _WHITESPACE_BIT,
    "punctuation": sum(1 << n for n in (20, 21, 22, 23, 24, 29, 30)),
    "symbol": sum(1 << n for n in (25, 26, 27, 28)),
}
CHARACTER_TYPES = {**{name: 1 << bit for name, bit in _CATEGORIES.items()}, **_GROUPS}


def max_length_tokenizer(o: Options, name: str) -> Any:
    """A Lucene factory ``name`` that cuts tokens at ``max_token_length``."""
    length = o.integer("max_token_length", _MAX_TOKEN_LENGTH)
    arguments = {"maxTokenLength" if name.startswith("standard.") else "maxTokenLen": length}
    return factory(name, **arguments)


def _standard(o: Options) -> Tokenizer:
    return Tokenizer(o.name, max_length_tokenizer(o, "standard.StandardTokenizerFactory"))


def _whitespace(o: Options) -> Tokenizer:
    return Tokenizer(o.name, max_length_tokenizer(o, "core.WhitespaceTokenizerFactory"))


def _keyword(o: Options) -> Tokenizer:
    size = o.integer("buffer_size", 256)
    return Tokenizer(o.name, factory("core.KeywordTokenizerFactory", maxTokenLen=size))


def _letter(o: Options) -> Tokenizer:
    return Tokenizer(o.name, factory("core.LetterTokenizerFactory"))


def _lowercase(o: Options) -> Tokenizer:
    lower = TokenFilter("lowercase", lambda _: [factory("core.LowerCaseFilterFactory")], True)
    return Tokenizer(o.name, factory("core.LetterTokenizerFactory"), (lower,))


def gram_difference(low: int, high: int, limit: int) -> None:
    """Refuse grams of more lengths than ``index.max_ngram_diff`` allows."""
    if high - low > limit:
        raise illegal_argument(
            "The difference between max_gram and min_gram in NGram Tokenizer must be less than or "
            f"equal to: [{limit}] but was [{high - low}]. This limit can be set by changing the "
            "[index.max_ngram_diff] index level setting."
        )


def _character_class(o: Options) -> Any:
    names = o.strings("token_chars") or []
    custom = o.string("custom_token_chars")
    bits, others = 0, ""
    for name in (n.strip().lower() for n in names):
        if name == "custom":
            if custom is None:
                raise illegal_argument("Token type: 'custom' requires setting `custom_token_chars`")
            others = custom
        elif name in CHARACTER_TYPES:
            bits |= CHARACTER_TYPES[name]
        else:
            known = ", ".join(sorted([*CHARACTER_TYPES, "custom"]))
            raise illegal_argument(f"Unknown token type: '{name}', must be one of [{known}]")
    return J.CharClass(bits, others) if bits or others else J.CharClass.ANY


def _ngram(o: Options, limit: int) -> Tokenizer:
    low, high = o.integer("min_gram", 1), o.integer("max_gram", 2)
    gram_difference(low, high, limit)
    return Tokenizer(o.name, J.Components.grams(low, high, False, _character_class(o)))


def _edge_ngram(o: Options) -> Tokenizer:
    low, high = o.integer("min_gram", 1), o.integer("max_gram", 2)
    return Tokenizer(o.name, J.Components.grams(low, high, True, _character_class(o)))


def _pattern(o: Options) -> Tokenizer:
    compiled = regex(o.string("pattern") or r"\W+", o.string("flags"))
    return Tokenizer(o.name, J.Components.pattern(compiled, o.integer("group", -1)))


def _char_group(o: Options) -> Tokenizer:
    bits, others = 0, ""
    for item in o.strings("tokenize_on_chars") or []:
        if item in _GROUPS:
            bits |= _GROUPS[item]
        elif len(item) == 1:
            others += item
        elif item.startswith("\\"):
            others += unescape(item)
        else:
            raise ApiError(500, "runtime_exception", f"Invalid escaped char in [{item}]")
    length = o.integer("max_token_length", _MAX_TOKEN_LENGTH)
    return Tokenizer(o.name, J.Components.splitAt(J.CharClass(bits, others), length))


def user_dictionary(o: Options) -> Any:
    """A Lucene ``UserDictionary`` of ``user_dictionary`` or ``user_dictionary_rules``, or None."""
    if "user_dictionary" in o and "user_dictionary_rules" in o:
        raise illegal_argument(
            "It is not allowed to use [user_dictionary] in conjunction with [user_dictionary_rules]"
        )
    rules = lines(o, "user_dictionary_rules", "user_dictionary")
    lenient = o.boolean("lenient", False)
    kept: dict[str, str] = {}
    for line, rule in enumerate(rules or (), 1):
        surface = next(csv.reader([rule]), [""])[0]
        if rule.startswith("#") or not rule.strip():
            continue
        if surface in kept and not lenient:
            raise illegal_argument(
                f"Found duplicate term [{surface}] in user dictionary at line [{line}]"
            )
        kept.setdefault(surface, rule)
    if not kept:
        return None
    reader = java_class("java.io.StringReader")("\n".join(kept.values()))
    dictionary = java_class("org.apache.lucene.analysis.ja.dict.UserDictionary")
    return refusing(lambda: dictionary.open(reader))


def japanese_mode(o: Options, enum: str, default: str) -> Any:
    """The Java enum value that ``mode`` names."""
    name = (o.string("mode") or default).upper()
    return refusing(lambda: java_class(f"org.apache.lucene.analysis.ja.{enum}$Mode").valueOf(name))


def japanese_tokenizer(o: Options, *, discard_compound: bool, mode: str | None = None) -> Any:
    """A factory of Lucene's ``JapaneseTokenizer`` as the built-in analyzers use it."""
    enum = java_class("org.apache.lucene.analysis.ja.JapaneseTokenizer$Mode")
    value = japanese_mode(o, "JapaneseTokenizer", "search") if mode is None else enum.valueOf(mode)
    return J.Components.japanese(user_dictionary(o), True, discard_compound, value, -1, None)


def _kuromoji(o: Options) -> Tokenizer:
    made = J.Components.japanese(
        user_dictionary(o),
        o.boolean("discard_punctuation", True),
        o.boolean("discard_compound_token", False),
        japanese_mode(o, "JapaneseTokenizer", "search"),
        o.integer("nbest_cost", -1),
        o.string("nbest_examples"),
    )
    return Tokenizer(o.name, made)


def _icu(o: Options) -> Tokenizer:
    o.refuse("rule_files")
    return Tokenizer(o.name, factory("icu.segmentation.ICUTokenizerFactory"))


TOKENIZERS: dict[str, Callable[[Options], Tokenizer]] = {
    "char_group": _char_group,
    "edge_ngram": _edge_ngram,
    "icu_tokenizer": _icu,
    "keyword": _keyword,
    "kuromoji_tokenizer": _kuromoji,
    "letter": _letter,
    "lowercase": _lowercase,
    "pattern": _pattern,
    "standard": _standard,
    "whitespace": _whitespace,
}
# takes index.max_ngram_diff besides
NGRAM = _ngram

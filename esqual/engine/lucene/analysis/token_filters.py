"""Token filters: tokens to tokens. The Japanese ones are in ``japanese_filters.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from esqual.engine.lucene.analysis.components import Chain, TokenFilter, factory, refusing, regex
from esqual.engine.lucene.analysis.japanese_filters import JAPANESE_FILTERS
from esqual.engine.lucene.analysis.options import Options
from esqual.engine.lucene.analysis.tokenizers import gram_difference
from esqual.engine.lucene.analysis.words import char_set, english, lines, stop_words
from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.jvm import J

__all__ = ["NEEDS_SETTINGS", "TOKEN_FILTERS", "Limits"]

# index.max_ngram_diff and index.max_shingle_diff, under their short names
Limits = Mapping[str, int]
Maker = Callable[[Options, Limits], TokenFilter]


def simple(o: Options, java: str, normalizing: bool = False, /, **arguments: Any) -> TokenFilter:
    """A filter that one Lucene factory makes, whatever stands before it."""
    made = factory(java, **arguments)
    return TokenFilter(o.name, lambda _: [made], normalizing)


def _plain(java: str, *, normalizing: bool = False) -> Maker:
    return lambda o, _: simple(o, java, normalizing)


def _without_limits(make: Callable[[Options], TokenFilter]) -> Maker:
    return lambda o, _: make(o)


def _lowercase(o: Options, _: Limits) -> TokenFilter:
    language = o.string("language")
    by_language = {
        None: "core.LowerCaseFilterFactory",
        "greek": "el.GreekLowerCaseFilterFactory",
        "irish": "ga.IrishLowerCaseFilterFactory",
        "turkish": "tr.TurkishLowerCaseFilterFactory",
    }
    if language not in by_language:
        raise illegal_argument(f"language [{language}] not support for lower case")
    return simple(o, by_language[language], True)


def _stop(o: Options, _: Limits) -> TokenFilter:
    words = stop_words(o, english, ignore_case=o.boolean("ignore_case", False))
    made = J.Components.stop(words, o.boolean("remove_trailing", True))
    return TokenFilter(o.name, lambda _: [made])


_ENGLISH_STEMMERS: dict[str, tuple[str, dict[str, str]]] = {
    "english": ("en.PorterStemFilterFactory", {}),
    "porter": ("en.PorterStemFilterFactory", {}),
    "porter2": ("snowball.SnowballPorterFilterFactory", {"language": "English"}),
    "light_english": ("en.KStemFilterFactory", {}),
    "lightenglish": ("en.KStemFilterFactory", {}),
    "kstem": ("en.KStemFilterFactory", {}),
    "minimal_english": ("en.EnglishMinimalStemFilterFactory", {}),
    "possessive_english": ("en.EnglishPossessiveFilterFactory", {}),
}


def _stemmer(o: Options, _: Limits) -> TokenFilter:
    language = o.string("language") or o.string("name") or "porter"
    o.ignore("name", "language")
    if language.lower() not in _ENGLISH_STEMMERS:
        raise unsupported(f"filter.{o.name}.language: {language}")
    java, arguments = _ENGLISH_STEMMERS[language.lower()]
    return simple(o, java, **arguments)


def _asciifolding(o: Options, _: Limits) -> TokenFilter:
    preserve = o.boolean("preserve_original", False)
    java = "miscellaneous.ASCIIFoldingFilterFactory"
    made = factory(java, preserveOriginal=preserve)
    folded = TokenFilter(o.name, lambda _: [factory(java)])
    return TokenFilter(o.name, lambda _: [made], True, folded if preserve else "keep")


def _cjk_bigram(o: Options, _: Limits) -> TokenFilter:
    scripts = ("han", "hiragana", "katakana", "hangul")
    ignored = set(o.strings("ignored_scripts") or [])
    if not ignored <= set(scripts):
        raise illegal_argument(
            f"unknown script in [filter.{o.name}.ignored_scripts]: {sorted(ignored - set(scripts))}"
            f"; the scripts are {', '.join(scripts)}"
        )
    unigrams = o.boolean("output_unigrams", False)
    made = factory(
        "cjk.CJKBigramFilterFactory",
        **{script: script not in ignored for script in scripts},
        outputUnigrams=unigrams,
    )
    return TokenFilter(o.name, lambda _: [made], in_synonyms="refuse" if unigrams else "keep")


def _ngram(o: Options, limits: Limits) -> TokenFilter:
    low, high = o.integer("min_gram", 1), o.integer("max_gram", 2)
    gram_difference(low, high, limits["max_ngram_diff"])
    made = factory(
        "ngram.NGramFilterFactory",
        minGramSize=low,
        maxGramSize=high,
        preserveOriginal=o.boolean("preserve_original", False),
    )
    return TokenFilter(o.name, lambda _: [made], in_synonyms="refuse")


def _edge_ngram(o: Options, _: Limits) -> TokenFilter:
    side = o.string("side") or "front"
    if side not in ("front", "back"):
        raise illegal_argument(f"invalid side: {side}")
    grams = factory(
        "ngram.EdgeNGramFilterFactory",
        minGramSize=o.integer("min_gram", 1),
        maxGramSize=o.integer("max_gram", 2),
        preserveOriginal=o.boolean("preserve_original", False),
    )
    back = factory("reverse.ReverseStringFilterFactory")
    made = [back, grams, back] if side == "back" else [grams]
    return TokenFilter(o.name, lambda _: made, in_synonyms="refuse")


def _shingle(o: Options, limits: Limits) -> TokenFilter:
    low, high = o.integer("min_shingle_size", 2), o.integer("max_shingle_size", 2)
    unigrams = o.boolean("output_unigrams", True)
    difference, limit = high - low + (1 if unigrams else 0), limits["max_shingle_diff"]
    if difference > limit:
        raise illegal_argument(
            "In Shingle TokenFilter the difference between max_shingle_size and min_shingle_size "
            f"(and +1 if outputting unigrams) must be less than or equal to: [{limit}] but was "
            f"[{difference}]. This limit can be set by changing the [index.max_shingle_diff] index "
            "level setting."
        )
    if low > high:
        raise illegal_argument("Min shingle size must be <= max shingle size")
    made = factory(
        "shingle.ShingleFilterFactory",
        minShingleSize=low,
        maxShingleSize=high,
        outputUnigrams=unigrams,
        outputUnigramsIfNoShingles=o.boolean("output_unigrams_if_no_shingles", False),
        tokenSeparator=_or(o.string("token_separator"), " "),
        fillerToken=_or(o.string("filler_token"), "_"),
    )
    return TokenFilter(o.name, lambda _: [made], in_synonyms="refuse")


def _or(value: str | None, default: str) -> str:
    return default if value is None else value


def _unique(o: Options, _: Limits) -> TokenFilter:
    made = J.Components.unique(o.boolean("only_on_same_position", False))
    return TokenFilter(o.name, lambda _: [made])


def _length(o: Options, _: Limits) -> TokenFilter:
    low, high = o.integer("min", 0), o.integer("max", 2**31 - 1)
    return simple(o, "miscellaneous.LengthFilterFactory", min=low, max=high)


def _truncate(o: Options, _: Limits) -> TokenFilter:
    # used by its bare name it cuts at ten; defined, it must say where
    length = o.integer("length", 10 if o.type is None else -1)
    if length <= 0:
        raise illegal_argument("length parameter must be provided")
    return simple(o, "miscellaneous.TruncateTokenFilterFactory", prefixLength=length)


def _pattern_replace(o: Options, _: Limits) -> TokenFilter:
    pattern = o.string("pattern")
    if pattern is None:
        raise illegal_argument(
            f"pattern is missing for [{o.name}] token filter of type 'pattern_replace'"
        )
    compiled = regex(pattern, o.string("flags"))
    replacement = _or(o.string("replacement"), "")
    made = J.Components.patternReplace(compiled, replacement, o.boolean("all", True))
    return TokenFilter(o.name, lambda _: [made], True)


def _keyword_marker(o: Options, _: Limits) -> TokenFilter:
    ignore_case = o.boolean("ignore_case", False)
    pattern = o.string("keywords_pattern")
    words = lines(o, "keywords", "keywords_path")
    if pattern is not None:
        if words is not None:
            raise illegal_argument(
                "cannot specify both `keywords_pattern` and `keywords` or `keywords_path`"
            )
        made = J.Components.keywords(regex(pattern, None))
    elif words is None:
        raise illegal_argument(
            "keyword filter requires either `keywords`, `keywords_path`, or `keywords_pattern` to "
            "be configured"
        )
    else:
        made = J.Components.keywords(char_set(words, ignore_case))
    return TokenFilter(o.name, lambda _: [made])


def _synonym(o: Options, graph: bool) -> TokenFilter:
    o.refuse("synonyms_set", "updateable", "tokenizer")
    rules = lines(o, "synonyms", "synonyms_path")
    if rules is None:
        raise illegal_argument(
            "synonym requires either `synonyms`, `synonyms_set` or `synonyms_path` to be configured"
        )
    form = o.string("format") or "solr"
    if form not in ("solr", "wordnet"):
        raise illegal_argument(f"unknown [filter.{o.name}.format] [{form}]: it is solr or wordnet")
    expand, lenient = o.boolean("expand", True), o.boolean("lenient", False)
    text = "\n".join(rules)

    def make(before: Chain) -> list[Any]:
        analyzer = before.for_synonyms().java()
        try:
            return [
                refusing(
                    lambda: J.Synonyms.parse(
                        text, form == "wordnet", expand, lenient, graph, analyzer
                    )
                )
            ]
        except ApiError as cause:
            raise illegal_argument(
                f"failed to build synonyms from ['{o.name}' analyzer settings]", caused_by=cause
            ) from cause

    return TokenFilter(o.name, make, in_synonyms="skip")


def _icu_normalizer(o: Options, _: Limits) -> TokenFilter:
    o.refuse("unicode_set_filter")
    form = o.string("name") or "nfkc_cf"
    return simple(o, "icu.ICUNormalizer2FilterFactory", True, form=form)


def _icu_folding(o: Options, _: Limits) -> TokenFilter:
    o.refuse("unicode_set_filter")
    return simple(o, "icu.ICUFoldingFilterFactory", True)


def _icu_transform(o: Options, _: Limits) -> TokenFilter:
    direction = o.string("dir") or "forward"
    if direction not in ("forward", "reverse"):
        raise illegal_argument(f"unknown [filter.{o.name}.dir] [{direction}]: forward or reverse")
    return simple(
        o,
        "icu.ICUTransformFilterFactory",
        True,
        id=o.string("id") or "Null",
        direction=direction,
    )


TOKEN_FILTERS: dict[str, Maker] = {
    "asciifolding": _asciifolding,
    "cjk_bigram": _cjk_bigram,
    "cjk_width": _plain("cjk.CJKWidthFilterFactory", normalizing=True),
    "edge_ngram": _edge_ngram,
    "flatten_graph": _plain("core.FlattenGraphFilterFactory"),
    "icu_folding": _icu_folding,
    "icu_normalizer": _icu_normalizer,
    "icu_transform": _icu_transform,
    "keyword_marker": _keyword_marker,
    "kstem": _plain("en.KStemFilterFactory"),
    "length": _length,
    "lowercase": _lowercase,
    "ngram": _ngram,
    "pattern_replace": _pattern_replace,
    "porter_stem": _plain("en.PorterStemFilterFactory"),
    "remove_duplicates": _plain("miscellaneous.RemoveDuplicatesTokenFilterFactory"),
    "reverse": _plain("reverse.ReverseStringFilterFactory"),
    "shingle": _shingle,
    "stemmer": _stemmer,
    "stop": _stop,
    "synonym": lambda o, _: _synonym(o, graph=False),
    "synonym_graph": lambda o, _: _synonym(o, graph=True),
    "trim": _plain("miscellaneous.TrimFilterFactory", normalizing=True),
    "truncate": _truncate,
    "unique": _unique,
    "uppercase": _plain("core.UpperCaseFilterFactory", normalizing=True),
    **{name: _without_limits(make) for name, make in JAPANESE_FILTERS.items()},
}
# types that have no form without settings
NEEDS_SETTINGS = frozenset({"keyword_marker", "pattern_replace", "synonym", "synonym_graph"})

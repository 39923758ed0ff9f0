"""Built-in analyzers, each written as the chain that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from esqual.engine.lucene.analysis.components import (
    Chain,
    CharFilter,
    TokenFilter,
    Tokenizer,
    factory,
    regex,
)
from esqual.engine.lucene.analysis.japanese_filters import default_stop_tags
from esqual.engine.lucene.analysis.options import Options
from esqual.engine.lucene.analysis.tokenizers import (
    japanese_mode,
    japanese_tokenizer,
    max_length_tokenizer,
)
from esqual.engine.lucene.analysis.words import (
    char_set,
    english,
    japanese_default,
    lines,
    stop_words,
)
from esqual.engine.lucene.jvm import J, java_class

__all__ = ["ANALYZERS"]


def _filter(name: str, java: Any, normalizing: bool = False) -> TokenFilter:
    return TokenFilter(name, lambda _: [java], normalizing)


def _lower() -> TokenFilter:
    return _filter("lowercase", factory("core.LowerCaseFilterFactory"), True)


def _stop(o: Options, default: Callable[[], Any]) -> TokenFilter:
    words = stop_words(o, default, ignore_case=o.boolean("stopwords_case", False))
    return _filter("stop", J.Components.stop(words, True))


def _nothing() -> Any:
    return char_set(())


def _letters() -> Tokenizer:
    return Tokenizer("letter", factory("core.LetterTokenizerFactory"))


def _standard(o: Options) -> Chain:
    tokenizer = Tokenizer("standard", max_length_tokenizer(o, "standard.StandardTokenizerFactory"))
    return Chain(o.name, tokenizer, (), (_lower(), _stop(o, _nothing)))


def _simple(o: Options) -> Chain:
    return Chain(o.name, _letters(), (), (_lower(),))


def _whitespace(o: Options) -> Chain:
    return Chain(o.name, Tokenizer("whitespace", factory("core.WhitespaceTokenizerFactory")))


def _keyword(o: Options) -> Chain:
    return Chain(o.name, Tokenizer("keyword", factory("core.KeywordTokenizerFactory")))


def _stop_analyzer(o: Options) -> Chain:
    return Chain(o.name, _letters(), (), (_lower(), _stop(o, english)))


def _pattern(o: Options) -> Chain:
    compiled = regex(o.string("pattern") or r"\W+", o.string("flags"))
    tokenizer = Tokenizer("pattern", J.Components.pattern(compiled, -1))
    lower = (_lower(),) if o.boolean("lowercase", True) else ()
    return Chain(o.name, tokenizer, (), (*lower, _stop(o, _nothing)))


def _cjk(o: Options) -> Chain:
    tokenizer = Tokenizer("standard", factory("standard.StandardTokenizerFactory"))
    width = _filter("cjk_width", factory("cjk.CJKWidthFilterFactory"), True)
    bigram = _filter("cjk_bigram", factory("cjk.CJKBigramFilterFactory"))

    def words() -> Any:
        return java_class("org.apache.lucene.analysis.cjk.CJKAnalyzer").getDefaultStopSet()

    return Chain(o.name, tokenizer, (), (width, _lower(), bigram, _stop(o, words)))


def _english(o: Options) -> Chain:
    excluded = lines(o, "stem_exclusion", "stem_exclusion_path") or []
    filters = (
        _filter("possessive_english", factory("en.EnglishPossessiveFilterFactory")),
        _lower(),
        _stop(o, english),
        _filter("keyword_marker", J.Components.keywords(char_set(excluded))),
        _filter("porter_stem", factory("en.PorterStemFilterFactory")),
    )
    tokenizer = Tokenizer("standard", factory("standard.StandardTokenizerFactory"))
    return Chain(o.name, tokenizer, (), filters)


def _width() -> CharFilter:
    return CharFilter("cjk_width", factory("cjk.CJKWidthCharFilterFactory"), True)


def _kuromoji(o: Options) -> Chain:
    # unlike kuromoji_tokenizer, this one drops compounds whose parts it keeps
    filters = (
        _filter("kuromoji_baseform", factory("ja.JapaneseBaseFormFilterFactory")),
        _filter("kuromoji_part_of_speech", J.Components.partOfSpeechStop(default_stop_tags())),
        _stop(o, japanese_default),
        _filter("kuromoji_stemmer", factory("ja.JapaneseKatakanaStemFilterFactory")),
        _lower(),
    )
    tokenizer = Tokenizer("kuromoji_tokenizer", japanese_tokenizer(o, discard_compound=True))
    return Chain(o.name, tokenizer, (_width(),), filters)


def _kuromoji_completion(o: Options) -> Chain:
    mode = str(japanese_mode(o, "JapaneseCompletionFilter", "index").name())
    made = japanese_tokenizer(o, discard_compound=True, mode="NORMAL")
    completion = factory("ja.JapaneseCompletionFilterFactory", mode=mode)
    filters = (_filter("kuromoji_completion", completion), _lower())
    return Chain(o.name, Tokenizer("kuromoji_tokenizer", made), (_width(),), filters)


ANALYZERS: dict[str, Callable[[Options], Chain]] = {
    "cjk": _cjk,
    "english": _english,
    "keyword": _keyword,
    "kuromoji": _kuromoji,
    "kuromoji_completion": _kuromoji_completion,
    "pattern": _pattern,
    "simple": _simple,
    "standard": _standard,
    "stop": _stop_analyzer,
    "whitespace": _whitespace,
}

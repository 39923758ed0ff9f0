"""The token filters of the analysis-kuromoji plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from esqual.engine.lucene.analysis.components import TokenFilter, factory
from esqual.engine.lucene.analysis.options import Options
from esqual.engine.lucene.analysis.words import japanese_default, lines, stop_words
from esqual.engine.lucene.jvm import J, java_class

__all__ = ["JAPANESE_FILTERS", "default_stop_tags"]


def _lucene(o: Options, java: str, **arguments: Any) -> TokenFilter:
    made = factory(f"ja.{java}", **arguments)
    return TokenFilter(o.name, lambda _: [made])


def default_stop_tags() -> Any:
    """The parts of speech that Lucene's ``JapaneseAnalyzer`` leaves out: a Java set."""
    return java_class("org.apache.lucene.analysis.ja.JapaneseAnalyzer").getDefaultStopTags()


def _part_of_speech(o: Options) -> TokenFilter:
    tags = lines(o, "stoptags", "stoptags_path")
    values = default_stop_tags()
    if tags is not None:
        values = java_class("java.util.HashSet")()
        for tag in tags:
            values.add(tag)
    made = J.Components.partOfSpeechStop(values)
    return TokenFilter(o.name, lambda _: [made])


def _ja_stop(o: Options) -> TokenFilter:
    ignore_case = o.boolean("ignore_case", False)
    words = stop_words(o, japanese_default, ignore_case=ignore_case, japanese=True)
    made = J.Components.stop(words, o.boolean("remove_trailing", True))
    return TokenFilter(o.name, lambda _: [made])


def _reading_form(o: Options) -> TokenFilter:
    romaji = o.boolean("use_romaji", False)
    return _lucene(o, "JapaneseReadingFormFilterFactory", useRomaji=romaji)


def _stemmer(o: Options) -> TokenFilter:
    length = o.integer("minimum_length", 4)
    return _lucene(o, "JapaneseKatakanaStemFilterFactory", minimumLength=length)


def _completion(o: Options) -> TokenFilter:
    mode = (o.string("mode") or "index").upper()
    return _lucene(o, "JapaneseCompletionFilterFactory", mode=mode)


JAPANESE_FILTERS: dict[str, Callable[[Options], TokenFilter]] = {
    "hiragana_uppercase": lambda o: _lucene(o, "JapaneseHiraganaUppercaseFilterFactory"),
    "ja_stop": _ja_stop,
    "katakana_uppercase": lambda o: _lucene(o, "JapaneseKatakanaUppercaseFilterFactory"),
    "kuromoji_baseform": lambda o: _lucene(o, "JapaneseBaseFormFilterFactory"),
    "kuromoji_completion": _completion,
    "kuromoji_number": lambda o: _lucene(o, "JapaneseNumberFilterFactory"),
    "kuromoji_part_of_speech": _part_of_speech,
    "kuromoji_readingform": _reading_form,
    "kuromoji_stemmer": _stemmer,
}

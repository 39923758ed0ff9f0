"""What suspects are called, and a line for each."""

from __future__ import annotations

import json
from typing import Literal

from esqual.diagnosis.values import Diagnosis, Suspect

__all__ = ["ANALYSIS", "KINDS", "cause_line", "suspect_line"]

Language = Literal["en", "ja"]

#: kinds that blame the analysis of text
_ANALYSIS: dict[str, tuple[str, str]] = {
    "compound_split": ("compound split differently", "複合語の分割が異なる"),
    "ngrams": ("n-grams in place of words, or the other way", "単語とn-gramの違い"),
    "width": ("full and half width", "全角と半角"),
    "case": ("upper and lower case", "大文字と小文字"),
    "long_vowel": ("katakana long vowel", "カタカナの長音"),
    "katakana_variant": ("katakana variant", "カタカナの表記ゆれ"),
    "okurigana": ("okurigana", "送り仮名"),
    "iteration_mark": ("iteration mark", "踊り字"),
    "inflection": ("inflected form, not the base form", "活用形と基本形"),
    "kana": ("hiragana and katakana", "ひらがなとカタカナ"),
    "kana_only": ("written in kana only", "かな書き"),
    "reading": ("reading in place of the spelling", "表記と読み"),
    "negation": ("negation", "否定"),
    "stop_tags": ("stop tags (part of speech)", "品詞による除去"),
    "stop_words": ("stop words", "ストップワード"),
    "unknown_word": ("unknown word", "未知語"),
    "synonym": ("synonym", "同義語"),
    "analysis": ("other tokens", "トークンが異なる"),
}
#: kinds of changes in what is asked, and of changes that are neither
_REST: dict[str, tuple[str, str]] = {
    "boost": ("boost changed", "ブーストの変更"),
    "operator": ("operator changed", "operator の変更"),
    "minimum_should_match": (
        "minimum_should_match changed",
        "minimum_should_match の変更",
    ),
    "match_type": ("type of match changed", "一致の種類の変更"),
    "option": ("option changed", "オプションの変更"),
    "occurrence": ("clause moved", "節の位置の変更"),
    "field_replaced": ("another field is asked", "検索フィールドの変更"),
    "clause_dropped": ("clause dropped", "節の削除"),
    "clause_added": ("clause added", "節の追加"),
    "filter_dropped": ("filter dropped", "フィルターの削除"),
    "filter_added": ("filter added", "フィルターの追加"),
    "filter_changed": ("filter changed", "フィルターの変更"),
    "vector_missing": ("vector clause missing", "ベクトル節がない"),
    "vector_added": ("vector clause added", "ベクトル節の追加"),
    "pairs_missing": ("pair clause missing", "係り受けの節がない"),
    "pairs_added": ("pair clause added", "係り受けの節の追加"),
    "query_text": ("query text changed", "検索語の変更"),
    "scoring": ("scoring or order changed", "スコアや順序の変更"),
    "fusion": ("fusion changed", "統合方法の変更"),
    "document_missing": (
        "document not in the candidate's index",
        "候補の索引に文書がない",
    ),
    "document_new": ("document not in the baseline's index", "基準の索引にない文書"),
    "document_changed": ("document's text changed", "文書の内容の変更"),
    "similarity": ("similarity changed", "類似度の変更"),
}
KINDS = {**_ANALYSIS, **_REST}
ANALYSIS = frozenset(_ANALYSIS)
_NOTHING = (
    "no difference in analysis or query explains it",
    "解析とクエリの違いでは説明できない",
)
_IN_DOCUMENT = ("in a document", "文書中")
_TOKENS, _CHARACTERS = 12, 60


def suspect_line(suspect: Suspect, language: Language = "en") -> str:
    """One line: what it is called, where, and both sides."""
    place = 0 if language == "en" else 1
    parts = [KINDS[suspect.kind][place]]
    about = []
    if suspect.text:
        about.append(_short(suspect.text))
    if suspect.in_document:
        about.append(_IN_DOCUMENT[place])
    if suspect.field:
        about.append(f"[{suspect.field}]")
    if suspect.baseline or suspect.candidate:
        about.append(f"{_side(suspect.baseline)} → {_side(suspect.candidate)}")
    return ": ".join([*parts, " ".join(about)] if about else parts)


def cause_line(diagnosis: Diagnosis, language: Language = "en") -> str:
    """The first line of a diagnosis."""
    cause = diagnosis.cause
    return (
        _NOTHING[0 if language == "en" else 1] if cause is None else suspect_line(cause, language)
    )


def _side(values: tuple[str, ...]) -> str:
    if not values:
        return "∅"
    more = "|…" if len(values) > _TOKENS else ""
    return _short("|".join(values[:_TOKENS])) + more


def _short(text: str) -> str:
    text = json.dumps(text, ensure_ascii=False)[1:-1]  # no control character reaches a terminal
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"

"""Ways in which one Japanese word is written, as folds: two spellings that fold alike are one word.

Pure functions on text. Each fold works on text that :func:`width` made narrow already.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "case",
    "has_kana_only",
    "hiragana",
    "is_hiragana",
    "is_inflected",
    "iteration_marks",
    "kanji",
    "katakana_variant",
    "long_vowel",
    "okurigana_differs",
    "width",
]

_KATAKANA_SHIFT = ord("ァ") - ord("ぁ")
_KANA = re.compile(r"[\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe\s]+")
_HIRAGANA = re.compile(r"[\u3041-\u3096\u309d\u309e\u30fc]+")
_KANJI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆]")
_SPOKEN_ALIKE = (
    *(("ヴァ", "バ"), ("ヴィ", "ビ"), ("ヴェ", "ベ"), ("ヴォ", "ボ"), ("ヴ", "ブ")),
    *(("ティ", "チ"), ("ディ", "ジ"), ("デュ", "ジュ"), ("トゥ", "ツ"), ("ドゥ", "ズ")),
    *(("ファ", "ハ"), ("フィ", "ヒ"), ("フェ", "ヘ"), ("フォ", "ホ"), ("シェ", "セ")),
    *(("ジェ", "ゼ"), ("ヂ", "ジ"), ("ヅ", "ズ"), ("ヲ", "オ"), ("・", ""), ("ー", "")),
)
_SMALL = str.maketrans("ァィゥェォヮ", "アイウエオワ")
_ITERATION = re.compile(r"(.)[々ゝヽ]")
_VOICED_ITERATION = re.compile(r"(.)[ゞヾ]")


def width(text: str) -> str:
    """Full-width Latin and half-width kana as everybody writes them (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def case(text: str) -> str:
    """Upper case as lower case."""
    return width(text).casefold()


def iteration_marks(text: str) -> str:
    """Signs of repetition written out: 々, ゝ, ヽ, and with a voicing mark ゞ, ヾ."""
    text = width(text)
    while (written := _ITERATION.sub(r"\1\1", text)) != text:
        text = written
    return _VOICED_ITERATION.sub(
        lambda found: found[1] + unicodedata.normalize("NFC", found[1] + "\u3099"), text
    )


def long_vowel(text: str) -> str:
    """Without the sign of a long vowel."""
    return width(text).replace("ー", "")


def katakana_variant(text: str) -> str:
    """Foreign sounds as an older spelling writes them: ヴァイオリン is バイオリン."""
    text = width(text)
    for written, meant in _SPOKEN_ALIKE:
        text = text.replace(written, meant)
    return text.translate(_SMALL)


def hiragana(text: str) -> str:
    """Katakana as hiragana."""
    return "".join(
        chr(ord(char) - _KATAKANA_SHIFT) if "ァ" <= char <= "ヶ" else char for char in width(text)
    )


def kanji(text: str) -> str:
    """The Chinese characters alone."""
    return "".join(_KANJI.findall(text))


def has_kana_only(text: str) -> bool:
    """Whether nothing but kana stands here, as where somebody did not convert to kanji."""
    return _KANA.fullmatch(width(text)) is not None


def is_hiragana(text: str) -> bool:
    """Whether all of it is hiragana."""
    return _HIRAGANA.fullmatch(width(text)) is not None


def okurigana_differs(one: str, other: str) -> bool:
    """Same kanji, other hiragana around them: 引越し and 引っ越し, 行う and 行なう.

    False where only the ending is inflected (走っ and 走る).
    """
    both = width(one), width(other)
    if not kanji(both[0]) or kanji(both[0]) != kanji(both[1]) or both[0] == both[1]:
        return False
    rests = [_KANJI.sub("", text) for text in both]
    if not all(not rest or is_hiragana(rest) for rest in rests):
        return False
    return not is_inflected(*both)


def is_inflected(one: str, other: str) -> bool:
    """Same stem, both end in hiragana, and the last one is another."""
    stems = [re.sub(r"[\u3041-\u3096]+$", "", text) for text in (one, other)]
    ends = [text[len(stem) :] for text, stem in zip((one, other), stems, strict=True)]
    return stems[0] == stems[1] != "" and all(ends) and ends[0][-1] != ends[1][-1]

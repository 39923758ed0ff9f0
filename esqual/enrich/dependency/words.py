"""How a word is written in a term: normalised, without honorifics, compounds also by their tail."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from esqual.enrich.dependency.dictionary import dictionary
from esqual.enrich.dependency.lexicon import EMPTY, PREFIXES, TITLES, VAGUE

if TYPE_CHECKING:
    from spacy.tokens import Token

__all__ = [
    "ARROW",
    "NEGATIVE",
    "as_katakana",
    "clean",
    "compound",
    "is_kana",
    "is_measure",
    "is_noun",
    "noun_keys",
    "plain_kana",
    "taken_apart",
]

ARROW = ">"
NEGATIVE = "¬"
# longer than this is not a word but what a tokenizer makes of noise
LONGEST = 40
_MOST_WORDS = 10
_HIRAGANA = {ord("ァ") + i: ord("ぁ") + i for i in range(ord("ヶ") - ord("ァ") + 1)}
_KATAKANA = {kana: sound for sound, kana in _HIRAGANA.items()}


@lru_cache(maxsize=8192)
def clean(text: str) -> str:
    """Return ``text`` as it may stand in a term, or "" when it may not.

    One width, one case, no blanks and no control characters; a text that holds a sign of the
    notation, or is longer than a word, gives "".
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in folded if not c.isspace() and unicodedata.category(c)[0] != "C")
    if ARROW in kept or NEGATIVE in kept or len(kept) > LONGEST:
        return ""
    return kept if any(c.isalnum() for c in kept) else ""


def is_noun(token: Token) -> bool:
    """Whether ``token`` names something: no number alone, no question word, no sign."""
    if not token.tag_.startswith(("名詞", "代名詞", "接尾辞-名詞的")):
        return is_measure(token)
    return not token.tag_.startswith("名詞-数詞") and token.norm_ not in EMPTY


def is_measure(token: Token) -> bool:
    """甘さ, 静かさ: an adjective made a noun, two words to the parser."""
    if not token.n_rights or not token.tag_.startswith(("形容詞", "形状詞")):
        return False
    behind = token.nbor(1)
    return behind.head == token and behind.orth_ == "さ" and behind.tag_.startswith("接尾辞")


def noun_keys(token: Token, *, tails: bool) -> list[str]:
    """The ways to write the noun that ends in ``token``, the whole compound first.

    ``tails`` adds what a compound is a kind of: 新幹線 for 東北新幹線, 大臣 for 農林水産大臣. An
    empty list when nothing is left to write.
    """
    if is_measure(token):
        return list(filter(None, (clean(token.norm_.removesuffix("い") + "さ"),)))
    words = compound(token)
    parts = [part for word in words for part in _parts(word)]
    stripped = _strip(parts)
    whole = "".join(key for key, _ in stripped)
    if len(stripped) == len(parts):
        # nothing taken off: the dictionary's own spelling of each word
        whole = "".join(word.norm_ for word in words)
    keys = [whole]
    if tails:
        keys += [
            "".join(key for key, _ in stripped[start:])
            for start in range(1, len(stripped))
            if not stripped[start][1].startswith("接尾辞")
        ]
        keys += _counted(words)
    return list(dict.fromkeys(filter(None, map(clean, keys))))


def _counted(words: list[Token]) -> list[str]:
    """台風 for 台風十二号: what is counted or numbered."""
    if len(words) < 3 or "助数詞" not in words[-1].tag_:
        return []
    numbers = [i for i, word in enumerate(words[:-1]) if word.tag_.startswith("名詞-数詞")]
    before = words[: numbers[0]] if numbers else []
    counted = bool(before) and numbers == list(range(len(before), len(words) - 1))
    return ["".join(word.norm_ for word in before)] if counted else []


def is_kana(text: str) -> bool:
    """Whether ``text`` is written in hiragana alone."""
    return all("ぁ" <= c <= "ゖ" or c == "ー" for c in text)


def as_katakana(text: str) -> str:
    """The same sounds in katakana: あける to アケル."""
    return text.translate(_KATAKANA)


def plain_kana(token: Token) -> str:
    """How the verb or adjective looks in kana, when that leaves open which word it is.

    あける for 開ける: the dictionary cannot tell whether it is 開ける, 空ける or 明ける. "" for
    食べる, since たべる is nothing else, and for what is written in kana already.
    """
    # 来る, 来ない: the sounds of the stem change
    if not token.tag_.startswith(("動詞", "形容詞")) or token.norm_ in ("来る", "為る"):
        return ""
    if is_kana(token.norm_):
        return ""
    # as one text: to ask the analysis for one feature costs more than all the rest
    return _plain_kana(token.orth_, token.lemma_, str(token.morph))


@lru_cache(maxsize=8192)
def _plain_kana(written: str, lemma: str, features: str) -> str:
    """開け, 開ける, Reading=アケ to あける: the sounds of the stem, the ending of the lemma."""
    stem, sounds = written, features.partition("Reading=")[2].partition("|")[0]
    while stem and sounds and as_katakana(stem[-1]) == sounds[-1]:
        stem, sounds = stem[:-1], sounds[:-1]
    if not stem or not sounds or not lemma.startswith(stem):
        return ""
    kana = sounds.translate(_HIRAGANA) + lemma[len(stem) :]
    if not is_kana(kana):
        return ""
    tokenizer, _ = _sudachi()
    words = tokenizer.tokenize(kana)
    return kana if len(words) == 1 and words[0].normalized_form() == kana else ""


def compound(token: Token) -> list[Token]:
    """The words of the compound that ends in ``token``: neighbours, without a sign between them."""
    words = [token]
    while words[0].i and len(words) < _MOST_WORDS:
        before = words[0].nbor(-1)
        if before.dep_ != "compound" or before.head not in words:
            break
        if before.tag_.startswith("補助記号"):
            break
        words.insert(0, before)
    return words


def _strip(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    while len(parts) > 1 and parts[-1][1].startswith("接尾辞") and parts[-1][0] in TITLES:
        parts = parts[:-1]
    while len(parts) > 1 and parts[0][1].startswith("接頭辞") and parts[0][0] in PREFIXES:
        parts = parts[1:]
    return parts


def _parts(token: Token) -> list[tuple[str, str]]:
    """(spelling, tag) of the shortest words in ``token``."""
    return list(_shortest(token.orth_)) or [(token.norm_, token.tag_)]


@lru_cache(maxsize=8192)
def _shortest(surface: str) -> tuple[tuple[str, str], ...]:
    """The words of Sudachi's mode A in a word of mode C; nothing when it is one word itself."""
    if len(surface) < 2 or len(surface) > LONGEST:
        return ()
    tokenizer, whole = _sudachi()
    found = tokenizer.tokenize(surface)
    if len(found) != 1:
        return ()
    parts = found[0].split(whole)
    if len(parts) < 2 and _tag(found[0]).startswith("名詞-普通名詞"):
        parts = _joined(found[0])
    return tuple((m.normalized_form(), _tag(m)) for m in parts)


def _joined(word: Any) -> list[Any]:
    """雪 and 祭り for 雪祭り, which the dictionary does not take apart: nouns that sound the same.

    The second is more than one character: 紙 is a word of its own, and a 手紙 is none.
    """
    tokenizer, _ = _sudachi()
    surface = word.surface()
    if not "ぁ" <= surface[-1] <= "ゖ":
        return []
    for place in range(1, len(surface) - 1):
        # 間違い is no 違い
        if surface[:place] in VAGUE or not "一" <= surface[place] <= "鿿":
            continue
        halves = [tokenizer.tokenize(surface[:place]), tokenizer.tokenize(surface[place:])]
        if any(len(half) != 1 or not _tag(half[0]).startswith("名詞-普通") for half in halves):
            continue
        if "".join(half[0].reading_form() for half in halves) == word.reading_form():
            return [half[0] for half in halves]
    return []


def taken_apart(token: Token) -> list[str]:
    """The shortest words in ``token``, as the dictionary writes them; [] when it is one itself."""
    return [written for written, _ in _shortest(token.lemma_)]


def _tag(morpheme: Any) -> str:
    return "-".join(part for part in morpheme.part_of_speech()[:4] if part != "*")


@lru_cache(maxsize=1)
def _sudachi() -> tuple[Any, Any]:
    """A tokenizer of the longest words, and the mode of the shortest."""
    from sudachipy import SplitMode

    return dictionary().create(mode=SplitMode.C), SplitMode.A

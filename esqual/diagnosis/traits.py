"""What kind of query a topic is, seen from its text: length, scripts, form, negation.

Unknown words need a dictionary, which is the engine's: :func:`topics_with_unknown_words`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from elasticsearch import ApiError

from esqual.diagnosis.asking import analysed_with
from esqual.models import Topic
from esqual.patience import Patience

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["TRAITS", "topics_with_unknown_words", "traits_of"]

#: trait -> its values
TRAITS: Mapping[str, tuple[str, ...]] = {
    "length": ("1-5", "6-15", "16+"),
    "script": ("kanji", "hiragana", "katakana", "mixed", "latin or digits"),
    "form": ("keyword", "sentence"),
    "negation": ("no", "yes"),
    "unknown words": ("no", "yes"),
}
_SHORT, _MEDIUM = 5, 15
_CHARACTERS_PER_REQUEST = 3_000

_KANJI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆]+")
_HIRAGANA = re.compile(r"[\u3041-\u309fー]+")
_KATAKANA = re.compile(r"[\u30a1-\u30ff]+")
_OTHER = re.compile(r"[A-Za-z0-9]")
# 少ない, 危ない, 切ない, 汚い and the like are no negations
_NEGATED = re.compile(
    r"(?<![少危切汚拙幼])ない|ません|なかった|(?<![少危切])なく(?!なる)|ずに|できず|せず|なし|無し|以外"
    r"|[かさたなまらわが]ぬ"
)
_SENTENCE_END = re.compile(
    r"[。?!]$|(です|ます|ました|ません|ください|たい|した|する|のか|ですか)$"
)
# a case particle between two words, and a word that ends in hiragana, as verbs and adjectives do
_CLAUSE = re.compile(
    r"[^\s\u3041-\u309f]+(が|を|は|に|で|へ|から|まで)[^\s]*[\u3041-\u309f][。?!]?$"
)


def traits_of(text: str, unknown_words: bool | None = None) -> dict[str, str]:
    """Trait -> value of one query; a trait that cannot be told (None) is left out.

    Length counts characters without white space. A sentence has an ending of one, or a case
    particle before a word that ends in hiragana.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    is_sentence = bool(_SENTENCE_END.search(text) or _CLAUSE.search(text))
    traits = {
        "length": _length(re.sub(r"\s", "", text)),
        "script": _script(re.sub(r"[\W_]", "", text)),
        "form": "sentence" if is_sentence else "keyword",
        "negation": "yes" if _NEGATED.search(text) else "no",
    }
    if unknown_words is not None:
        traits["unknown words"] = "yes" if unknown_words else "no"
    return traits


def _length(text: str) -> str:
    short, medium, long = TRAITS["length"]
    return short if len(text) <= _SHORT else medium if len(text) <= _MEDIUM else long


def _script(text: str) -> str:
    if _OTHER.search(text):
        return "latin or digits"
    for name, only in (("kanji", _KANJI), ("hiragana", _HIRAGANA), ("katakana", _KATAKANA)):
        if only.fullmatch(text):
            return name
    return "mixed"


def topics_with_unknown_words(
    client: Elasticsearch, topics: Sequence[Topic], patience: Patience
) -> Collection[str] | None:
    """query_ids whose text has a word that kuromoji's dictionary lacks.

    None where the engine has no kuromoji, or does not let us ask. A request holds some thousand
    characters: a topic a line.
    """
    found: set[str] = set()
    for batch in _batches(topics):
        lines = [" ".join(topic.text.split()) for topic in batch]
        # offsets are in UTF-16 units
        starts = [0, *accumulate(len(line.encode("utf-16-le")) // 2 + 1 for line in lines)]
        try:
            made = analysed_with(client, "kuromoji_tokenizer", "\n".join(lines), patience)
        except ApiError:
            return None
        for token in made.tokens:
            if token.unknown:
                found.add(batch[bisect_right(starts, token.start) - 1].query_id)
    return found


def _batches(topics: Sequence[Topic]) -> list[list[Topic]]:
    batches: list[list[Topic]] = []
    length = _CHARACTERS_PER_REQUEST
    for topic in topics:
        if length + len(topic.text) > _CHARACTERS_PER_REQUEST:
            batches.append([])
            length = 0
        batches[-1].append(topic)
        length += len(topic.text) + 1
    return batches

"""Two analyses of one text, held against each other: where they part, and what that is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from esqual.diagnosis import spelling

__all__ = ["Analysed", "Region", "Token", "name_of", "regions"]

# what makes a sentence say the contrary, as tokens and in their base forms
_NEGATIONS = frozenset(
    [
        *("ない", "無い", "なく", "なかっ", "なけれ", "なし", "無し"),
        *("ぬ", "ん", "ず", "ずに", "まい", "ません", "不", "非", "無", "未"),
    ]
)
_STOP_TAGS = ("助詞", "助動詞", "記号", "接続詞", "フィラー", "非言語音", "その他-間投", "感動詞")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; offsets in UTF-16 units of the text. ``unknown``: no dictionary has it.

    ``part_of_speech`` and ``reading`` are None where no morphological analyser was at work.
    """

    text: str
    start: int
    end: int
    type: str = "word"
    part_of_speech: str | None = None
    reading: str | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of the text that both sides cover with other tokens.

    ``removed`` is that of both analyses, of the whole text.
    """

    start: int
    end: int
    text: str
    baseline: tuple[Token, ...]
    candidate: tuple[Token, ...]
    removed: tuple[tuple[tuple[int, int], str], ...] = ()


@dataclass(frozen=True, slots=True)
class Analysed:
    """Tokens of a text, and what took others away: (start, end) and the type of the filter."""

    tokens: tuple[Token, ...]
    removed: tuple[tuple[tuple[int, int], str], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The tokens as text."""
        return tuple(token.text for token in self.tokens)


def regions(text: str, baseline: Analysed, candidate: Analysed) -> Iterator[Region]:
    """Yield the stretches where the tokens differ: spans that overlap on either side are one."""
    units = text.encode("utf-16-le", "surrogatepass")
    rows = [(t, 0) for t in baseline.tokens] + [(t, 1) for t in candidate.tokens]
    removed = baseline.removed + candidate.removed
    rows.sort(key=lambda row: (row[0].start, row[0].end))
    group: list[tuple[Token, int]] = []
    end = -1
    for row in [*rows, None]:
        if group and (row is None or row[0].start >= end):
            own, other = ([t for t, side in group if side == arm] for arm in (0, 1))
            if _forms(own) != _forms(other):
                start = group[0][0].start
                part = units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")
                yield Region(start, end, part, tuple(own), tuple(other), removed)
            group, end = [], -1
        if row is not None:
            group.append(row)
            end = max(end, row[0].end)


def name_of(region: Region) -> str:
    """What the difference is called: a kind of `esqual.diagnosis.words`."""
    own, other = region.baseline, region.candidate
    if not own or not other:
        return _dropped(region, own or other)
    gone = [t for t in own if t.text not in {o.text for o in other}]
    new = [t for t in other if t.text not in {o.text for o in own}]
    if any(t.type == "SYNONYM" for t in (*gone, *new)):
        return "synonym"
    if _are_ngrams(own) != _are_ngrams(other):
        return "ngrams"
    one, two = _spelt(own), _spelt(other)
    if one == two or _is_path(own, other):
        return _split(region)
    return _respelt(region, one, two)


def _dropped(region: Region, tokens: Sequence[Token]) -> str:
    """One side has no token here at all."""
    if any(t.text in _NEGATIONS for t in tokens) or region.text in _NEGATIONS:
        return "negation"
    if any(t.type == "SYNONYM" for t in tokens):
        return "synonym"
    removers = {
        kind for (start, end), kind in region.removed if start < region.end and end > region.start
    }
    if removers:
        return "stop_tags" if "part_of_speech" in "".join(removers) else "stop_words"
    # an analyzer that does not show its steps
    tags = [t.part_of_speech or "" for t in tokens]
    return "stop_tags" if any(tag.startswith(_STOP_TAGS) for tag in tags) else "stop_words"


def _split(region: Region) -> str:
    """The same characters in other pieces."""
    both = region.baseline, region.candidate
    if any(t.unknown for side in both for t in side) and not all(
        any(t.unknown for t in side) for side in both
    ):
        return "unknown_word"
    return "kana_only" if spelling.is_hiragana(region.text) else "compound_split"


def _respelt(region: Region, one: str, two: str) -> str:
    for kind, fold in (
        ("width", spelling.width),
        ("case", spelling.case),
        ("iteration_mark", spelling.iteration_marks),
        ("long_vowel", spelling.long_vowel),
        ("katakana_variant", spelling.katakana_variant),
    ):
        if fold(one) == fold(two):
            return kind
    in_kana = spelling.is_hiragana(region.text)
    if spelling.hiragana(one) == spelling.hiragana(two):
        return "kana_only" if in_kana else "kana"
    read = [
        spelling.hiragana("".join(t.reading or t.text for t in side))
        for side in (region.baseline, region.candidate)
    ]
    if read[0] == spelling.hiragana(two) or read[1] == spelling.hiragana(one):
        return "kana_only" if in_kana else "reading"
    if spelling.okurigana_differs(one, two):
        return "okurigana"
    if any(a.text[:1] == b.text[:1] or a.end == b.end for a, b in _pairs(region)) and (
        spelling.is_inflected(one, two)
    ):
        return "inflection"
    if in_kana:
        return "kana_only"
    return "unknown_word" if _one_sided_unknown(region) else "analysis"


def _are_ngrams(tokens: Sequence[Token]) -> bool:
    """Whether tokens reach into each other, as no words do; a compound lies over its parts."""
    rows = sorted((t.start, t.end) for t in tokens)
    return any(one[0] < other[0] < one[1] < other[1] for one, other in pairwise(rows))


def _one_sided_unknown(region: Region) -> bool:
    return any(t.unknown for t in region.baseline) != any(t.unknown for t in region.candidate)


def _pairs(region: Region) -> Iterator[tuple[Token, Token]]:
    yield from zip(region.baseline, region.candidate, strict=False)


def _forms(tokens: Sequence[Token]) -> list[tuple[int, int, str]]:
    return sorted((t.start, t.end, t.text) for t in tokens)


def _spelt(tokens: Sequence[Token]) -> str:
    """The tokens one after the other, the smallest pieces where some cover others."""
    text, end = "", -1
    for token in sorted(tokens, key=lambda t: (t.end, -t.start)):
        if token.start >= end:
            text += token.text
            end = token.end
    return text


def _is_path(own: Sequence[Token], other: Sequence[Token]) -> bool:
    """Whether one side has all tokens of the other, and more that cover or overlap them."""
    forms = [{t.text for t in side} for side in (own, other)]
    return forms[0] < forms[1] or forms[1] < forms[0]

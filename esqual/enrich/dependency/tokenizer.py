"""Sudachi's morphemes as a spaCy Doc, each dictionary word looked at once.

spaCy's own ``JapaneseTokenizer`` asks Sudachi for six things per morpheme, turns each into a string
and each string into a hash, for every token of every text. A word of the dictionary has the same
answers every time, so here they are kept by (surface, number in the dictionary); numerals and
unknown words are asked for each time, because their reading depends on where they stand. The Doc
is the same, ``user_data["sub_tokens"]`` included.

spaCy's ``Morphology.add`` takes memory every time it is told of a morph, known or not, and gives it
back with the vocabulary alone; ``Doc.from_array`` tells it of every token. So morphs are made once
and set by hand: otherwise a worker grows by some 10 kB a document.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from spacy.lang import ja
from spacy.lang.ja import DetailedToken
from spacy.tokens import Doc, MorphAnalysis

if TYPE_CHECKING:
    from spacy.lang.ja import JapaneseTokenizer

__all__ = ["FastTokenizer"]

# words kept, some 700 bytes each; beyond this the memory starts again
WORDS = 16_384
# spaCy's rules without types: the part of speech of a tag, and where blanks belong
_pos: Any = ja.resolve_pos
_with_gaps: Any = ja.get_dtokens_and_spaces
COLUMNS = ["TAG", "POS", "LEMMA", "NORM"]


class Word(NamedTuple):
    """One morpheme: spaCy's record, the hashes of its tag, lemma and norm, and its morph."""

    token: DetailedToken
    tag: int
    lemma: int
    norm: int
    morph: MorphAnalysis


class FastTokenizer:
    """Called with a text, gives the Doc that the pipeline's own tokenizer would give."""

    def __init__(self, tokenizer: JapaneseTokenizer) -> None:
        self.vocab = tokenizer.vocab
        self.sudachi = tokenizer.tokenizer
        self.split = tokenizer.tokenizer.SplitMode
        self.words: dict[tuple[str, int], Word] = {}
        self.morphs: dict[tuple[str, str], MorphAnalysis] = {}

    def __call__(self, text: str) -> Doc:
        """Tokenize; errors are Sudachi's own."""
        words = self._words(text)
        tokens = [word.token for word in words]
        if any(token.surface.isspace() for token in tokens) or _surfaces(tokens) != text:
            tokens, spaces = _with_gaps(_without_runs(tokens), text)
            known = {id(word.token): word for word in words}
            words = [known.get(id(token)) or self._word(token) for token in tokens]
        else:
            spaces = [False] * len(tokens)
        doc = Doc(self.vocab, words=[token.surface for token in tokens], spaces=spaces)
        if tokens:
            # spaCy's stubs know neither lists of names nor numpy here
            doc.from_array(COLUMNS, self._columns(words))  # type: ignore[arg-type]
        for made, word in zip(doc, words, strict=True):
            made.morph = word.morph
        doc.user_data["sub_tokens"] = [token.sub_tokens for token in tokens]
        return doc

    def _words(self, text: str) -> list[Word]:
        if len(self.words) > WORDS:
            self.words.clear()
        found = []
        for morpheme in self.sudachi.tokenize(text):
            surface = morpheme.surface()
            # Sudachi gives tokens without a surface where it expands a character
            if not surface:
                continue
            key = (surface, morpheme.word_id())
            word = self.words.get(key)
            if word is None:
                word = self._word(_token(morpheme, self._sub_tokens(morpheme)))
                if not morpheme.is_oov():
                    self.words[key] = word
            found.append(word)
        return found

    def _word(self, token: DetailedToken) -> Word:
        add = self.vocab.strings.add
        return Word(
            token,
            add(token.tag),
            add(token.lemma or token.surface),
            add(token.norm),
            self._morph(token.inf, token.reading),
        )

    def _morph(self, inflection: str, reading: str) -> MorphAnalysis:
        known = self.morphs.get((inflection, reading))
        if known is not None:
            return known
        if len(self.morphs) > WORDS:
            self.morphs.clear()
        features = {}
        if inflection:
            features["Inflection"] = inflection
        if reading:
            # these two characters part the features of a morph
            features["Reading"] = re.sub("[=|]", "_", reading)
        made = MorphAnalysis(self.vocab, features)
        self.morphs[inflection, reading] = made
        return made

    def _sub_tokens(self, morpheme: Any) -> list[list[DetailedToken]] | None:
        """The parts in modes A and B, or None for a word that has no parts."""
        short = morpheme.split(self.split.A)
        if len(short) == 1:
            return None
        middle = morpheme.split(self.split.B)
        parts = _parts(short)
        return [parts, parts if len(middle) == len(short) else _parts(middle)]

    def _columns(self, words: list[Word]) -> np.ndarray[Any, np.dtype[np.uint64]]:
        rows = np.empty((len(words), len(COLUMNS)), np.uint64)
        settled = None
        for i, word in enumerate(words):
            if settled is None:
                after = words[i + 1].token.tag if i + 1 < len(words) else None
                pos, settled = _pos(word.token.surface, word.token.tag, after)
            else:
                pos, settled = settled, None
            rows[i] = (word.tag, pos, word.lemma, word.norm)
        return rows


def _token(morpheme: Any, sub_tokens: list[list[DetailedToken]] | None) -> DetailedToken:
    parts = morpheme.part_of_speech()
    return DetailedToken(
        morpheme.surface(),
        "-".join(part for part in parts[:4] if part != "*"),
        ";".join(part for part in parts[4:] if part != "*"),
        morpheme.dictionary_form(),
        morpheme.normalized_form(),
        morpheme.reading_form(),
        sub_tokens,
    )


def _parts(morphemes: Any) -> list[DetailedToken]:
    return _without_runs([_token(part, None) for part in morphemes if part.surface()])


def _surfaces(tokens: list[DetailedToken]) -> str:
    return "".join(token.surface for token in tokens)


def _without_runs(tokens: list[DetailedToken]) -> list[DetailedToken]:
    """Of several blanks in a row the first; Sudachi gives one token for each."""
    return [
        token
        for i, token in enumerate(tokens)
        if i == 0 or not (_is_blank(token) and _is_blank(tokens[i - 1]))
    ]


def _is_blank(token: DetailedToken) -> bool:
    return bool(token.tag == "空白" and token.surface.isspace())

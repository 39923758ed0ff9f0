"""Words of a text and their rows in GiNZA's word vectors, without the parser.

text → NFKC → Sudachi (mode C, as GiNZA) → words that carry matter → rows of the vector table

A word is looked up as it is written, then in its normalised form (綺麗 for きれい). Particles,
auxiliaries, conjunctions and signs are left out: they are in every text, and drown the rest.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from esqual.enrich.vectors.base import package_versions
from esqual.errors import EnrichmentError

__all__ = ["DIMS", "RULES", "Word", "WordVectors", "load_words", "word_versions"]

# counts up when the same parts give other rows
RULES = 1
DIMS = 300
MODEL = "ja_ginza"
_PARTS = ("ja_ginza", "spacy", "sudachipy", "sudachidict_core")
_INSTALL = "python -m pip install --force-reinstall esqual"
_LEFT_OUT = {"助詞", "助動詞", "接続詞", "感動詞", "補助記号", "記号", "空白"}
# Sudachi takes 49,149 bytes at once; three bytes a character, and some more for what is rare
_PIECE = 10_000
_END = re.compile(r"[。！？!?\n]")


def word_versions() -> dict[str, str]:
    """Version of everything that has a say in a row; loads nothing.

    Raises EnrichmentError when a part is not installed.
    """
    return package_versions(_PARTS, install=_INSTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, and its row in the table."""

    written: str
    row: int


class WordVectors:
    """The table of word vectors: ``data`` of shape (n_rows, 300), float32; words share rows."""

    def __init__(self, data: NDArray[np.float32], find: Any, tokenizer: Any, skip: Any) -> None:
        self.data = data
        self._find = find
        self._tokenizer = tokenizer
        self._skip = skip
        self._rows: dict[tuple[str, str], int] = {}

    def words(self, text: str) -> list[Word]:
        """Words that have a vector, in order, repeats included."""
        found = []
        for piece in _pieces(unicodedata.normalize("NFKC", text)):
            for morpheme in self._tokenizer.tokenize(piece):
                if self._skip(morpheme):
                    continue
                written = morpheme.surface()
                row = self._row(written, morpheme.normalized_form())
                if row >= 0:
                    found.append(Word(written, row))
        return found

    def _row(self, written: str, normalised: str) -> int:
        key = written, normalised
        row = self._rows.get(key)
        if row is None:
            row = self._find(written)
            if row < 0:
                row = self._find(normalised)
            self._rows[key] = row
        return row


@lru_cache(maxsize=1)
def load_words() -> WordVectors:
    """Load the table and Sudachi once per process; takes seconds and some 200 MB.

    Raises EnrichmentError when a part is missing or parts do not fit together.
    """
    versions = word_versions()
    try:
        import ja_ginza
        from spacy.strings import get_string_id
        from spacy.vectors import Vectors
        from sudachipy import SplitMode

        from esqual.enrich.dependency.dictionary import dictionary

        folder = next(iter(ja_ginza.__path__))
        table = Vectors()
        table.from_disk(f"{folder}/{MODEL}-{versions[MODEL]}/vocab")
        core = dictionary()
        tokenizer = core.create(mode=SplitMode.C)
        skip = core.pos_matcher(lambda pos: pos[0] in _LEFT_OUT)
    except Exception as cause:
        raise EnrichmentError(
            f"the word vectors of GiNZA do not load ({type(cause).__name__}: {cause}); its parts "
            f"must fit together: {_INSTALL}"
        ) from cause
    rows = table.key2row
    return WordVectors(
        np.asarray(table.data), lambda word: rows.get(get_string_id(word), -1), tokenizer, skip
    )


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that Sudachi takes, cut at ends of sentences where there are any."""
    start = 0
    while len(text) - start > _PIECE:
        ends = [match.end() for match in _END.finditer(text, start, start + _PIECE)]
        end = ends[-1] if ends else start + _PIECE
        yield text[start:end]
        start = end
    yield text[start:]

"""The mean of GiNZA's word vectors: plain, or weighted by idf when an artefact is named.

A word that no document of the fitted corpus holds weighs as one that a single document holds:
``idf(w) = ln(N / df) + 1``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from esqual.enrich.vectors.artefact import (
    Artefact,
    artefact_digest,
    artefact_name,
    read_artefact,
)
from esqual.enrich.vectors.base import Encoder, Parameter, Side
from esqual.enrich.vectors.words import DIMS, MODEL, RULES, WordVectors, load_words, word_versions

__all__ = ["ENCODER", "GinzaEncoder", "Idf"]


class Idf:
    """Inverse document frequencies of words, natural logarithm plus one."""

    def __init__(self, documents: int, frequencies: Mapping[str, int]) -> None:
        self._documents = max(documents, 1)
        self._frequencies = frequencies

    def __call__(self, written: str) -> float:
        """``ln(N / df) + 1``; df of an unknown word is 1."""
        return float(np.log(self._documents / self._frequencies.get(written, 1)) + 1)

    def knows(self, written: str) -> bool:
        """Whether a document held the word."""
        return written in self._frequencies

    @classmethod
    def of(cls, words: Iterable[Iterable[str]]) -> Idf:
        """Count the documents of each word."""
        frequencies: Counter[str] = Counter()
        documents = 0
        for document in words:
            frequencies.update(set(document))
            documents += 1
        return cls(documents, frequencies)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays of an artefact; words sorted."""
        words = sorted(self._frequencies)
        listed = json.dumps(words, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return {
            "words": np.frombuffer(listed, dtype=np.uint8),
            "df": np.array([self._frequencies[word] for word in words], dtype=np.int64),
            "documents": np.array(self._documents, dtype=np.int64),
        }

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[Any]]) -> Idf:
        """From the arrays of an artefact."""
        words = json.loads(arrays["words"].tobytes())
        counts = zip(words, arrays["df"].tolist(), strict=True)
        return cls(int(arrays["documents"]), dict(counts))


class GinzaKind:
    """See :class:`esqual.enrich.vectors.base.FittedKind`."""

    argument_means: str | None = None
    parameters: Mapping[str, Parameter] = {"artefact": artefact_name(required=False)}
    dims: int | None = DIMS
    default_dims: int | None = None

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Versions of the table and the tokenizer; digest of the frequencies."""
        versions = word_versions()
        made = {"model": MODEL, "version": versions[MODEL], "parts": versions, "rules": RULES}
        if parameters["artefact"] is not None:
            made["digest"] = artefact_digest(parameters["artefact"])
        return made

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """The table, and the frequencies if there are any."""
        name = parameters["artefact"]
        if name is None:
            return GinzaEncoder(load_words(), None)
        return GinzaEncoder(load_words(), Idf.read(read_artefact(name, fitted=_fitted()).arrays))

    def fit(self, parameters: Mapping[str, Any], texts: Iterable[str]) -> Artefact:
        """Count the words of ``texts``, one text a document."""
        table = load_words()
        idf = Idf.of([word.written for word in table.words(text)] for text in texts)
        return Artefact(_fitted(), idf.arrays())


ENCODER = GinzaKind()


def _fitted() -> dict[str, Any]:
    return {"encoder": "ginza", "rules": RULES}


class GinzaEncoder:
    """See the module. ``idf`` None: every word weighs one."""

    def __init__(self, table: WordVectors, idf: Idf | None) -> None:
        self._table = table
        self._idf = idf

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.float64]:
        """Rows of shape (n_texts, 300); both sides alike."""
        rows = np.zeros((len(texts), DIMS))
        for place, text in enumerate(texts):
            words = self._table.words(text)
            if not words:
                continue
            vectors = self._table.data[[word.row for word in words]].astype(np.float64)
            weights = np.array([1.0 if self._idf is None else self._idf(w.written) for w in words])
            rows[place] = weights @ vectors / weights.sum()
        return rows

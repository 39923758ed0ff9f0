"""SCDV, Sparse Composite Document Vectors (Mekala et al. 2017, arXiv:1612.06778), on GiNZA's words.

Fitting, on a corpus: a Gaussian mixture over the word vectors gives every word w the probabilities
P(c|w) of K clusters; its word-topic vector is the concatenation over the clusters

    wtv(w) = idf(w) * [P(c_1|w) v(w), ..., P(c_K|w) v(w)]         (K x 300 numbers)

A document is the sum over its words, brought to length one. What is nearer to zero than
``sparsity`` times t becomes zero, where t = (|mean of the least| + |mean of the greatest number|)/2
over the documents of the corpus. Words that the corpus does not hold are left out.

``dims`` = K x 300 keeps that vector; fewer dims, as a dense_vector wants them, are a very sparse
random projection of it (Li et al. 2006, doi:10.1145/1150402.1150436), seeded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from esqual.enrich.vectors.artefact import (
    Artefact,
    artefact_digest,
    artefact_name,
    read_artefact,
)
from esqual.enrich.vectors.base import (
    Encoder,
    Parameter,
    Side,
    number,
    package_versions,
    whole,
)
from esqual.enrich.vectors.ginza import Idf
from esqual.enrich.vectors.words import DIMS, MODEL, RULES, Word, WordVectors, load_words
from esqual.enrich.vectors.words import word_versions as versions
from esqual.errors import EnrichmentError

__all__ = ["ENCODER", "ScdvEncoder", "fit_scdv", "projection"]

_INSTALL = 'python -m pip install "esqual[scdv]"'


class ScdvKind:
    """See :class:`esqual.enrich.vectors.base.FittedKind`."""

    argument_means: str | None = None
    parameters: Mapping[str, Parameter] = {
        "artefact": artefact_name(required=True),
        "clusters": whole(60, 1, 1000),
        "sparsity": number(0.04, 0.0, 1.0),
        "seed": whole(0, 0, 2**31 - 1),
    }
    dims: int | None = None
    default_dims: int | None = 2048

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Versions of the table and the tokenizer; digest of what was fitted."""
        parts = versions()
        return {
            "model": MODEL,
            "version": parts[MODEL],
            "parts": parts,
            "rules": RULES,
            "digest": artefact_digest(parameters["artefact"]),
        }

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """The table of words, and what was fitted."""
        artefact = read_artefact(parameters["artefact"], fitted=_fitted(parameters))
        full = parameters["clusters"] * DIMS
        if parameters["dims"] > full:
            raise EnrichmentError(
                f"{parameters['clusters']} clusters give {full} dims, and {parameters['dims']} "
                "are declared; declare fewer"
            )
        return ScdvEncoder(
            load_words(),
            artefact.arrays,
            sparsity=parameters["sparsity"],
            matrix=None
            if parameters["dims"] == full
            else projection(full, parameters["dims"], parameters["seed"]),
        )

    def fit(self, parameters: Mapping[str, Any], texts: Iterable[str]) -> Artefact:
        """Fit the mixture on the words of ``texts``, one text a document."""
        package_versions(["scikit-learn"], install=_INSTALL)
        arrays = fit_scdv(
            load_words(), texts, clusters=parameters["clusters"], seed=parameters["seed"]
        )
        return Artefact(_fitted(parameters), arrays)


ENCODER = ScdvKind()


def _fitted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"encoder": "scdv", "rules": RULES} | {
        key: parameters[key] for key in ("clusters", "seed")
    }


class ScdvEncoder:
    """See the module.

    ``arrays``: those of :class:`Idf`; ``rows``, distinct rows of the word table, ascending;
    ``probabilities`` P(c|w) of each, shape (n_rows, K); ``threshold`` t. ``matrix``: projection of
    shape (dims, K x word dims), or None.
    """

    def __init__(
        self,
        table: WordVectors,
        arrays: Mapping[str, NDArray[Any]],
        *,
        sparsity: float,
        matrix: csr_array[Any] | None,
    ) -> None:
        self._table = table
        self._idf = Idf.read(arrays)
        self._rows = arrays["rows"]
        self._probabilities = arrays["probabilities"]
        self._cut = sparsity * float(arrays["threshold"])
        self._matrix = matrix
        full = self._probabilities.shape[1] * table.data.shape[1]
        self._dims = full if matrix is None else matrix.shape[0]

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.float64]:
        """Rows of shape (n_texts, dims); both sides alike."""
        result = np.zeros((len(texts), self._dims))
        for place, text in enumerate(texts):
            words = [word for word in self._table.words(text) if self._knows(word)]
            if not words:
                continue
            composite = self.composite(words)
            composite[np.abs(composite) < self._cut] = 0.0
            result[place] = composite if self._matrix is None else self._matrix @ composite
        return result

    def composite(self, words: Sequence[Word]) -> NDArray[np.float64]:
        """The sum of the words' word-topic vectors at length one, shape (K x word dims,)."""
        rows = np.array([word.row for word in words])
        weights = np.array([self._idf(word.written) for word in words])
        probabilities = self._probabilities[np.searchsorted(self._rows, rows)]
        vectors = self._table.data[rows].astype(np.float64)
        total: NDArray[np.float64] = ((probabilities * weights[:, None]).T @ vectors).ravel()
        length = np.linalg.norm(total)
        return total / length if length else total

    def _knows(self, word: Word) -> bool:
        if not self._idf.knows(word.written):
            return False
        place = int(np.searchsorted(self._rows, word.row))
        return place < len(self._rows) and int(self._rows[place]) == word.row


def fit_scdv(
    table: WordVectors, texts: Iterable[str], *, clusters: int, seed: int
) -> dict[str, NDArray[Any]]:
    """The arrays of :class:`ScdvEncoder`, learnt from ``texts``.

    Words that share a row of the table are one point of the mixture. Raises EnrichmentError when
    there are fewer points than clusters.
    """
    from sklearn.mixture import GaussianMixture

    known: dict[Word, int] = {}
    documents = [
        np.array([known.setdefault(word, len(known)) for word in table.words(text)], dtype=np.int32)
        for text in texts
    ]
    words = list(known)
    rows = np.unique([word.row for word in words]).astype(np.int64)
    if len(rows) < clusters:
        raise EnrichmentError(
            f"the corpus has {len(rows)} different words with a vector, too few for {clusters} "
            "clusters; fit on more text, or ask for fewer clusters"
        )
    points = table.data[rows].astype(np.float64)
    mixture = GaussianMixture(clusters, covariance_type="diag", random_state=seed, max_iter=100)
    arrays: dict[str, NDArray[Any]] = {
        **Idf.of([words[place].written for place in document] for document in documents).arrays(),
        "rows": rows,
        "probabilities": mixture.fit(points).predict_proba(points).astype(np.float32),
        "threshold": np.array(0.0),
    }
    encoder = ScdvEncoder(table, arrays, sparsity=0.0, matrix=None)
    composites = (encoder.composite([words[p] for p in d]) for d in documents if len(d))
    extremes = np.array([(composite.min(), composite.max()) for composite in composites])
    arrays["threshold"] = np.abs(extremes.mean(axis=0)).sum() / 2
    return arrays


def projection(full: int, dims: int, seed: int) -> csr_array[Any]:
    """A very sparse random projection, shape (dims, full): +-1 at one place in sqrt(full).

    Cosines after it are right on average; lengths are not kept.
    """
    # RandomState's numbers are promised to stay the same, those of Generator are not
    random = np.random.RandomState(seed)
    density = 1.0 / np.sqrt(full)
    rows, columns, signs = [], [], []
    for row in range(dims):
        places = np.flatnonzero(random.random_sample(full) < density)
        rows.append(np.full(len(places), row))
        columns.append(places)
        signs.append(random.randint(0, 2, size=len(places)) * 2.0 - 1.0)
    where = np.concatenate(rows), np.concatenate(columns)
    return csr_array((np.concatenate(signs), where), shape=(dims, full))

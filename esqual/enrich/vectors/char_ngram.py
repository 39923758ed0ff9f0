"""Vectors of hashed character n-grams: no model, no fitting, the same bytes on every machine.

Every n-gram of the normalised text stands for a pseudo-random row of signs (+1, -1) that its hash
and the seed decide. The vector of a text is the sum of these rows, weighted by 1 + ln(count): a
signed random projection of the n-gram space, which keeps cosines up to about 1/sqrt(dims)
(Achlioptas 2003, doi:10.1016/S0022-0000(03)00025-4; hashing: Weinberger et al. 2009,
doi:10.1145/1553374.1553516).

N-grams of hiragana alone weigh less, since they carry grammar more than matter; those that hold a
blank, a sign or a control character are left out, an emoji counts as a character of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from esqual.enrich.vectors.base import Encoder, Parameter, Side, whole

__all__ = ["ENCODER", "CharNgramEncoder"]

# counts up when the same parameters give other numbers
RULES = 1
# weights are whole multiples of 1/1024, so that sums are exact in any order, on any machine
UNIT = 1024
HIRAGANA_WEIGHT = 0.25
# signs made at once, as float64: 32 MB
BLOCK = 2**22
_HIRAGANA = (0x3041, 0x3096)
_EMOJI = range(0x1F000, 0x20000)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _are_lengths(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(type(length) is int and 1 <= length <= 8 for length in value)
    )


class CharNgramKind:
    """See :class:`esqual.enrich.vectors.base.EncoderKind`."""

    argument_means: str | None = None
    parameters: Mapping[str, Parameter] = {
        "ngrams": Parameter([1, 2], "a list of lengths from 1 to 8", _are_lengths),
        "seed": whole(0, 0, 2**31 - 1),
    }
    dims: int | None = None
    default_dims: int | None = 384
    # 2.5 µs of processor time a character, half a second for the start of a process
    pool_from = 400_000

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The version of the rules: nothing else decides."""
        return {"model": "char-ngram", "version": str(RULES)}

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """Nothing to load."""
        return CharNgramEncoder(
            dims=parameters["dims"],
            ngrams=parameters["ngrams"],
            seed=parameters["seed"],
        )


ENCODER = CharNgramKind()


class CharNgramEncoder:
    """See the module."""

    def __init__(self, *, dims: int, ngrams: Sequence[int], seed: int) -> None:
        self._dims = dims
        self._sizes = sorted(set(ngrams))
        self._step = max(1, BLOCK // dims)
        words = np.arange(1, (dims + 63) // 64 + 1, dtype=np.uint64)
        # one counter for each 64 signs; another seed gives other counters
        self._counters = _mixed(words * _GOLDEN + np.uint64(seed))

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.float64]:
        """Rows of shape (n_texts, dims); both sides alike."""
        rows = np.zeros((len(texts), self._dims))
        for place, text in enumerate(texts):
            hashes, weights = self._weighted(text)
            for start in range(0, len(hashes), self._step):
                block = slice(start, start + self._step)
                # a sign is 2 bit - 1
                rows[place] += 2 * (weights[block] @ self._bits(hashes[block]))
            rows[place] -= weights.sum()
        return rows

    def _weighted(self, text: str) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
        """Distinct n-grams by their hash, and what each weighs."""
        points = np.array([ord(c) for c in _normalised(text)], dtype=np.uint64)
        matter = np.array([_matters(c) for c in _normalised(text)], dtype=bool)
        hiragana = (points >= _HIRAGANA[0]) & (points <= _HIRAGANA[1])
        hashes, light = [], []
        for size in self._sizes:
            count = len(points) - size + 1
            if count < 1:
                break
            value = np.full(count, size, dtype=np.uint64)
            keep, kana = np.ones(count, dtype=bool), np.ones(count, dtype=bool)
            for offset in range(size):
                value = _mixed(value * _GOLDEN + points[offset : offset + count])
                keep &= matter[offset : offset + count]
                kana &= hiragana[offset : offset + count]
            hashes.append(value[keep])
            light.append(kana[keep])
        if not hashes:
            return np.zeros(0, dtype=np.uint64), np.zeros(0)
        distinct, first, counts = np.unique(
            np.concatenate(hashes), return_index=True, return_counts=True
        )
        weights = 1 + np.log(counts)
        weights[np.concatenate(light)[first]] *= HIRAGANA_WEIGHT
        return distinct, np.round(weights * UNIT).astype(np.float64)

    def _bits(self, hashes: NDArray[np.uint64]) -> NDArray[np.float64]:
        """0 or 1, shape (n_hashes, dims)."""
        words = _mixed(hashes[:, None] ^ self._counters[None, :]).astype("<u8")
        bits = np.unpackbits(words.view(np.uint8), axis=1)
        return bits[:, : self._dims].astype(np.float64)


def _normalised(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _matters(character: str) -> bool:
    return character.isalnum() or character in "ー々〆" or ord(character) in _EMOJI


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits of each number: the finaliser of SplitMix64 (Steele et al. 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))

"""Precision, recall and F1 on the hand-labelled sentence pairs (tests/enrich/dependency)."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from esqual.enrich.dependency.kind import DependencyWorker

__all__ = ["Pair", "Score", "finds", "read_pairs", "read_splits", "score", "verdicts"]

PAIRS = Path(__file__).parent.parent / "tests/enrich/dependency/labelled.tsv"
SEED = 20261121
RESAMPLES = 10_000
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Pair:
    """One row: does ``sentence`` say what ``query`` asks for?"""

    pair_id: str
    split: str
    phenomenon: str
    query: str
    sentence: str
    match: bool


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of a set of pairs."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def precision(self) -> float:
        """Share of what was said to match that does."""
        return self.true_positives / (self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Share of what matches that was found."""
        return self.true_positives / (self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        missed = self.false_positives + self.false_negatives
        return 2 * self.true_positives / (2 * self.true_positives + missed)

    def precision_interval(self) -> tuple[float, float]:
        """95 %, Wilson's score interval."""
        return _wilson(self.true_positives, self.true_positives + self.false_positives)

    def recall_interval(self) -> tuple[float, float]:
        """95 %, Wilson's score interval."""
        return _wilson(self.true_positives, self.true_positives + self.false_negatives)

    def f1_interval(self) -> tuple[float, float]:
        """95 %, percentiles of 10,000 resamples of the pairs, seed 20261121."""
        counts = np.array(
            [self.true_positives, self.false_positives, self.false_negatives, self.true_negatives]
        )
        rng = np.random.default_rng(SEED)
        drawn = rng.multinomial(counts.sum(), counts / counts.sum(), RESAMPLES)
        f1 = 2 * drawn[:, 0] / (2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2])
        low, high = np.quantile(f1, (0.025, 0.975))
        return float(low), float(high)


def read_splits() -> list[str]:
    """The names of the splits, such as ``dev-2``, in the file's order."""
    return list(dict.fromkeys(row["split"] for row in _rows()))


def read_pairs(split: str) -> list[Pair]:
    """The pairs of one split, in the file's order."""
    return [
        Pair(r["id"], split, r["phenomenon"], r["query"], r["sentence"], r["match"] == "1")
        for r in _rows()
        if r["split"] == split
    ]


def _rows() -> list[dict[str, str]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def verdicts(worker: DependencyWorker, pairs: Sequence[Pair]) -> list[bool]:
    """Whether the sentence of each pair is found, by :func:`finds`."""
    asked = worker.topics("pairs", [pair.query for pair in pairs])
    said = worker.documents([pair.sentence for pair in pairs])
    return [finds(query, document) for query, document in zip(asked, said, strict=True)]


def finds(asked: Mapping[str, Any], said: Any) -> bool:
    """Whether a text that says ``said`` is an answer to the template parameters ``asked``.

    A sentence: what dependency-strict.json finds. Every required pair is there in one of its
    spellings, and nothing stands there the other way round only. Words between blanks: one of the
    pairs that they may mean.
    """
    terms, roles = set(said["pairs"]), set(said["roles"])
    if not asked["pairs_required"]:
        return not terms.isdisjoint(str(asked["pairs_optional"] or "").split())
    swapped = any(
        set(swap["swapped"].split()) <= roles and roles.isdisjoint(swap["own"].split())
        for swap in asked["pairs_swapped"] or ()
    )
    return not swapped and all(
        not terms.isdisjoint(pair["spellings"].split()) for pair in asked["pairs_required"]
    )


def score(pairs: Sequence[Pair], found: Sequence[bool]) -> Score:
    """Count ``found`` against the labels."""
    seen = [(pair.match, hit) for pair, hit in zip(pairs, found, strict=True)]
    return Score(
        seen.count((True, True)),
        seen.count((False, True)),
        seen.count((True, False)),
        seen.count((False, False)),
    )


def _wilson(hits: int, n: int) -> tuple[float, float]:
    """Source: Wilson, doi:10.1080/01621459.1927.10502953."""
    share = hits / n
    middle = share + Z * Z / (2 * n)
    reach = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return (middle - reach) / (1 + Z * Z / n), (middle + reach) / (1 + Z * Z / n)

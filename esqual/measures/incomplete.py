"""Measures made for judgments with holes: Judged, Bpref, infAP. Formulas: docs/measures.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from esqual.measures.base import Measure

__all__ = ["Bpref", "InfAP", "Judged"]

# What trec_eval adds to both counts so that a rank without any judgment above it has a quotient.
_EPSILON = 0.00001


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Judged(Measure):
    """The share of the hits, down to rank k, that have a judgment; of hits returned, not of k."""

    NAME: ClassVar[str] = "Judged"

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        return sum(grade is not None for grade in top) / len(top) if top else 0.0


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Bpref(Measure):
    """Binary preference: how often judged non-relevant documents stand above relevant ones.

    Unjudged hits play no part at all. Source: Buckley, Voorhees 2004,
    doi:10.1145/1008992.1009000, with the divisor of trec_eval since version 8.
    """

    NAME: ClassVar[str] = "Bpref"

    rel: int = 1

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        relevant = sum(grade >= self.rel for grade in ideal)
        pairs = min(relevant, sum(0 <= grade < self.rel for grade in ideal))
        above = 0
        total = 0.0
        for grade in top:
            if grade is None or grade < 0:
                continue
            if grade < self.rel:
                above += 1
            else:
                total += 1 - min(above, relevant) / pairs if above else 1.0
        return total / relevant if relevant else 0.0


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class InfAP(Measure):
    """Inferred average precision, for judgments of a random sample of a pool.

    A relevance of -1 marks a document that was pooled and not judged; it is taken to be relevant
    as often as the judged documents above the rank. Where nothing is marked, as in every file
    that esqual reads, this is AP (but for 1e-5). Source: Yilmaz, Aslam 2006,
    doi:10.1145/1183614.1183633, with the constant of trec_eval.
    """

    NAME: ClassVar[str] = "infAP"

    rel: int = 1

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        relevant = sum(grade >= self.rel for grade in ideal)
        found = not_relevant = sampled_out = 0
        total = 0.0
        for above, grade in enumerate(top):
            if grade is None:
                continue
            if grade < 0:
                sampled_out += 1
            elif grade < self.rel:
                not_relevant += 1
            else:
                total += 1 / (above + 1)
                if above:
                    pooled = (found + not_relevant + sampled_out) / above
                    share = (found + _EPSILON) / (found + not_relevant + 2 * _EPSILON)
                    total += above / (above + 1) * pooled * share
                found += 1
        return total / relevant if relevant else 0.0

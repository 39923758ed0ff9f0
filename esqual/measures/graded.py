"""Measures of graded relevance: DCG, nDCG, ERR, RBP. Formulas: docs/measures.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, ClassVar

from esqual.errors import MeasureError
from esqual.measures.base import Condensable, join, refuse_above

__all__ = ["DCG", "ERR", "NDCG", "RBP"]


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class DCG(Condensable):
    """Discounted cumulative gain: sum of gain / log2(rank + 1).

    ``dcg`` names the gain: ``log2`` the relevance r itself (trec_eval), ``exp-log2`` 2^r - 1
    (Elasticsearch). Sources: doi:10.1145/582415.582418, doi:10.1145/1102351.1102363.
    """

    NAME: ClassVar[str] = "DCG"

    dcg: str = "log2"

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        return self._sum(top)

    def _sum(self, grades: Sequence[int | None]) -> float:
        total = 0.0
        for rank, grade in enumerate(grades, 1):
            if grade is not None and grade > 0:
                gain = grade if self.dcg == "log2" else 2**grade - 1
                total += gain / log2(rank + 1)
        return total

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return self._metric(max_relevance, normalize=False)

    def _metric(self, max_relevance: int | None, *, normalize: bool) -> dict[str, Any] | None:
        if self.dcg == "log2" and (max_relevance is None or max_relevance > 1):
            return None
        return {"dcg": {"k": self.cutoff, "normalize": normalize}}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class NDCG(DCG):
    """DCG divided by the DCG of the ideal list: all judged documents, best first.

    ``ideal``: ``cutoff`` cuts the ideal list at k as the hits are, so that a perfect first page
    is 1; ``all`` leaves it whole, so that k is what was seen of all that is worth finding.
    """

    NAME: ClassVar[str] = "nDCG"

    ideal: str = "cutoff"

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        ideal_dcg = self._sum(ideal[: self.cutoff] if self.ideal == "cutoff" else ideal)
        return self._sum(top) / ideal_dcg if ideal_dcg else 0.0

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return self._metric(max_relevance, normalize=True) if self.ideal == "cutoff" else None


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class ERR(Condensable):
    """Expected reciprocal rank of a user who stops at rank i with R_i = (2^r - 1) / 2^max_rel.

    ``max_rel`` is the top of the judgment scale; 4 as in gdeval, and so in ir_measures, which has
    no such parameter. Source: doi:10.1145/1645953.1646033.
    """

    NAME: ClassVar[str] = "ERR"

    max_rel: int = 4

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        refuse_above(self, max(ideal, default=0), self.max_rel)
        total, still_looking = 0.0, 1.0
        for rank, grade in enumerate(top, 1):
            if grade is not None and grade > 0:
                stops = (2**grade - 1) / 2**self.max_rel
                total += still_looking * stops / rank
                still_looking *= 1 - stops
        return total

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"expected_reciprocal_rank": {"k": self.cutoff, "maximum_relevance": self.max_rel}}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RBP(Condensable):
    """Rank-biased precision: (1 - p) * sum of gain * p^(rank - 1).

    ``p`` is the chance that the reader goes on to the next hit. The gain is 1 for relevance >=
    ``rel`` (binary), or r / ``max_rel`` (graded); one of the two is given, because a default
    would hide which. Source: Moffat, Zobel 2008, doi:10.1145/1416950.1416952.
    """

    NAME: ClassVar[str] = "RBP"

    p: float = 0.8
    rel: int | None = None
    max_rel: int | None = None

    def __post_init__(self) -> None:
        # not super(): a dataclass with slots is another class than the one written here
        Condensable.__post_init__(self)
        if (self.rel is None) == (self.max_rel is None):
            raise MeasureError(
                "RBP needs rel or max_rel, and not both: RBP(rel=1)@10 counts relevance from 1, "
                "RBP(max_rel=3)@10 has gain r/3"
            )

    def residual(self, hits: Sequence[str], judgments: Mapping[str, int]) -> float:
        """Return how much the value could grow: the weight of every rank without a judgment.

        That is the ranks of unjudged hits down to the cutoff, and all ranks below the cutoff or
        the last hit. The value lies in [value, value + residual] whatever the judgments would be.
        """
        top = self._top(join(hits, judgments).grades)
        unseen = sum(self.p**place for place, grade in enumerate(top) if grade is None)
        return (1 - self.p) * unseen + self.p ** len(top)

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        if self.max_rel is not None:
            refuse_above(self, max(ideal, default=0), self.max_rel)
        weighted = (
            self._gain(grade) * self.p**place
            for place, grade in enumerate(top)
            if grade is not None and grade > 0
        )
        return (1 - self.p) * sum(weighted)

    def _gain(self, grade: int) -> float:
        if self.max_rel is not None:
            return grade / self.max_rel
        assert self.rel is not None
        return float(grade >= self.rel)

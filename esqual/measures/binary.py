"""Measures that ask only whether a document is relevant. Formulas: docs/measures.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from esqual.measures.base import Condensable

__all__ = ["AP", "RR", "P", "R", "Success"]


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class _BinaryMeasure(Condensable):
    """Relevant means: relevance >= ``rel``."""

    rel: int = 1

    def _hits(self, top: Sequence[int | None]) -> list[bool]:
        return [grade is not None and grade >= self.rel for grade in top]

    def _relevant(self, ideal: Sequence[int]) -> int:
        return sum(grade >= self.rel for grade in ideal)

    def _threshold(self) -> dict[str, Any]:
        return {"k": self.cutoff, "relevant_rating_threshold": self.rel}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class P(_BinaryMeasure):
    """Precision: relevant documents among the top k, divided by k even for shorter lists."""

    NAME: ClassVar[str] = "P"
    CUTOFF_REQUIRED: ClassVar[bool] = True

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        assert self.cutoff is not None
        return sum(self._hits(top)) / self.cutoff

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"precision": self._threshold() | {"ignore_unlabeled": False}}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class R(_BinaryMeasure):
    """Recall: relevant documents among the top k, divided by all relevant documents."""

    NAME: ClassVar[str] = "R"
    CUTOFF_REQUIRED: ClassVar[bool] = True

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        relevant = self._relevant(ideal)
        return sum(self._hits(top)) / relevant if relevant else 0.0

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"recall": self._threshold()}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RR(_BinaryMeasure):
    """Reciprocal rank: 1 / rank of the first relevant document."""

    NAME: ClassVar[str] = "RR"

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        for rank, grade in enumerate(top, 1):
            if grade is not None and grade >= self.rel:
                return 1 / rank
        return 0.0

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"mean_reciprocal_rank": self._threshold()}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Success(_BinaryMeasure):
    """1 when a relevant document is among the top k, else 0."""

    NAME: ClassVar[str] = "Success"
    CUTOFF_REQUIRED: ClassVar[bool] = True

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        return float(any(self._hits(top)))


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class AP(_BinaryMeasure):
    """Average precision: sum of the precisions at relevant hits / all relevant documents."""

    NAME: ClassVar[str] = "AP"

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        found = 0
        total = 0.0
        for rank, relevant in enumerate(self._hits(top), 1):
            if relevant:
                found += 1
                total += found / rank
        return total / self._relevant(ideal) if found else 0.0

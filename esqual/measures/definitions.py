"""Effectiveness measures: definitions as values, one value per topic.

A measure is a frozen value whose ``str`` is its name and reads back with
:func:`esqual.measures.parse_measure`. Names, parameters and defaults are those of ir_measures;
formulas, sources and where Elasticsearch differs stand in docs/measures.md.

Common to all: a document without a judgment counts as not relevant (gain 0) and keeps its rank;
ranks below the cutoff do not exist; a topic without hits, or without what the measure divides by,
has the value 0.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import log2
from typing import Any, ClassVar

from esqual.errors import MeasureError

__all__ = ["AP", "DCG", "ERR", "NDCG", "RR", "Judged", "Measure", "P", "R"]

GAINS = ("log2", "exp-log2")


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Measure:
    """A definition; ``cutoff`` (k) is the deepest rank that counts, None for all."""

    NAME: ClassVar[str]
    CUTOFF_REQUIRED: ClassVar[bool] = False

    cutoff: int | None = None

    def __post_init__(self) -> None:
        if self.cutoff is None and self.CUTOFF_REQUIRED:
            raise MeasureError(f"{self.NAME} needs a cutoff: write {self.NAME}@10, for example")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "dcg":
                if value not in GAINS:
                    raise MeasureError(
                        f"{self.NAME}: dcg is {value!r}; known are 'log2' (gain r) and "
                        "'exp-log2' (gain 2^r - 1)"
                    )
            elif value is not None and (type(value) is not int or value < 1):
                raise MeasureError(
                    f"{self.NAME}: {field.name} is {value!r}; it is a whole number from 1"
                )

    def value(self, hits: Sequence[str], judgments: Mapping[str, int]) -> float:
        """Return the measure of one topic.

        ``hits``: document ids in rank order, shape (n_hits,), each once; ``judgments``: document
        id -> relevance. Raises ValueError when a document stands twice in the hits.
        """
        if len(set(hits)) != len(hits):
            raise ValueError("a document stands twice in the hits of one topic")
        return self._value(hits if self.cutoff is None else hits[: self.cutoff], judgments)

    def rank_eval_metric(self, max_relevance: int | None = None) -> dict[str, Any] | None:
        """Return the metric of Elasticsearch's ``_rank_eval`` with the same definition, or None.

        ``max_relevance`` is the highest relevance of the judgments, None when not known: with
        relevance 0 and 1 alone, both gains are the same. For lists shorter than the cutoff the
        released server computes nDCG and P otherwise, see docs/measures.md.
        """
        return None if self.cutoff is None else self._rank_eval(max_relevance)

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        raise NotImplementedError

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return None

    def __str__(self) -> str:
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if field.name != "cutoff" and getattr(self, field.name) != field.default
        ]
        parameters = f"({','.join(given)})" if given else ""
        cutoff = "" if self.cutoff is None else f"@{self.cutoff}"
        return f"{self.NAME}{parameters}{cutoff}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class DCG(Measure):
    """Discounted cumulative gain: sum of gain / log2(rank + 1).

    ``dcg`` names the gain: ``log2`` the relevance r itself (trec_eval), ``exp-log2`` 2^r - 1
    (Elasticsearch). Sources: doi:10.1145/582415.582418, doi:10.1145/1102351.1102363.
    """

    NAME: ClassVar[str] = "DCG"

    dcg: str = "log2"

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        return self._sum([judgments.get(doc_id, 0) for doc_id in top])

    def _sum(self, relevances: Sequence[int]) -> float:
        total = 0.0
        for rank, relevance in enumerate(relevances, 1):
            if relevance > 0:
                gain = relevance if self.dcg == "log2" else 2**relevance - 1
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
    """DCG divided by the DCG of the ideal list: all judged documents, best first, cut at k."""

    NAME: ClassVar[str] = "nDCG"

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        ideal = sorted(judgments.values(), reverse=True)[: self.cutoff]
        ideal_dcg = self._sum(ideal)
        if ideal_dcg == 0:
            return 0.0
        return self._sum([judgments.get(doc_id, 0) for doc_id in top]) / ideal_dcg

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return self._metric(max_relevance, normalize=True)


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class _BinaryMeasure(Measure):
    """Relevant means: relevance >= ``rel``."""

    rel: int = 1

    def _hits(self, top: Sequence[str], judgments: Mapping[str, int]) -> list[bool]:
        return [judgments.get(doc_id, 0) >= self.rel for doc_id in top]

    def _relevant(self, judgments: Mapping[str, int]) -> int:
        return sum(relevance >= self.rel for relevance in judgments.values())

    def _threshold(self) -> dict[str, Any]:
        return {"k": self.cutoff, "relevant_rating_threshold": self.rel}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class P(_BinaryMeasure):
    """Precision: relevant documents among the top k, divided by k even for shorter lists."""

    NAME: ClassVar[str] = "P"
    CUTOFF_REQUIRED: ClassVar[bool] = True

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        assert self.cutoff is not None
        return sum(self._hits(top, judgments)) / self.cutoff

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"precision": self._threshold() | {"ignore_unlabeled": False}}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class R(_BinaryMeasure):
    """Recall: relevant documents among the top k, divided by all relevant documents."""

    NAME: ClassVar[str] = "R"
    CUTOFF_REQUIRED: ClassVar[bool] = True

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        relevant = self._relevant(judgments)
        return sum(self._hits(top, judgments)) / relevant if relevant else 0.0

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"recall": self._threshold()}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RR(_BinaryMeasure):
    """Reciprocal rank: 1 / rank of the first relevant document."""

    NAME: ClassVar[str] = "RR"

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        for rank, doc_id in enumerate(top, 1):
            if judgments.get(doc_id, 0) >= self.rel:
                return 1 / rank
        return 0.0

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"mean_reciprocal_rank": self._threshold()}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class AP(_BinaryMeasure):
    """Average precision: sum of the precisions at relevant hits / all relevant documents."""

    NAME: ClassVar[str] = "AP"

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        found = 0
        total = 0.0
        for rank, relevant in enumerate(self._hits(top, judgments), 1):
            if relevant:
                found += 1
                total += found / rank
        return total / self._relevant(judgments) if found else 0.0


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class ERR(Measure):
    """Expected reciprocal rank of a user who stops at rank i with R_i = (2^r - 1) / 2^max_rel.

    ``max_rel`` is the top of the judgment scale; 4 as in gdeval, and so in ir_measures, which has
    no such parameter. Source: doi:10.1145/1645953.1646033.
    """

    NAME: ClassVar[str] = "ERR"

    max_rel: int = 4

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        highest = max(judgments.values(), default=0)
        if highest > self.max_rel:
            raise MeasureError(
                f"{self}: a judgment of {highest} is above max_rel={self.max_rel}; "
                f"write ERR(max_rel={highest}) with the top of your scale"
            )
        total, still_looking = 0.0, 1.0
        for rank, doc_id in enumerate(top, 1):
            relevance = judgments.get(doc_id, 0)
            if relevance > 0:
                stops = (2**relevance - 1) / 2**self.max_rel
                total += still_looking * stops / rank
                still_looking *= 1 - stops
        return total

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return {"expected_reciprocal_rank": {"k": self.cutoff, "maximum_relevance": self.max_rel}}


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Judged(Measure):
    """The share of the hits, down to rank k, that have a judgment; of hits returned, not of k."""

    NAME: ClassVar[str] = "Judged"

    def _value(self, top: Sequence[str], judgments: Mapping[str, int]) -> float:
        return sum(doc_id in judgments for doc_id in top) / len(top) if top else 0.0

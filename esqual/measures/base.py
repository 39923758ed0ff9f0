"""What every measure is: a frozen value that reads back from its own name.

``str`` of a measure is its name and reads back with :func:`esqual.measures.parse_measure`. Names,
parameters and defaults are those of ir_measures; formulas, sources and where Elasticsearch differs
stand in docs/measures.md.

Common to all: a document without a judgment counts as not relevant (gain 0) and keeps its rank,
unless ``judged_only`` takes it out of the list first; ranks below the cutoff do not exist; a topic
without hits, or without what the measure divides by, has the value 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, fields, replace
from typing import Any, ClassVar, NamedTuple, Self

from esqual.errors import MeasureError

__all__ = ["JudgedHits", "Measure", "join"]


class JudgedHits(NamedTuple):
    """One topic, looked up once for any number of measures.

    ``grades``: the relevance of every hit in rank order, shape (n_hits,), None where there is no
    judgment. ``ideal``: the relevance of every judged document, highest first, shape (n_judged,).
    """

    grades: tuple[int | None, ...]
    ideal: tuple[int, ...]


def join(hits: Sequence[str], judgments: Mapping[str, int]) -> JudgedHits:
    """Look the hits of one topic up in its judgments.

    ``hits``: document ids in rank order, each once; ``judgments``: document id -> relevance.
    Raises ValueError when a document stands twice in the hits.
    """
    if len(set(hits)) != len(hits):
        raise ValueError("a document stands twice in the hits of one topic")
    return JudgedHits(
        tuple(judgments.get(doc_id) for doc_id in hits),
        tuple(sorted(judgments.values(), reverse=True)),
    )


def _is_whole(value: object) -> bool:
    return type(value) is int and value >= 1


# parameter -> (is the value one of it, what it is)
_PARAMETERS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "cutoff": (_is_whole, "it is a whole number from 1"),
    "rel": (_is_whole, "it is a whole number from 1"),
    "max_rel": (_is_whole, "it is a whole number from 1"),
    "p": (lambda p: type(p) is float and 0 < p < 1, "it lies between 0 and 1, both excluded"),
    "judged_only": (lambda flag: type(flag) is bool, "it is True or False"),
    "dcg": (
        lambda name: name in ("log2", "exp-log2"),
        "known are 'log2' (gain r) and 'exp-log2' (gain 2^r - 1)",
    ),
    "ideal": (
        lambda name: name in ("cutoff", "all"),
        "known are 'cutoff' (the ideal list is cut where the hits are) and 'all'",
    ),
}


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
            fits, what = _PARAMETERS[field.name]
            if not (fits(value) or (value is None and field.default is None)):
                raise MeasureError(f"{self.NAME}: {field.name} is {value!r}; {what}")

    def value(self, hits: Sequence[str], judgments: Mapping[str, int]) -> float:
        """Return the measure of one topic.

        ``hits``: document ids in rank order, shape (n_hits,), each once; ``judgments``: document
        id -> relevance. Raises ValueError when a document stands twice in the hits.
        """
        return self.of(join(hits, judgments))

    def of(self, judged: JudgedHits) -> float:
        """Return the measure of one topic that is looked up already (see :func:`join`)."""
        return self._value(self._top(judged.grades), judged.ideal)

    def condensed(self) -> Measure | None:
        """Return the same measure over the judged hits alone, None where that means nothing."""
        return None

    def rank_eval_metric(self, max_relevance: int | None = None) -> dict[str, Any] | None:
        """Return the metric of Elasticsearch's ``_rank_eval`` with the same definition, or None.

        ``max_relevance`` is the highest relevance of the judgments, None when not known: with
        relevance 0 and 1 alone, both gains are the same. For lists shorter than the cutoff the
        released server computes nDCG and P otherwise, see docs/measures.md.
        """
        return None if self.cutoff is None else self._rank_eval(max_relevance)

    def _top(self, grades: Sequence[int | None]) -> Sequence[int | None]:
        return grades if self.cutoff is None else grades[: self.cutoff]

    def _value(self, top: Sequence[int | None], ideal: Sequence[int]) -> float:
        raise NotImplementedError

    def _rank_eval(self, max_relevance: int | None) -> dict[str, Any] | None:
        return None

    def __str__(self) -> str:
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in self._own_parameters()
            if getattr(self, field.name) != field.default
        ]
        parameters = f"({','.join(given)})" if given else ""
        cutoff = "" if self.cutoff is None else f"@{self.cutoff}"
        return f"{self.NAME}{parameters}{cutoff}"

    __repr__ = __str__

    @classmethod
    def _own_parameters(cls) -> list[Field[Any]]:
        """Return the parameters but the cutoff, in the order in which a name writes them."""
        own = [field for field in fields(cls) if field.name != "cutoff"]
        return sorted(own, key=lambda field: field.name == "judged_only")

    @classmethod
    def form(cls) -> str:
        """Return how the measure is written with all its parameters, as a hint."""
        own = [f"{field.name}={field.default!r}" for field in cls._own_parameters()]
        parameters = f"({', '.join(own)})" if own else ""
        return f"{cls.NAME}{parameters}{'@k' if cls.CUTOFF_REQUIRED else '[@k]'}"


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Condensable(Measure):
    """A measure with a twin: ``judged_only`` takes hits without a judgment out, then cuts at k."""

    judged_only: bool = False

    def condensed(self) -> Self:
        """Return the same measure with ``judged_only=True``."""
        return replace(self, judged_only=True)

    def rank_eval_metric(self, max_relevance: int | None = None) -> dict[str, Any] | None:
        """Return None for the twin too: the API cuts the list before it skips documents."""
        if self.judged_only or self.cutoff is None:
            return None
        return self._rank_eval(max_relevance)

    def _top(self, grades: Sequence[int | None]) -> Sequence[int | None]:
        if self.judged_only:
            grades = [grade for grade in grades if grade is not None]
        return grades if self.cutoff is None else grades[: self.cutoff]


def refuse_above(measure: Measure, highest: int, max_rel: int) -> None:
    """Raise MeasureError when a judgment is above the top of the scale that a measure states."""
    if highest > max_rel:
        raise MeasureError(
            f"{measure}: a judgment of {highest} is above max_rel={max_rel}; "
            f"write {measure.NAME}(max_rel={highest}) with the top of your scale"
        )

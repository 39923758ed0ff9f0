"""Measures: definitions that read back from their own names, and their values per topic.

>>> parse_measure("P(rel=2)@5").value(["d3", "d1"], {"d1": 2, "d2": 3})
0.2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from esqual.measures.base import JudgedHits, Measure, join
from esqual.measures.parsing import DEFAULT_MEASURE, MEASURES, parse_measure
from esqual.models import Qrels, Run

__all__ = [
    "DEFAULT_MEASURE",
    "MEASURES",
    "JudgedHits",
    "Measure",
    "TopicValues",
    "iter_values",
    "join",
    "parse_measure",
]


class TopicValues(NamedTuple):
    """The values of one topic, in the order of the measures, shape (n_measures,)."""

    query_id: str
    values: tuple[float, ...]


def iter_values(measures: Sequence[Measure], run: Run, qrels: Qrels) -> Iterator[TopicValues]:
    """Yield the values of every topic of ``qrels``, in its order; hits are looked up once.

    A topic that the run did not answer has no hits, so 0.0; one without judgments is not in
    ``qrels`` and cannot be scored.
    """
    for query_id, judgments in qrels.items():
        judged = join([hit.doc_id for hit in run.get(query_id, ())], judgments)
        yield TopicValues(query_id, tuple(measure.of(judged) for measure in measures))

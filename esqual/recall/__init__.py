"""Approximate against exact nearest neighbours: what a graph misses, what it saves, what it costs.

``field`` knows the mapping and the two queries, ``selection`` makes filters of a known selectivity,
``measuring`` runs and counts.
"""

from __future__ import annotations

from esqual.recall.field import VectorField, check_names, iter_documents, read_vector_field
from esqual.recall.measuring import Row, TopicVector, measure_recall
from esqual.recall.selection import Selection, choose_by_ids

__all__ = [
    "Row",
    "Selection",
    "TopicVector",
    "VectorField",
    "check_names",
    "choose_by_ids",
    "iter_documents",
    "measure_recall",
    "read_vector_field",
]

"""Filters that keep a known share of the documents, chosen by a seed and by nothing else."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from esqual.errors import ConfigError

__all__ = ["Selection", "choose_by_ids", "shuffled"]

# what a server takes in one terms query by default
_MAX_TERMS = 65_536


@dataclass(frozen=True, slots=True)
class Selection:
    """``percent`` of the documents (100: all), how many these are, and the filter that keeps them.

    The smaller of two selections of one seed lies within the larger.
    """

    percent: float
    documents: int
    filters: tuple[Mapping[str, Any], ...] = field(default=())


def shuffled(doc_ids: Sequence[str], seed: int) -> list[str]:
    """The ids in an order that the ids and the seed decide, however they came."""
    order = sorted(doc_ids)
    random.Random(seed).shuffle(order)
    return order


def choose_by_ids(
    doc_ids: Sequence[str], percent: float, seed: int, values: Mapping[str, Any] | None, name: str
) -> Selection:
    """Keep the chosen documents by listing them: their ``_id``, or their value of a field.

    ``values`` is doc_id -> value of the field ``name``; each must belong to one document.
    """
    chosen = shuffled(doc_ids, seed)[: _count(len(doc_ids), percent)]
    if len(chosen) > _MAX_TERMS:
        raise ConfigError(
            f"{percent:g} % are {len(chosen)} documents, and a filter lists at most {_MAX_TERMS}; "
            "take a smaller share"
        )
    if values is None:
        kept: Mapping[str, Any] = {"ids": {"values": chosen}}
    else:
        kept = {"terms": {name: [values[doc_id] for doc_id in chosen]}}
    return Selection(percent, len(chosen), (kept,))


def _count(total: int, percent: float) -> int:
    return max(1, round(total * percent / 100))

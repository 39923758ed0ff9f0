"""The values that cross module borders: frozen, with checks, in the field's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["Document", "Qrels", "Run", "ScoredDoc", "Topic"]

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Document:
    """One item of a corpus: its id and the body that goes to the engine, id field included."""

    doc_id: str
    body: Mapping[str, Any]
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Topic:
    """A need: ``text`` fills ``{{query}}``; ``parameters`` are further template parameters."""

    query_id: str
    text: str
    parameters: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    topic_class: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ScoredDoc:
    """One hit of a run; its rank is its place in the list, 1-based."""

    doc_id: str
    score: float


# query_id -> hits in the engine's order (score desc, then the engine's own tie rule)
Run = Mapping[str, Sequence[ScoredDoc]]
# query_id -> doc_id -> relevance (int >= 0)
Qrels = Mapping[str, Mapping[str, int]]

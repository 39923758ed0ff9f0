"""``highlight``: not there yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import unsupported

__all__ = ["HighlightField", "read_highlight"]


@dataclass(frozen=True, slots=True)
class HighlightField:
    """One field to highlight."""

    pattern: str


def read_highlight(json: Any) -> list[HighlightField]:
    """The fields of ``highlight``."""
    if json:
        raise unsupported("highlight")
    return []


def highlight(shard: Any, fields: Any, hits: Any, docs: Any, sources: Any) -> None:
    """Nothing is asked for while ``read_highlight`` refuses."""

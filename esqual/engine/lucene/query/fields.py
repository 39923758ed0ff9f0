"""``fields`` of multi_match, combined_fields and the query strings: patterns and ``^boost``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from esqual.engine.lucene.api_error import illegal_argument
from esqual.engine.lucene.query.base import QueryContext
from esqual.engine.lucene.query.parameters import number

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType

__all__ = ["Fields", "resolve_fields", "split_boost"]


@dataclass(frozen=True, slots=True)
class Fields:
    """Mapped fields with their boosts, in order of name; ``all``: they come from ``*``."""

    boosts: Mapping[FieldType, float]
    all: bool


def split_boost(text: str) -> tuple[str, float]:
    """``title^2`` → ``("title", 2.0)``. Raises for a boost that is no number, or negative."""
    name, separator, factor = text.partition("^")
    if not separator:
        return text, 1.0
    value = number(factor)
    if value < 0 or math.isnan(value):
        raise illegal_argument(
            f"negative [boost] are not allowed in [{text}], use a value between 0 and 1 to deboost"
        )
    return name, value


def resolve_fields(context: QueryContext, given: Mapping[str, float]) -> Fields:
    """Expand patterns; a field that is named twice gets the product of its boosts.

    Without fields the index's ``index.query.default_field`` stands in, ``*`` by default.
    """
    named = given or _default_fields(context)
    boosts: dict[str, float] = {}
    for pattern, factor in named.items():
        names = context.mapping.names(pattern) if "*" in pattern else [pattern]
        for name in names:
            boosts[name] = boosts.get(name, 1.0) * factor
    mapped = {name: context.mapping.field(name) for name in sorted(boosts)}
    return Fields(
        {field: boosts[name] for name, field in mapped.items() if field is not None},
        all="*" in named,
    )


def _default_fields(context: QueryContext) -> dict[str, float]:
    setting = context.index.settings.get("index.query.default_field", ["*"])
    listed = setting if isinstance(setting, list) else [setting]
    return dict(split_boost(str(name)) for name in listed)

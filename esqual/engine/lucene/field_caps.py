"""``_field_caps``: what fields there are, and whether they can be searched and aggregated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import parsing_error, unsupported
from esqual.engine.lucene.rest import Request
from esqual.engine.lucene.search_body import validation_error
from esqual.engine.lucene.xcontent import texts

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index

__all__ = ["field_caps"]


def field_caps(indices: Sequence[Index], request: Request) -> dict[str, Any]:
    """The answer for the fields that ``fields`` names; metadata fields are not listed."""
    body = request.json()
    if not isinstance(body, dict):
        raise parsing_error("Expected [START_OBJECT]")
    for name in (*body, *(set(request.parameters) & {"filters", "include_empty_fields"})):
        if name != "fields":
            raise unsupported(f"{name} in _field_caps")
    asked = request.parameters.get("fields", body.get("fields"))
    if not asked:
        raise validation_error("no fields specified")
    patterns = [part for text in texts("fields", asked) for part in text.split(",")]
    types = {word for word in request.parameters.get("types", "").split(",") if word}
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for index in indices:
        for name, kind, searchable, aggregatable in _of_index(index, patterns):
            if not types or kind in types:
                group = found.setdefault(name, {}).setdefault(kind, {})
                group.setdefault("indices", []).append(index.name)
                group.setdefault("searchable", []).append(index.name if searchable else "")
                group.setdefault("aggregatable", []).append(index.name if aggregatable else "")
    names = [index.name for index in indices]
    if request.flag("include_unmapped"):
        for groups in found.values():
            there = {name for group in groups.values() for name in group["indices"]}
            rest = [name for name in names if name not in there]
            if rest:
                groups["unmapped"] = {"indices": rest, "searchable": [""], "aggregatable": [""]}
    return {
        "indices": sorted(names),
        "fields": {name: _capabilities(groups) for name, groups in sorted(found.items())},
    }


def _of_index(index: Index, patterns: Sequence[str]) -> list[tuple[str, str, bool, bool]]:
    names = sorted({name for pattern in patterns for name in index.mapping.names(pattern)})
    rows = []
    for name in names:
        field = index.mapping.field(name)
        if field is not None:
            aggregatable = field.has_doc_values and not field.is_text
            rows.append((name, field.type, field.indexed or aggregatable, aggregatable))
    return rows


def _capabilities(groups: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    answer = {}
    for kind, group in groups.items():
        answer[kind] = {
            "type": kind,
            "metadata_field": False,
            "searchable": all(group["searchable"]),
            "aggregatable": all(group["aggregatable"]),
        }
        if len(groups) > 1:
            answer[kind]["indices"] = group["indices"]
    return answer

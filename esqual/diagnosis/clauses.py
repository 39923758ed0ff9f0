"""A search body as a flat list of what it asks, so that two can be held against each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as field_of
from typing import Any

from esqual.fusion import FusedQuery
from esqual.search import Body

__all__ = ["Clause", "clauses_of"]

_MATCHES = frozenset(
    ["match", "match_phrase", "match_phrase_prefix", "match_bool_prefix", "intervals"]
)
_MANY_FIELDS = frozenset(
    ["multi_match", "combined_fields", "query_string", "simple_query_string", "more_like_this"]
)
# queries around other queries -> where these stand
_WRAPPERS: dict[str, tuple[tuple[str, str | None], ...]] = {
    "constant_score": (("filter", None),),
    "function_score": (("query", None),),
    "script_score": (("query", None),),
    "dis_max": (("queries", None),),
    "nested": (("query", None),),
    "boosting": (("positive", None), ("negative", "negative")),
    "pinned": (("organic", None),),
}
_OCCURRENCES = ("must", "should", "filter", "must_not")
# neither of them moves a document that was compared
_IGNORED = frozenset({"track_scores", "track_total_hits", "_source", "fields", "size"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is asked.

    ``occurrence``: must, should, filter, must_not, or the part of the body. ``field`` and
    ``text`` are those of a text query; of other queries ``options`` has everything. ``boost``:
    all boosts on the way, multiplied. ``list_name``: which list of a fused query.
    """

    kind: str
    occurrence: str
    field: str | None = None
    text: str | None = None
    boost: float = 1.0
    options: Mapping[str, str] = field_of(default_factory=dict)
    list_name: str = ""


def clauses_of(body: Body) -> list[Clause]:
    """What ``body`` asks, in its order."""
    if isinstance(body, FusedQuery):
        fusion = body.fusion
        options = {name: repr(getattr(fusion, name)) for name in type(fusion).__slots__}
        found = [Clause("fusion", "fusion", options=options)]
        for name, part in body.bodies.items():
            found += list(_body(part, name))
        return found
    return list(_body(body, ""))


def _body(body: Mapping[str, Any], name: str) -> Iterator[Clause]:
    for part, value in body.items():
        if part == "query":
            yield from _query(value, "must", 1.0, name)
        elif part == "knn":
            for each in value if isinstance(value, list) else [value]:
                yield _knn(each, "knn", 1.0, name)
        elif part == "retriever":
            yield from _retriever(value, name)
        elif part == "post_filter":
            yield from _query(value, "filter", 1.0, name)
        elif part == "rescore":
            for each in value if isinstance(value, list) else [value]:
                asked = dict(each.get("query", {}))
                yield from _query(asked.pop("rescore_query", {}), "rescore", 1.0, name)
                rest = {"window_size": each.get("window_size"), **asked}
                yield Clause("rescore", "rescore", options=_texts(rest), list_name=name)
        elif part not in _IGNORED:
            yield Clause(part, "body", options=_texts({part: value}), list_name=name)


def _retriever(retriever: Mapping[str, Any], name: str) -> Iterator[Clause]:
    for kind, own in retriever.items():
        if kind == "knn":
            yield _knn(own, "knn", 1.0, name)
            continue
        rest = dict(own)
        if kind == "standard":
            yield from _query(rest.pop("query", {}), "must", 1.0, name)
        for below in (*rest.pop("retrievers", ()), *filter(None, [rest.pop("retriever", None)])):
            yield from _retriever(below.get("retriever", below), name)
        filters = rest.pop("filter", ())
        for each in filters if isinstance(filters, list) else [filters]:
            if each:
                yield from _query(each, "filter", 1.0, name)
        if rest:
            yield Clause(kind, "retriever", options=_texts(rest), list_name=name)


def _query(query: Mapping[str, Any], occurrence: str, boost: float, name: str) -> Iterator[Clause]:
    for kind, own in query.items():
        if kind == "bool":
            yield from _bool(own, occurrence, boost, name)
        elif kind == "knn":
            yield _knn(own, occurrence, boost, name)
        elif kind in _WRAPPERS:
            yield from _wrapped(kind, own, occurrence, boost, name)
        elif kind in _MATCHES:
            yield _match(kind, own, occurrence, boost, name)
        elif kind in _MANY_FIELDS:
            yield from _many(kind, own, occurrence, boost, name)
        else:
            yield _leaf(kind, own, occurrence, boost, name)


def _bool(own: Mapping[str, Any], above: str, boost: float, name: str) -> Iterator[Clause]:
    boost *= float(own.get("boost", 1.0))
    for occurrence in _OCCURRENCES:
        below = own.get(occurrence, [])
        # inside a filter nothing scores, whatever it is called there
        place = above if above in ("filter", "must_not", "rescore") else occurrence
        for each in below if isinstance(below, list) else [below]:
            yield from _query(each, place, boost, name)
    rest = {key: own[key] for key in ("minimum_should_match",) if key in own}
    if rest:
        yield Clause("bool", above, options=_texts(rest), list_name=name)


def _wrapped(
    kind: str, own: Mapping[str, Any], occurrence: str, boost: float, name: str
) -> Iterator[Clause]:
    rest = dict(own)
    boost *= float(rest.pop("boost", 1.0))
    for part, other in _WRAPPERS[kind]:
        below = rest.pop(part, ())
        for each in below if isinstance(below, (list, tuple)) else [below]:
            yield from _query(each, other or occurrence, boost, name)
    options = {} if kind == "constant_score" else _texts(rest)
    if options or kind == "constant_score":
        yield Clause(kind, occurrence, options=options, list_name=name)


def _match(kind: str, own: Mapping[str, Any], occurrence: str, boost: float, name: str) -> Clause:
    field_name, given = next(iter(own.items()), ("", ""))
    options = dict(given) if isinstance(given, Mapping) else {"query": given}
    text = options.pop("query", None)
    boost *= float(options.pop("boost", 1.0))
    return Clause(
        kind,
        occurrence,
        field_name,
        None if text is None else str(text),
        boost,
        _texts(options),
        name,
    )


def _many(
    kind: str, own: Mapping[str, Any], occurrence: str, boost: float, name: str
) -> Iterator[Clause]:
    options = dict(own)
    text = options.pop("query", None)
    boost *= float(options.pop("boost", 1.0))
    fields = options.pop("fields", None) or [options.pop("default_field", "*")]
    for each in fields if isinstance(fields, list) else [fields]:
        field_name, _, own_boost = str(each).partition("^")
        total = boost * float(own_boost or 1.0)
        asked = None if text is None else str(text)
        yield Clause(kind, occurrence, field_name, asked, total, _texts(options), name)


def _knn(own: Mapping[str, Any], occurrence: str, boost: float, name: str) -> Clause:
    # the vector follows from the topic; its numbers tell a reader nothing
    options = {key: value for key, value in own.items() if key not in ("query_vector", "field")}
    boost *= float(options.pop("boost", 1.0))
    return Clause("knn", occurrence, own.get("field"), None, boost, _texts(options), name)


def _leaf(kind: str, own: Any, occurrence: str, boost: float, name: str) -> Clause:
    """A query that analyses nothing; ``term`` and its like name their field first."""
    options = dict(own) if isinstance(own, Mapping) else {"": own}
    boost *= float(options.pop("boost", 1.0)) if kind != "ids" else 1.0
    fields = [key for key in options if not key.startswith("_")]
    field_name = fields[0] if len(fields) == 1 else options.get("field")
    return Clause(kind, occurrence, field_name, None, boost, _texts(options), name)


def _texts(options: Mapping[str, Any]) -> dict[str, str]:
    """Values as text: a word as it is, the rest as JSON."""
    return {
        key: value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for key, value in options.items()
    }

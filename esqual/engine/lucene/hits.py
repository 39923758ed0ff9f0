"""The parts of a hit that are only there when asked: source, versions, fields, explanation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fetch import fetch_fields, shown_source
from esqual.engine.lucene.highlight import highlight
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import ShardFailure

if TYPE_CHECKING:
    from esqual.engine.lucene.search_body import SearchBody
    from esqual.engine.lucene.shard import Shard

__all__ = ["complete", "explanation"]

PRIMARY_TERM = 1
Hit = dict[str, Any]


def complete(
    body: SearchBody, hits: Sequence[Hit], places: Callable[[], Sequence[tuple[Shard, int]]]
) -> None:
    """Add what the body asks for to hits that have ``_index``, ``_id``, ``_score`` (and ``sort``).

    ``places()``: index and Lucene document of each hit. Raises :class:`ShardFailure` when a part
    cannot be made.
    """
    if not hits or not (body.wants_more or _is_named(places()[0][0])):
        return
    by_shard: dict[int, list[tuple[Hit, Shard, int]]] = {}
    for hit, (shard, doc) in zip(hits, places(), strict=True):
        by_shard.setdefault(id(shard), []).append((hit, shard, doc))
    for rows in by_shard.values():
        try:
            _complete(body, rows[0][1], [row[0] for row in rows], [row[2] for row in rows])
        except ApiError as error:
            raise ShardFailure(error) from error
    if body.without_ids:
        for hit in hits:
            del hit["_id"]


def _is_named(shard: Shard) -> bool:
    return shard.context is not None and bool(shard.context.named)


def _complete(body: SearchBody, shard: Shard, hits: Sequence[Hit], docs: Sequence[int]) -> None:
    searcher = shard.searcher
    assert searcher is not None
    if body.version:
        for hit, version in zip(hits, searcher.versions(docs), strict=True):
            hit["_version"] = version
    if body.seq_no_primary_term:
        for hit, seq_no in zip(hits, searcher.seq_nos(docs), strict=True):
            hit["_seq_no"], hit["_primary_term"] = seq_no, PRIMARY_TERM
    if body.wants_source or body.fields or body.highlight:
        sources = [json.loads(source) for source in searcher.sources(docs)]
        _show_sources(body, shard, hits, sources)
        if body.highlight:
            highlight(shard, body.highlight, hits, sources)
    if _is_named(shard):
        _name_matches(shard, hits, docs)
    if body.explain:
        for hit, doc in zip(hits, docs, strict=True):
            hit["_shard"], hit["_node"] = f"[{shard.index.name}][0]", "embedded"
            hit["_explanation"] = explanation(searcher.java.explain(shard.query, doc))


def _show_sources(
    body: SearchBody, shard: Shard, hits: Sequence[Hit], sources: Sequence[Any]
) -> None:
    for hit, source in zip(hits, sources, strict=True):
        if body.wants_source:
            hit["_source"] = shown_source(shard.index, body.source, source)
        if body.fields:
            fields = fetch_fields(shard.index.mapping, body.fields, hit["_id"], source)
            if fields:
                hit["fields"] = fields


def _name_matches(shard: Shard, hits: Sequence[Hit], docs: Sequence[int]) -> None:
    assert shard.searcher is not None
    assert shard.context is not None
    named = J.NamedQueries(shard.searcher.java)
    for name, query in shard.context.named.items():
        named.put(name, query)
    for hit, doc in zip(hits, docs, strict=True):
        names = str(named.matching(doc))
        if names:
            hit["matched_queries"] = names.split("\0")


def explanation(java: Any) -> dict[str, Any]:
    """A Lucene ``Explanation`` as JSON; whole numbers stay whole, floats are the shortest text."""
    value = java.getValue()
    text = str(value.toString())
    whole = isinstance(value, J.Integer | J.Long)
    # Elasticsearch's similarity of a field goes by this name
    description = str(java.getDescription()).replace("[FieldSimilarities]", "[PerFieldSimilarity]")
    return {
        "value": int(text) if whole else float(text),
        "description": description,
        "details": [explanation(detail) for detail in java.getDetails()],
    }

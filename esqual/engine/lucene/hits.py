"""The parts of a hit that are only there when asked: source, versions, fields, explanation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fetch import fetch_fields
from esqual.engine.lucene.highlight import highlight
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import ShardFailure

if TYPE_CHECKING:
    from esqual.engine.lucene.search import Shard
    from esqual.engine.lucene.search_body import SearchBody

__all__ = ["HitWriter", "explanation"]

PRIMARY_TERM = 1
Hit = dict[str, Any]


class HitWriter:
    """Completes hits that so far have ``_index``, ``_id``, ``_score`` (and ``sort``)."""

    def __init__(self, body: SearchBody) -> None:
        self.body = body

    def complete(self, hits: Sequence[Hit], places: Sequence[tuple[Shard, int]]) -> None:
        """Add what the body asks for. ``places``: index and Lucene document of each hit.

        Raises :class:`ShardFailure` when a part cannot be made.
        """
        shards = {id(shard): shard for shard, _ in places}
        for shard in shards.values():
            rows = [(hit, doc) for hit, (of, doc) in zip(hits, places, strict=True) if of is shard]
            try:
                self._complete(shard, [hit for hit, _ in rows], [doc for _, doc in rows])
            except ApiError as error:
                raise ShardFailure(error) from error
        if self.body.without_ids:
            for hit in hits:
                del hit["_id"]

    def _complete(self, shard: Shard, hits: Sequence[Hit], docs: Sequence[int]) -> None:
        body, searcher = self.body, shard.searcher
        assert searcher is not None
        if body.version:
            for hit, version in zip(hits, searcher.versions(docs), strict=True):
                hit["_version"] = version
        if body.seq_no_primary_term:
            for hit, seq_no in zip(hits, searcher.seq_nos(docs), strict=True):
                hit["_seq_no"], hit["_primary_term"] = seq_no, PRIMARY_TERM
        if body.wants_source or body.fields or body.highlight:
            sources = [json.loads(source) for source in searcher.sources(docs)]
            self._show_sources(shard, hits, sources)
            if body.highlight:
                highlight(shard, body.highlight, hits, sources)
        assert shard.context is not None
        if shard.context.named:
            _name_matches(shard, hits, docs)
        if body.explain:
            for hit, doc in zip(hits, docs, strict=True):
                hit["_shard"], hit["_node"] = f"[{shard.index.name}][0]", "embedded"
                hit["_explanation"] = explanation(searcher.java.explain(shard.query, doc))

    def _show_sources(self, shard: Shard, hits: Sequence[Hit], sources: Sequence[Any]) -> None:
        body = self.body
        for hit, source in zip(hits, sources, strict=True):
            if body.wants_source:
                hit["_source"] = source if body.source is None else body.source.apply(source)
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

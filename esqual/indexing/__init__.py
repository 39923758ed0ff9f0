"""Corpus and mapping file to index: ``body`` makes the index, ``load`` fills and counts it.

``enriched`` is the query side: does an index hold what we would make of its documents?
"""

from __future__ import annotations

from esqual.indexing.alias import AliasReport, build_behind_alias
from esqual.indexing.body import IndexBody, Mode, read_index_body
from esqual.indexing.enriched import EnrichedField, EnrichedTopics, enrich_topics
from esqual.indexing.load import IndexReport, LoadOptions, OnDuplicate, Progress, index_corpus
from esqual.indexing.loading import unfinished_notes

__all__ = [
    "AliasReport",
    "EnrichedField",
    "EnrichedTopics",
    "IndexBody",
    "IndexReport",
    "LoadOptions",
    "Mode",
    "OnDuplicate",
    "Progress",
    "build_behind_alias",
    "enrich_topics",
    "index_corpus",
    "read_index_body",
    "unfinished_notes",
]

"""Corpus and mapping file to index: ``body`` makes the index, ``load`` fills and counts it.

``enriched`` is the query side: does an index hold what we would make of its documents?
"""

from __future__ import annotations

from esqual.indexing.body import IndexBody, Mode, read_index_body
from esqual.indexing.enriched import EnrichedField, EnrichedTopics, enrich_topics
from esqual.indexing.load import IndexReport, LoadOptions, OnDuplicate, Progress, index_corpus

__all__ = [
    "EnrichedField",
    "EnrichedTopics",
    "IndexBody",
    "IndexReport",
    "LoadOptions",
    "Mode",
    "OnDuplicate",
    "Progress",
    "enrich_topics",
    "index_corpus",
    "read_index_body",
]

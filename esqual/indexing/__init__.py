"""Corpus and mapping file to index: ``body`` makes the index, ``load`` fills and counts it."""

from __future__ import annotations

from esqual.indexing.body import IndexBody, Mode, read_index_body
from esqual.indexing.load import IndexReport, OnDuplicate, Progress, index_corpus

__all__ = [
    "IndexBody",
    "IndexReport",
    "Mode",
    "OnDuplicate",
    "Progress",
    "index_corpus",
    "read_index_body",
]

"""Searches of many topics: pages of hits, plain or fused from several bodies of each topic."""

from __future__ import annotations

from esqual.search.pages import Body, Page, fuse_hits, page_of, search_pages
from esqual.search.sending import SIMPLE, Sending, failure_of, iter_searches

__all__ = [
    "SIMPLE",
    "Body",
    "Page",
    "Sending",
    "failure_of",
    "fuse_hits",
    "iter_searches",
    "page_of",
    "search_pages",
]

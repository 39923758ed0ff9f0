"""Corpus files: bytes in, one :class:`esqual.models.Document` after another out.

Formats: NDJSON, CSV, TSV, Wikipedia's dumps (CirrusSearch, MediaWiki XML), gzip and bzip2 of
each, and standard input. Every reader is a generator; the
memory it takes is that of one line.
"""

from __future__ import annotations

from esqual.corpus.pages import Unit
from esqual.corpus.reader import FORMATS, Corpus
from esqual.corpus.records import Fields
from esqual.corpus.rejects import Reject, Rejects

__all__ = ["FORMATS", "Corpus", "Fields", "Reject", "Rejects", "Unit"]

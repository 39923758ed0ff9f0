"""A text to further fields of its document, and to template parameters of its topic.

Declared once in the mapping file, read by both sides: docs/enrichment.md.
"""

from __future__ import annotations

from esqual.enrich.batch import enrich_frame
from esqual.enrich.kinds import DocumentFailure
from esqual.enrich.spec import Enrichment, read_enrichments

__all__ = ["DocumentFailure", "Enrichment", "enrich_frame", "read_enrichments"]

"""Analysis: ``settings.analysis`` to Lucene analyzers, and ``_analyze``."""

from __future__ import annotations

from esqual.engine.lucene.analysis.registry import Analysis
from esqual.engine.lucene.analysis.request import analyze_request
from esqual.engine.lucene.analysis.tokens import Token, terms, tokens

__all__ = ["Analysis", "Token", "analyze_request", "terms", "tokens"]

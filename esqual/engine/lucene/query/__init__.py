"""Query DSL → Lucene queries, with Elasticsearch's semantics, scores and refusals.

``base`` holds the registry; every other module registers the clauses of one family.
"""

from esqual.engine.lucene.query import (  # noqa: F401  (registers its clauses)
    compound,
    full_text,
    function_score,
    knn,
    multi,
    patterns,
    query_string,
    script_score,
    term_level,
)
from esqual.engine.lucene.query.base import QueryContext, parse_query, read_query

__all__ = ["QueryContext", "parse_query", "read_query"]

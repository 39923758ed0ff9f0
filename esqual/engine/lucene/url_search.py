"""What the URL of a search says: it wins over the body."""

from __future__ import annotations

from typing import Any

from esqual.engine.lucene.api_error import illegal_argument, unsupported
from esqual.engine.lucene.parameters import source_parameters
from esqual.engine.lucene.query import read_query
from esqual.engine.lucene.query.base import Build
from esqual.engine.lucene.rest import Request
from esqual.engine.lucene.search_body import (
    SearchBody,
    set_from,
    set_size,
    set_stored_fields,
    set_track_total_hits,
)
from esqual.engine.lucene.sort import read_url_sort

__all__ = [
    "QUERY_PARAMETERS",
    "SERVER_ONLY",
    "apply_parameters",
    "check_search_type",
    "set_total_as_int",
    "url_query",
]

# what a URL query is made of
QUERY_PARAMETERS = frozenset(
    {"analyze_wildcard", "analyzer", "default_operator", "df", "lenient", "q"}
)
# known to a server, refused here by name
SERVER_ONLY = frozenset(
    {"docvalue_fields", "suggest_field", "suggest_mode", "suggest_size", "suggest_text"}
    | {"terminate_after", "timeout", "force_synthetic_source", "include_named_queries_score"}
)


def apply_parameters(body: SearchBody, request: Request) -> None:
    """What the URL says wins over the body."""
    given = request.parameters
    for name in sorted(SERVER_ONLY & set(given)):
        raise unsupported(name)
    query = url_query(request)
    if query is not None:
        body.query = query
    if "from" in given:
        set_from(body, request.integer("from"))
    if "size" in given:
        set_size(body, request.integer("size"))
    if "sort" in given:
        body.sort = read_url_sort(given["sort"])
    if "track_total_hits" in given:
        set_track_total_hits(body, given["track_total_hits"])
    if "stored_fields" in given:
        set_stored_fields(body, given["stored_fields"].split(","))
    body.track_scores = request.flag("track_scores", body.track_scores)
    body.explain = request.flag("explain", body.explain)
    body.version = request.flag("version", body.version)
    body.seq_no_primary_term = request.flag("seq_no_primary_term", body.seq_no_primary_term)
    body.source = source_parameters(request) or body.source
    check_search_type(given.get("search_type"))
    if body.knn and "search_type" in given:
        raise illegal_argument(
            "cannot set [search_type] when using [knn] search, since the search type is determined "
            "automatically"
        )
    set_total_as_int(body, request)
    for name in ("request_cache", "allow_partial_search_results", "typed_keys"):
        request.flag(name)


def set_total_as_int(body: SearchBody, request: Request) -> None:
    """``rest_total_hits_as_int``: the total is a number, and exact unless it was limited."""
    body.total_as_int = request.flag("rest_total_hits_as_int")
    if body.total_as_int and "track_total_hits" not in body.keys | set(request.parameters):
        set_track_total_hits(body, True)


def check_search_type(word: str | None, n_indices: int = 1) -> None:
    """Both search types score alike where there is one shard, and none other is known."""
    if word not in (None, "query_then_fetch", "dfs_query_then_fetch"):
        raise illegal_argument(f"No search type for [{word}]")
    if word == "dfs_query_then_fetch" and n_indices > 1:
        raise unsupported("search_type=dfs_query_then_fetch over several indices")


def url_query(request: Request) -> Build | None:
    """``q`` and what goes with it, as a ``query_string`` query."""
    given = request.parameters
    text = given.get("q")
    if text is None:
        stray = sorted(QUERY_PARAMETERS & set(given))
        if stray:
            raise illegal_argument(
                f"request [{request.path.split('?')[0]}] contains parameters [{', '.join(stray)}] "
                "but missing query string parameter 'q'."
            )
        return None
    clause: dict[str, Any] = {"query": text}
    names = {"df": "default_field", "analyzer": "analyzer", "default_operator": "default_operator"}
    for parameter, name in names.items():
        if parameter in given:
            clause[name] = given[parameter]
    for name in ("lenient", "analyze_wildcard"):
        if name in given:
            clause[name] = request.flag(name)
    return read_query({"query_string": clause})

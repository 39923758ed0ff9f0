"""The routes that search, and what each takes from URL and body.

``search.py`` answers the searches; here requests become :class:`SearchBody` values.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.fetch import shown_source
from esqual.engine.lucene.field_caps import field_caps
from esqual.engine.lucene.hits import explanation
from esqual.engine.lucene.jvm import J, java_strings
from esqual.engine.lucene.knn import find_nearest
from esqual.engine.lucene.multi_search import msearch, msearch_template, resolve_boosts
from esqual.engine.lucene.names import Expand
from esqual.engine.lucene.parameters import source_parameters
from esqual.engine.lucene.query import QueryContext, read_query
from esqual.engine.lucene.query.base import Build, ShardFailure, build_query
from esqual.engine.lucene.rank_eval import rank_eval
from esqual.engine.lucene.rest import Request, Response, Route, parse_json
from esqual.engine.lucene.search import Cursor, search_many
from esqual.engine.lucene.search_body import (
    SearchBody,
    read_body,
    set_track_total_hits,
    validate,
    validation_error,
)
from esqual.engine.lucene.templates import read_stored_script, read_template
from esqual.engine.lucene.url_search import (
    QUERY_PARAMETERS,
    SERVER_ONLY,
    apply_parameters,
    check_search_type,
    url_query,
)
from esqual.engine.lucene.xcontent import as_float

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.index import Index

__all__ = ["ROUTES"]

_INDICES = frozenset(
    {"allow_no_indices", "expand_wildcards", "ignore_throttled", "ignore_unavailable"}
)
# only of meaning where there are several nodes or copies: any valid value gives the same answer
_PLACEMENT = frozenset(
    {
        "allow_partial_search_results",
        "batched_reduce_size",
        "ccs_minimize_roundtrips",
        "max_concurrent_shard_requests",
        "pre_filter_shard_size",
        "preference",
        "request_cache",
        "routing",
        "typed_keys",
    }
)
_SEARCH = (
    _INDICES
    | QUERY_PARAMETERS
    | _PLACEMENT
    | SERVER_ONLY
    | frozenset(
        {
            "_source",
            "_source_excludes",
            "_source_exclude_vectors",
            "_source_includes",
            "explain",
            "from",
            "rest_total_hits_as_int",
            "scroll",
            "search_type",
            "seq_no_primary_term",
            "size",
            "sort",
            "stats",
            "stored_fields",
            "track_scores",
            "track_total_hits",
            "version",
        }
    )
)


# ------------------------------------------------------------------ _search


def search(catalog: Catalog, request: Request) -> Any:
    """``_search``."""
    body = read_body(request.json())
    return _run_one(catalog, request, body)


def _run_one(catalog: Catalog, request: Request, body: SearchBody) -> Any:
    apply_parameters(body, request)
    validate(body)
    indices = _indices(catalog, request)
    check_search_type(request.parameters.get("search_type"), len(indices))
    resolve_boosts(catalog, body)
    keep_alive = request.parameters.get("scroll")
    if keep_alive is not None:
        _check_scroll(body)
        return catalog.scrolls.start(Cursor(indices, body), keep_alive)
    (answer,) = search_many([(indices, body)])
    if isinstance(answer, ApiError):
        raise answer
    return answer


def _check_scroll(body: SearchBody) -> None:
    if body.retriever is not None:
        raise unsupported("scroll with a compound retriever")
    problems = []
    if body.first:
        problems.append("using [from] is not allowed in a scroll context")
    if body.count == 0:
        problems.append("[size] cannot be [0] in a scroll context")
    if body.rescore:
        problems.append("using [rescore] is not allowed in a scroll context")
    if body.search_after is not None:
        problems.append("`search_after` cannot be used in a scroll context.")
    if problems:
        raise validation_error(*problems)


def scroll(catalog: Catalog, request: Request) -> Any:
    """``_search/scroll``: the next page of an open scroll."""
    body = _scroll_body(request, ("scroll", "scroll_id"))
    if "scroll_id" not in body:
        raise validation_error("scrollId is missing")
    return catalog.scrolls.next(body["scroll_id"], body.get("scroll"))


def clear_scroll(catalog: Catalog, request: Request) -> Any:
    """``DELETE _search/scroll``: close some scrolls, or all of them."""
    given = _scroll_body(request, ("scroll_id",)).get("scroll_id")
    if given is None:
        raise validation_error("no scroll ids specified")
    names = [given] if isinstance(given, str) else list(given)
    freed = catalog.scrolls.clear(None if names == ["_all"] else names)
    return Response({"succeeded": True, "num_freed": freed}, 200 if freed else 404)


def _scroll_body(request: Request, known: tuple[str, ...]) -> dict[str, Any]:
    body = request.json()
    for name, value in body.items():
        if name not in known or not isinstance(value, (str, list)):
            raise illegal_argument(
                f"Unknown parameter [{name}] in request body or parameter is of the wrong "
                f"type[{token_name(value)}] "
            )
    return {**request.parameters, **request.variables, **body}


def _indices(catalog: Catalog, request: Request) -> list[Index]:
    return catalog.resolve(request.variables.get("index"), Expand.of(request))


_MSEARCH = _INDICES | frozenset(
    {
        "ccs_minimize_roundtrips",
        "include_named_queries_score",
        "index",
        "max_concurrent_searches",
        "max_concurrent_shard_requests",
        "pre_filter_shard_size",
        "rest_total_hits_as_int",
        "routing",
        "search_type",
        "typed_keys",
    }
)


# ------------------------------------------------------------------ templates


def search_template(catalog: Catalog, request: Request) -> Any:
    """``_search/template``."""
    rendered = read_template(catalog, _required_json(request))
    return _run_one(catalog, request, read_body(parse_json(rendered.encode())))


def render_template(catalog: Catalog, request: Request) -> Any:
    """``_render/template``: the rendered body, without searching."""
    body = request.json() if "id" in request.variables else _required_json(request)
    rendered = read_template(catalog, body, request.variables.get("id"))
    output = parse_json(rendered.encode())
    if not isinstance(output, dict):
        raise parsing_error("the rendered template is not a JSON object")
    return {"template_output": output}


def _required_json(request: Request) -> Any:
    if not request.body.strip():
        raise ApiError(400, "parse_exception", "request body or source parameter is required")
    return request.json()


def put_script(catalog: Catalog, request: Request) -> Any:
    """Keep a search template."""
    catalog.put_script(request.variables["id"], read_stored_script(_required_json(request)))
    return {"acknowledged": True}


def get_script(catalog: Catalog, request: Request) -> Any:
    """Show a search template."""
    name = request.variables["id"]
    script = catalog.script(name)
    if script is None:
        return Response({"_id": name, "found": False}, 404)
    return {"_id": name, "found": True, "script": script}


def delete_script(catalog: Catalog, request: Request) -> Any:
    """Forget a search template."""
    name = request.variables["id"]
    if catalog.script(name) is None:
        raise ApiError(
            404,
            "resource_not_found_exception",
            f"stored script [{name}] does not exist and cannot be deleted",
        )
    catalog.put_script(name, None)
    return {"acknowledged": True}


# ------------------------------------------------------------------ _rank_eval, _count, _explain …


def evaluate(catalog: Catalog, request: Request) -> Any:
    """``_rank_eval``."""
    word = request.parameters.get("search_type")
    check_search_type(word)
    how = Expand.of(request)
    expression = request.variables.get("index")

    def indices() -> list[Index]:
        found = catalog.resolve(expression, how)
        check_search_type(word, len(found))
        return found

    return rank_eval(catalog, indices, _required_json(request))


def _read_query_only(request: Request) -> Build | None:
    """The query of ``_count``, ``_explain`` and ``_validate/query``, which take nothing else."""
    body = request.json()
    if not isinstance(body, dict):
        raise parsing_error("Expected [START_OBJECT]")
    for key in body:
        if key != "query":
            raise parsing_error(f"request does not support [{key}]")
    return url_query(request) or (read_query(body["query"]) if "query" in body else None)


def count(catalog: Catalog, request: Request) -> Any:
    """``_count``."""
    if "terminate_after" in request.parameters:
        raise unsupported("terminate_after")
    body = SearchBody(query=_read_query_only(request), size=0)
    set_track_total_hits(body, True)
    if "min_score" in request.parameters:
        body.min_score = as_float(request.parameters["min_score"])
    (answer,) = search_many([(_indices(catalog, request), body)])
    if isinstance(answer, ApiError):
        raise answer
    return {"count": answer["hits"]["total"]["value"], "_shards": answer["_shards"]}


def explain(catalog: Catalog, request: Request) -> Any:
    """``_explain/{id}``: why a document scores as it does."""
    if "stored_fields" in request.parameters:
        raise unsupported("stored_fields")
    query = _read_query_only(request)
    if query is None:
        raise validation_error("query is missing")
    index, doc_id = catalog.single(request.variables["index"]), request.variables["id"]
    searcher, context = index.searcher(), QueryContext(index)
    try:
        java = build_query(query, context)
    except ShardFailure as failure:
        raise failure.error from failure
    answer: dict[str, Any] = {"_index": index.name, "_id": doc_id, "matched": False}
    find_nearest([(searcher, nearest) for nearest in context.nearest])
    doc = int(J.IdLookup(searcher.reader).docs(java_strings([doc_id]))[0])
    if doc < 0:
        return Response(answer, 404)
    found = searcher.java.explain(java, doc)
    answer["matched"] = bool(found.isMatch())
    answer["explanation"] = explanation(found)
    source = source_parameters(request)
    if source is not None and source.enabled:
        shown = shown_source(index, source, json.loads(searcher.sources([doc])[0]))
        answer["get"] = {
            "_seq_no": searcher.seq_nos([doc])[0],
            "_primary_term": 1,
            "found": True,
            "_source": shown,
        }
    return answer


def validate_query(catalog: Catalog, request: Request) -> Any:
    """``_validate/query``: whether a query could be run, and as which Lucene query."""
    if request.flag("rewrite") or request.flag("all_shards"):
        raise unsupported("rewrite or all_shards in _validate/query")
    explained = request.flag("explain")
    indices = _indices(catalog, request)
    try:
        query = _read_query_only(request)
    except ApiError as error:
        return {"valid": False, **({"error": _java_words(error)} if explained else {})}
    if query is None:
        raise validation_error("query cannot be null")
    explanations = [_validate_on(index, query) for index in indices]
    answer: dict[str, Any] = {
        "_shards": {"total": len(indices), "successful": len(indices), "failed": 0},
        "valid": all(item["valid"] for item in explanations),
    }
    if explained:
        answer["explanations"] = explanations
    return answer


def _validate_on(index: Index, query: Build) -> dict[str, Any]:
    try:
        java = build_query(query, QueryContext(index))
    except ShardFailure as failure:
        where = f"[{index.name}/{index.uuid}] "
        return {"index": index.name, "valid": False, "error": where + _java_words(failure.error)}
    return {"index": index.name, "valid": True, "explanation": str(java.toString())}


_JAVA_NAMES = {
    "parsing_exception": "org.elasticsearch.common.ParsingException",
    "query_shard_exception": "org.elasticsearch.index.query.QueryShardException",
    "number_format_exception": "java.lang.NumberFormatException",
    "illegal_argument_exception": "java.lang.IllegalArgumentException",
    "named_object_not_found_exception": "org.elasticsearch.xcontent.NamedObjectNotFoundException",
    "x_content_parse_exception": "org.elasticsearch.xcontent.XContentParseException",
}


def _java_words(error: ApiError) -> str:
    words = f"{_JAVA_NAMES.get(error.type, error.type)}: {error.reason}"
    return words if error.caused_by is None else f"{words}; {_java_words(error.caused_by)}"


def capabilities(catalog: Catalog, request: Request) -> Any:
    """``_field_caps``."""
    return field_caps(_indices(catalog, request), request)


def refuse(catalog: Catalog, request: Request) -> Any:
    """What needs a server."""
    raise unsupported(request.path.split("?")[0].rsplit("/", 1)[-1])


def _both(methods: str, path: str, handler: Any, parameters: frozenset[str]) -> list[Route]:
    return [
        Route(methods, path, handler, parameters),
        Route(methods, "/{index}" + path, handler, parameters),
    ]


_TEMPLATE = _SEARCH - QUERY_PARAMETERS - {"size", "from", "sort"}
_COUNT = _INDICES | QUERY_PARAMETERS | {"min_score", "preference", "routing", "terminate_after"}
_EXPLAIN = (
    QUERY_PARAMETERS
    | {"_source", "_source_excludes", "_source_includes", "preference", "routing"}
    | {"stored_fields"}
)
_SCRIPT = frozenset({"master_timeout", "timeout", "context"})

ROUTES = [
    *_both("GET POST", "/_search", search, _SEARCH),
    *_both("GET POST", "/_msearch", msearch, _MSEARCH),
    *_both("GET POST", "/_search/template", search_template, _TEMPLATE),
    *_both("GET POST", "/_msearch/template", msearch_template, _MSEARCH),
    *_both("GET POST", "/_rank_eval", evaluate, _INDICES | {"search_type"}),
    *_both("GET POST", "/_count", count, _COUNT),
    *_both(
        "GET POST",
        "/_validate/query",
        validate_query,
        _INDICES | QUERY_PARAMETERS | {"all_shards", "explain", "rewrite"},
    ),
    *_both(
        "GET POST",
        "/_field_caps",
        capabilities,
        _INDICES | {"fields", "filters", "include_empty_fields", "include_unmapped", "types"},
    ),
    Route("GET POST", "/{index}/_explain/{id}", explain, _EXPLAIN),
    Route("GET POST", "/_render/template", render_template),
    Route("GET POST", "/_render/template/{id}", render_template),
    Route("PUT POST", "/_scripts/{id}", put_script, _SCRIPT),
    Route("GET", "/_scripts/{id}", get_script, _SCRIPT),
    Route("DELETE", "/_scripts/{id}", delete_script, _SCRIPT),
    Route("GET POST", "/_search/scroll", scroll, frozenset({"scroll", "scroll_id"})),
    Route("GET POST", "/_search/scroll/{scroll_id}", scroll, frozenset({"scroll"})),
    Route("DELETE", "/_search/scroll", clear_scroll, frozenset({"scroll_id"})),
    Route("DELETE", "/_search/scroll/{scroll_id}", clear_scroll),
    Route("POST", "/{index}/_pit", refuse, frozenset({"keep_alive"})),
    Route("DELETE", "/_pit", refuse),
    *_both("POST", "/_async_search", refuse, _SEARCH),
    Route("GET POST", "/{index}/_knn_search", refuse, frozenset({"routing"})),
]

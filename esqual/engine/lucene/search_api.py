"""The routes that search, and what each takes from URL and body.

``search.py`` answers the searches; here requests become :class:`SearchBody` values.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, unsupported
from esqual.engine.lucene.fetch import SourceFilter
from esqual.engine.lucene.field_caps import field_caps
from esqual.engine.lucene.hits import explanation
from esqual.engine.lucene.jvm import J, java_strings
from esqual.engine.lucene.names import Expand
from esqual.engine.lucene.query import QueryContext, read_query
from esqual.engine.lucene.query.base import Build, ShardFailure, build_query
from esqual.engine.lucene.rank_eval import rank_eval
from esqual.engine.lucene.rest import Request, Response, Route, parse_json
from esqual.engine.lucene.search import search_many
from esqual.engine.lucene.search_body import (
    SearchBody,
    read_body,
    set_from,
    set_size,
    set_stored_fields,
    set_track_total_hits,
    validate,
    validation_error,
)
from esqual.engine.lucene.sort import read_url_sort
from esqual.engine.lucene.templates import read_stored_script, read_template
from esqual.engine.lucene.xcontent import as_boolean, as_float

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.index import Index

__all__ = ["ROUTES"]

_INDICES = frozenset(
    {"allow_no_indices", "expand_wildcards", "ignore_throttled", "ignore_unavailable"}
)
# what a URL query is made of
_QUERY = frozenset({"analyze_wildcard", "analyzer", "default_operator", "df", "lenient", "q"})
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
_SERVER_ONLY = frozenset(
    {"docvalue_fields", "scroll", "suggest_field", "suggest_mode", "suggest_size", "suggest_text"}
    | {"terminate_after", "timeout", "force_synthetic_source", "include_named_queries_score"}
)
_SEARCH = (
    _INDICES
    | _QUERY
    | _PLACEMENT
    | _SERVER_ONLY
    | frozenset(
        {
            "_source",
            "_source_excludes",
            "_source_exclude_vectors",
            "_source_includes",
            "explain",
            "from",
            "rest_total_hits_as_int",
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
    resolve_boosts(catalog, body)
    (answer,) = search_many([(indices, body)])
    if isinstance(answer, ApiError):
        raise answer
    return answer


def _indices(catalog: Catalog, request: Request) -> list[Index]:
    return catalog.resolve(request.variables.get("index"), Expand.of(request))


def resolve_boosts(catalog: Catalog, body: SearchBody) -> None:
    """``indices_boost`` names aliases and patterns too: put the concrete names there."""
    body.indices_boost = [
        (",".join(index.name for index in catalog.resolve(name)), boost)
        for name, boost in body.indices_boost
    ]


def apply_parameters(body: SearchBody, request: Request) -> None:
    """What the URL says wins over the body."""
    given = request.parameters
    for name in sorted(_SERVER_ONLY & set(given)):
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
    body.source = source_parameters(given) or body.source
    check_search_type(given.get("search_type"))
    set_total_as_int(body, request)
    for name in ("request_cache", "allow_partial_search_results", "typed_keys"):
        request.flag(name)


def set_total_as_int(body: SearchBody, request: Request) -> None:
    """``rest_total_hits_as_int``: the total is a number, and exact unless it was limited."""
    body.total_as_int = request.flag("rest_total_hits_as_int")
    if body.total_as_int and "track_total_hits" not in body.keys | set(request.parameters):
        set_track_total_hits(body, True)


def check_search_type(word: str | None) -> None:
    """Both search types score alike where an index has one shard, and none other is known."""
    if word not in (None, "query_then_fetch", "dfs_query_then_fetch"):
        raise illegal_argument(f"No search type for [{word}]")


def source_parameters(given: Mapping[str, str]) -> SourceFilter | None:
    """The ``_source`` family of a URL, or None where it says nothing."""
    includes, excludes = given.get("_source_includes"), given.get("_source_excludes")
    plain = given.get("_source")
    if includes is None and excludes is None and plain is None:
        return None
    enabled = True
    if plain in ("true", "false"):
        enabled = plain == "true"
    elif plain is not None and includes is None:
        includes = plain
    split = [tuple(text.split(",")) if text else () for text in (includes, excludes)]
    return SourceFilter(enabled, *split)


def url_query(request: Request) -> Build | None:
    """``q`` and what goes with it, as a ``query_string`` query."""
    given = request.parameters
    text = given.get("q")
    if text is None:
        stray = sorted(_QUERY & set(given))
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


# ------------------------------------------------------------------ _msearch

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
_HEADER = frozenset(
    {
        "allow_no_indices",
        "allow_partial_search_results",
        "ccs_minimize_roundtrips",
        "expand_wildcards",
        "ignore_throttled",
        "ignore_unavailable",
        "index",
        "indices",
        "preference",
        "request_cache",
        "routing",
        "search_type",
    }
)


_Item = tuple[dict[str, Any], SearchBody | ApiError]


def msearch(catalog: Catalog, request: Request) -> Any:
    """``_msearch``: all searches in one batch; each item has its own status."""
    items: list[_Item] = []
    for header, body in _pairs(request):
        items.append((header, read_body(parse_json(body))))
    return _run_many(catalog, request, items)


def msearch_template(catalog: Catalog, request: Request) -> Any:
    """``_msearch/template``: as ``_msearch``, each body rendered first."""
    items: list[_Item] = []
    for header, body in _pairs(request):
        try:
            items.append(
                (header, read_body(parse_json(read_template(catalog, parse_json(body)).encode())))
            )
        except ApiError as error:
            items.append((header, error))
    return _run_many(catalog, request, items)


def _run_many(catalog: Catalog, request: Request, items: Sequence[_Item]) -> dict[str, Any]:
    begin = time.perf_counter()
    if not items:
        raise validation_error("no requests added")
    check_search_type(request.parameters.get("search_type"))
    if request.flag("include_named_queries_score"):
        raise unsupported("include_named_queries_score")
    concurrent = request.integer("max_concurrent_searches")
    if concurrent is not None and concurrent < 1:
        raise illegal_argument("maxConcurrentSearchRequests must be positive")
    found: dict[Any, list[Index]] = {}
    answers: list[Any] = [None] * len(items)
    searches = []
    for place, (header, body) in enumerate(items):
        expression, how = _target(request, header)
        if isinstance(body, ApiError):
            answers[place] = body
            continue
        set_total_as_int(body, request)
        validate(body)
        try:
            resolve_boosts(catalog, body)
            if (expression, how) not in found:
                found[expression, how] = catalog.resolve(expression, how)
        except ApiError as error:
            answers[place] = error
            continue
        searches.append((place, found[expression, how], body))
    done = search_many([(indices, body) for _, indices, body in searches])
    for (place, _, _), answer in zip(searches, done, strict=True):
        answers[place] = answer
    took = int((time.perf_counter() - begin) * 1000)
    return {"took": took, "responses": [_item(answer) for answer in answers]}


def _item(answer: dict[str, Any] | ApiError) -> dict[str, Any]:
    if isinstance(answer, ApiError):
        return answer.body()
    return {**answer, "status": 200}


def _pairs(request: Request) -> list[tuple[dict[str, Any], bytes]]:
    raw = request.body
    if not raw:
        raise ApiError(400, "parse_exception", "request body or source parameter is required")
    if not raw.endswith(b"\n"):
        raise illegal_argument("The msearch request must be terminated by a newline [\n]")
    lines = raw.split(b"\n")[:-1]
    pairs = []
    at = 0
    while at < len(lines):
        if at + 1 == len(lines):
            break
        header = _read_header(lines[at])
        if not lines[at + 1].strip():
            raise parsing_error("Expected [START_OBJECT] but found [null]", col=0)
        pairs.append((header, lines[at + 1]))
        at += 2
    return pairs


def _read_header(line: bytes) -> dict[str, Any]:
    if not line.strip():
        return {}
    header = parse_json(line)
    if not isinstance(header, dict):
        raise ApiError(
            400, "x_content_parse_exception", "[1:2] Unexpected token after end of object"
        )
    for key in header:
        if key not in _HEADER:
            raise illegal_argument(f"key [{key}] is not supported in the metadata section")
    check_search_type(header.get("search_type"))
    return header


def _target(request: Request, header: Mapping[str, Any]) -> tuple[str | None, Expand]:
    """The index expression of one search, and how it is read."""
    named = header.get("index", header.get("indices", _MISSING))
    if named is _MISSING:
        expression = request.variables.get("index", request.parameters.get("index"))
    elif named is None:
        raise ApiError(400, "parse_exception", "Expected a list of strings but got null")
    else:
        expression = ",".join(map(str, named)) if isinstance(named, list) else str(named)
    parameters = dict(request.parameters)
    for key in ("ignore_unavailable", "allow_no_indices", "expand_wildcards"):
        if key in header:
            value = header[key]
            if key != "expand_wildcards":
                value = str(_header_flag(key, value)).lower()
            parameters[key] = ",".join(value) if isinstance(value, list) else value
    return expression, Expand.of(Request("POST", request.path, {}, parameters))


_MISSING: Any = object()


def _header_flag(key: str, value: Any) -> bool:
    try:
        return as_boolean(value)
    except ApiError as error:
        raise illegal_argument(f"Could not convert [{key}] to boolean", caused_by=error) from error


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
    check_search_type(request.parameters.get("search_type"))
    how = Expand.of(request)
    expression = request.variables.get("index")
    return rank_eval(catalog, lambda: catalog.resolve(expression, how), _required_json(request))


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
    doc = int(J.IdLookup(searcher.reader).docs(java_strings([doc_id]))[0])
    if doc < 0:
        return Response(answer, 404)
    found = searcher.java.explain(java, doc)
    answer["matched"] = bool(found.isMatch())
    answer["explanation"] = explanation(found)
    source = source_parameters(request.parameters)
    if source is not None and source.enabled:
        shown = source.apply(json.loads(searcher.sources([doc])[0]))
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


_TEMPLATE = _SEARCH - _QUERY - {"size", "from", "sort"}
_COUNT = _INDICES | _QUERY | {"min_score", "preference", "routing", "terminate_after"}
_EXPLAIN = (
    _QUERY
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
        _INDICES | _QUERY | {"all_shards", "explain", "rewrite"},
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
    Route("GET POST DELETE", "/_search/scroll", refuse, frozenset({"scroll", "scroll_id"})),
    Route("POST", "/{index}/_pit", refuse, frozenset({"keep_alive"})),
    Route("DELETE", "/_pit", refuse),
    *_both("POST", "/_async_search", refuse, _SEARCH),
    Route("GET POST", "/{index}/_knn_search", refuse, frozenset({"routing"})),
]

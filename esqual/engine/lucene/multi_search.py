"""``_msearch`` and ``_msearch/template``: pairs of lines → one batch of searches."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, unsupported
from esqual.engine.lucene.names import Expand
from esqual.engine.lucene.rest import Request, parse_json
from esqual.engine.lucene.search import search_many
from esqual.engine.lucene.search_body import SearchBody, read_body, validate, validation_error
from esqual.engine.lucene.templates import read_template
from esqual.engine.lucene.url_search import check_search_type, set_total_as_int
from esqual.engine.lucene.xcontent import as_boolean, texts

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.index import Index

__all__ = ["msearch", "msearch_template", "resolve_boosts"]

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
            word = header.get("search_type", request.parameters.get("search_type"))
            check_search_type(word, len(found[expression, how]))
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
            parameters[key] = ",".join(texts(key, value))
    return expression, Expand.of(Request("POST", request.path, {}, parameters))


_MISSING: Any = object()


def _header_flag(key: str, value: Any) -> bool:
    try:
        return as_boolean(value)
    except ApiError as error:
        raise illegal_argument(f"Could not convert [{key}] to boolean", caused_by=error) from error


def resolve_boosts(catalog: Catalog, body: SearchBody) -> None:
    """``indices_boost`` names aliases and patterns too: put the concrete names there."""
    body.indices_boost = [
        (",".join(index.name for index in catalog.resolve(name)), boost)
        for name, boost in body.indices_boost
    ]

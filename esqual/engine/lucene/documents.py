"""The document APIs: index, create, update, delete, get, mget, source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene import bulk
from esqual.engine.lucene.actions import MAX_ID_BYTES, Action, auto_id, execute, version_conflict
from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.fetch import SourceFilter, read_source_filter, shown_source
from esqual.engine.lucene.parameters import (
    CONCURRENCY_PARAMETERS,
    SOURCE_PARAMETERS,
    concurrency,
    refresh_parameter,
    source_parameters,
)
from esqual.engine.lucene.rest import Request, Response, Route
from esqual.engine.lucene.update import read_update, validation

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.searcher import Found

__all__ = ["ROUTES"]

PRIMARY_TERM = 1


# ---------------------------------------------------------------------- writing


def index_document(catalog: Catalog, request: Request) -> Response:
    """``PUT /{index}/_doc/{id}``, ``POST /{index}/_doc``."""
    op = request.parameters.get("op_type")
    if op not in (None, "index", "create"):
        raise illegal_argument(f"opType must be 'create' or 'index', found: [{op}]")
    return _put(catalog, request, op or "index")


def create_document(catalog: Catalog, request: Request) -> Response:
    """``PUT /{index}/_create/{id}``."""
    return _put(catalog, request, "create")


def _put(catalog: Catalog, request: Request, op: str) -> Response:
    if not request.body.strip():
        raise ApiError(400, "parse_exception", "request body is required")
    doc_id = request.variables.get("id")
    if doc_id is None:
        doc_id, op = auto_id(), "create"
    action = _action(request, op, doc_id)
    action.body = request.body
    return _execute(catalog, request, action)


def delete_document(catalog: Catalog, request: Request) -> Response:
    """``DELETE /{index}/_doc/{id}``."""
    return _execute(catalog, request, _action(request, "delete", request.variables["id"]))


def update_document(catalog: Catalog, request: Request) -> Response:
    """``POST /{index}/_update/{id}``."""
    action = _action(request, "update", request.variables["id"])
    action.update = read_update(request.json(), source_parameters(request))
    return _execute(catalog, request, action)


def _action(request: Request, op: str, doc_id: str) -> Action:
    size = len(doc_id.encode("utf-8", "surrogatepass"))
    if size > MAX_ID_BYTES:
        raise validation(
            f"id [{doc_id}] is too long, must be no longer than {MAX_ID_BYTES} bytes "
            f"but was: {size}"
        )
    if "routing" in request.parameters:
        raise unsupported("routing of a document")
    condition, expected = concurrency(request.parameters, op)
    if "pipeline" in request.parameters and request.parameters["pipeline"] != "_none":
        raise unsupported("pipeline")
    return Action(
        op,
        request.variables["index"],
        doc_id,
        condition=condition,
        expected=expected,
        require_alias=request.flag("require_alias"),
    )


def _execute(catalog: Catalog, request: Request, action: Action) -> Response:
    (answer,) = execute(catalog, [action], refresh_parameter(request))
    if isinstance(answer, ApiError):
        raise answer
    if answer["result"] == "noop":
        # alone, unlike within a bulk request, it has reached no shard
        answer["_shards"] = {"total": 0, "successful": 0, "failed": 0}
    return Response(answer, answer.pop("status"))


# ---------------------------------------------------------------------- reading


def get_document(catalog: Catalog, request: Request) -> Response:
    """``GET`` and ``HEAD /{index}/_doc/{id}``."""
    index, found = _find(catalog, request)
    answer = _shown(index, request.variables["id"], found, source_parameters(request))
    return Response(answer, 404 if found is None else 200)


def get_source(catalog: Catalog, request: Request) -> Response:
    """``GET`` and ``HEAD /{index}/_source/{id}``."""
    index, found = _find(catalog, request)
    if found is None:
        raise ApiError(
            404,
            "resource_not_found_exception",
            f"Document not found [{index.name}]/[{request.variables['id']}]",
        )
    source = json.loads(found.source)
    return Response(shown_source(index, source_parameters(request), source))


def _find(catalog: Catalog, request: Request) -> tuple[Index, Found | None]:
    if "stored_fields" in request.parameters:
        raise unsupported("stored_fields")
    index = catalog.single(request.variables["index"])
    doc_id = request.variables["id"]
    if request.flag("refresh"):
        index.refresh()
    (found,) = index.get([doc_id], realtime=request.flag("realtime", True))
    version = request.integer("version")
    if found is not None and version is not None and version != found.version:
        raise version_conflict(
            index,
            doc_id,
            f"current version [{found.version}] is different than the one provided [{version}]",
        )
    return index, found


def _shown(
    index: Index, doc_id: str, found: Found | None, shown: SourceFilter | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {"_index": index.name, "_id": doc_id}
    if found is None:
        return {**answer, "found": False}
    answer["_version"] = found.version
    answer["_seq_no"] = found.seq_no
    answer["_primary_term"] = PRIMARY_TERM
    answer["found"] = True
    if shown is None or shown.enabled:
        answer["_source"] = shown_source(index, shown, json.loads(found.source))
    return answer


# ---------------------------------------------------------------------- many at once

_DOC_FIELDS = {"_index", "_id", "_source", "routing", "version", "version_type", "stored_fields"}


def mget(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``POST /_mget``: documents by ``docs`` or ``ids``, in the order asked."""
    wanted = _wanted(request)
    if "stored_fields" in request.parameters:
        raise unsupported("stored_fields")
    realtime = request.flag("realtime", True)
    refresh = request.flag("refresh")
    answers: list[dict[str, Any] | None] = [None] * len(wanted)
    groups: dict[str, list[int]] = {}
    for place, (name, _, _) in enumerate(wanted):
        groups.setdefault(name, []).append(place)
    for name, places in groups.items():
        try:
            index = catalog.single(name)
        except ApiError as error:
            for place in places:
                answers[place] = _failed(name, wanted[place][1], error)
            continue
        if refresh:
            index.refresh()
        ids = [wanted[place][1] for place in places]
        for place, found in zip(places, index.get(ids, realtime=realtime), strict=True):
            answers[place] = _shown(index, wanted[place][1], found, wanted[place][2])
    return {"docs": answers}


def _failed(name: str, doc_id: str, error: ApiError) -> dict[str, Any]:
    return {"_index": name, "_id": doc_id, "error": error.body()["error"]}


def _wanted(request: Request) -> list[tuple[str, str, SourceFilter | None]]:
    """(index, id, what to show) of every document asked for."""
    if not request.body.strip():
        raise ApiError(400, "parse_exception", "request body or source parameter is required")
    body = request.object()
    shown = source_parameters(request)
    default = request.variables.get("index")
    items: list[Mapping[str, Any]] = []
    for key, value in body.items():
        if key not in ("docs", "ids") or not isinstance(value, list):
            raise parsing_error(
                f"unknown key [{key}] for a {token_name(value)}, expected [docs] or [ids]"
            )
        items.extend(value if key == "docs" else ({"_id": doc_id} for doc_id in value))
    problems: list[str] = []
    wanted = []
    for place, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise parsing_error(f"docs array element should include an object, not [{item}]")
        for key in item:
            if key not in _DOC_FIELDS:
                raise ApiError(
                    400,
                    "parse_exception",
                    f"failed to parse multi get request. unknown field [{key}]",
                )
        for key in ("version", "version_type", "stored_fields"):
            if key in item:
                raise unsupported(f"{key} in _mget")
        name = item.get("_index", default)
        if name is None:
            problems.append(f"index is missing for doc {place}")
        elif item.get("_id") is None:
            problems.append(f"id is missing for doc {place}")
        else:
            own = read_source_filter(item["_source"]) if "_source" in item else shown
            wanted.append((str(name), str(item["_id"]), own))
    if not items:
        problems.append("no documents to get")
    if problems:
        raise validation(*problems)
    return wanted


# ---------------------------------------------------------------------- routes

# timeouts and shard counts mean nothing to one shard in this process: every value of theirs gives
# the same answer, and so does routing when reading
_ONE_SHARD = frozenset({"routing", "timeout", "wait_for_active_shards"})
_WRITE = _ONE_SHARD | CONCURRENCY_PARAMETERS | {"refresh"}
_INDEX = _WRITE | {"op_type", "require_alias", "pipeline", "require_data_stream"}
_UPDATE = _WRITE | SOURCE_PARAMETERS | {"retry_on_conflict", "require_alias", "lang"}
_READ = SOURCE_PARAMETERS | frozenset(
    {"preference", "realtime", "refresh", "routing", "version", "version_type", "stored_fields"}
)
_MGET = SOURCE_PARAMETERS | frozenset(
    {"preference", "realtime", "refresh", "routing", "stored_fields"}
)

ROUTES = (
    *bulk.ROUTES,
    Route("PUT POST", "/{index}/_doc/{id}", index_document, _INDEX),
    Route("POST", "/{index}/_doc", index_document, _INDEX),
    Route("PUT POST", "/{index}/_create/{id}", create_document, _INDEX - {"op_type"}),
    Route("DELETE", "/{index}/_doc/{id}", delete_document, _WRITE),
    Route("POST", "/{index}/_update/{id}", update_document, _UPDATE),
    Route("GET", "/{index}/_doc/{id}", get_document, _READ),
    Route("GET", "/{index}/_source/{id}", get_source, _READ),
    Route("GET POST", "/_mget", mget, _MGET),
    Route("GET POST", "/{index}/_mget", mget, _MGET),
)

"""The index APIs: create, delete, look at, mapping, settings, ``_analyze``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene import alias_api, maintenance
from esqual.engine.lucene.analysis import Analysis, analyze_request
from esqual.engine.lucene.api_error import ApiError, illegal_argument, index_not_found, unsupported
from esqual.engine.lucene.fields.vector import DenseVectorField
from esqual.engine.lucene.names import OPTIONS, Expand, matches
from esqual.engine.lucene.rest import Request, Response, Route
from esqual.engine.lucene.settings import DEFAULTS, check_update, nest
from esqual.engine.lucene.update import validation

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.mapping import Mapping as FieldMapping

__all__ = ["ROUTES"]


def create(catalog: Catalog, request: Request) -> Response:
    """``PUT /{index}``."""
    name = request.variables["index"]
    body = request.object()
    for key, value in body.items():
        if key not in ("settings", "mappings", "aliases"):
            raise ApiError(400, "parse_exception", f"unknown key [{key}] for create index")
        if not isinstance(value, Mapping):
            raise ApiError(400, "parse_exception", f"key [{key}] must be an object")
    index = catalog.create(
        name, body.get("settings", {}), body.get("mappings", {}), body.get("aliases", {})
    )
    answer = {"acknowledged": True, "shards_acknowledged": True, "index": name}
    return Response(answer, warnings=_exact_scores(index.mapping, index.mapping.vectors))


def delete(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``DELETE /{index}``: names only, no wildcards, as Elasticsearch's default has it."""
    expression = request.variables["index"]
    if "*" in expression or expression == "_all":
        raise illegal_argument("Wildcard expressions or all indices are not allowed")
    aliases = catalog.aliases()
    for name in expression.split(","):
        if name in aliases:
            raise illegal_argument(
                f"The provided expression [{name}] matches an alias, specify the corresponding "
                "concrete indices instead."
            )
    catalog.delete(catalog.resolve(expression, Expand.of(request, aliases=False)))
    return {"acknowledged": True}


def exists(catalog: Catalog, request: Request) -> Response:
    """``HEAD /{index}``."""
    catalog.resolve(request.variables["index"], Expand.of(request))
    return Response(None)


def get(catalog: Catalog, request: Request) -> Any:
    """``GET /{index}``, also for HEAD."""
    names = request.parameters.get("features", "aliases,mappings,settings").split(",")
    for name in names:
        if name not in ("aliases", "mappings", "settings"):
            raise illegal_argument(f"No feature for name [{name}]")
    answer = {}
    for index in _resolve(catalog, request):
        whole = {
            "aliases": index.aliases,
            "mappings": index.mapping.to_json(),
            **_settings(index, request),
        }
        keep = {*names, *(["defaults"] if "settings" in names else [])}
        answer[index.name] = {key: value for key, value in whole.items() if key in keep}
    return answer


def _resolve(catalog: Catalog, request: Request) -> list[Index]:
    return catalog.resolve(request.variables.get("index"), Expand.of(request))


# ---------------------------------------------------------------------- mapping


def get_mapping(catalog: Catalog, request: Request) -> Any:
    """``GET /{index}/_mapping``."""
    return {
        index.name: {"mappings": index.mapping.to_json()} for index in _resolve(catalog, request)
    }


def get_field_mapping(catalog: Catalog, request: Request) -> Any:
    """``GET /{index}/_mapping/field/{fields}``."""
    if request.flag("include_defaults"):
        raise unsupported("include_defaults in _mapping/field")
    patterns = request.variables["fields"].split(",")
    answer = {}
    for index in _resolve(catalog, request):
        fields = {}
        for expression in patterns:
            for name in index.mapping.names(expression):
                field = index.mapping.field(name)
                if field is not None:
                    leaf = name.rsplit(".", 1)[-1]
                    fields[name] = {"full_name": name, "mapping": {leaf: field.to_json()}}
        answer[index.name] = {"mappings": fields}
    return answer


def put_mapping(catalog: Catalog, request: Request) -> Response:
    """``PUT /{index}/_mapping``: all indices named take it, or none."""
    if not request.body.strip():
        raise validation("mapping source is missing")
    body = request.json()
    indices = _resolve(catalog, request)
    warnings: dict[str, None] = {}
    with catalog.holding():
        for index in indices:
            index.try_mapping(body)
        for index in indices:
            before = {name: index.mapping.field(name) for name in index.mapping.vectors}
            index.merge_mapping(body)
            changed = [n for n in index.mapping.vectors if index.mapping.field(n) != before.get(n)]
            warnings |= dict.fromkeys(_exact_scores(index.mapping, changed))
        with catalog.writing():
            catalog.save()
    return Response({"acknowledged": True}, warnings=tuple(warnings))


def _exact_scores(mapping: FieldMapping, names: Sequence[str]) -> tuple[str, ...]:
    """What is said of vector fields that a server would quantise."""
    found = []
    for name in names:
        field = mapping.field(name)
        if isinstance(field, DenseVectorField) and field.quantised is not None:
            found.append(
                f"[{name}] is {field.quantised} on a server, which then ranks by shortened "
                "vectors; the embedded engine keeps whole ones and scores exactly. Map it with "
                "index_options of type hnsw or flat to have both alike"
            )
    return tuple(found)


# ---------------------------------------------------------------------- settings


def get_settings(catalog: Catalog, request: Request) -> Any:
    """``GET /{index}/_settings/{name}``."""
    return {index.name: _settings(index, request) for index in _resolve(catalog, request)}


def _settings(index: Index, request: Request) -> dict[str, Any]:
    wanted = request.variables.get("name")
    answer = {"settings": _chosen(index.settings, wanted, request)}
    if request.flag("include_defaults"):
        rest = {name: value for name, value in DEFAULTS.items() if name not in index.settings}
        answer["defaults"] = _chosen(rest, wanted, request)
    return answer


def _chosen(flat: Mapping[str, Any], wanted: str | None, request: Request) -> dict[str, Any]:
    if wanted is not None and wanted != "_all":
        names = [n for part in wanted.split(",") for n in matches(part, flat)]
        flat = {name: flat[name] for name in names}
    return dict(sorted(flat.items())) if request.flag("flat_settings") else nest(flat)


def put_settings(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``PUT /{index}/_settings``: dynamic settings only; null goes back to the default."""
    if not request.body.strip():
        raise ApiError(400, "parse_exception", "request body is required")
    for name in ("reopen", "preserve_existing"):
        if request.flag(name):
            raise unsupported(f"{name} in _settings")
    body = request.object()
    if set(body) == {"settings"} and isinstance(body["settings"], dict):
        body = body["settings"]
    if not body:
        raise validation("no settings to update")
    indices = _resolve(catalog, request)
    changes = [(index, check_update(body, index.name, index.uuid)) for index in indices]
    with catalog.writing():
        for index, change in changes:
            for name, value in change.items():
                if value is None:
                    index.settings.pop(name, None)
                else:
                    index.settings[name] = value
            if index.setting("index.number_of_replicas") is None:
                index.settings["index.number_of_replicas"] = "1"
        catalog.save()
    return {"acknowledged": True}


# ---------------------------------------------------------------------- analysis


def analyze(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``_analyze``, with or without an index."""
    name = request.variables.get("index", request.parameters.get("index"))
    if name is None:
        return analyze_request(Analysis(), None, request.json())
    index = catalog.single(name)

    def field_analyzer(field: str) -> Any:
        found = index.mapping.field(field)
        return index.analysis.analyzer("default") if found is None else found.index_analyzer

    return analyze_request(index.analysis, field_analyzer, request.json())


def open_or_close(catalog: Catalog, request: Request) -> Any:
    """``_open`` and ``_close``."""
    if not catalog.resolve(request.variables["index"], Expand.of(request)):
        raise index_not_found(request.variables["index"])
    raise unsupported(request.path.rsplit("/", 1)[-1].partition("?")[0])


# ---------------------------------------------------------------------- routes

_WAIT = frozenset({"master_timeout", "timeout", "wait_for_active_shards"})
_LOOK = OPTIONS | frozenset({"local", "master_timeout"})
_SHOW = _LOOK | {"flat_settings", "include_defaults"}

ROUTES = (
    *alias_api.ROUTES,
    *maintenance.ROUTES,
    Route("PUT", "/{index}", create, _WAIT),
    Route("DELETE", "/{index}", delete, OPTIONS | {"master_timeout", "timeout"}),
    Route("GET", "/{index}", get, _SHOW | {"features"}),
    Route("GET", "/_mapping", get_mapping, _LOOK),
    Route("GET", "/{index}/_mapping", get_mapping, _LOOK),
    Route("GET", "/_mapping/field/{fields}", get_field_mapping, _LOOK | {"include_defaults"}),
    Route(
        "GET", "/{index}/_mapping/field/{fields}", get_field_mapping, _LOOK | {"include_defaults"}
    ),
    Route(
        "PUT POST",
        "/{index}/_mapping",
        put_mapping,
        OPTIONS | {"master_timeout", "timeout", "write_index_only"},
    ),
    Route("GET", "/_settings", get_settings, _SHOW),
    Route("GET", "/_settings/{name}", get_settings, _SHOW),
    Route("GET", "/{index}/_settings", get_settings, _SHOW),
    Route("GET", "/{index}/_settings/{name}", get_settings, _SHOW),
    Route(
        "PUT",
        "/{index}/_settings",
        put_settings,
        OPTIONS | {"master_timeout", "timeout", "flat_settings", "preserve_existing", "reopen"},
    ),
    Route("GET POST", "/_analyze", analyze, frozenset({"index"})),
    Route("GET POST", "/{index}/_analyze", analyze, frozenset({"index"})),
    Route("POST", "/{index}/_open", open_or_close, OPTIONS | _WAIT),
    Route("POST", "/{index}/_close", open_or_close, OPTIONS | _WAIT),
)

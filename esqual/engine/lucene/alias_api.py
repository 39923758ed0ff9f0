"""The alias APIs: ``_aliases``, ``_alias``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import illegal_argument
from esqual.engine.lucene.names import OPTIONS, Expand, matches
from esqual.engine.lucene.rest import Request, Response, Route

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog

__all__ = ["ROUTES"]

_DONE = {"acknowledged": True, "errors": False}


def update_aliases(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``POST /_aliases``: all actions or none."""
    body = request.object()
    actions = body.get("actions")
    if set(body) - {"actions"} or not isinstance(actions, list) or not actions:
        raise illegal_argument("No action specified")
    catalog.update_aliases(actions)
    return _DONE


def put_alias(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``PUT /{index}/_alias/{name}``."""
    indices = catalog.resolve(request.variables["index"], Expand(aliases=False))
    action = {
        **request.object(),
        "indices": [index.name for index in indices],
        "alias": request.variables["name"],
    }
    catalog.update_aliases([{"add": action}])
    return _DONE


def delete_alias(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``DELETE /{index}/_alias/{name}``."""
    indices = catalog.resolve(request.variables["index"], Expand(aliases=False))
    names = request.variables["name"].split(",")
    names = ["*" if name == "_all" else name for name in names]
    action = {"indices": [index.name for index in indices], "aliases": names}
    catalog.update_aliases([{"remove": action}])
    return _DONE


def get_alias(catalog: Catalog, request: Request) -> Response:
    """``GET`` and ``HEAD`` of ``_alias``; a name that is nowhere makes it a 404."""
    indices = catalog.resolve(request.variables.get("index"), Expand.of(request))
    wanted = request.variables.get("name")
    if wanted in (None, "_all", "*"):
        return Response({index.name: {"aliases": index.aliases} for index in indices})
    assert wanted is not None
    parts = wanted.split(",")
    answer: dict[str, Any] = {}
    known = {alias for index in indices for alias in index.aliases}
    for index in indices:
        hits = [alias for part in parts for alias in matches(part, index.aliases)]
        if hits:
            answer[index.name] = {"aliases": {alias: index.aliases[alias] for alias in hits}}
    missing = sorted(part for part in parts if "*" not in part and part not in known)
    if not missing:
        return Response(answer)
    plural = "aliases" if len(missing) > 1 else "alias"
    return Response(
        {"error": f"{plural} [{','.join(missing)}] missing", "status": 404, **answer}, 404
    )


_WAIT = frozenset({"master_timeout", "timeout"})
_LOOK = OPTIONS | frozenset({"local", "master_timeout"})

ROUTES = (
    Route("POST", "/_aliases", update_aliases, _WAIT),
    Route("PUT POST", "/{index}/_alias/{name}", put_alias, _WAIT),
    Route("PUT POST", "/{index}/_aliases/{name}", put_alias, _WAIT),
    Route("DELETE", "/{index}/_alias/{name}", delete_alias, _WAIT),
    Route("DELETE", "/{index}/_aliases/{name}", delete_alias, _WAIT),
    Route("GET", "/_alias", get_alias, _LOOK),
    Route("GET", "/_alias/{name}", get_alias, _LOOK),
    Route("GET", "/{index}/_alias", get_alias, _LOOK),
    Route("GET", "/{index}/_alias/{name}", get_alias, _LOOK),
)

"""Search templates on the engine's side: which source, rendered how, refused with which words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name, unsupported
from esqual.engine.lucene.rest import parse_json
from esqual.engine.lucene.search_body import validation_error
from esqual.engine.lucene.xcontent import as_boolean, x_content_error
from esqual.mustache import TemplateError, render

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog

__all__ = [
    "read_stored_script",
    "read_template",
    "render_json",
    "script_source",
    "stored_source",
]

_KEYS = ("explain", "id", "params", "profile", "source")


def read_template(catalog: Catalog, body: Any, template_id: str | None = None) -> str:
    """The rendered text of a ``_search/template`` body. Raises 400 as a server does."""
    if not isinstance(body, dict):
        raise x_content_error(
            f"[search_template] Expected START_OBJECT but was: {token_name(body)}"
        )
    for key, value in body.items():
        _check(key, value)
    source = body.get("source")
    if source is None:
        template_id = template_id or body.get("id")
        if template_id is None:
            raise validation_error("template is missing", "template's script type is missing")
        source = stored_source(catalog, template_id)
    elif source == "":
        raise validation_error("template is missing")
    return _render(source_text(source), body.get("params", {}))


def _check(key: str, value: Any) -> None:
    if key not in _KEYS:
        raise x_content_error(f"[search_template] unknown field [{key}]")
    kinds = {"source": str | dict, "id": str, "params": dict}.get(key)
    if kinds is not None and not isinstance(value, kinds):
        kind = token_name(value)
        raise x_content_error(f"[search_template] {key} doesn't support values of type: {kind}")
    if key in ("explain", "profile") and as_boolean(value):
        raise unsupported(f"{key} in a search template")


def source_text(source: Any) -> str:
    """A template's source as text: JSON objects are written out."""
    if isinstance(source, str):
        return source
    return json.dumps(source, ensure_ascii=False, separators=(",", ":"))


def _render(source: str, params: Mapping[str, Any]) -> str:
    try:
        return render(source, params)
    except TemplateError as error:
        cause = ApiError(400, "mustache_exception", error.reason)
        raise ApiError(
            400,
            "script_exception",
            error.reason,
            caused_by=cause,
            script_stack=[],
            script=source,
            lang="mustache",
        ) from error


def render_json(source: Any, params: Mapping[str, Any]) -> Any:
    """A template's source rendered and parsed."""
    return parse_json(_render(source_text(source), params).encode())


def stored_source(catalog: Catalog, template_id: str) -> str:
    """The source of a stored script. Raises 404."""
    script = catalog.script(template_id)
    if script is None:
        raise ApiError(
            404,
            "resource_not_found_exception",
            f"unable to find script [{template_id}] in cluster state",
        )
    return str(script["source"])


def script_source(catalog: Catalog, script: Mapping[str, Any]) -> str:
    """The source of ``{"source": ...}`` or ``{"id": ...}``, as rated requests give templates."""
    for key in script:
        if key not in ("id", "lang", "options", "params", "source"):
            raise x_content_error(f"[script] unknown field [{key}]")
    if script.get("lang", "mustache") != "mustache":
        raise unsupported(f"script language {script['lang']}")
    if "source" in script:
        return source_text(script["source"])
    if "id" in script:
        return stored_source(catalog, script["id"])
    raise illegal_argument(
        "must specify either [source] for an inline script or [id] for a stored script"
    )


def read_stored_script(body: Any) -> dict[str, Any]:
    """The body of ``PUT _scripts/{id}`` → what is kept: ``lang``, ``source``, ``options``."""
    script = body.get("script") if isinstance(body, dict) else None
    if not isinstance(script, dict):
        raise illegal_argument("must specify [script] for stored script")
    for key in [*(k for k in body if k != "script"), *script]:
        if key not in ("lang", "source", "options"):
            raise x_content_error(f"[stored script source] unknown field [{key}]")
    if "lang" not in script:
        raise illegal_argument("must specify lang for stored script")
    if script["lang"] != "mustache":
        raise unsupported(f"stored script in {script['lang']}")
    if not isinstance(script.get("source"), str | dict):
        raise illegal_argument("must specify source for stored script")
    return {
        "lang": "mustache",
        "source": source_text(script["source"]),
        "options": {"content_type": "application/json;charset=utf-8"},
    }

"""The body of ``_bulk``: NDJSON lines to actions, and what Elasticsearch says of bad lines."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.actions import MAX_ID_BYTES, Action, auto_id, execute
from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name, unsupported
from esqual.engine.lucene.fetch import SourceFilter, read_source_filter
from esqual.engine.lucene.parameters import (
    SOURCE_PARAMETERS,
    concurrency,
    refresh_parameter,
    source_parameters,
)
from esqual.engine.lucene.rest import Request, Route, parse_json
from esqual.engine.lucene.update import read_update, validation

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog

__all__ = ["ROUTES", "read_actions"]

_OPS = frozenset({"index", "create", "update", "delete"})
_METADATA = frozenset(
    {
        "_id",
        "_index",
        "_source",
        "dynamic_templates",
        "if_primary_term",
        "if_seq_no",
        "list_executed_pipelines",
        "op_type",
        "pipeline",
        "require_alias",
        "retry_on_conflict",
        "routing",
        "version",
        "version_type",
    }
)


def bulk(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``POST /_bulk``."""
    start = time.perf_counter()
    refresh = refresh_parameter(request)
    actions = read_actions(
        request.body,
        request.variables.get("index"),
        require_alias=request.flag("require_alias"),
        shown=source_parameters(request),
    )
    answers = execute(catalog, actions, refresh)
    items = []
    errors = False
    for action, answer in zip(actions, answers, strict=True):
        if isinstance(answer, ApiError):
            errors = True
            answer = {
                "_index": action.index,
                "_id": action.doc_id,
                "status": answer.status,
                "error": answer.cause(),
            }
        items.append({action.op: answer})
    took = int((time.perf_counter() - start) * 1000)
    return {"errors": errors, "took": took, "items": items}


def read_actions(
    body: bytes,
    index: str | None,
    *,
    require_alias: bool = False,
    shown: SourceFilter | None = None,
) -> list[Action]:
    """The actions of a bulk body. Raises 400 for what makes the whole request unreadable."""
    if not body:
        raise ApiError(400, "parse_exception", "request body is required")
    if not body.endswith(b"\n"):
        raise illegal_argument("The bulk request must be terminated by a newline [\\n]")
    lines = body.split(b"\n")
    del lines[-1]
    actions: list[Action] = []
    problems: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip():
            continue
        op, metadata = _metadata(line, at)
        source = None
        if op != "delete":
            if at >= len(lines):
                break  # an action without its document is dropped, as Elasticsearch does
            source = lines[at]
            at += 1
        _add(actions, problems, op, metadata, source, index, require_alias, shown)
    if problems:
        raise validation(*problems)
    if not actions:
        raise validation("no requests added")
    return actions


def _metadata(line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    where = f"Malformed action/metadata line [{number}], expected"
    value = _parse_line(line)
    if not isinstance(value, dict):
        raise illegal_argument(f"{where} START_OBJECT but found [{token_name(value)}]")
    if not value:
        raise illegal_argument(f"{where} FIELD_NAME but found [END_OBJECT]")
    op, metadata = next(iter(value.items()))
    if op not in _OPS:
        raise illegal_argument(
            f"{where} field [create], [delete], [index] or [update] but found [{op}]"
        )
    if not isinstance(metadata, dict):
        raise illegal_argument(
            f"{where} START_OBJECT or END_OBJECT but found [{token_name(metadata)}]"
        )
    if len(value) > 1:
        raise illegal_argument(f"{where} END_OBJECT but found [FIELD_NAME]")
    for key in metadata:
        if key not in _METADATA:
            raise illegal_argument(
                f"Action/metadata line [{number}] contains an unknown parameter [{key}]"
            )
    return op, metadata


def _parse_line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        column = getattr(error, "colno", 1)
        reason = f"[1:{column}] the action line is not JSON: {error}"
        raise ApiError(400, "x_content_parse_exception", reason) from error


def _add(
    actions: list[Action],
    problems: list[str],
    op: str,
    metadata: dict[str, Any],
    source: bytes | None,
    index: str | None,
    require_alias: bool,
    shown: SourceFilter | None,
) -> None:
    for key in ("pipeline", "dynamic_templates", "list_executed_pipelines", "routing"):
        if metadata.get(key):
            raise unsupported(f"{key} in _bulk")
    if op == "index" and "op_type" in metadata:
        op = str(metadata["op_type"])
        if op not in ("index", "create"):
            raise illegal_argument(f"opType must be 'create' or 'index', found: [{op}]")
    name = metadata.get("_index") or index
    if not name:
        problems.append("index is missing")
        return
    doc_id = metadata.get("_id")
    if doc_id is None and op in ("update", "delete"):
        problems.append("id is missing")
        return
    action = Action(op, str(name), _text(doc_id) if doc_id is not None else auto_id())
    action.require_alias = bool(metadata.get("require_alias", require_alias))
    if len(action.doc_id.encode("utf-8", "surrogatepass")) > MAX_ID_BYTES:
        size = len(action.doc_id.encode("utf-8", "surrogatepass"))
        problems.append(
            f"id [{action.doc_id}] is too long, must be no longer than {MAX_ID_BYTES} bytes "
            f"but was: {size}"
        )
        return
    if not action.doc_id:
        action.refused = illegal_argument("if _id is specified it must not be empty")
    try:
        action.condition, action.expected = concurrency(metadata, op)
    except ApiError as error:
        if error.type != "action_request_validation_exception":
            raise
        action.refused = error
    if op == "update":
        if "_source" in metadata:
            shown = read_source_filter(metadata["_source"])
        action.update = read_update(parse_json(source or b"{}"), shown)
    elif source is not None:
        action.body = source
    actions.append(action)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_PARAMETERS = SOURCE_PARAMETERS | frozenset(
    {"refresh", "require_alias", "timeout", "wait_for_active_shards"}
)

ROUTES = (
    Route("POST PUT", "/_bulk", bulk, _PARAMETERS),
    Route("POST PUT", "/{index}/_bulk", bulk, _PARAMETERS),
)

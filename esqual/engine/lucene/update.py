"""The body of an update: which partial document, what if there is none, what to show."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import ApiError, token_name, unsupported
from esqual.engine.lucene.fetch import SourceFilter, read_source_filter

__all__ = ["Update", "document_bytes", "read_update", "validation"]

_FIELDS = {"doc", "upsert", "doc_as_upsert", "detect_noop", "_source"}
_SCRIPTS = ("script", "scripted_upsert", "lang", "params")


@dataclass(frozen=True, slots=True)
class Update:
    """A partial document to merge; ``source`` says what of the result the answer shows."""

    doc: dict[str, Any] | None
    upsert: dict[str, Any] | None = None
    doc_as_upsert: bool = False
    detect_noop: bool = True
    source: SourceFilter | None = None

    def apply(self, old: dict[str, Any] | None) -> dict[str, Any] | None:
        """The new document; None when nothing changes, or there is nothing to change."""
        if old is None:
            return self.doc if self.doc_as_upsert else self.upsert
        new = copy.deepcopy(old)
        changed = _merge(new, self.doc or {})
        return new if changed or not self.detect_noop else None


def document_bytes(source: dict[str, Any]) -> bytes:
    """A document as compact UTF-8 JSON."""
    text = json.dumps(source, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _merge(target: dict[str, Any], changes: dict[str, Any]) -> bool:
    """Objects merge, every other value replaces; whether anything changed."""
    changed = False
    for key, value in changes.items():
        there = target.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            changed |= _merge(there, value)
        elif key not in target or not _same(there, value):
            target[key] = value
            changed = True
    return changed


def _same(one: Any, other: Any) -> bool:
    # True == 1 in Python, not in JSON
    return type(one) is type(other) and bool(one == other)


def read_update(body: Any, shown: SourceFilter | None = None) -> Update:
    """The JSON of an update; ``shown`` is what the request's parameters ask of ``_source``."""
    if not isinstance(body, dict):
        raise _error(f"[1:1] [UpdateRequest] Expected START_OBJECT but was: {token_name(body)}")
    for key, value in body.items():
        if key in _SCRIPTS:
            raise unsupported(f"update with {key}")
        if key not in _FIELDS:
            raise _error(f"[1:2] [UpdateRequest] unknown field [{key}]")
        if key in ("doc", "upsert") and not isinstance(value, dict):
            column = 4 + len(key) + 2
            raise _error(
                f"[1:{column}] [UpdateRequest] {key} doesn't support values of type: "
                f"{token_name(value)}"
            )
        if key in ("doc_as_upsert", "detect_noop") and not isinstance(value, bool):
            raise _error(
                f"[1:2] [UpdateRequest] {key} doesn't support values of type: {token_name(value)}"
            )
    if "doc" not in body:
        raise validation("script or doc is missing")
    if "_source" in body:
        shown = read_source_filter(body["_source"])
    return Update(
        body["doc"],
        body.get("upsert"),
        body.get("doc_as_upsert", False),
        body.get("detect_noop", True),
        shown,
    )


def validation(*problems: str) -> ApiError:
    """400 ``action_request_validation_exception`` with its numbered list."""
    listed = "".join(f" {number}: {problem};" for number, problem in enumerate(problems, 1))
    return ApiError(400, "action_request_validation_exception", f"Validation Failed:{listed}")


def _error(reason: str) -> ApiError:
    return ApiError(400, "x_content_parse_exception", reason)

"""Refusals in Elasticsearch's own shape: type, reason, status, and where it arose."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ApiError",
    "illegal_argument",
    "index_not_found",
    "parsing_error",
    "search_failure",
    "token_name",
    "unsupported",
]


class ApiError(Exception):
    """An answer other than 2xx. ``body()`` is what Elasticsearch would send."""

    def __init__(
        self,
        status: int,
        type: str,
        reason: str,
        *,
        caused_by: ApiError | None = None,
        root: ApiError | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{type}: {reason}")
        self.status = status
        self.type = type
        self.reason = reason
        self.caused_by = caused_by
        self.root = root
        self.extra = extra

    def cause(self) -> dict[str, Any]:
        """The error without its root cause: ``type``, ``reason``, extras, ``caused_by``."""
        answer: dict[str, Any] = {"type": self.type, "reason": self.reason, **self.extra}
        if self.caused_by is not None:
            answer["caused_by"] = self.caused_by.cause()
        return answer

    def body(self) -> dict[str, Any]:
        """The whole answer: ``{"error": {"root_cause": [...], ...}, "status": n}``."""
        root = self.root if self.root is not None else self
        root_cause = {k: v for k, v in root.cause().items() if k != "caused_by"}
        return {"error": {"root_cause": [root_cause], **self.cause()}, "status": self.status}


def illegal_argument(reason: str, **extra: Any) -> ApiError:
    """400 ``illegal_argument_exception``."""
    return ApiError(400, "illegal_argument_exception", reason, **extra)


def unsupported(feature: str) -> ApiError:
    """400 for what only a server can do: names the clause or parameter and says so."""
    return illegal_argument(
        f"[{feature}] is not supported by the embedded engine; use an Elasticsearch server for it"
    )


def parsing_error(reason: str, *, line: int = 1, col: int = 1, **extra: Any) -> ApiError:
    """400 ``parsing_exception``; line and column are those of the body where known, else 1."""
    return ApiError(400, "parsing_exception", reason, line=line, col=col, **extra)


def index_not_found(name: str) -> ApiError:
    """404 ``index_not_found_exception``."""
    extra: dict[str, Any] = {"resource.type": "index_or_alias", "resource.id": name}
    return ApiError(
        404,
        "index_not_found_exception",
        f"no such index [{name}]",
        **extra,
        index_uuid="_na_",
        index=name,
    )


def search_failure(index: str, cause: ApiError) -> ApiError:
    """The ``all shards failed`` answer that wraps what one shard refused."""
    return ApiError(
        cause.status,
        "search_phase_execution_exception",
        "all shards failed",
        root=cause,
        grouped=True,
        failed_shards=[{"shard": 0, "index": index, "node": "embedded", "reason": cause.cause()}],
        phase="query",
    )


def token_name(value: Any) -> str:
    """What a JSON parser calls the first token of ``value``."""
    if value is None:
        return "VALUE_NULL"
    if isinstance(value, bool):
        return "VALUE_BOOLEAN"
    if isinstance(value, int | float):
        return "VALUE_NUMBER"
    if isinstance(value, str):
        return "VALUE_STRING"
    return "START_OBJECT" if isinstance(value, dict) else "START_ARRAY"

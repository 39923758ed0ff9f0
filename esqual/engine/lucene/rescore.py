"""``rescore``: JSON → the helper's ``Rescore``, one per step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query import QueryContext, read_query
from esqual.engine.lucene.query.base import Build
from esqual.engine.lucene.xcontent import as_float, as_integer, x_content_error

__all__ = ["RescoreBody", "read_rescore"]

_MODES = ("avg", "max", "min", "multiply", "total")


@dataclass(frozen=True, slots=True)
class RescoreBody:
    """A second query over the first ``window_size`` hits."""

    query: Build
    window_size: int
    query_weight: float
    rescore_query_weight: float
    score_mode: str

    def java(self, context: QueryContext) -> Any:
        """The step for one index."""
        query = self.query(context)
        return J.Rescore(
            query, self.window_size, self.query_weight, self.rescore_query_weight, self.score_mode
        )


def read_rescore(json: Any) -> list[RescoreBody]:
    """The steps of ``rescore``: one object or a list of them."""
    return [_read(item) for item in (json if isinstance(json, list) else [json])]


def _read(json: Any) -> RescoreBody:
    if not isinstance(json, dict):
        raise parsing_error(f"unexpected token [{token_name(json)}] after [rescore]")
    window, step = 10, None
    for key, value in json.items():
        if key == "window_size":
            window = as_integer(value)
        elif isinstance(value, dict):
            step = _read_step(key, value)
        else:
            raise parsing_error(f"rescore doesn't support [{key}]")
    if step is None:
        raise parsing_error("missing rescore type")
    query, weights, mode = step
    return RescoreBody(query, window, *weights, mode)


def _read_step(kind: str, json: dict[str, Any]) -> tuple[Build, tuple[float, float], str]:
    if kind in ("learning_to_rank", "script"):
        raise unsupported(f"rescore {kind}")
    if kind != "query":
        raise ApiError(400, "named_object_not_found_exception", f"[1:1] unknown field [{kind}]")
    query: Build | None = None
    weights = {"query_weight": 1.0, "rescore_query_weight": 1.0}
    mode = "total"
    for key, value in json.items():
        if key == "rescore_query":
            query = read_query(value)
        elif key in weights:
            weights[key] = _declared(key, lambda v=value: as_float(v))
        elif key == "score_mode":
            mode = _declared(key, lambda v=value: _mode(v))
        else:
            raise x_content_error(f"[query] unknown field [{key}]")
    if query is None:
        raise illegal_argument("rescore_query cannot be null")
    return query, (weights["query_weight"], weights["rescore_query_weight"]), mode


def _mode(value: Any) -> str:
    word = str(value).lower()
    if word not in _MODES:
        raise illegal_argument(f"illegal score_mode [{value}]")
    return word


def _declared(key: str, read: Any) -> Any:
    try:
        return read()
    except ApiError as error:
        raise x_content_error(f"[query] failed to parse field [{key}]", error) from error

"""function_score: the JSON of the clause; the functions themselves stand in ``functions.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, token_name
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    boosted,
    clause,
    did_you_mean,
    read_query,
)
from esqual.engine.lucene.query.functions import FUNCTIONS, BuildFunction
from esqual.engine.lucene.query.parameters import COMMON, enum, number, text_of

__all__: list[str] = []

MAX_FLOAT = 3.4028234663852886e38
_SCORE_MODE = enum(
    "common.lucene.search.function.FunctionScoreQuery.ScoreMode",
    "first",
    "avg",
    "max",
    "sum",
    "min",
    "multiply",
)
_BOOST_MODE = enum(
    "common.lucene.search.function.CombineFunction",
    "multiply",
    "replace",
    "sum",
    "avg",
    "min",
    "max",
)
_SCALARS = {
    "score_mode": _SCORE_MODE,
    "boost_mode": _BOOST_MODE,
    "max_boost": number,
    "min_score": number,
    **COMMON,
}


@dataclass(frozen=True, slots=True)
class _Part:
    """One function: without a filter it holds for every document."""

    function: BuildFunction | None
    filter: Build | None
    weight: float


def _failed(reason: str) -> ApiError:
    return parsing_error(f"failed to parse [function_score] query. {reason}")


@clause("function_score")
def _function_score(body: dict[str, Any]) -> Build:
    values: dict[str, Any] = {}
    inner: Build | None = None
    parts: list[_Part] = []
    single: str | None = None
    listed = False
    for key, value in body.items():
        if key == "query" and isinstance(value, dict):
            inner = read_query(value)
        elif key == "functions" and isinstance(value, list):
            if single is not None:
                raise _both(single, key)
            listed = True
            parts = [_part(entry) for entry in value]
        elif (key == "weight" and isinstance(value, str | int | float)) or isinstance(value, dict):
            if listed:
                raise _both("functions", key)
            if single is not None and "weight" not in (single, key):
                raise _second(single, key)
            if single == "weight":
                raise _second(single, key)
            part = _single(key, value) if isinstance(value, dict) else _weight_only(value)
            parts = [_join(part, parts[0])] if parts else [part]
            single = key
        elif key in _SCALARS and not isinstance(value, list) and value is not None:
            values[key] = _SCALARS[key](value)
        elif isinstance(value, list):
            raise _failed(f"array [{key}] is not supported")
        else:
            raise _failed(f"field [{key}] is not supported")

    def build(context: QueryContext) -> Any:
        query = J.MatchAllDocsQuery.INSTANCE if inner is None else inner(context)
        return J.FunctionScore(
            query,
            J.Arrays.asList([_build_part(context, part) for part in parts]),
            values.get("score_mode", "multiply"),
            values.get("boost_mode", "multiply"),
            min(values.get("max_boost", MAX_FLOAT), MAX_FLOAT),
            J.Float.valueOf(values["min_score"]) if "min_score" in values else None,
        )

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


def _both(already: str, now: str) -> ApiError:
    return _failed(
        "[you can either define [functions] array or a single function, not both. already found "
        f"[{already}], now encountering [{now}].]"
    )


def _second(already: str, now: str) -> ApiError:
    return _failed(
        f"already found function [{already}], now encountering [{now}]. use [functions] array if "
        "you want to define several functions."
    )


def _weight_only(value: Any) -> _Part:
    weight = number(value)
    if weight < 0:
        raise illegal_argument("[weight] cannot be negative for a filtering function")
    return _Part(None, None, weight)


def _single(name: str, body: dict[str, Any]) -> _Part:
    return _Part(_read_function(name, body), None, 1.0)


def _join(one: _Part, other: _Part) -> _Part:
    return _Part(one.function or other.function, None, one.weight * other.weight)


def _read_function(name: str, body: dict[str, Any]) -> BuildFunction:
    read = FUNCTIONS.get(name)
    if read is None:
        raise parsing_error(
            "unknown query [function_score]" + did_you_mean("function_score", list(FUNCTIONS)),
            caused_by=ApiError(
                400, "named_object_not_found_exception", f"[1:1] unknown field [{name}]"
            ),
        )
    return read(body)


def _part(entry: Any) -> _Part:
    if not isinstance(entry, dict):
        raise parsing_error(
            "failed to parse [START_OBJECT]. malformed query, expected a "
            f"[{token_name(entry)}] while parsing functions but got a [function_score] instead"
        )
    function: BuildFunction | None = None
    wanted: Build | None = None
    weight: float | None = None
    first = ""
    for key, value in entry.items():
        if key == "weight" and not isinstance(value, dict | list):
            weight = _weight_only(value).weight
        elif not isinstance(value, dict):
            raise _failed(f"field [{text_of(key)}] is not supported")
        elif key == "filter":
            wanted = read_query(value)
        elif function is not None:
            raise _failed(
                "failed to parse function_score functions. already found "
                f"[{first}], now encountering [{key}]."
            )
        else:
            function, first = _read_function(key, value), key
    if function is None and weight is None:
        raise _failed("an entry in functions list is missing a function.")
    return _Part(function, wanted, 1.0 if weight is None else weight)


def _build_part(context: QueryContext, part: _Part) -> Any:
    function = J.ScoreFunctions.constant(1.0) if part.function is None else part.function(context)
    wanted = None if part.filter is None else part.filter(context)
    return J.FunctionScore.part(function, wanted, part.weight)

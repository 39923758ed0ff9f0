"""match_all, match_none, bool, dis_max, constant_score, boosting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, token_name
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    boosted,
    clause,
    match_none,
    read_query,
)
from esqual.engine.lucene.query.parameters import (
    COMMON,
    boost,
    flag,
    number,
    object_field_error,
    read,
    text_of,
    unknown_object_field,
)

__all__ = ["as_parsing_error", "object_common"]


# ---- match_all, match_none


@clause("match_all")
def _match_all(body: dict[str, Any]) -> Build:
    label, factor = None, 1.0
    try:
        for key, value in body.items():
            if key == "boost":
                factor = object_common("match_all", key, value)
            elif key == "_name":
                label = object_common("match_all", key, value)
            else:
                raise unknown_object_field("match_all", key, COMMON)
    except ApiError as error:
        raise as_parsing_error(error) from error
    return boosted(lambda context: J.MatchAllDocsQuery.INSTANCE, factor, label)


@clause("match_none")
def _match_none(body: dict[str, Any]) -> Build:
    values = read("match_none", body, COMMON)
    return boosted(
        lambda context: match_none('User requested "match_none" query.'),
        1.0,
        values.get("_name"),
    )


def as_parsing_error(error: ApiError) -> ApiError:
    """match_all and ids report the errors of their parser once more as a parsing error."""
    return parsing_error(error.reason, caused_by=error)


def object_common(name: str, key: str, value: Any) -> Any:
    """``boost`` and ``_name`` in the clauses that report errors with the position in front."""
    wanted = (str, int, float) if key == "boost" else (str,)
    if not isinstance(value, wanted):
        raise _wrong_kind(name, key, value)
    if key == "_name":
        return value
    try:
        return boost(value)
    except ApiError as error:
        raise object_field_error(name, key, error) from error


def _wrong_kind(name: str, key: str, value: Any) -> ApiError:
    return ApiError(
        400,
        "x_content_parse_exception",
        f"[1:1] [{name}] {key} doesn't support values of type: {token_name(value)}",
    )


# ---- bool

_OCCUR = {
    "must": "MUST",
    "must_not": "MUST_NOT",
    "mustNot": "MUST_NOT",
    "should": "SHOULD",
    "filter": "FILTER",
}
_BOOL = (
    "must",
    "must_not",
    "filter",
    "should",
    "minimum_should_match",
    "adjust_pure_negative",
    *COMMON,
)


@clause("bool")
def _bool(body: dict[str, Any]) -> Build:
    clauses: dict[str, list[Build]] = {word: [] for word in _OCCUR.values()}
    spec: str | None = None
    adjust, factor, label = True, 1.0, None
    for key, value in body.items():
        if key in _OCCUR:
            clauses[_OCCUR[key]] += _bool_clauses(key, value)
        elif key == "minimum_should_match":
            if isinstance(value, dict | list):
                raise _wrong_kind("bool", key, value)
            spec = None if value is None else text_of(value)
        elif key == "adjust_pure_negative":
            adjust = flag(value)
        elif key == "boost":
            factor = object_common("bool", key, value)
        elif key == "_name":
            label = object_common("bool", key, value)
        else:
            raise unknown_object_field("bool", key, _BOOL)
    return boosted(lambda context: _build_bool(context, clauses, spec, adjust), factor, label)


def _bool_clauses(key: str, value: Any) -> list[Build]:
    if value is None:
        return []
    if not isinstance(value, dict | list):
        raise _wrong_kind("bool", key, value)
    try:
        if isinstance(value, dict):
            return [read_query(value)]
        return [_array_element(element) for element in value]
    except ApiError as error:
        raise object_field_error("bool", key, error) from error


def _array_element(element: Any) -> Build:
    if isinstance(element, list):
        raise ApiError(400, "illegal_state_exception", "expected value but got [START_ARRAY]")
    return read_query(element)


def _build_bool(
    context: QueryContext, clauses: Mapping[str, list[Build]], spec: str | None, adjust: bool
) -> Any:
    builder = J.BooleanQueryBuilder()
    for word, builds in clauses.items():
        occur = getattr(J.Occur, word)
        for build in builds:
            builder.add(build(context), occur)
    positive = clauses["MUST"] or clauses["FILTER"] or clauses["SHOULD"]
    if not positive:
        if not clauses["MUST_NOT"]:
            return J.MatchAllDocsQuery.INSTANCE
        if adjust:
            builder.add(J.MatchAllDocsQuery.INSTANCE, J.Occur.FILTER)
    query = builder.build()
    return query if spec is None else J.MinimumShouldMatch.apply(query, spec)


# ---- dis_max, constant_score, boosting


@clause("dis_max")
def _dis_max(body: dict[str, Any]) -> Build:
    body = dict(body)
    queries = body.pop("queries", None)
    if queries is not None and not isinstance(queries, dict | list):
        raise parsing_error("[dis_max] query does not support [queries]")
    listed = [queries] if isinstance(queries, dict) else queries or []
    if queries == []:
        raise parsing_error("[_na] query malformed, must start with start_object")
    builds = [read_query(query) for query in listed]
    values = read("dis_max", body, {"tie_breaker": number, **COMMON})
    if not builds:
        raise parsing_error("[dis_max] requires 'queries' field with at least one clause")
    tie = values.get("tie_breaker", 0.0)

    def build(context: QueryContext) -> Any:
        if not 0 <= tie <= 1:
            raise illegal_argument("tieBreakerMultiplier must be in [0, 1]")
        return J.DisjunctionMaxQuery(J.Arrays.asList([each(context) for each in builds]), tie)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


@clause("constant_score")
def _constant_score(body: dict[str, Any]) -> Build:
    body = dict(body)
    inner: Build | None = None
    if "filter" in body:
        wanted = body.pop("filter")
        if isinstance(wanted, list):
            raise parsing_error("unexpected token [START_ARRAY]")
        if not isinstance(wanted, dict):
            raise parsing_error("[constant_score] query does not support [filter]")
        inner = read_query(wanted)
    values = _scalars("constant_score", body, COMMON)
    if inner is None:
        raise parsing_error("[constant_score] requires a 'filter' element")
    wrapped = inner
    return boosted(
        lambda context: J.ConstantScoreQuery(wrapped(context)),
        values.get("boost", 1.0),
        values.get("_name"),
    )


@clause("boosting")
def _boosting(body: dict[str, Any]) -> Build:
    body = dict(body)
    inner: dict[str, Build] = {}
    for key in ("positive", "negative"):
        if key in body:
            wanted = body.pop(key)
            if not isinstance(wanted, dict):
                raise parsing_error(f"[boosting] query does not support [{key}]")
            inner[key] = read_query(wanted)
    values = _scalars("boosting", body, {"negative_boost": number, **COMMON})
    for key in ("positive", "negative"):
        if key not in inner:
            raise parsing_error(f"[boosting] query requires '{key}' query to be set'")
    factor = values.get("negative_boost", -1.0)
    if factor < 0:
        raise parsing_error(
            "[boosting] query requires 'negative_boost' to be set to be a positive value'"
        )

    def build(context: QueryContext) -> Any:
        positive, negative = inner["positive"](context), inner["negative"](context)
        return J.FunctionScoreQuery.boostByQuery(positive, negative, factor)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


def _scalars(name: str, body: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in body.items():
        if isinstance(value, list):
            raise parsing_error("unexpected token [START_ARRAY]")
        if key not in kinds or not isinstance(value, str | int | float):
            raise parsing_error(f"[{name}] query does not support [{key}]")
    return read(name, body, kinds)

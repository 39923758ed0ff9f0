"""query_string (Lucene's classic grammar) and simple_query_string."""

from __future__ import annotations

from typing import Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.jvm import J, java_proxy
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    boosted,
    clause,
    match_none,
    query_shard_error,
)
from esqual.engine.lucene.query.fields import resolve_fields, split_boost
from esqual.engine.lucene.query.full_text import MatchOptions
from esqual.engine.lucene.query.fuzziness import AUTO, fuzziness
from esqual.engine.lucene.query.multi import TYPES, multi_type
from esqual.engine.lucene.query.parameters import (
    COMMON,
    Kind,
    flag,
    integer,
    number,
    operator,
    text_of,
)
from esqual.engine.lucene.query.string_clauses import Clauses

__all__: list[str] = []


def _only(parameter: str, allowed: bool) -> Kind:
    """A flag of which this engine has one value."""

    def kind(value: Any) -> bool:
        if flag(value) != allowed:
            raise unsupported(f"{parameter}: {text_of(value)}")
        return allowed

    return kind


def _refused(parameter: str) -> Kind:
    def kind(value: Any) -> Any:
        raise unsupported(parameter)

    return kind


_SHARED: dict[str, Kind] = {
    "query": text_of,
    "default_operator": operator,
    "analyzer": text_of,
    "analyze_wildcard": _only("analyze_wildcard", False),
    "quote_field_suffix": _refused("quote_field_suffix"),
    "auto_generate_synonyms_phrase_query": flag,
    "fuzzy_prefix_length": integer,
    "fuzzy_max_expansions": integer,
    "fuzzy_transpositions": flag,
    "lenient": flag,
    "minimum_should_match": text_of,
    **COMMON,
}
_QUERY_STRING: dict[str, Kind] = _SHARED | {
    "default_field": text_of,
    "type": multi_type,
    "tie_breaker": number,
    "quote_analyzer": text_of,
    "allow_leading_wildcard": flag,
    "enable_position_increments": _only("enable_position_increments", True),
    "escape": flag,
    "max_determinized_states": integer,
    "fuzzy_rewrite": _refused("fuzzy_rewrite"),
    "fuzziness": fuzziness,
    "phrase_slop": integer,
    "rewrite": text_of,
    "time_zone": text_of,
}

# Lucene's SimpleQueryParser
_FLAGS = {
    "ALL": -1,
    "NONE": 0,
    "AND": 1,
    "NOT": 2,
    "OR": 4,
    "PREFIX": 8,
    "PHRASE": 16,
    "PRECEDENCE": 32,
    "ESCAPE": 64,
    "WHITESPACE": 128,
    "FUZZY": 256,
    "NEAR": 512,
    "SLOP": 512,
}


def _flags(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return -1 if value < 0 else value
    flags = 0
    for word in text_of(value).split("|"):
        if not word:
            continue
        bit = _FLAGS.get(word.upper())
        if bit is None:
            raise illegal_argument(f"Unknown simple_query_string flag [{word}]")
        if bit == -1:
            return -1
        flags |= bit
    return flags


_SIMPLE: dict[str, Kind] = _SHARED | {"flags": _flags}


def _read(
    body: dict[str, Any], kinds: dict[str, Kind], refusal: str
) -> tuple[dict[str, Any], dict[str, float]]:
    """Parameters and fields; an unknown or misshapen one is refused with ``refusal`` [name]."""
    values: dict[str, Any] = {}
    fields: dict[str, float] = {}
    for key, value in body.items():
        if key == "fields" and isinstance(value, list):
            for each in value:
                if not isinstance(each, str | int | float):
                    raise illegal_argument(f"Expected text at 1:1 but found {token_name(each)}")
                name, factor = split_boost(text_of(each))
                fields[name] = factor
        elif key not in kinds or not isinstance(value, str | int | float):
            raise parsing_error(f"{refusal} [{key}]")
        else:
            values[key] = kinds[key](value)
    return values, fields


def _match_options(values: dict[str, Any], lenient: bool) -> MatchOptions:
    """What the words and phrases of both clauses share; a text without terms gives no query."""
    return MatchOptions(
        operator=values.get("default_operator", "or"),
        analyzer=values.get("analyzer"),
        lenient=lenient,
        prefix_length=values.get("fuzzy_prefix_length", 0),
        max_expansions=values.get("fuzzy_max_expansions", 50),
        fuzzy_transpositions=values.get("fuzzy_transpositions", True),
        auto_generate_synonyms_phrase_query=values.get("auto_generate_synonyms_phrase_query", True),
        zero_terms_query="null",
    )


def _require_analyzer(context: QueryContext, clause_name: str, name: str | None) -> None:
    if name is not None and not context.analysis.has(name):
        raise query_shard_error(f"[{clause_name}] analyzer [{name}] not found")


def _apply_minimum(query: Any, spec: str | None) -> Any:
    """``minimum_should_match``, inside of boosts."""
    if spec is None:
        return query
    if isinstance(query, J.BoostQuery):
        return J.BoostQuery(_apply_minimum(query.getQuery(), spec), query.getBoost())
    return J.MinimumShouldMatch.apply(query, spec)


# ---- query_string


@clause("query_string")
def _query_string(body: dict[str, Any]) -> Build:
    values, fields = _read(body, _QUERY_STRING, "[query_string] query does not support")
    if "query" not in values:
        raise parsing_error("[query_string] must be provided with a [query]")

    def build(context: QueryContext) -> Any:
        return _build_query_string(context, values, fields)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


def _build_query_string(
    context: QueryContext, values: dict[str, Any], fields: dict[str, float]
) -> Any:
    named = values.get("default_field")
    if fields and named is not None:
        reason = (
            "Validation Failed: 1: [query_string] cannot use [fields] parameter in conjunction "
            "with [default_field];"
        )
        raise ApiError(400, "query_validation_exception", reason)
    for parameter in ("analyzer", "quote_analyzer"):
        _require_analyzer(context, "query_string", values.get(parameter))
    text = values["query"]
    if not text.strip():
        return match_none("Matching no documents because no terms present")
    if values.get("escape", False):
        text = str(J.QueryStrings.escape(text))
    defaults = resolve_fields(context, {named: 1.0} if named is not None else fields)
    word = values.get("type", "best_fields")
    tie = values.get("tie_breaker", TYPES[word].tie_breaker)
    clauses = Clauses(
        context=context,
        defaults=defaults,
        options=_match_options(values, values.get("lenient", defaults.all)),
        multi_type=word,
        tie=tie,
        text_tie=tie,
        phrase_tie=values.get("tie_breaker", 0.0),
        quote_analyzer=values.get("quote_analyzer"),
        auto=values.get("fuzziness", AUTO),
        rewrite=values.get("rewrite"),
        time_zone=values.get("time_zone"),
        max_determinized_states=values.get("max_determinized_states", 10000),
        default_field=named,
    )
    try:
        query = J.QueryStrings.parse(
            text,
            java_proxy(J.ClauseMaker, clauses),
            values.get("default_operator") == "and",
            values.get("allow_leading_wildcard", True),
            values.get("phrase_slop", 0),
        )
    except J.QueryStringParseException as error:
        raise _unparsable(text, error) from error
    if query is None:
        return match_none("Matching no documents because no terms present")
    return _apply_minimum(query, values.get("minimum_should_match"))


def _unparsable(text: str, error: Any) -> ApiError:
    cause = error.getCause()
    inner = None
    if isinstance(cause, J.QueryStringParseException):
        inner = ApiError(400, "parse_exception", str(cause.getMessage()))
    return ApiError(
        400,
        "query_shard_exception",
        f"Failed to parse query [{text}]",
        caused_by=ApiError(400, "parse_exception", str(error.getMessage()), caused_by=inner),
    )


# ---- simple_query_string


@clause("simple_query_string")
def _simple_query_string(body: dict[str, Any]) -> Build:
    values, fields = _read(body, _SIMPLE, "[simple_query_string] unsupported field")
    if "query" not in values:
        raise parsing_error("[simple_query_string] query text missing")

    def build(context: QueryContext) -> Any:
        _require_analyzer(context, "simple_query_string", values.get("analyzer"))
        defaults = resolve_fields(context, fields)
        clauses = Clauses(
            context=context,
            defaults=defaults,
            options=_match_options(values, values.get("lenient", defaults.all)),
            multi_type="most_fields",
            tie=1.0,
            text_tie=1.0,
            phrase_tie=0.0,
        )
        query = J.SimpleQueryStrings.parse(
            values["query"],
            java_proxy(J.ClauseMaker, clauses),
            values.get("default_operator") == "and",
            values.get("flags", -1),
        )
        if query is None:
            return match_none("empty string passed to query parser")
        return J.MinimumShouldMatch.apply(query, values.get("minimum_should_match"))

    return boosted(build, values.get("boost", 1.0), values.get("_name"))

"""multi_match and combined_fields: one text, several fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, token_name
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    boosted,
    clause,
    match_none,
    query_shard_error,
)
from esqual.engine.lucene.query.compound import object_common
from esqual.engine.lucene.query.fields import Fields, resolve_fields, split_boost
from esqual.engine.lucene.query.full_text import (
    BOOL_PREFIX,
    MATCH,
    MATCH_KINDS,
    PHRASE,
    PHRASE_PREFIX,
    MatchOptions,
    match_field,
    text_options,
    zero_terms,
)
from esqual.engine.lucene.query.parameters import (
    COMMON,
    Kind,
    flag,
    integer,
    number,
    object_field_error,
    operator,
    read,
    text_of,
    unknown_object_field,
)

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType

__all__ = ["CROSS_FIELDS", "TYPES", "best_of", "multi_match", "multi_type"]

CROSS_FIELDS = "cross_fields"


@dataclass(frozen=True, slots=True)
class MultiType:
    """What a ``type`` of multi_match stands for."""

    kind: int
    tie_breaker: float


TYPES = {
    "best_fields": MultiType(MATCH, 0.0),
    "most_fields": MultiType(MATCH, 1.0),
    "cross_fields": MultiType(MATCH, 0.0),
    "phrase": MultiType(PHRASE, 0.0),
    "phrase_prefix": MultiType(PHRASE_PREFIX, 0.0),
    "bool_prefix": MultiType(BOOL_PREFIX, 1.0),
}


def multi_type(value: Any) -> str:
    """A type of multi_match."""
    word = text_of(value)
    if word not in TYPES:
        raise ApiError(
            400,
            "parse_exception",
            f"failed to parse [multi_match] query type [{word}]. unknown type.",
        )
    return word


def _fields(value: Any) -> dict[str, float]:
    if isinstance(value, dict):
        raise parsing_error("[multi_match] query does not support [fields]")
    answer = {}
    for each in value if isinstance(value, list) else [value]:
        if each is None or isinstance(each, dict | list):
            raise illegal_argument(f"Expected text at 1:1 but found {token_name(each)}")
        name, factor = split_boost(text_of(each))
        answer[name] = factor
    return answer


_MULTI_MATCH: dict[str, Kind] = {
    **MATCH_KINDS,
    "fields": _fields,
    "type": multi_type,
    "slop": integer,
    "tie_breaker": number,
}


@clause("multi_match")
def _multi_match(body: dict[str, Any]) -> Build:
    values = read("multi_match", body, _MULTI_MATCH, nested=("fields",))
    if "query" not in values:
        raise parsing_error("No text specified for multi_match query")
    query, fields = values.pop("query"), values.pop("fields", {})
    word = values.pop("type", "best_fields")
    tie = values.pop("tie_breaker", TYPES[word].tie_breaker)
    factor, label = values.pop("boost", 1.0), values.pop("_name", None)
    if "fuzziness" in values and word in ("cross_fields", "phrase", "phrase_prefix"):
        raise parsing_error(f"Fuzziness not allowed for type [{word}]")
    if "slop" in values and word == "bool_prefix":
        raise parsing_error("[slop] not allowed for type [bool_prefix]")
    lenient = values.pop("lenient", None)
    options = MatchOptions(kind=TYPES[word].kind, lenient=bool(lenient), **values)

    def build(context: QueryContext) -> Any:
        if options.analyzer is not None and not context.analysis.has(options.analyzer):
            raise query_shard_error(f"[multi_match] analyzer [{options.analyzer}] not found")
        resolved = resolve_fields(context, fields)
        chosen = options
        if resolved.all and lenient is None:
            chosen = replace(options, lenient=True)
        return multi_match(context, resolved, query, word, chosen, tie)

    return boosted(build, factor, label)


def multi_match(
    context: QueryContext, fields: Fields, text: Any, word: str, options: MatchOptions, tie: float
) -> Any:
    """One text in ``fields``; ``word`` is the type of multi_match.

    None only where ``options`` say so of a text without terms.
    """
    if not fields.boosts:
        return match_none("unmapped fields []")
    if not 0 <= tie <= 1:
        raise illegal_argument("tieBreakerMultiplier must be in [0, 1]")
    if word == CROSS_FIELDS:
        queries = _cross_fields(context, fields, text, options, tie)
    else:
        queries = [
            _boost(_one(context, field, text, options), factor)
            for field, factor in fields.boosts.items()
        ]
    queries = [query for query in queries if query is not None]
    if len(queries) <= 1:
        return queries[0] if queries else None
    return best_of(queries, tie)


def _one(context: QueryContext, field: FieldType, text: Any, options: MatchOptions) -> Any:
    query = match_field(context, field, text, options)
    return zero_terms(options) if query is None else query


def _boost(query: Any, factor: float) -> Any:
    return query if factor == 1.0 or query is None else J.BoostQuery(query, factor)


def best_of(queries: list[Any], tie: float) -> Any:
    """The best of ``queries``, the others with a share of ``tie``."""
    return J.DisjunctionMaxQuery(J.Arrays.asList(queries), tie)


# ---- cross_fields: fields with the same analyzer are treated as one


def _cross_fields(
    context: QueryContext, fields: Fields, text: Any, options: MatchOptions, tie: float
) -> list[Any]:
    groups: dict[Any, dict[FieldType, float]] = {}
    for field, factor in fields.boosts.items():
        if options.analyzer is not None:
            key = None
        else:
            key = field.search_analyzer if field.is_text else "not analysed"
        groups.setdefault(key, {})[field] = factor
    queries = []
    for key, group in groups.items():
        if len(group) == 1:
            ((field, factor),) = group.items()
            queries.append(_boost(_one(context, field, text, options), factor))
        elif key == "not analysed":
            queries.append(_blend_values(context, group, text, options, tie))
        else:
            own = options.analyzer
            analyzer = key if own is None else context.analysis.analyzer(own)
            query = _over_fields(analyzer, group, text, options, combined=False, tie=tie)
            queries.append(zero_terms(options) if query is None else query)
    return queries


def _over_fields(
    analyzer: Any,
    group: Mapping[FieldType, float],
    text: Any,
    options: MatchOptions,
    *,
    combined: bool,
    tie: float,
) -> Any | None:
    return J.MultiFieldQueries.build(
        analyzer,
        [field.name for field in group],
        list(group.values()),
        text_of(text),
        text_options(options),
        combined,
        tie,
        all(field.positions for field in group),
    )


def _blend_values(
    context: QueryContext,
    group: Mapping[FieldType, float],
    text: Any,
    options: MatchOptions,
    tie: float,
) -> Any:
    """Keywords blend as one term; numbers, dates and booleans stand beside it."""
    terms, boosts, others = [], [], []
    for field, factor in group.items():
        query = _one(context, field, text, options)
        if isinstance(query, J.TermQuery):
            terms.append(query.getTerm())
            boosts.append(factor)
        else:
            others.append(_boost(query, factor))
    if terms:
        others.append(J.BlendedQuery(terms, boosts, tie))
    return others[0] if len(others) == 1 else best_of(others, tie)


# ---- combined_fields


def _combined_operator(value: Any) -> str:
    return str(operator(value))


def _combined_zero_terms(value: Any) -> str:
    word = text_of(value).lower()
    if word not in ("none", "all"):
        raise illegal_argument(f"Unsupported [zero_terms_query] value [{text_of(value)}]")
    return word


def _combined_fields_of(value: Any) -> dict[str, float]:
    answer = {}
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, str):
            raise illegal_argument(f"Expected text at 1:1 but found {token_name(each)}")
        name, factor = split_boost(each)
        if factor < 1.0:
            raise illegal_argument("[combined_fields] requires field boosts to be >= 1.0")
        answer[name] = factor
    return answer


_COMBINED: dict[str, Kind] = {
    "query": text_of,
    "fields": _combined_fields_of,
    "operator": _combined_operator,
    "minimum_should_match": text_of,
    "auto_generate_synonyms_phrase_query": flag,
    "zero_terms_query": _combined_zero_terms,
}
_WANTED: dict[str, tuple[type, ...]] = {
    "query": (str,),
    "fields": (str, list),
    "operator": (str,),
    "minimum_should_match": (str, int, float),
    "auto_generate_synonyms_phrase_query": (bool, str),
    "zero_terms_query": (str,),
}


@clause("combined_fields")
def _combined_fields(body: dict[str, Any]) -> Build:
    values: dict[str, Any] = {}
    for key, value in body.items():
        if key in COMMON:
            values[key] = object_common("combined_fields", key, value)
            continue
        if key not in _COMBINED:
            raise unknown_object_field("combined_fields", key, (*_COMBINED, *COMMON))
        if not isinstance(value, _WANTED[key]):
            raise ApiError(
                400,
                "x_content_parse_exception",
                f"[1:1] [combined_fields] {key} doesn't support values of type: "
                f"{token_name(value)}",
            )
        try:
            values[key] = _COMBINED[key](value)
        except ApiError as error:
            raise object_field_error("combined_fields", key, error) from error
    if "query" not in values:
        raise illegal_argument("Required [query]")
    query, fields = values.pop("query"), values.pop("fields", {})
    factor, label = values.pop("boost", 1.0), values.pop("_name", None)
    options = MatchOptions(**values)

    def build(context: QueryContext) -> Any:
        if not fields:
            raise illegal_argument(
                "In [combined_fields] query, at least one field must be provided"
            )
        group = resolve_fields(context, fields).boosts
        if not group:
            return match_none("unmapped fields []")
        _check_combined(group)
        analyzer = next(iter(group)).search_analyzer
        made = _over_fields(analyzer, group, query, options, combined=True, tie=0.0)
        return zero_terms(options) if made is None else made

    return boosted(build, factor, label)


def _check_combined(group: Mapping[FieldType, float]) -> None:
    analyzers = []
    for field in group:
        if not field.is_text:
            raise illegal_argument(
                f"Field [{field.name}] of type [{field.type}] does not support "
                "[combined_fields] queries"
            )
        if not field.similarity_is_default:
            raise illegal_argument(
                "[combined_fields] queries cannot be used with per-field similarities"
            )
        analyzers.append(field.search_analyzer)
    if any(analyzer != analyzers[0] for analyzer in analyzers):
        raise illegal_argument(
            "All fields in [combined_fields] query must have the same search analyzer"
        )

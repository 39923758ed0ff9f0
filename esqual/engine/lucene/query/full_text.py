"""match, match_phrase, match_phrase_prefix, match_bool_prefix.

Analysis and building happen in one Java call (``esqual.TextQueries``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, unsupported
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    boosted,
    clause,
    match_none,
    query_shard_error,
)
from esqual.engine.lucene.query.fuzziness import Fuzziness, fuzziness
from esqual.engine.lucene.query.parameters import (
    COMMON,
    Kind,
    field_clause,
    flag,
    integer,
    operator,
    read,
    text_of,
)

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType

__all__ = [
    "BOOL_PREFIX",
    "MATCH",
    "MATCH_KINDS",
    "PHRASE",
    "PHRASE_PREFIX",
    "MatchOptions",
    "match_field",
    "text_options",
    "zero_terms",
]

MATCH, BOOL_PREFIX, PHRASE, PHRASE_PREFIX = range(4)


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """How one text is matched against one field."""

    kind: int = MATCH
    operator: str = "or"
    slop: int = 0
    analyzer: str | None = None
    minimum_should_match: str | None = None
    fuzziness: Fuzziness | None = None
    prefix_length: int = 0
    max_expansions: int = 50
    fuzzy_transpositions: bool = True
    auto_generate_synonyms_phrase_query: bool = True
    lenient: bool = False
    zero_terms_query: str = "none"


def zero_terms_kind(value: Any) -> str:
    """``none`` or ``all``."""
    word = text_of(value).lower()
    if word not in ("none", "all"):
        raise parsing_error(f"Unsupported zero_terms_query value [{text_of(value)}]")
    return word


def _refuse(parameter: str) -> Kind:
    def kind(value: Any) -> Any:
        raise unsupported(parameter)

    return kind


MATCH_KINDS: dict[str, Kind] = {
    "query": lambda value: value,
    "operator": operator,
    "analyzer": text_of,
    "minimum_should_match": text_of,
    "fuzziness": fuzziness,
    "prefix_length": integer,
    "max_expansions": integer,
    "fuzzy_transpositions": flag,
    "fuzzy_rewrite": _refuse("fuzzy_rewrite"),
    "auto_generate_synonyms_phrase_query": flag,
    "lenient": flag,
    "zero_terms_query": zero_terms_kind,
    **COMMON,
}
_PHRASE: dict[str, Kind] = {
    name: kind
    for name, kind in MATCH_KINDS.items()
    if name in ("query", "analyzer", "zero_terms_query", *COMMON)
} | {"slop": integer}
_PHRASE_PREFIX = _PHRASE | {"max_expansions": integer}
_BOOL_PREFIX: dict[str, Kind] = {
    name: kind
    for name, kind in MATCH_KINDS.items()
    if name not in ("auto_generate_synonyms_phrase_query", "lenient", "zero_terms_query")
}


def _reader(name: str, kind: int, kinds: Mapping[str, Kind]) -> None:
    base = MatchOptions(kind=kind)

    @clause(name)
    def _read(body: dict[str, Any]) -> Build:
        if not body:
            raise parsing_error("No text specified for text query")
        field, value = field_clause(name, body)
        if isinstance(value, str):  # the short form, and the common one
            return _builder(name, field, value, base)
        if isinstance(value, dict):
            values = read(name, value, kinds)
        elif isinstance(value, list):
            raise illegal_argument("Expected text at 1:1 but found START_ARRAY")
        else:
            values = {} if value is None else {"query": value}
        if "query" not in values:
            raise parsing_error("No text specified for text query")
        query = values.pop("query")
        boost, label = values.pop("boost", 1.0), values.pop("_name", None)
        options = replace(base, **values)
        _check(name, options)
        return boosted(_builder(name, field, query, options), boost, label)


def _check(name: str, options: MatchOptions) -> None:
    if options.kind in (PHRASE, PHRASE_PREFIX):
        if options.slop < 0:
            raise illegal_argument("No negative slop allowed.")
        if options.max_expansions < 0:
            raise illegal_argument("No negative maxExpansions allowed.")
        return
    if options.prefix_length < 0:
        raise illegal_argument(f"[{name}] requires prefix length to be non-negative.")
    if options.max_expansions <= 0:
        raise illegal_argument(f"[{name}] requires maxExpansions to be positive.")


def _builder(name: str, field: str, value: Any, options: MatchOptions) -> Build:
    def build(context: QueryContext) -> Any:
        if options.analyzer is not None and not context.analysis.has(options.analyzer):
            raise query_shard_error(f"[{name}] analyzer [{options.analyzer}] not found")
        mapped = context.mapping.field(field)
        if mapped is None:
            return match_none(f"unmapped fields [{field}]")
        query = match_field(context, mapped, value, options)
        return zero_terms(options) if query is None else query

    return build


_reader("match", MATCH, MATCH_KINDS)
_reader("match_phrase", PHRASE, _PHRASE)
_reader("match_phrase_prefix", PHRASE_PREFIX, _PHRASE_PREFIX)
_reader("match_bool_prefix", BOOL_PREFIX, _BOOL_PREFIX)


def zero_terms(options: MatchOptions) -> Any:
    """What a text without a single term matches."""
    if options.zero_terms_query == "null":  # inside of query strings such a text vanishes
        return None
    if options.zero_terms_query == "all":
        return J.MatchAllDocsQuery.INSTANCE
    return match_none("Matching no documents because no terms present")


def match_field(
    context: QueryContext, field: FieldType, value: Any, options: MatchOptions
) -> Any | None:
    """The query of one mapped field; None when analysis leaves no term."""
    try:
        if not field.is_text and options.analyzer is None:
            return _whole_value(field, value, options)
        field.require_searchable()
        return J.TextQueries.build(
            _analyzer(context, field, options),
            field.name,
            text_of(value),
            text_options(options),
            field.positions,
        )
    except ApiError as error:
        if options.lenient:
            return match_none(
                f"failed [{field.name}] query, caused by {error.type}:[{error.reason}]"
            )
        raise


def _analyzer(context: QueryContext, field: FieldType, options: MatchOptions) -> Any:
    if options.analyzer is not None:
        return context.analysis.analyzer(options.analyzer)
    return field.search_quote_analyzer if options.kind == PHRASE else field.search_analyzer


_CLAUSE_NAMES = {MATCH: "match", PHRASE: "match_phrase", BOOL_PREFIX: "match_bool_prefix"}


def _whole_value(field: FieldType, value: Any, options: MatchOptions) -> Any:
    """A field that is not analysed: the value is one term."""
    if options.kind == PHRASE_PREFIX:
        raise illegal_argument(
            "Can only use phrase prefix queries on text fields - not on "
            f"[{field.name}] which is of type [{field.type}]"
        )
    if field.takes_arrays:
        raise illegal_argument(
            f"Field [{field.name}] of type [{field.type}] does not support "
            f"{_CLAUSE_NAMES[options.kind]} queries"
        )
    if options.kind == BOOL_PREFIX and field.is_string:
        return J.PrefixQuery(J.Term(field.name, field.normalize(text_of(value))))
    if options.fuzziness is None:
        return field.term_query(value)
    if not field.is_string:
        raise illegal_argument(
            "Can only use fuzzy queries on keyword and text fields - not on "
            f"[{field.name}] which is of type [{field.type}]"
        )
    term = field.normalize(text_of(value))
    return J.FuzzyWords.word(
        J.Term(field.name, term),
        options.fuzziness.edits(term),
        options.prefix_length,
        options.max_expansions,
        options.fuzzy_transpositions,
    )


_DEFAULTS: dict[MatchOptions, Any] = {}


def text_options(options: MatchOptions) -> Any:
    """``esqual.TextOptions``; it says the same as ``options``, so the few in use are kept."""
    known = _DEFAULTS.get(options)
    if known is not None:
        return known
    arguments = [
        options.kind,
        options.operator == "and",
        options.slop,
        options.auto_generate_synonyms_phrase_query,
        options.minimum_should_match,
        options.max_expansions,
    ]
    if options.fuzziness is not None:
        low, high = options.fuzziness.bounds()
        arguments += [True, low, high, options.prefix_length, options.fuzzy_transpositions]
    made = J.TextOptions(*arguments)
    if len(_DEFAULTS) < 1000:
        _DEFAULTS[options] = made
    return made

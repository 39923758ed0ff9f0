"""term, terms, range, exists, ids, prefix, wildcard, regexp, fuzzy: text that is not analysed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, unsupported
from esqual.engine.lucene.fields.base import RangeBounds
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    ShardFailure,
    boosted,
    clause,
    match_none,
    query_shard_error,
    token_name,
)
from esqual.engine.lucene.query.compound import as_parsing_error, object_common
from esqual.engine.lucene.query.fuzziness import AUTO, fuzziness
from esqual.engine.lucene.query.parameters import (
    COMMON,
    Kind,
    field_clause,
    flag,
    integer,
    object_field_error,
    read,
    text_of,
    unknown_object_field,
)
from esqual.engine.lucene.query.rewrite import rewrite_method

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType

__all__ = ["exists_query", "normalize_pattern"]


def _single(
    name: str, body: Mapping[str, Any], empty: str = "field name is null or empty"
) -> tuple[str, Any]:
    if not body:
        raise illegal_argument(empty)
    return field_clause(name, body)


def _absent(name: str) -> Any:
    return match_none(f'The "{name}" query is against a field that does not exist')


# ---- term, terms


@clause("term")
def _term(body: dict[str, Any]) -> Build:
    field, value = _single("term", body)
    if isinstance(value, list):
        raise parsing_error("[term] query does not support array of values")
    if value is None:
        raise illegal_argument("field name is null or empty")
    values = _read_term(value) if isinstance(value, dict) else {"value": value}
    wanted = values.get("value", values.get("term"))
    if wanted is None:
        raise illegal_argument("value cannot be null")
    ignore_case = values.get("case_insensitive", False)

    def build(context: QueryContext) -> Any:
        mapped = context.mapping.field(field)
        if mapped is None:
            return _absent("term")
        return mapped.term_query(wanted, case_insensitive=ignore_case)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


def _read_term(body: Mapping[str, Any]) -> dict[str, Any]:
    for key in ("value", "term"):
        wanted = body.get(key)
        if isinstance(wanted, list):
            raise parsing_error(
                "[term] query does not support arrays for value - use a bool query with multiple "
                "term clauses in the should section or use a Terms query if scoring is not required"
            )
        if isinstance(wanted, dict):
            inner = next(iter(wanted), key)
            raise parsing_error(f"[term] query does not support [{inner}]")
        if key in body and wanted is None:
            raise illegal_argument("value cannot be null")
    kinds: dict[str, Kind] = {"value": _same, "term": _same, "case_insensitive": flag, **COMMON}
    return read("term", body, kinds)


def _same(value: Any) -> Any:
    return value


@clause("terms")
def _terms(body: dict[str, Any]) -> Build:
    field, wanted = None, None
    common: dict[str, Any] = {}
    for key, value in body.items():
        if key in COMMON and not isinstance(value, dict | list):
            common.update(read("terms", {key: value}, COMMON))
        elif not isinstance(value, dict | list):
            raise parsing_error(f"[terms] query does not support [{key}]")
        elif field is not None:
            raise parsing_error("[terms] query does not support multiple fields")
        elif isinstance(value, dict):
            raise unsupported("terms lookup")
        else:
            field, wanted = key, [_terms_value(key, element) for element in value]
    if field is None or wanted is None:
        raise parsing_error(
            "[terms] query requires a field name, followed by array of terms or a document lookup "
            "specification"
        )
    name, values = field, wanted

    def build(context: QueryContext) -> Any:
        mapped = context.mapping.field(name)
        if mapped is None:
            return _absent("terms")
        if not values:
            return match_none('The "terms" query was rewritten to a "match_none" query.')
        _check_limit(context, len(values))
        return mapped.terms_query(values)

    return boosted(build, common.get("boost", 1.0), common.get("_name"))


def _check_limit(context: QueryContext, count: int) -> None:
    limit = int(context.index.settings.get("index.max_terms_count", 65536))
    if count > limit:
        raise illegal_argument(
            f"The number of terms [{count}] used in the Terms Query request has exceeded the "
            f"allowed maximum of [{limit}]. This maximum can be set by changing the "
            "[index.max_terms_count] index level setting."
        )


def _terms_value(field: str, element: Any) -> Any:
    if element is None:
        raise parsing_error("No value specified for terms query")
    if isinstance(element, dict | list):
        raise parsing_error(f"[terms] unknown token [{token_name(element)}] after [{field}]")
    return element


# ---- range


def _relation(value: Any) -> str:
    word = text_of(value).lower()
    if word not in ("intersects", "contains", "within"):
        raise illegal_argument(f"{text_of(value)} is not a valid relation")
    return word


_RANGE: dict[str, Kind] = {
    "gte": _same,
    "gt": _same,
    "lte": _same,
    "lt": _same,
    "format": text_of,
    "time_zone": text_of,
    "relation": _relation,
    **COMMON,
}
_BOUNDS = ("gte", "gt", "lte", "lt")


@clause("range")
def _range(body: dict[str, Any]) -> Build:
    field, value = _single("range", body)
    if not isinstance(value, dict):
        raise parsing_error(f"[range] query does not support [{field}]")
    given = {k: v for k, v in value.items() if not (k in _BOUNDS and v is None)}
    for bound in _BOUNDS:
        if isinstance(given.get(bound), dict):
            inner = next(iter(given[bound]), bound)
            raise parsing_error(f"[range] query does not support [{inner}]")
    values = read("range", given, _RANGE, nested=_BOUNDS)
    factor, label = values.pop("boost", 1.0), values.pop("_name", None)

    def build(context: QueryContext) -> Any:
        mapped = context.mapping.field(field)
        if mapped is None:
            return _absent("range")
        if not any(bound in values for bound in _BOUNDS):
            return mapped.exists_query()
        try:
            return mapped.range_query(RangeBounds(**values))
        except ApiError as error:
            # a moment that cannot be read is found before the query is made
            raise (ShardFailure(error) if error.type == "parse_exception" else error) from error

    return boosted(build, factor, label)


# ---- exists, ids


@clause("exists")
def _exists(body: dict[str, Any]) -> Build:
    values = read("exists", body, {"field": text_of, **COMMON})
    field = values.get("field")
    if field is None:
        raise parsing_error("[exists] must be provided with a [field]")
    if not field:
        raise illegal_argument("field name is null or empty")

    return boosted(
        lambda context: exists_query(context, field), values.get("boost", 1.0), values.get("_name")
    )


def exists_query(context: QueryContext, name: str) -> Any:
    """Documents that have a value in a field, in one of an object's or a pattern's fields."""
    mapping = context.mapping
    names = mapping.names(name) or mapping.names(f"{name}.*")
    fields = [mapping.field(each) for each in names or [name]]
    queries = [field.exists_query() for field in fields if field is not None]
    if not queries:
        return match_none('The "exists" query was rewritten to a "match_none" query.')
    if len(queries) == 1:
        return J.ConstantScoreQuery(queries[0])
    builder = J.BooleanQueryBuilder()
    for query in queries:
        builder.add(query, J.Occur.SHOULD)
    return J.ConstantScoreQuery(builder.build())


@clause("ids")
def _ids(body: dict[str, Any]) -> Build:
    wanted: list[str] = []
    common: dict[str, Any] = {}
    try:
        for key, value in body.items():
            if key == "values":
                wanted = _id_values(value)
            elif key in COMMON:
                common[key] = object_common("ids", key, value)
            else:
                raise unknown_object_field("ids", key, ())
    except ApiError as error:
        raise as_parsing_error(error) from error

    def build(context: QueryContext) -> Any:
        if not wanted:
            return match_none('The "ids" query was rewritten to a "match_none" query.')
        ids = context.mapping.field("_id")
        assert ids is not None
        return ids.terms_query(wanted)

    return boosted(build, common.get("boost", 1.0), common.get("_name"))


def _id_values(value: Any) -> list[str]:
    if isinstance(value, dict | bool) or value is None:
        raise ApiError(
            400,
            "x_content_parse_exception",
            f"[1:1] [ids] values doesn't support values of type: {token_name(value)}",
        )
    listed = value if isinstance(value, list) else [value]
    for element in listed:
        if element is None or isinstance(element, dict):
            cause = illegal_argument(f"Expected text at 1:1 but found {token_name(element)}")
            raise object_field_error("ids", "values", cause)
        if isinstance(element, list):
            cause = ApiError(400, "illegal_state_exception", "expected value but got [START_ARRAY]")
            raise object_field_error("ids", "values", cause)
    return [text_of(element) for element in listed]


# ---- prefix, wildcard, regexp, fuzzy


def _text_value(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        raise illegal_argument(f"Expected text at 1:1 but found {token_name(value)}")
    return text_of(value)


def _pattern(
    name: str, body: Mapping[str, Any], kinds: Mapping[str, Kind], aliases: tuple[str, ...] = ()
) -> tuple[str, str, dict[str, Any]]:
    """Field, pattern and the other parameters of prefix, wildcard and regexp."""
    field, value = _single(name, body)
    if not isinstance(value, dict):
        return field, _text_value(value), {}
    words = ("value", *aliases)
    texts = [_text_value(value[word]) for word in words if word in value]
    rest = {k: v for k, v in value.items() if k not in words}
    values = read(name, rest, {"rewrite": text_of, "case_insensitive": flag, **kinds, **COMMON})
    if not texts:
        raise illegal_argument("value cannot be null")
    return field, texts[-1], values


def _string_field(context: QueryContext, field: str, refusal: str) -> FieldType | None:
    mapped: FieldType | None = context.mapping.field(field)
    if mapped is not None and not mapped.is_string:
        raise query_shard_error(
            f"Can only use {refusal} - not on [{field}] which is of type [{mapped.type}]"
        )
    return mapped


@clause("prefix")
def _prefix(body: dict[str, Any]) -> Build:
    field, text, values = _pattern("prefix", body, {})

    def build(context: QueryContext) -> Any:
        mapped = _string_field(
            context, field, "prefix queries on keyword, text and wildcard fields"
        )
        if mapped is None:
            return _absent("prefix")
        method = rewrite_method(values.get("rewrite"))
        term = J.Term(field, mapped.normalize(text))
        if values.get("case_insensitive", False):
            return J.CaseInsensitive.prefix(term, method)
        return J.PrefixQuery(term, method)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


@clause("wildcard")
def _wildcard(body: dict[str, Any]) -> Build:
    field, text, values = _pattern("wildcard", body, {}, aliases=("wildcard",))

    def build(context: QueryContext) -> Any:
        mapped = _string_field(
            context, field, "wildcard queries on keyword, text and wildcard fields"
        )
        if mapped is None:
            return _absent("wildcard")
        method = rewrite_method(values.get("rewrite"))
        pattern = text if mapped.is_text else normalize_pattern(text, mapped.normalize)
        term = J.Term(field, pattern)
        if values.get("case_insensitive", False):
            return J.CaseInsensitive.wildcard(term, method)
        return J.WildcardQuery(term, 10000, method)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


def normalize_pattern(pattern: str, normalize: Callable[[str], str]) -> str:
    """``pattern`` with the text between ``*``, ``?`` and escapes in normal form."""
    parts: list[str] = []
    plain = ""
    rest = iter(pattern)
    for char in rest:
        if char in "*?\\":
            parts += [normalize(plain) if plain else "", char]
            plain = ""
            if char == "\\":
                parts.append(next(rest, ""))
        else:
            plain += char
    return "".join([*parts, normalize(plain) if plain else ""])


# Lucene's RegExp flags
_FLAGS = {
    "INTERSECTION": 0x0001,
    "COMPLEMENT": 0x10000,
    "EMPTY": 0x0004,
    "ANYSTRING": 0x0008,
    "INTERVAL": 0x0020,
    "NONE": 0,
    "ALL": 0xFF,
}


def _regexp_flags(value: Any) -> int:
    flags = 0
    for word in text_of(value).split("|"):
        if not word:
            continue
        if word.upper() not in _FLAGS:
            raise illegal_argument(f"Unknown regexp flag [{word}]")
        if word.upper() == "ALL":
            return _FLAGS["ALL"]
        flags |= _FLAGS[word.upper()]
    return flags


@clause("regexp")
def _regexp(body: dict[str, Any]) -> Build:
    kinds: dict[str, Kind] = {
        "flags": _regexp_flags,
        "flags_value": integer,
        "max_determinized_states": integer,
    }
    field, text, values = _pattern("regexp", body, kinds)

    def build(context: QueryContext) -> Any:
        mapped = _string_field(context, field, "regexp queries on keyword and text fields")
        if mapped is None:
            return _absent("regexp")
        return J.RegexpQuery(
            J.Term(field, mapped.normalize(text)),
            values.get("flags", values.get("flags_value", _FLAGS["ALL"])),
            J.RegExp.ASCII_CASE_INSENSITIVE if values.get("case_insensitive", False) else 0,
            J.RegexpQuery.DEFAULT_PROVIDER,
            values.get("max_determinized_states", 10000),
            rewrite_method(values.get("rewrite")),
        )

    return boosted(build, values.get("boost", 1.0), values.get("_name"))


_FUZZY: dict[str, Kind] = {
    "value": text_of,
    "term": text_of,
    "fuzziness": fuzziness,
    "prefix_length": integer,
    "max_expansions": integer,
    "transpositions": flag,
    "rewrite": text_of,
    **COMMON,
}


@clause("fuzzy")
def _fuzzy(body: dict[str, Any]) -> Build:
    field, value = _single("fuzzy", body, "field name cannot be null or empty")
    if isinstance(value, list):
        raise parsing_error(
            f"[fuzzy] query doesn't support multiple fields, found [{field}] and [null]"
        )
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, dict | list):
                raise parsing_error(f"[fuzzy] unexpected token [{token_name(each)}] after [{key}]")
        values = read("fuzzy", value, _FUZZY)
    else:
        values = {} if value is None else {"value": text_of(value)}
    text = values.get("value", values.get("term"))
    if text is None:
        raise illegal_argument("query value cannot be null")

    def build(context: QueryContext) -> Any:
        mapped = context.mapping.field(field)
        if mapped is None:
            return match_none('The "fuzzy" query was rewritten to a "match_none" query.')
        if not mapped.is_string:
            raise illegal_argument(
                "Can only use fuzzy queries on keyword and text fields - not on "
                f"[{field}] which is of type [{mapped.type}]"
            )
        term = mapped.normalize(text)
        expansions = values.get("max_expansions", 50)
        arguments = [
            J.Term(field, term),
            values.get("fuzziness", AUTO).edits(term),
            values.get("prefix_length", 0),
            expansions,
            values.get("transpositions", True),
        ]
        if "rewrite" in values:
            arguments.append(rewrite_method(values["rewrite"]))
        return J.FuzzyQuery(*arguments)

    return boosted(build, values.get("boost", 1.0), values.get("_name"))

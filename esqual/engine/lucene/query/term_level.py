"""term, terms, range, exists, ids: values as they are, not analysed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.fields.base import RangeBounds
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    ShardFailure,
    boosted,
    clause,
    match_none,
)
from esqual.engine.lucene.query.compound import as_parsing_error, object_common
from esqual.engine.lucene.query.parameters import (
    COMMON,
    Kind,
    field_clause,
    flag,
    object_field_error,
    read,
    text_of,
    unknown_object_field,
)

if TYPE_CHECKING:
    pass

__all__ = ["absent", "exists_query", "single_field"]


def single_field(
    name: str, body: Mapping[str, Any], empty: str = "field name is null or empty"
) -> tuple[str, Any]:
    """The one ``field: value`` of a clause; ``empty`` refuses a clause without any."""
    if not body:
        raise illegal_argument(empty)
    return field_clause(name, body)


def absent(name: str) -> Any:
    """The query over a field that the mapping does not have."""
    return match_none(f'The "{name}" query is against a field that does not exist')


# ---- term, terms


@clause("term")
def _term(body: dict[str, Any]) -> Build:
    field, value = single_field("term", body)
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
            return absent("term")
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
            return absent("terms")
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
    field, value = single_field("range", body)
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
            return absent("range")
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

"""``sort`` and ``search_after``: JSON → Lucene's ``Sort`` and the row to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name, unsupported
from esqual.engine.lucene.jvm import J, java_array
from esqual.engine.lucene.query.base import did_you_mean, query_shard_error
from esqual.engine.lucene.xcontent import x_content_error

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType
    from esqual.engine.lucene.index import Index

__all__ = ["ShardSort", "SortKey", "read_sort", "read_url_sort", "shard_sort"]

_OPTIONS = ["format", "missing", "mode", "nested", "numeric_type", "order", "unmapped_type"]
_MODES = ("min", "max", "sum", "avg", "median")
_UNMAPPED_LAST = {"asc": 2**63 - 1, "desc": -(2**63)}


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key: a field, ``_score`` or ``_doc``."""

    field: str
    reverse: bool
    missing: Any = None
    mode: str | None = None
    unmapped_type: str | None = None


def read_sort(json: Any) -> list[SortKey]:
    """The keys of a ``sort``; ``[]`` where it asks for nothing but the order by score."""
    if isinstance(json, dict):
        keys = [_key(name, options) for name, options in json.items()]
    elif isinstance(json, list):
        keys = []
        for item in json:
            if isinstance(item, str):
                keys.append(_key(item, None))
            elif isinstance(item, dict):
                keys += [_key(name, options) for name, options in item.items()]
            else:
                raise illegal_argument(
                    "malformed sort format, within the sort array, an object, or an actual string "
                    "are allowed"
                )
    else:
        keys = [_key(_text(json), None)]
    if len(keys) == 1 and keys[0].field == "_score" and not keys[0].reverse:
        return []
    return keys


def read_url_sort(text: str) -> list[SortKey]:
    """``field:desc,other``: the ``sort`` of a URL."""
    items: list[Any] = []
    for part in text.split(","):
        name, colon, order = part.rpartition(":")
        items.append({name: order} if colon and name else part)
    return read_sort(items)


def _key(name: str, options: Any) -> SortKey:
    if name in ("_script", "_geo_distance", "_geoDistance"):
        raise unsupported(f"sort by {name}")
    if options is None:
        options = {}
    elif isinstance(options, str):
        options = {"order": options}
    elif not isinstance(options, dict):
        raise illegal_argument(
            f"malformed sort format, either start array, start object, or an "
            f"actual string, found [{token_name(options)}]"
        )
    parser = "score_sort" if name == "_score" else "field_sort"
    for option, value in options.items():
        allowed = ["order"] if name == "_score" else _OPTIONS
        if option not in allowed:
            raise x_content_error(
                f"[{parser}] unknown field [{option}]{did_you_mean(option, allowed)}"
            )
        if option in ("nested", "numeric_type", "format"):
            raise unsupported(f"sort with {option}")
        if option == "mode" and value not in _MODES:
            cause = illegal_argument(f"Unknown SortMode [{value}]")
            raise x_content_error(f"[{parser}] failed to parse field [mode]", cause)
    return SortKey(
        field=name,
        reverse=_reverse(options.get("order"), name),
        missing=options.get("missing"),
        mode=options.get("mode"),
        unmapped_type=options.get("unmapped_type"),
    )


def _reverse(order: Any, name: str) -> bool:
    """True where Lucene's own direction is turned: scores run down by themselves."""
    if order is None:
        return False
    word = str(order).upper()
    if word not in ("ASC", "DESC"):
        raise illegal_argument(f"No enum constant org.elasticsearch.search.sort.SortOrder.{word}")
    return (word == "ASC") if name == "_score" else (word == "DESC")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower()


@dataclass(frozen=True, slots=True)
class ShardSort:
    """A sort made for one index: ``java`` is Lucene's, ``fields`` give JSON back per column."""

    java: Any
    keys: list[SortKey]
    fields: list[FieldType | None]

    def values(self, row: Any) -> list[Any]:
        """One hit's ``sort``: Lucene's values as JSON."""
        return [self._value(i, raw) for i, raw in enumerate(row)]

    def _value(self, column: int, raw: Any) -> Any:
        field, key = self.fields[column], self.keys[column]
        if field is not None:
            return field.sort_value(raw)
        if key.field == "_score":
            return float(J.Double.parseDouble(raw.toString()))
        if key.field == "_doc":
            return int(raw)
        return _UNMAPPED_LAST["desc" if key.reverse else "asc"]

    def after(self, values: list[Any]) -> Any:
        """The row that ``search_after`` names, as a Lucene ``FieldDoc``."""
        if len(values) != len(self.keys):
            raise illegal_argument(
                f"search_after has {len(values)} value(s) but sort has {len(self.keys)}."
            )
        row = [self._after(i, value) for i, value in enumerate(values)]
        return J.FieldDoc(2**31 - 1, 0.0, java_array(J.Object, row))

    def _after(self, column: int, value: Any) -> Any:
        field, key = self.fields[column], self.keys[column]
        try:
            return _java_value(self.java.getSort()[column], field, value)
        except ApiError as error:
            raise illegal_argument(
                f"Failed to parse search_after value for field [{key.field}].", caused_by=error
            ) from error


def shard_sort(keys: list[SortKey], index: Index) -> ShardSort:
    """The sort of one index. Raises what a shard refuses."""
    columns, fields = [], []
    for key in keys:
        field = None
        if key.field == "_score":
            column = J.SortField(None, J.SortFieldType.SCORE, key.reverse)
        elif key.field == "_doc":
            column = J.SortField(None, J.SortFieldType.DOC, key.reverse)
        else:
            field = index.mapping.field(key.field)
            if field is None:
                column = _unmapped(key)
            else:
                column = field.sort_field(key.reverse, key.missing, key.mode)
        columns.append(column)
        fields.append(field)
    return ShardSort(J.Sort(java_array(J.SortField, columns)), keys, fields)


def _unmapped(key: SortKey) -> Any:
    if key.field == "_id":
        raise illegal_argument(
            "Fielddata access on the _id field is disallowed, you can re-enable it by updating the "
            "dynamic cluster setting: indices.id_field_data.enabled"
        )
    if key.unmapped_type is None:
        raise query_shard_error(f"No mapping found for [{key.field}] in order to sort on")
    if key.unmapped_type not in ("long", "integer", "short", "byte", "date"):
        raise unsupported(f"sort with unmapped_type {key.unmapped_type}")
    return J.SortField(key.field, J.SortFieldType.LONG, key.reverse)


def _java_value(column: Any, field: FieldType | None, value: Any) -> Any:
    kind = str(column.getType())
    if kind == "CUSTOM":
        if isinstance(column, J.SortedNumericSortField):
            kind = str(column.getNumericType())
        else:
            return None if value is None else J.BytesRef(str(value))
    if kind == "SCORE":
        return J.Float(_number(value))
    if kind in ("DOC", "INT"):
        return J.Integer(_within(31, int(_number(value))))
    if kind == "LONG":
        return J.Long(_within(63, _whole(field, value)))
    return J.Float(_number(value)) if kind == "FLOAT" else J.Double(_number(value))


def _within(bits: int, value: int) -> int:
    if not -(2**bits) <= value < 2**bits:
        raise _not_a_number(value)
    return value


def _whole(field: FieldType | None, value: Any) -> int:
    if field is not None and isinstance(value, str) and field.type in ("date", "date_nanos"):
        return int(field.date_format.parse(value))  # type: ignore[attr-defined]
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int) else int(_number(value))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _not_a_number(value) from None


def _not_a_number(value: Any) -> ApiError:
    return ApiError(400, "number_format_exception", f'For input string: "{value}"')

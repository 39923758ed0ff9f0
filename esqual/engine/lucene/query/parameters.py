"""Reading the parameters of a clause: kinds of values, and Elasticsearch's words for wrong ones.

A clause declares ``{"operator": operator, "boost": boost, …}``: name → function from the JSON value
to the Python value. :func:`read` applies it, so an unknown name is never passed over.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, parsing_error, token_name
from esqual.engine.lucene.query.base import did_you_mean

__all__ = [
    "COMMON",
    "Kind",
    "boost",
    "enum",
    "field_clause",
    "flag",
    "integer",
    "number",
    "number_format",
    "object_field_error",
    "operator",
    "read",
    "text",
    "text_of",
    "unknown_object_field",
]

Kind = Callable[[Any], Any]
_INT_MAX = 2**31 - 1


def read(
    name: str, body: Mapping[str, Any], kinds: Mapping[str, Kind], nested: Iterable[str] = ()
) -> dict[str, Any]:
    """The parameters of the clause ``name``; ``nested`` ones may hold arrays and objects."""
    values: dict[str, Any] = {}
    for key, value in body.items():
        if key not in nested and not isinstance(value, str | int | float):
            raise parsing_error(f"[{name}] unknown token [{token_name(value)}] after [{key}]")
        kind = kinds.get(key)
        if kind is None:
            raise parsing_error(f"[{name}] query does not support [{key}]")
        values[key] = kind(value)
    return values


def field_clause(name: str, body: Mapping[str, Any]) -> tuple[str, Any]:
    """The one ``field: value`` of clauses such as match, term and range."""
    fields = iter(body.items())
    field, value = next(fields)
    other = next(fields, None)
    if other is not None:
        raise parsing_error(
            f"[{name}] query doesn't support multiple fields, found [{field}] and [{other[0]}]"
        )
    return field, value


# ---- kinds


def text_of(value: Any) -> str:
    """A JSON scalar as text: ``true``, ``12.5``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


text = text_of


def number_format(value: Any) -> ApiError:
    """400 ``number_format_exception`` as Java words it."""
    words = "empty String" if value == "" else f'For input string: "{value}"'
    return ApiError(400, "number_format_exception", words)


def _numeric(value: Any) -> Any:
    if isinstance(value, bool):
        token = "VALUE_TRUE" if value else "VALUE_FALSE"
        raise ApiError(
            400,
            "x_content_parse_exception",
            f"[1:1] Current token ({token}) not numeric, can not use numeric value accessors",
        )
    return value


def integer(value: Any) -> int:
    """A whole number, also as text; a fraction is cut off, as Elasticsearch does."""
    value = _numeric(value)
    try:
        whole = int(float(value) if isinstance(value, str) else value)
    except ValueError:
        raise number_format(value) from None
    except OverflowError:
        whole = _INT_MAX + 1
    if not -_INT_MAX - 1 <= whole <= _INT_MAX:
        raise ApiError(
            400,
            "x_content_parse_exception",
            f"[1:1] Numeric value ({value}) out of range of int ({-_INT_MAX - 1} - {_INT_MAX})",
        )
    return whole


def number(value: Any) -> float:
    """A number, also as text."""
    try:
        return float(_numeric(value))
    except ValueError:
        raise number_format(value) from None


def boost(value: Any) -> float:
    """A boost: a number of at least 0."""
    factor = number(value)
    if factor < 0 or math.isnan(factor):
        raise illegal_argument(
            "negative [boost] are not allowed in "
            f"[{json.dumps({'boost': value})}], use a value between 0 and 1 to deboost"
        )
    return factor


def flag(value: Any) -> bool:
    """``true`` or ``false``, also as text."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        token = "VALUE_NUMBER_INT" if isinstance(value, int) else "VALUE_NUMBER_FLOAT"
        reason = f"[1:1] Current token ({token}) not of boolean type"
        raise ApiError(400, "x_content_parse_exception", reason)
    if value in ("true", "false", ""):
        return value == "true"
    raise illegal_argument(
        f"Failed to parse value [{text_of(value)}] as only [true] or [false] are allowed."
    )


def enum(java_name: str, *words: str) -> Kind:
    """One of ``words`` in any case; the answer is in lower case."""

    def convert(value: Any) -> str:
        word = text_of(value).upper()
        if word.lower() not in words:
            raise illegal_argument(f"No enum constant org.elasticsearch.{java_name}.{word}")
        return word.lower()

    return convert


operator = enum("index.query.Operator", "or", "and")

COMMON: dict[str, Kind] = {"boost": boost, "_name": text_of}


# ---- clauses whose parser names the position in front


def unknown_object_field(clause: str, key: str, known: Iterable[str]) -> ApiError:
    """400 ``x_content_parse_exception`` with a suggestion."""
    return ApiError(
        400,
        "x_content_parse_exception",
        f"[1:1] [{clause}] unknown field [{key}]{did_you_mean(key, list(known))}",
    )


def object_field_error(clause: str, key: str, cause: ApiError) -> ApiError:
    """What such a parser says when the value of ``key`` is refused."""
    return ApiError(
        400,
        "x_content_parse_exception",
        f"[1:1] [{clause}] failed to parse field [{key}]",
        caused_by=cause,
    )

"""How Elasticsearch reads JSON values into typed parameters, and what it says when it cannot.

Numbers may come as strings, whole numbers drop their fraction, booleans are ``true`` and ``false``
or those words as strings. Columns of the body are not known here: positions read ``1:1``.
"""

from __future__ import annotations

import math
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name

__all__ = [
    "as_boolean",
    "as_float",
    "as_integer",
    "read_boolean",
    "read_integer",
    "texts",
    "x_content_error",
]

# what a parser says; other causes are not shown as the root
_PARSERS = frozenset(
    {"named_object_not_found_exception", "parsing_exception", "x_content_parse_exception"}
)
_INT_MAX = 2**31 - 1


def x_content_error(reason: str, caused_by: ApiError | None = None) -> ApiError:
    """400 ``x_content_parse_exception`` with a position, as declared parsers raise it."""
    root = None
    if caused_by is not None and caused_by.type in _PARSERS:
        root = caused_by.root or caused_by  # the innermost parser is named as the root
    return ApiError(
        400, "x_content_parse_exception", f"[1:1] {reason}", caused_by=caused_by, root=root
    )


def as_integer(value: Any) -> int:
    """A 32-bit integer from a JSON number or string; the fraction is cut off."""
    try:
        whole = math.trunc(value if isinstance(value, int) else as_float(value))
    except (ValueError, OverflowError):
        raise _not_a_number(value) from None
    if not -_INT_MAX - 1 <= whole <= _INT_MAX:
        raise illegal_argument(f"Value [{value}] is out of range for an integer")
    return int(whole)


def as_float(value: Any) -> float:
    """A number from a JSON number or string."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _not_a_number(value) from None


def as_boolean(value: Any) -> bool:
    """A boolean, also as the string ``"true"`` or ``"false"``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value in ("true", "false"):
            return value == "true"
        raise illegal_argument(
            f"Failed to parse value [{value}] as only [true] or [false] are allowed."
        )
    reason = f"[1:1] Current token ({_number_token(value)}) not of boolean type"
    raise ApiError(400, "x_content_parse_exception", reason)


def texts(name: str, json: Any) -> list[str]:
    """A list of strings, or one string."""
    values = json if isinstance(json, list) else [json]
    for value in values:
        if not isinstance(value, str):
            raise illegal_argument(f"[{name}] expects strings but found [{token_name(value)}]")
    return list(values)


def read_integer(parser: str, name: str, value: Any) -> int:
    """A declared integer field of ``parser``."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong_type(parser, name, value)
    try:
        return as_integer(value)
    except ApiError as error:
        raise x_content_error(f"[{parser}] failed to parse field [{name}]", error) from error


def read_boolean(parser: str, name: str, value: Any) -> bool:
    """A declared boolean field of ``parser``."""
    if not isinstance(value, bool | str):
        raise _wrong_type(parser, name, value)
    try:
        return as_boolean(value)
    except ApiError as error:
        raise x_content_error(f"[{parser}] failed to parse field [{name}]", error) from error


def _wrong_type(parser: str, name: str, value: Any) -> ApiError:
    return x_content_error(f"[{parser}] {name} doesn't support values of type: {token_name(value)}")


def _not_a_number(value: Any) -> ApiError:
    return ApiError(400, "number_format_exception", f'For input string: "{value}"')


def _number_token(value: Any) -> str:
    return "VALUE_NUMBER_INT" if isinstance(value, int) else "VALUE_NUMBER_FLOAT"

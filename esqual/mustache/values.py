"""Values in a template: looking names up, truth, and text, as the server's Java has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

__all__ = ["ESCAPES", "MISSING", "find", "is_false", "stringify", "stringify_item"]

MISSING: Any = object()
ESCAPES = {code: f"\\u{code:04X}" for code in range(32)} | str.maketrans(
    {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
)


def is_false(value: Any) -> bool:
    """Mustache.java's truth: the number 0 and the empty object are true."""
    return value is None or value is False or value == "" or (value == [] or value == ())


def find(name: str, scopes: tuple[Any, ...]) -> Any:
    """Look ``name`` up from the innermost scope outwards; the whole name wins over its parts."""
    if name == ".":
        return scopes[-1]
    head, dot, tail = name.partition(".")
    for scope in reversed(scopes):
        value = _member(scope, name)
        if value is not MISSING:
            return value
        value = _member(scope, head) if dot else MISSING
        if value is not MISSING:
            # The scope that has the first part decides: no other one is asked for the rest.
            for part in tail.split("."):
                value = _member(value, part)
            return value
    return MISSING


def _member(scope: Any, name: str) -> Any:
    if isinstance(scope, Mapping):
        return scope.get(name, MISSING)
    if isinstance(scope, list | tuple):
        if name == "size":
            return len(scope)
        if re.fullmatch(r"-?[0-9]+", name):
            return scope[_index(name, len(scope))]
    return MISSING


def _index(name: str, length: int) -> int:
    if 0 <= int(name) < length:
        return int(name)
    raise IndexError(name)


def stringify(value: Any) -> str:
    """Write a value as Java writes it."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return _java_double(value)
        case list() | tuple():
            items = (f"{i}={stringify_item(item)}" for i, item in enumerate(value))
            return "{" + ", ".join(items) + "}"
        case Mapping():
            return stringify_item(value)
    return str(value)


def stringify_item(value: Any) -> str:
    """Write a value inside a list or an object as Java writes it."""
    match value:
        case None:
            return "null"
        case list() | tuple():
            return "[" + ", ".join(map(stringify_item, value)) + "]"
        case Mapping():
            return "{" + ", ".join(f"{k}={stringify_item(v)}" for k, v in value.items()) + "}"
    return stringify(value)


def _java_double(value: float) -> str:
    """``Double.toString``: plain from 10^-3 to below 10^7, otherwise 1.5E-10."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    decimal = Decimal(repr(value))
    digits = "".join(map(str, decimal.as_tuple().digits)).rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{decimal.adjusted()}"

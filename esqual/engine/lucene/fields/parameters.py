"""Readers of mapping parameters: JSON → the value kept, or a refusal in Elasticsearch's words.

The caller (:mod:`esqual.engine.lucene.fields.build`) puts ``Failed to parse mapping:`` around them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.fields.base import Declaration, Parameter, java_text, scalar_text

__all__ = [
    "choice",
    "copy_to",
    "flag",
    "mapper_parsing",
    "meta",
    "non_negative",
    "server_only",
    "to_boolean",
    "to_integer",
]


def mapper_parsing(reason: str) -> ApiError:
    """400 ``mapper_parsing_exception``."""
    return ApiError(400, "mapper_parsing_exception", reason)


def to_boolean(value: Any) -> bool:
    """``true``/``false`` as a JSON boolean or its text."""
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise illegal_argument(
        f"Failed to parse value [{java_text(value)}] as only [true] or [false] are allowed."
    )


def to_integer(value: Any) -> int:
    """An integer as a JSON number or its text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ApiError(
            400, "number_format_exception", f'For input string: "{java_text(value)}"'
        ) from None


def flag(default: bool, *, updateable: bool = False) -> Parameter:
    """A boolean parameter."""
    return Parameter(lambda value, _: to_boolean(value), default, updateable)


def choice(name: str, accepted: tuple[str, ...], default: str) -> Parameter:
    """One of a few words."""

    def read(value: Any, _: Declaration) -> str:
        word = scalar_text(value)
        if word not in accepted:
            raise mapper_parsing(
                f"Unknown value [{word}] for field [{name}] - accepted values are "
                f"[{', '.join(accepted)}]"
            )
        return word

    return Parameter(read, default)


def non_negative(
    name: str, default: int, refusal: Callable[[str], ApiError], *, updateable: bool = False
) -> Parameter:
    """An integer of at least 0."""

    def read(value: Any, _: Declaration) -> int:
        number = to_integer(value)
        if number < 0:
            raise refusal(f"[{name}] must be positive, got [{number}]")
        return number

    return Parameter(read, default, updateable)


def server_only(name: str, default: Any) -> Parameter:
    """A parameter of which the embedded engine knows only the default value."""

    def read(value: Any, declaration: Declaration) -> Any:
        if isinstance(default, bool):
            value = to_boolean(value)
        if value != default:
            raise unsupported(f"{name} of a {declaration.type} field")
        return value

    return Parameter(read, default)


def copy_to(value: Any) -> tuple[str, ...]:
    """The target paths of ``copy_to``: one, or a list."""
    paths = value if isinstance(value, list) else [value]
    return tuple(scalar_text(path) for path in paths)


def meta(value: Any, field: str) -> dict[str, str]:
    """``meta``: at most five strings."""
    if not isinstance(value, dict):
        raise mapper_parsing(
            f"[meta] must be an object, got {_java_class(value)}[{java_text(value)}] "
            f"for field [{field}]"
        )
    if len(value) > 5:
        raise mapper_parsing(f"[meta] can't have more than 5 entries, but got {len(value)} "
                             f"on field [{field}]")  # fmt: skip
    for text in value.values():
        if not isinstance(text, str):
            raise mapper_parsing(
                f"[meta] values can only be strings, but got "
                f"{_java_class(text)}[{java_text(text)}] for field [{field}]"
            )
    return dict(sorted(value.items()))


def _java_class(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    names = {
        int: "Integer",
        float: "Double",
        str: "String",
        list: "ArrayList",
        dict: "LinkedHashMap",
    }
    return names.get(type(value), "null")

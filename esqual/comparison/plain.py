"""Dataclasses to what JSON can hold, and back by their annotations; a measure is its name."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from esqual.measures import Measure, parse_measure

__all__ = ["from_plain", "hints_of", "to_plain"]


def to_plain(value: Any) -> Any:
    """Objects, lists, text, numbers, booleans and None. Raises TypeError for anything else."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Measure):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(each) for each in value]
    raise TypeError(f"no plain form of {type(value).__name__}")


def from_plain(hint: Any, value: Any) -> Any:
    """The value that ``hint``, an annotation, describes.

    Raises ValueError where ``value`` does not fit, and TypeError for an annotation that nothing
    here understands.
    """
    if hint is Any:
        return value
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _fitting(value, value in arguments, hint)
    if origin in (Union, types.UnionType):
        return _one_of(arguments, value, hint)
    if origin is tuple:
        return _tuple(arguments, value, hint)
    if origin in (list, Sequence):
        return [from_plain(arguments[0], each) for each in _fitting(value, _is_list(value), hint)]
    if origin in (dict, Mapping):
        found = _fitting(value, isinstance(value, dict), hint)
        return {key: from_plain(arguments[1], each) for key, each in found.items()}
    if isinstance(hint, type) and issubclass(hint, Measure):
        return parse_measure(_fitting(value, isinstance(value, str), hint))
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint, value)
    return _scalar(hint, value)


@cache
def hints_of(kind: type) -> Mapping[str, Any]:
    """The annotations of a dataclass, by the name of the field."""
    return get_type_hints(kind)


def _dataclass(kind: type, value: Any) -> Any:
    found = _fitting(value, isinstance(value, dict), kind)
    hints = hints_of(kind)
    unknown = sorted(set(found) - set(hints))
    if unknown:
        raise ValueError(f"{kind.__name__} has no {unknown[0]!r}")
    try:
        return kind(**{name: from_plain(hints[name], each) for name, each in found.items()})
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error


def _tuple(arguments: Sequence[Any], value: Any, hint: Any) -> tuple[Any, ...]:
    rows = _fitting(value, _is_list(value), hint)
    if len(arguments) == 2 and arguments[1] is ...:
        return tuple(from_plain(arguments[0], each) for each in rows)
    _fitting(rows, len(rows) == len(arguments), hint)
    return tuple(from_plain(each, row) for each, row in zip(arguments, rows, strict=True))


def _one_of(arguments: Sequence[Any], value: Any, hint: Any) -> Any:
    if value is None:
        return _fitting(None, type(None) in arguments, hint)
    for argument in arguments:
        if argument is not type(None):
            try:
                return from_plain(argument, value)
            except ValueError:
                continue
    raise ValueError(f"{value!r:.80} is not {hint}")


def _scalar(hint: Any, value: Any) -> Any:
    if hint is float:
        # JSON has one kind of number
        return _fitting(value, type(value) in (int, float), hint)
    if hint in (str, int, bool, type(None)):
        return _fitting(value, type(value) is hint, hint)
    raise TypeError(f"cannot read {hint}")


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _fitting(value: Any, fits: bool, hint: Any) -> Any:
    if not fits:
        raise ValueError(f"{value!r:.80} is not {getattr(hint, '__name__', hint)}")
    return value

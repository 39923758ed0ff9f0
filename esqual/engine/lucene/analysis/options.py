"""The settings of one component, read as Elasticsearch reads them.

Every value of an index setting is a string or a list of strings. A setting that nobody asked for
is refused at the end: Elasticsearch would ignore it, and a misspelt one would change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported

__all__ = ["KINDS", "Definitions", "Options", "anonymous", "definitions"]

KINDS: Final = ("analyzer", "normalizer", "tokenizer", "filter", "char_filter")
Value = str | list[str]
# kind -> name -> setting -> value
Definitions = dict[str, dict[str, dict[str, Value]]]


class Options:
    """One component's settings. Getters raise :class:`ApiError` for a value of the wrong kind."""

    def __init__(self, kind: str, name: str, values: Mapping[str, Value]) -> None:
        self.kind = kind
        self.name = name
        self._values = dict(values)
        self._asked = {"type"}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def type(self) -> str | None:
        """The component's ``type`` setting."""
        return self.string("type")

    def string(self, key: str, default: str | None = None) -> str | None:
        """A string; a list is joined by commas."""
        self._asked.add(key)
        value = self._values.get(key)
        if value is None:
            return default
        return value if isinstance(value, str) else ",".join(value)

    def boolean(self, key: str, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self.string(key)
        if value is None:
            return default
        if value in ("true", "false"):
            return value == "true"
        raise illegal_argument(
            f"Failed to parse value [{value}] as only [true] or [false] are allowed."
        )

    def integer(self, key: str, default: int) -> int:
        """A 32-bit integer."""
        value = self.string(key)
        if value is None:
            return default
        if re.fullmatch(r"[+-]?[0-9]{1,10}", value) and -(2**31) <= int(value) < 2**31:
            return int(value)
        raise ApiError(
            500,
            "settings_exception",
            f"Failed to parse int setting [{key}] with value [{value}]",
            caused_by=ApiError(500, "number_format_exception", f'For input string: "{value}"'),
        )

    def strings(self, key: str) -> list[str] | None:
        """A list; a plain string is split at its commas. None when the setting is absent."""
        self._asked.add(key)
        value = self._values.get(key)
        if value is None or isinstance(value, list):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    def refuse(self, *keys: str) -> None:
        """Refuse settings that Elasticsearch knows and this engine does not have."""
        for key in keys:
            if key in self._values:
                raise unsupported(f"{self.kind}.{self.name}.{key}")

    def ignore(self, *keys: str) -> None:
        """Settings that change nothing in Elasticsearch either."""
        self._asked.update(keys)

    def finish(self) -> None:
        """Refuse what no getter asked for."""
        for key in self._values:
            if key not in self._asked:
                raise illegal_argument(
                    f"unknown setting [{key}] for {self.kind} [{self.name}] of type "
                    f"[{self._values.get('type', 'custom')}]: Elasticsearch would ignore it, the "
                    "embedded engine refuses it; correct the name or leave it out"
                )


def definitions(settings: Mapping[str, Any]) -> Definitions:
    """The analysis part of an index's settings, whatever form it was written in.

    Takes nested objects, dotted keys and a mixture, with or without ``index`` in front; lists may
    be written as ``key.0``, ``key.1``.
    """
    answer: Definitions = {kind: {} for kind in KINDS}
    for path, value in _leaves(settings, ()):
        at = path[1:] if path[:1] == ("index",) else path
        if at[:1] != ("analysis",):
            continue
        if len(at) < 4 or at[1] not in KINDS:
            if len(at) == 3 and at[1] in KINDS:
                prefix = f"index.analysis.{at[1]}."
                raise ApiError(
                    500,
                    "settings_exception",
                    f"Failed to get setting group for [{prefix}] setting prefix and setting "
                    f"[{prefix}{at[2]}] because of a missing '.'",
                )
            raise illegal_argument(
                f"unknown setting [index.{'.'.join(at)}]: the analysis settings are "
                + ", ".join(KINDS)
            )
        component = answer[at[1]].setdefault(at[2], {})
        rest = at[3:]
        if len(rest) > 1 and rest[-1].isdigit():
            items = component.setdefault(".".join(rest[:-1]), [])
            if isinstance(items, list):
                items.extend(value if isinstance(value, list) else [value])
        else:
            component[".".join(rest)] = value
    return answer


def anonymous(kind: str, body: Mapping[str, Any]) -> dict[str, Value]:
    """The settings of a component written in place, as ``_analyze`` takes it."""
    return {".".join(path): value for path, value in _leaves(body, ())}


def _leaves(
    value: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Value]]:
    for key, item in value.items():
        at = (*path, *str(key).split("."))
        if isinstance(item, Mapping):
            yield from _leaves(item, at)
        elif isinstance(item, (list, tuple)):
            yield at, [_text(part) for part in item]
        elif item is not None:
            yield at, _text(item)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise illegal_argument(f"[{value}] is no value of a setting")


def listed(names: Iterable[str]) -> str:
    """``[a, b]``, as Elasticsearch prints a set."""
    return "[" + ", ".join(names) + "]"

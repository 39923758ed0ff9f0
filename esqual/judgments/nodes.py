"""JSON that knows its place: every refusal names file, line and the path inside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from esqual.errors import JudgmentsError
from esqual.judgments.records import parse_relevance
from esqual.judgments.text import decode

__all__ = ["Node", "parse_json"]

_WHITE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a JSON file: ``steps`` lead to it from the top."""

    value: Any
    source: str
    path: str
    steps: tuple[str | int, ...] = ()

    def fail(self, message: str) -> NoReturn:
        """Raise JudgmentsError with the file, the line and where in the JSON this value is."""
        place = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.steps)
        raise JudgmentsError(
            f"{place.lstrip('.') or 'the file'}: {message}", path=self.path, line=self.line()
        )

    def line(self) -> int:
        """Return the line on which the value begins, 1-based. Reads the file again to it."""
        position = _skip(self.source, 0)
        for step in self.steps:
            position = _descend(self.source, position, step)
        return self.source.count("\n", 0, position) + 1

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of an object, which this value must be."""
        if not isinstance(self.value, dict):
            self.fail("is not an object")
        for key, value in self.value.items():
            yield key, Node(value, self.source, self.path, (*self.steps, key))

    def elements(self) -> Iterator[Node]:
        """Yield the elements of a list, which this value must be."""
        if not isinstance(self.value, list):
            self.fail("is not a list")
        for place, value in enumerate(self.value):
            yield Node(value, self.source, self.path, (*self.steps, place))

    def get(self, key: str) -> Node | None:
        """Return a member of an object, None when it is absent or null."""
        if not isinstance(self.value, dict):
            self.fail("is not an object")
        value = self.value.get(key)
        return None if value is None else Node(value, self.source, self.path, (*self.steps, key))

    def need(self, key: str) -> Node:
        """Return a member of an object; it must be there."""
        node = self.get(key)
        if node is None:
            self.fail(f"has no {key}")
        return node

    def text(self) -> str:
        """Return the value as text that is not blank; a whole number will do for an id."""
        value = str(self.value) if type(self.value) is int else self.value
        if not isinstance(value, str) or not value.strip():
            self.fail(f"is {json.dumps(self.value, ensure_ascii=False)[:40]}, and text is needed")
        return value

    def relevance(self) -> int:
        """Return the value as a relevance, 2.0 as 2."""
        if isinstance(self.value, str):
            self.fail(f"relevance is the text {self.value[:20]!r}; it is a number")
        try:
            return parse_relevance(self.value, self.path, None)
        except JudgmentsError as error:
            self.fail(str(error).removeprefix(f"{self.path}: "))


def parse_json(path: str | Path, data: bytes) -> Node:
    """Parse a whole file. Raises JudgmentsError, with the line, for what is not JSON."""
    text = decode(path, data)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise JudgmentsError(
            f"is not JSON: {error.msg} (column {error.colno})", path=path, line=error.lineno
        ) from error
    except (_NotPlainError, RecursionError) as error:
        reason = str(error) if isinstance(error, _NotPlainError) else "is nested too deeply"
        raise JudgmentsError(reason, path=path) from error
    return Node(value, text, str(path))


class _NotPlainError(Exception):
    """What Python's JSON reader lets through and no format means."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotPlainError(f"the key {twice!r} stands twice in one object; keep one")
    return made


def _refuse(name: str) -> NoReturn:
    raise _NotPlainError(f"holds {name}, which is not JSON")


def _skip(text: str, position: int) -> int:
    match = _WHITE.match(text, position)
    assert match is not None
    return match.end()


def _descend(text: str, position: int, step: str | int) -> int:
    """Return where the member ``step`` of the object or list at ``position`` begins."""
    position = _skip(text, position + 1)
    count = 0
    while True:
        name: str | int = count
        if isinstance(step, str):
            name, position = _DECODER.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)  # the colon
        if name == step:
            return position
        _, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)  # the comma
        count += 1

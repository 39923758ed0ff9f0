"""``filter_path``: keep (or, with ``-``, drop) parts of an answer by dotted paths.

``*`` in a path stands for any part of one key, ``**`` for any number of keys; arrays are looked
through. Inclusions come first, then exclusions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from esqual.engine.lucene.names import pattern

__all__ = ["filter_path"]

Path = tuple[str, ...]
_NOTHING: Any = object()


def filter_path(answer: Any, expression: str) -> Any:
    """The part of ``answer`` that the comma-separated paths of ``expression`` choose."""
    paths = [path for path in expression.split(",") if path]
    includes = [_split(path) for path in paths if not path.startswith("-")]
    excludes = [_split(path[1:]) for path in paths if path.startswith("-")]
    if includes:
        answer = _include(answer, includes)
    if excludes and answer is not _NOTHING:
        answer = _exclude(answer, excludes)
    return {} if answer is _NOTHING else answer


def _split(path: str) -> Path:
    parts = path.replace("\\.", "\0").split(".")
    return tuple(part.replace("\0", ".") for part in parts)


def _step(paths: Sequence[Path], key: str) -> tuple[list[Path], bool]:
    """What of the paths is left below ``key``, and whether one of them ends there."""
    below: list[Path] = []
    ends = False
    for path in paths:
        head, rest = path[0], path[1:]
        if head == "**":
            below.append(path)
            if not rest:
                ends = True
            else:
                further, done = _step([rest], key)
                below.extend(further)
                ends = ends or done
        elif pattern(head).fullmatch(key):
            if rest:
                below.append(rest)
            else:
                ends = True
    return below, ends


def _include(value: Any, paths: Sequence[Path]) -> Any:
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            below, ends = _step(paths, key)
            part = item if ends else _include(item, below) if below else _NOTHING
            if part is not _NOTHING:
                kept[key] = part
        return kept or _NOTHING
    if isinstance(value, list):
        parts = [part for item in value if (part := _include(item, paths)) is not _NOTHING]
        return parts or _NOTHING
    return _NOTHING


def _exclude(value: Any, paths: Sequence[Path]) -> Any:
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            below, ends = _step(paths, key)
            if ends:
                continue
            part = _exclude(item, below) if below else item
            if part is not _NOTHING:
                kept[key] = part
        return kept if kept or not value else _NOTHING
    if isinstance(value, list):
        parts = [part for item in value if (part := _exclude(item, paths)) is not _NOTHING]
        return parts if parts or not value else _NOTHING
    return value

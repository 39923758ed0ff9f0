"""What a hit shows of its document: filtered ``_source`` and the ``fields`` option."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.packed import hides_vectors, unpack
from esqual.engine.lucene.query.base import did_you_mean
from esqual.engine.lucene.xcontent import as_boolean, texts, x_content_error

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.mapping import Mapping as FieldMapping

__all__ = [
    "FieldPattern",
    "SourceFilter",
    "fetch_fields",
    "read_fields",
    "read_source_filter",
    "shown_source",
    "source_values",
]


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Which parts of ``_source`` a hit shows; patterns are paths with ``*``.

    ``exclude_vectors``: whether vectors that no include names are left out; None: as the index
    has it, see :func:`shown_source`.
    """

    enabled: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    exclude_vectors: bool | None = None

    def apply(self, source: dict[str, Any]) -> dict[str, Any]:
        """``source`` with only what is included and not excluded."""
        if not self.includes and not self.excludes:
            return source
        return _filter(source, "", _matcher(self.includes), _matcher(self.excludes))

    def without_vectors(self, vectors: Iterable[str], exclude: bool) -> SourceFilter:
        """With the fields ``vectors`` left out as well, but for those that an include names.

        ``exclude`` is what holds where the filter says nothing.
        """
        if not (exclude if self.exclude_vectors is None else self.exclude_vectors):
            return self
        named = _matcher(self.includes)
        hidden = [name for name in vectors if named is None or not named(name)]
        return replace(self, excludes=(*self.excludes, *hidden)) if hidden else self


@dataclass(frozen=True, slots=True)
class FieldPattern:
    """One entry of ``fields``."""

    pattern: str
    format: str | None = None


# ------------------------------------------------------------------ reading


def read_source_filter(json: Any) -> SourceFilter:
    """``_source``: true, false, a pattern, patterns, or an object of includes and excludes."""
    if isinstance(json, bool):
        return SourceFilter(enabled=json)
    if isinstance(json, str):
        return SourceFilter(includes=(json,))
    if isinstance(json, list):
        return SourceFilter(includes=_patterns("_source", json))
    if isinstance(json, dict):
        return _read_object(json)
    raise parsing_error(
        "Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, START_OBJECT] but found "
        f"[{token_name(json)}]"
    )


def _read_object(json: Mapping[str, Any]) -> SourceFilter:
    found: dict[str, tuple[str, ...]] = {"includes": (), "excludes": ()}
    vectors: bool | None = None
    for key, value in json.items():
        name = {"include": "includes", "exclude": "excludes"}.get(key, key)
        if key == "exclude_vectors":
            vectors = as_boolean(value)
        elif name not in found or not isinstance(value, str | list):
            raise parsing_error(f"Unknown key for a {token_name(value)} in [{key}].")
        else:
            found[name] = (value,) if isinstance(value, str) else _patterns(key, value)
    return SourceFilter(True, found["includes"], found["excludes"], vectors)


def _patterns(key: str, values: Sequence[Any]) -> tuple[str, ...]:
    for value in values:
        if not isinstance(value, str):
            raise parsing_error(f"Unknown key for a {token_name(value)} in [{key}].")
    return tuple(values)


def read_fields(json: Sequence[Any]) -> list[FieldPattern]:
    """``fields``: patterns, or objects with ``field`` and ``format``."""
    answer = []
    for item in json:
        if isinstance(item, str):
            answer.append(FieldPattern(item))
            continue
        if not isinstance(item, dict):
            raise x_content_error(
                f"[fetch_field_and_format] Expected START_OBJECT but was: {token_name(item)}"
            )
        answer.append(_read_field(item))
    return answer


def _read_field(json: Mapping[str, Any]) -> FieldPattern:
    known = ["field", "format", "include_unmapped"]
    for key in json:
        if key not in known:
            raise x_content_error(
                f"[fetch_field_and_format] unknown field [{key}]{did_you_mean(key, known)}"
            )
    if "field" not in json:
        raise illegal_argument("Required [field]")
    if json.get("include_unmapped"):
        raise unsupported("fields with include_unmapped")
    (name,) = texts("field", [json["field"]])
    format = json.get("format")
    return FieldPattern(name, None if format is None else texts("format", [format])[0])


# ------------------------------------------------------------------ _source


def shown_source(index: Index, shown: SourceFilter | None, source: Any) -> Any:
    """What to show of a document of ``index``: vectors only where they are asked for."""
    vectors = index.mapping.vectors
    if not vectors:
        return source if shown is None else shown.apply(source)
    wanted = (shown or SourceFilter()).without_vectors(vectors, hides_vectors(index))
    part = wanted.apply(source)
    if hides_vectors(index):
        unpack(part, index.mapping)
    return part


Matcher = Callable[[str], bool]


@lru_cache(maxsize=256)
def _matcher(patterns: tuple[str, ...]) -> Matcher | None:
    """Whether a path, or an object it lies in, fits one of the patterns; None without patterns."""
    if not patterns:
        return None
    any_of = "|".join(".*".join(map(re.escape, p.split("*"))) for p in patterns)
    return lru_cache(maxsize=4096)(
        lambda path, fits=re.compile(rf"(?:{any_of})(?:\..*)?", re.DOTALL).fullmatch: bool(
            fits(path)
        )
    )


def _filter(
    source: Mapping[str, Any], prefix: str, include: Matcher | None, exclude: Matcher | None
) -> dict[str, Any]:
    answer = {}
    for key, value in source.items():
        path = prefix + key
        if exclude is not None and exclude(path):
            continue
        inside = include is None or include(path)
        if isinstance(value, dict):
            part: Any = _filter(value, path + ".", None if inside else include, exclude)
            if part or inside:
                answer[key] = part
        elif isinstance(value, list):
            part = _filter_list(value, path, inside, include, exclude)
            if part or inside:
                answer[key] = part
        elif inside:
            answer[key] = value
    return answer


def _filter_list(
    values: Sequence[Any],
    path: str,
    inside: bool,
    include: Matcher | None,
    exclude: Matcher | None,
) -> list[Any]:
    answer: list[Any] = []
    for value in values:
        if isinstance(value, dict):
            part = _filter(value, path + ".", None if inside else include, exclude)
            if part:
                answer.append(part)
        elif isinstance(value, list):
            inner = _filter_list(value, path, inside, include, exclude)
            if inner:
                answer.append(inner)
        elif inside:
            answer.append(value)
    return answer


# ------------------------------------------------------------------ fields


def fetch_fields(
    mapping: FieldMapping, patterns: Iterable[FieldPattern], doc_id: str, source: Any
) -> dict[str, list[Any]]:
    """The ``fields`` of one hit; a later pattern wins where two name one field."""
    answer: dict[str, list[Any]] = {}
    for pattern in patterns:
        if pattern.pattern == "_id":
            answer["_id"] = [doc_id]
            continue
        for name in mapping.names(pattern.pattern):
            field = mapping.field(name)
            if field is None:
                continue
            try:
                values = field.fetch(source_values(mapping, name, source), pattern.format)
            except ApiError as error:
                reason = f"error fetching [{name}]: {error.reason}"
                raise illegal_argument(reason, caused_by=error) from error
            if values:
                answer[name] = values
    return answer


def source_values(mapping: FieldMapping, name: str, source: Any) -> list[Any]:
    """The values of ``_source`` that the field ``name`` was made from, flattened.

    A multi-field reads its parent's values, the target of a ``copy_to`` those of its origins.
    """
    values: list[Any] = []
    for path in _source_paths(mapping, name):
        _collect(source, path.split("."), values)
    return values


def _source_paths(mapping: FieldMapping, name: str) -> list[str]:
    parent, _, last = name.rpartition(".")
    field = mapping.field(parent) if parent else None
    if field is not None and last in field.fields:
        return _source_paths(mapping, parent)
    paths = [name]
    for other in mapping.names("*"):
        origin = mapping.field(other)
        if origin is not None and name in origin.copy_to:
            paths.append(other)
    return paths


def _collect(value: Any, path: Sequence[str], values: list[Any]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, path, values)
    elif not path:
        values.append(value)
    elif isinstance(value, dict):
        # {"shop.name": ...} writes the same field as {"shop": {"name": ...}}
        for cut in range(1, len(path) + 1):
            key = ".".join(path[:cut])
            if key in value:
                _collect(value[key], path[cut:], values)

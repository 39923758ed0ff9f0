"""A mapping: JSON → fields, documents → rows, and what may change later.

``Mapping.merge`` and ``Mapping.parse`` are called by one thread at a time (the index's writer);
searches read at the same time, so a change replaces the tree and never edits it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.fields.base import (
    Environment,
    FieldSpec,
    FieldType,
    Row,
    Rows,
    VectorError,
    java_text,
)
from esqual.engine.lucene.fields.build import ObjectNode, build_object, merge_objects
from esqual.engine.lucene.fields.date_format import date_format
from esqual.engine.lucene.fields.document import REFUSALS, compile_tree, place_wanted, refusal
from esqual.engine.lucene.fields.dynamic import (
    DEFAULT_DATE_FORMATS,
    DynamicRules,
    check_templates,
    read_templates,
)
from esqual.engine.lucene.fields.encoding import MAX_LONG
from esqual.engine.lucene.fields.meta import metadata_fields
from esqual.engine.lucene.fields.parameters import mapper_parsing, to_boolean
from esqual.engine.lucene.fields.source import decode, place_in_array, place_of

__all__ = ["Mapping", "ParsedDocument"]

Json = dict[str, Any]
DETECTION = ("dynamic_date_formats", "dynamic_templates", "date_detection", "numeric_detection")
SERVER_METADATA = ("_routing", "_size", "_tier", "_data_stream_timestamp", "_doc_count", "_ignored")


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The rows of one document, in document order, the mapping update it brought, if any, and the
    vectors of fields outside of objects.

    The update is already merged when :meth:`Mapping.parse` returns: the index has to keep the new
    ``Mapping.to_json()`` and to declare the new specs before it writes the rows.
    """

    rows: list[Row]
    mapping_update: Json | None
    vectors: dict[str, Any]


class Mapping:
    """The mapping of one index.

    Raises :class:`~esqual.engine.lucene.api_error.ApiError` in Elasticsearch's words for JSON that
    is no mapping, ``unsupported`` for what only a server has.
    """

    def __init__(self, json: Json, environment: Environment) -> None:
        self.environment = environment
        self._metadata = metadata_fields(environment)
        self._root = ObjectNode()
        self._extras: Json = {}
        self.version = 0
        """Counts the changes; a mapping with another version has to be kept on disk again."""
        self._set(*self._merged(json))

    # ------------------------------------------------------------------ looking up

    @property
    def specs(self) -> list[FieldSpec]:
        """How each Lucene field is written; only ever grows, a spec's place is its number."""
        return self.environment.specs

    def field(self, name: str) -> FieldType | None:
        """The field of this full path, multi-fields and metadata fields among them."""
        return self._fields.get(name) or self._metadata.get(name)

    def names(self, pattern: str = "*") -> list[str]:
        """Sorted paths of the leaf fields, multi-fields among them; ``*`` is a wildcard."""
        if "*" not in pattern:
            return [pattern] if pattern in self._fields else []
        if pattern == "*":
            return list(self._names)
        expression = re.compile(
            ".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL
        )
        return [name for name in self._names if expression.fullmatch(name)]

    def source_paths(self, name: str) -> list[str]:
        """Where a field's values stand in ``_source``: multi-fields and copy_to look elsewhere."""
        return list(self._sources.get(name, ()))

    def is_object(self, path: str) -> bool:
        """Whether ``path`` is an object, not a field."""
        return path in self._objects

    def to_json(self) -> Json:
        """The mapping as ``get_mapping`` shows it."""
        return {**self._extras, **self._root.to_json()}

    # ------------------------------------------------------------------ changing

    def merge(self, json: Json) -> bool:
        """Take in more mapping; whether anything changed.

        Raises 400 ``illegal_argument_exception`` where a field would change its nature; then
        nothing has changed.
        """
        before = self.to_json()
        self._set(*self._merged(json))
        changed = self.to_json() != before
        self.version += changed
        return changed

    def _merged(self, json: Json) -> tuple[ObjectNode, Json]:
        """The tree and the extras that ``json`` leads to."""
        if not isinstance(json, dict):
            raise ApiError(400, "parse_exception", "key [mappings] must be an object")
        if set(json) == {"_doc"}:
            raise illegal_argument("The mapping definition cannot be nested under a type [_doc].")
        try:
            extras, rest = _read_extras(json)
            check_templates(read_templates(extras.get("dynamic_templates", [])), self.environment)
            new = build_object(rest, "", self.environment)
        except ApiError as cause:
            raise ApiError(
                cause.status,
                "mapper_parsing_exception",
                f"Failed to parse mapping: {cause.reason}",
                caused_by=cause,
                root=cause
                if cause.type in ("mapper_parsing_exception", "parse_exception")
                else None,
            ) from cause
        for name in new.properties:
            if name in self._metadata:
                raise mapper_parsing(f"Field [{name}] is defined more than once")
        root = merge_objects(self._root, new)
        self._check(root)
        return root, {**self._extras, **extras}

    def _check(self, root: ObjectNode) -> None:
        limit = self.environment.integer("index.mapping.total_fields.limit", 1000)
        objects = list(root.objects())
        leaves = list(root.leaves())
        if len(objects) + len(leaves) > limit:
            raise illegal_argument(f"Limit of total fields [{limit}] has been exceeded")
        depth = self.environment.integer("index.mapping.depth.limit", 20)
        for node in objects:
            if node.path.count(".") + 2 > depth:
                raise illegal_argument(
                    f"Limit of mapping depth [{depth}] has been exceeded due to object field "
                    f"[{node.path}]"
                )
        longest = self.environment.integer("index.mapping.field_name_length.limit", MAX_LONG)
        for path in [*(node.path for node in objects), *(leaf.name for leaf in leaves)]:
            name = path.rpartition(".")[2]
            if len(name) > longest:
                raise illegal_argument(
                    f"Field name [{name}] is longer than the limit of [{longest}] characters"
                )
        paths = {node.path for node in objects}
        multi = {sub.name for leaf in leaves for sub in leaf.fields.values()}
        for leaf in leaves:
            for target in leaf.copy_to:
                if leaf.name in multi:
                    raise illegal_argument(
                        f"[copy_to] may not be used to copy from a multi-field: [{leaf.name}]"
                    )
                if target in multi:
                    raise illegal_argument(
                        f"[copy_to] may not be used to copy to a multi-field: [{target}]"
                    )
                if target in paths:
                    raise illegal_argument(
                        f"Cannot copy to field [{target}] since it is mapped as an object"
                    )

    def _set(self, root: ObjectNode, extras: Json) -> None:
        add = compile_tree(root)
        fields = {leaf.name: leaf for leaf in root.leaves()}
        self._root, self._extras, self._add = root, extras, add
        self._fields = fields
        self._names = sorted(fields)
        self.vectors = tuple(sorted(name for name, each in fields.items() if each.takes_arrays))
        self._objects = frozenset(node.path for node in root.objects())
        self._sources = _source_paths(fields.values())
        self._rules = _rules(extras)

    # ------------------------------------------------------------------ documents

    def parse(self, doc_id: str, source: bytes | Json) -> ParsedDocument:
        """The rows of a document (JSON text, or decoded); new fields are mapped and merged first.

        Raises 400 ``document_parsing_exception`` or ``strict_dynamic_mapping_exception``, with line
        and column where the text is given; then the mapping has not changed.
        """
        document = source if isinstance(source, dict) else decode(source)
        before = self._root, self._extras
        update: Json | None = None
        unknown: list[tuple[str, Any]] = []
        try:
            rows = Rows(doc_id)
            self._add(document, rows)
            # again while something is new: a new field may copy to a field that is new too
            while rows.unknown and self._rules.update(rows.unknown):
                unknown += rows.unknown
                update = self._rules.update(unknown)
                self._grow(update)
                rows = Rows(doc_id)
                self._add(document, rows)
        except REFUSALS as error:
            where = "" if isinstance(source, dict) else self._place(source, error)
            if self._root is not before[0]:
                self._set(*before)
            raise refusal(error, doc_id, where) from error
        self.version += update is not None
        return ParsedDocument(rows, update, rows.vectors)

    def _place(self, source: bytes, error: Exception) -> str:
        """Line and column of the value that was refused: each is tried alone."""
        if isinstance(error, VectorError):
            return place_in_array(source, error.field_type.name, error.element)

        def refuses(document: Json) -> bool:
            try:
                self._add(document, Rows())
            except REFUSALS as again:
                return type(again) is type(error) and str(again) == str(error)
            return False

        wanted, path = place_wanted(error)
        return place_of(source, refuses, wanted, path)

    def _grow(self, update: Json) -> None:
        size = len(self._fields) + len(self._objects)
        try:
            self._set(*self._merged(update))
        except ApiError as error:
            if error.reason.startswith("Limit of total fields"):
                raise illegal_argument(
                    f"{error.reason} while adding new fields [{_size(update, self) - size}]"
                ) from error
            raise


def _size(update: Json, mapping: Mapping) -> int:
    new = build_object(update, "", mapping.environment)
    names = {leaf.name for leaf in new.leaves()} | {node.path for node in new.objects()}
    return len(names | set(mapping.names()) | set(mapping._objects))


def _source_paths(fields: Iterable[FieldType]) -> dict[str, tuple[str, ...]]:
    listed = list(fields)
    answer: dict[str, list[str]] = {leaf.name: [leaf.name] for leaf in listed}
    for leaf in listed:
        for target in leaf.copy_to:
            answer.setdefault(target, []).append(leaf.name)
    for leaf in listed:
        for sub in leaf.fields.values():
            answer[sub.name] = answer[leaf.name]
    return {name: tuple(paths) for name, paths in answer.items()}


# ---------------------------------------------------------------------- beside the properties


def _read_extras(json: Json) -> tuple[Json, Json]:
    """Split the root's own settings from the object's; checked, as ``get_mapping`` shows them."""
    extras: Json = {}
    rest: Json = {}
    for key, value in json.items():
        if key == "_meta":
            extras[key] = value
        elif key == "_source":
            _check_source(value)
        elif key in ("date_detection", "numeric_detection"):
            extras[key] = to_boolean(value)
        elif key == "dynamic_date_formats":
            extras[key] = value if isinstance(value, list) else [value]
            for text in extras[key]:
                date_format(str(text))
        elif key == "dynamic_templates":
            read_templates(value)
            extras[key] = value
        elif key == "_field_names":
            raise mapper_parsing(
                "The `enabled` setting for the `_field_names` field has been deprecated and "
                "removed. Please remove it from your mappings and templates."
            )
        elif key == "runtime":
            if value:
                raise unsupported("runtime fields")
        elif key in SERVER_METADATA:
            raise unsupported(key)
        elif key in ("type", "enabled"):
            rest[key] = value
        else:
            rest[key] = value
    return extras, rest


def _check_source(declared: Any) -> None:
    if not isinstance(declared, dict):
        raise mapper_parsing(f"[_source] must be an object, got [{java_text(declared)}]")
    for key, value in declared.items():
        if key == "enabled":
            if not to_boolean(value):
                raise unsupported("_source disabled")
        elif key in ("includes", "excludes"):
            if value:
                raise unsupported(f"_source {key}")
        elif key == "mode":
            if value != "stored":
                raise unsupported(f"_source mode {value}")
        else:
            raise mapper_parsing(f"unknown parameter [{key}] on metadata field [_source]")


def _rules(extras: Json) -> DynamicRules:
    formats = extras.get("dynamic_date_formats")
    return DynamicRules(
        templates=tuple(read_templates(extras.get("dynamic_templates", []))),
        date_detection=extras.get("date_detection", True),
        numeric_detection=extras.get("numeric_detection", False),
        date_formats=DEFAULT_DATE_FORMATS if formats is None else tuple(formats),
    )

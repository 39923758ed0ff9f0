"""Documents → rows: one function per object of the mapping, one per field, made once.

The functions take ``(value, rows)``; what no field takes yet is left in ``rows.unknown`` for
:mod:`esqual.engine.lucene.fields.dynamic`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fields.base import (
    Adder,
    FieldType,
    MalformedValueError,
    Rows,
    VectorError,
    java_text,
)
from esqual.engine.lucene.fields.build import ObjectNode
from esqual.engine.lucene.fields.meta import METADATA_NAMES
from esqual.engine.lucene.fields.source import END, KEY, VALUE

__all__ = [
    "REFUSALS",
    "DocumentError",
    "MetadataInDocumentError",
    "compile_tree",
    "place_wanted",
    "refusal",
]


class DocumentError(Exception):
    """A document that does not fit its mapping; ``type`` and ``reason`` are the answer's.

    ``at_key`` says that the key is meant, not its value; ``path`` is the value's, if it matters;
    ``cause`` is what Elasticsearch adds.
    """

    def __init__(
        self,
        reason: str,
        type: str = "document_parsing_exception",
        *,
        at_key: bool = False,
        path: str = "",
        cause: ApiError | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.type = type
        self.at_key = at_key
        self.path = path
        self.cause = cause


class MetadataInDocumentError(Exception):
    """A document that holds a metadata field."""

    def __init__(self, name: str, value: Any) -> None:
        super().__init__(name)
        self.name = name
        self.value = value


REFUSALS = (MalformedValueError, DocumentError, MetadataInDocumentError, VectorError, ApiError)


def refusal(error: Exception, doc_id: str, where: str) -> ApiError:
    """The answer to a document that does not fit; ``where`` is ``"[line:column] "`` or empty."""
    if isinstance(error, DocumentError):
        return ApiError(400, error.type, where + error.reason, caused_by=error.cause)
    kind = "document_parsing_exception"
    if isinstance(error, VectorError):
        cause = error.cause
        root = cause if cause.type == "parsing_exception" else None
        return ApiError(
            400, kind, f"{where}failed to parse: {cause.reason}", caused_by=cause, root=root
        )
    if isinstance(error, ApiError):
        return ApiError(400, kind, f"{where}failed to parse: {error.reason}", caused_by=error)
    if isinstance(error, MalformedValueError):
        name, type_name, cause = error.field_type.name, error.field_type.type, error.cause
        value, root = error.value, None
    else:
        assert isinstance(error, MetadataInDocumentError)
        name = type_name = error.name
        value = error.value
        cause = ApiError(
            400,
            kind,
            f"{where}Field [{name}] is a metadata field and cannot be added inside a document. Use "
            "the index API request parameters.",
        )
        root = cause
    return ApiError(
        400,
        kind,
        f"{where}failed to parse field [{name}] of type [{type_name}] in document with id "
        f"'{doc_id}'. Preview of field's value: '{java_text(value)}'",
        caused_by=cause,
        root=root,
    )


def place_wanted(error: Exception) -> tuple[str, str]:
    """Which place of the text an error means, and the path of the object whose end it is."""
    if isinstance(error, DocumentError):
        return KEY if error.at_key else VALUE, error.path
    if isinstance(error, MalformedValueError) and isinstance(error.value, dict):
        return END, error.field_type.name
    return VALUE, ""


def compile_tree(root: ObjectNode) -> Adder:
    """The function that turns a document's source into rows."""
    return _Compiler(root).compile()


class _Compiler:
    def __init__(self, root: ObjectNode) -> None:
        self.root = root
        self.leaves: dict[str, Adder] = {}

    def compile(self) -> Adder:
        return self.object(self.root, "true")

    def object(self, node: ObjectNode, inherited: str) -> Adder:
        if node.enabled is False:
            return _nothing
        dynamic = node.dynamic or inherited
        adders: dict[str, Adder] = {}
        for name, child in node.properties.items():
            if isinstance(child, ObjectNode):
                adders[name] = self.object(child, dynamic)
            else:
                adders[name] = self.leaf(child)
        stranger = _stranger(node, dynamic, adders)
        path = node.path

        def add(value: Any, rows: Rows) -> None:
            if type(value) is dict:
                for key, inner in value.items():
                    adder = adders.get(key)
                    if adder is not None:
                        adder(inner, rows)
                    else:
                        stranger(key, inner, rows)
            elif type(value) is list:
                for inner in value:
                    if inner is None or type(inner) in (dict, list):
                        add(inner, rows)
                    else:
                        raise _not_an_object(path, "null")
            elif value is not None:
                raise _not_an_object(path, path.rpartition(".")[2])

        return add

    def leaf(self, field: FieldType) -> Adder:
        if field.takes_arrays:
            self.leaves[field.name] = field.adder()
            return self.leaves[field.name]
        adders = [field.adder(), *(sub.adder() for sub in field.fields.values())]
        single = adders[0] if len(adders) == 1 else _each(tuple(adders))
        self.leaves[field.name] = _values(single)
        if not field.copy_to:
            return self.leaves[field.name]
        copies = tuple(self.copy(path) for path in field.copy_to)
        return _values(_each((single, *copies)))

    def copy(self, path: str) -> Adder:
        """A copy of a value (null too) to another field, which may not be mapped yet."""
        leaves = self.leaves

        def add(value: Any, rows: Rows) -> None:
            target = leaves.get(path)
            if target is not None:
                target(value, rows)
            elif value is not None:
                self.copy_to_stranger(path, value, rows)

        return add

    def copy_to_stranger(self, path: str, value: Any, rows: Rows) -> None:
        """Follow the objects of the path as far as they are mapped; their ``dynamic`` decides."""
        node, dynamic = self.root, self.root.dynamic or "true"
        for part in path.split(".")[:-1]:
            child = node.properties.get(part)
            if not isinstance(child, ObjectNode):
                break
            node, dynamic = child, child.dynamic or dynamic
        rest = path[len(node.path) + 1 :] if node.path else path
        _introduce(node, dynamic, rest, value, rows)


def _nothing(value: Any, rows: Rows) -> None:
    """Of an object that is not enabled nothing is indexed."""


def _each(adders: tuple[Adder, ...]) -> Adder:
    def add(value: Any, rows: Rows) -> None:
        for adder in adders:
            adder(value, rows)

    return add


def _values(add: Adder) -> Adder:
    """``add`` for every value of an array, however deep."""

    def spread(value: Any, rows: Rows) -> None:
        if type(value) is list:
            for inner in value:
                spread(inner, rows)
        else:
            add(value, rows)

    return spread


def _stranger(
    node: ObjectNode, dynamic: str, adders: dict[str, Adder]
) -> Callable[[str, Any, Rows], None]:
    """What to do with a key that is no property: dots, metadata fields, dynamic mapping."""

    def add(key: str, value: Any, rows: Rows) -> None:
        if "." in key:
            parts = _parts(key)
            adder = adders.get(parts[0])
            if adder is not None:
                for part in reversed(parts[1:]):
                    value = {part: value}
                adder(value, rows)
                return
            key = ".".join(parts)
        elif not node.path and key in METADATA_NAMES:
            raise MetadataInDocumentError(key, value)
        elif key == "":
            raise _empty_name()
        elif key.isspace():
            raise DocumentError(f"Field name cannot contain only whitespace: [{key}]", at_key=True)
        _introduce(node, dynamic, key, value, rows)

    return add


def _introduce(node: ObjectNode, dynamic: str, key: str, value: Any, rows: Rows) -> None:
    if dynamic == "strict":
        raise DocumentError(
            f"mapping set to strict, dynamic introduction of [{key.partition('.')[0]}] within "
            f"[{node.path or '_doc'}] is not allowed",
            "strict_dynamic_mapping_exception",
            at_key="." in key,
            path=f"{node.path}.{key}" if node.path else key,
        )
    if dynamic == "true":
        rows.unknown.append((f"{node.path}.{key}" if node.path else key, value))


def _parts(key: str) -> list[str]:
    """The parts of a dotted name; dots at its end count for nothing."""
    parts = key.rstrip(".").split(".")
    if parts == [""]:
        raise _failed("field name cannot contain only dots")
    if any(not part or part.isspace() for part in parts):
        raise _failed(f"field name cannot contain only whitespace: ['{key}']")
    return parts


def _failed(reason: str) -> DocumentError:
    cause = ApiError(400, "illegal_argument_exception", reason)
    return DocumentError(f"failed to parse: {reason}", at_key=True, cause=cause)


def _empty_name() -> DocumentError:
    return _failed("field name cannot be an empty string")


def _not_an_object(path: str, name: str) -> DocumentError:
    return DocumentError(
        f"object mapping for [{path}] tried to parse field [{name}] as object, but found a "
        "concrete value"
    )

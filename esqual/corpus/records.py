"""One record of a file (field -> value) to one document: which field is the id, which the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from esqual.corpus.rejects import Reject
from esqual.models import Document

__all__ = ["Fields", "to_document"]


@dataclass(frozen=True, slots=True)
class Fields:
    """What the flags say about names.

    ``id_field`` holds the document's id and stays in the body under its own name, except ``_id``,
    which Elasticsearch does not take inside a document. ``text_field`` becomes the field ``text``.
    """

    id_field: str = "id"
    text_field: str | None = None


def to_document(
    record: Mapping[str, Any], fields: Fields, path: str, line: int, raw: str | None
) -> Document | Reject:
    """The document of ``record``, or the reason why it is none. Values are kept as they are."""

    def reject(reason: str, doc_id: str | None = None) -> Reject:
        return Reject(path, line, reason, doc_id, raw)

    if fields.id_field not in record:
        return reject(
            f'the id field "{fields.id_field}" is missing ({_names(record)}); '
            "name it with --id-field"
        )
    doc_id = record[fields.id_field]
    if isinstance(doc_id, int) and not isinstance(doc_id, bool):
        doc_id = str(doc_id)
    if not isinstance(doc_id, str):
        return reject(
            f'the id in "{fields.id_field}" is {_kind(doc_id)}; an id is a string or an integer'
        )
    if not doc_id.strip():
        return reject(f'the id in "{fields.id_field}" is empty; every document needs one')
    body = dict(record)
    if fields.id_field == "_id":
        del body["_id"]
    source = fields.text_field
    if source is not None and source != "text":
        if source not in body:
            return reject(
                f'the text field "{source}" is missing ({_names(record)}); '
                "name it with --text-field",
                doc_id,
            )
        if "text" in body:
            return reject(
                f'"{source}" would become "text", but the document has a field "text" already',
                doc_id,
            )
        body = {"text" if name == source else name: value for name, value in body.items()}
    return Document(doc_id, body, path, line)


def _names(record: Mapping[str, Any]) -> str:
    names = [f'"{name}"' for name in list(record)[:8]]
    if len(record) > len(names):
        names.append("…")
    return f"there are {', '.join(names)}" if names else "the object is empty"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, float):
        return f"the number {value!r}"
    return "a list" if isinstance(value, list) else "an object"

"""NDJSON: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from esqual.corpus.lines import decode_line
from esqual.corpus.records import Fields, to_document
from esqual.corpus.rejects import Reject
from esqual.models import Document

__all__ = ["iter_ndjson"]


def iter_ndjson(
    lines: Iterable[tuple[int, bytes]], path: str, fields: Fields
) -> Iterator[Document | Reject]:
    """Yield a document, or the reason why it is none, for every line that is not blank."""
    for number, line in lines:
        if not line.strip():
            continue
        text, unreadable = decode_line(line)
        text = text.rstrip("\r\n")
        if unreadable is not None:
            yield Reject(path, number, unreadable, raw=text)
            continue
        try:
            record = _DECODER.decode(text)
        except json.JSONDecodeError as error:
            yield Reject(path, number, _not_json(text, error), raw=text)
        except (ValueError, RecursionError) as error:
            yield Reject(path, number, f"not usable JSON: {error}", raw=text)
        else:
            if isinstance(record, dict):
                yield to_document(record, fields, path, number, text)
            else:
                yield Reject(
                    path, number, f"{_kind(record)}, where a JSON object is needed", raw=text
                )


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    reason = f"not JSON: {error.msg} at column {error.colno}"
    if text.lstrip().startswith(("[", "{")) and error.pos >= len(text.rstrip()):
        reason += "; NDJSON has one whole object on every line (jq -c makes it so)"
    return reason


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        # the last one would win in silence; Elasticsearch refuses it too
        raise ValueError(f'the field "{twice}" stands twice in one object')
    return record


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON; write null")


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)

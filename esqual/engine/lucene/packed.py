"""Vectors in a stored ``_source``: base64 where the document had decimals, a third of the size.

Elasticsearch leaves vectors out of what it stores and makes them again from the field; here they
stay where they were, packed, and so come back with the values that were sent (as float32). Only
an index that hides vectors does this; ``index.mapping.exclude_source_vectors: false`` keeps the
text as it came.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from esqual.engine.lucene.fields.vector import DenseVectorField
from esqual.engine.lucene.fields.vector_values import document_vector

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.mapping import Mapping as FieldMapping

__all__ = ["hides_vectors", "pack", "unpack"]


def hides_vectors(index: Index) -> bool:
    """Whether ``_source`` shows vectors only where they are asked for."""
    return str(index.setting("index.mapping.exclude_source_vectors")) == "true"


# names that JSON spells in one way, but for \\u
_PLAIN = re.compile(r'[^"\\/\x00-\x1f\x7f]+')


def pack(source: bytes, vectors: Mapping[str, NDArray[Any]]) -> bytes:
    """``source`` with the arrays of these top-level fields as base64.

    A quote within a JSON string has a backslash before it, so ``"v": [`` is a key wherever it
    stands, and the field's own if there is no other. Nothing is packed where there is (an inner
    object has such a key), and where keys may be spelt in another way.
    """
    if rb"\u" in source:
        return source
    for name, vector in vectors.items():
        found = list(_array(name).finditer(source))
        if len(found) == 1 and _PLAIN.fullmatch(name):
            begin = found[0].end() - 1
            end = source.index(b"]", begin) + 1
            dtype = vector.dtype if vector.dtype == np.int8 else ">f4"
            text = base64.b64encode(vector.astype(dtype).tobytes())
            source = b'%b"%b"%b' % (source[:begin], text, source[end:])
    return source


@lru_cache(maxsize=256)
def _array(name: str) -> re.Pattern[bytes]:
    """The key and the opening bracket of its array."""
    key = re.escape(name.encode("utf-8", "surrogatepass"))
    return re.compile(rb'(?<!\\)"' + key + rb'"\s*:\s*\[')


def unpack(source: Any, mapping: FieldMapping) -> None:
    """Make arrays of all base64 vectors in ``source``, in place."""
    for name in mapping.vectors:
        field = mapping.field(name)
        assert isinstance(field, DenseVectorField)
        _unpack(source, name.split("."), field)


def _unpack(value: Any, path: Sequence[str], field: DenseVectorField) -> None:
    if isinstance(value, list):
        for item in value:
            _unpack(item, path, field)
    elif isinstance(value, dict):
        # {"a.v": ...} writes the same field as {"a": {"v": ...}}
        for cut in range(1, len(path) + 1):
            key = ".".join(path[:cut])
            there = value.get(key)
            if cut < len(path):
                _unpack(there, path[cut:], field)
            elif isinstance(there, str):
                value[key] = _numbers(document_vector(there, field.byte, field.dims))


def _numbers(vector: NDArray[Any]) -> list[Any]:
    if vector.dtype == np.int8:
        return list(vector.tolist())
    # the shortest decimal that reads back as the same float
    return [float(text) for text in vector.astype("U").tolist()]

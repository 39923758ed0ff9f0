"""Vectors from JSON, base64 or hexadecimal text, checked as Elasticsearch checks them.

A vector is a NumPy array of shape (dims,): float32, or int8 for ``element_type: byte``.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name
from esqual.engine.lucene.fields.base import java_double

__all__ = ["NotAVectorError", "document_vector", "query_vector", "squared_length"]

Vector = NDArray[Any]

_PREVIEW = 5
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


class NotAVectorError(Exception):
    """A value that is no vector: what Elasticsearch answers, and the element to blame."""

    def __init__(self, cause: ApiError, element: int | None = None) -> None:
        super().__init__(cause.reason)
        self.cause = cause
        self.element = element


def squared_length(vector: Vector) -> float:
    """Σ v², added up in float32 from the first element to the last, as Java code does it."""
    if vector.dtype == np.int8:
        whole = vector.astype(np.int64)
        return float(whole @ whole)
    with np.errstate(over="ignore"):
        return float(np.cumsum(vector * vector, dtype=np.float32)[-1]) if len(vector) else 0.0


def preview(vector: Vector) -> str:
    """The first elements as Java prints them, for messages."""
    shown = [_java(value) for value in vector[:_PREVIEW]]
    more = ", ..." if len(vector) > _PREVIEW else ""
    return f"Preview of invalid vector: [{', '.join(shown)}{more}]"


def _java(value: Any) -> str:
    return str(value) if isinstance(value, np.int8) else java_double(float(str(np.float32(value))))


# ------------------------------------------------------------------ documents


def document_vector(value: Any, byte: bool, dims: int | None) -> Vector:
    """The vector of a document; its length is checked by the caller.

    Raises :class:`NotAVectorError`.
    """
    if isinstance(value, list):
        for place, element in enumerate(value):
            if type(element) is not float and type(element) is not int:
                token = token_name(element)
                raise NotAVectorError(
                    _parsing(
                        "Failed to parse object: expecting token of type [VALUE_NUMBER] but found "
                        f"[{token}]"
                    ),
                    place,
                )
        return _octets(value) if byte else _floats(value)
    if isinstance(value, str):
        return _text(value, byte, dims)
    if isinstance(value, dict):
        raise NotAVectorError(
            illegal_argument("Expected text at 1:1 but found START_OBJECT"), element=0
        )
    shown = str(value).lower() if isinstance(value, bool) else value
    raise NotAVectorError(
        _parsing(f"Unsupported type [{token_name(value)}] for provided value [{shown}]"), element=0
    )


def _floats(value: list[Any]) -> Vector:
    vector = _as_floats(value)
    if not np.isfinite(vector).all():
        place = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise NotAVectorError(
            illegal_argument(
                "element_type [float] vectors do not support infinite values but found "
                f"[{_java(vector[place])}] at dim [{place}]; {preview(vector)}"
            )
        )
    return vector


def _as_floats(value: list[Any]) -> Vector:
    with np.errstate(over="ignore"):
        try:
            return np.array(value, np.float64).astype(np.float32)
        except OverflowError:  # a whole number beyond what a double holds
            return np.array([float(str(each)) for each in value], np.float64).astype(np.float32)


def _octets(value: list[Any]) -> Vector:
    for place, element in enumerate(value):
        if element != int(element):
            raise NotAVectorError(_decimal(element, place, ""), place)
        if not -128 <= element <= 127:
            raise NotAVectorError(_outside(int(element), place, ""), place)
    return np.array(value, np.int8)


def _decimal(element: Any, place: int, rest: str) -> ApiError:
    return illegal_argument(
        "element_type [byte] vectors only support non-decimal values but found decimal value "
        f"[{element}] at dim [{place}];{rest}"
    )


def _outside(element: Any, place: int, rest: str) -> ApiError:
    return illegal_argument(
        "element_type [byte] vectors only support integers between [-128, 127] but found "
        f"[{element}] at dim [{place}];{rest}"
    )


def _text(value: str, byte: bool, dims: int | None) -> Vector:
    if byte and _HEX.fullmatch(value) and (dims is None or len(value) == 2 * dims):
        return np.frombuffer(bytes.fromhex(value), np.int8)
    data = _decode(value)
    if byte:
        return np.frombuffer(data, np.int8)
    if dims is not None and len(data) == 2 * dims:
        # bfloat16: the upper half of a float32
        return (np.frombuffer(data, ">u2").astype(np.uint32) << 16).view(np.float32)
    if len(data) % 4 or (dims is not None and len(data) != 4 * dims):
        wanted = "a multiple of [4]" if dims is None else f"[{4 * dims}] or [{2 * dims}]"
        raise NotAVectorError(
            _parsing(
                f"Failed to parse object: Base64 decoded vector byte length [{len(data)}] does not "
                f"match the expected length of {wanted} for dimension count [{dims}]"
            ),
            element=0,
        )
    return np.frombuffer(data, ">f4").astype(np.float32)


def _decode(value: str) -> bytes:
    bad = next((c for c in value if not c.isascii() or not (c.isalnum() or c in "+/=")), None)
    if bad is not None:
        raise NotAVectorError(illegal_argument(f"Illegal base64 character {ord(bad):x}"), element=0)
    try:
        return base64.b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4))
    except (binascii.Error, ValueError) as error:
        raise NotAVectorError(
            illegal_argument("Last unit does not have enough valid bits"), element=0
        ) from error


def _parsing(reason: str) -> ApiError:
    return ApiError(400, "parsing_exception", reason, line=1, col=1)


# ------------------------------------------------------------------ queries


def query_vector(value: list[float] | str, byte: bool, dims: int) -> Vector:
    """The vector of a query, of ``dims`` elements.

    Raises 400 ``illegal_argument_exception``.
    """
    vector = _query_text(value, byte, dims) if isinstance(value, str) else _as_floats(value)
    if len(vector) != dims:
        raise illegal_argument(
            f"The query vector has a different number of dimensions [{len(vector)}] than the "
            f"document vectors [{dims}]."
        )
    if not byte:
        if not np.isfinite(vector).all():
            place = int(np.flatnonzero(~np.isfinite(vector))[0])
            raise illegal_argument(
                "element_type [float] vectors do not support infinite values but found "
                f"[{_java(vector[place])}] at dim [{place}]; {preview(vector)}"
            )
        return vector
    if vector.dtype != np.int8:
        for place, element in enumerate(vector):
            if element != np.trunc(element):
                raise _decimal(_java(element), place, " " + preview(vector))
            if not -128 <= element <= 127:
                raise _outside(_java(element), place, " " + preview(vector))
    return vector.astype(np.int8)


def _query_text(value: str, byte: bool, dims: int) -> Vector:
    if byte and _HEX.fullmatch(value) and len(value) == 2 * dims:
        return np.frombuffer(bytes.fromhex(value), np.int8)
    try:
        data = base64.b64decode(value, validate=True) if _BASE64.fullmatch(value) else b""
    except (binascii.Error, ValueError):
        data = b""
    if byte and data:
        return np.frombuffer(data, np.int8)
    if data and len(data) % 4 == 0:
        return np.frombuffer(data, ">f4").astype(np.float32)
    raise illegal_argument(
        "failed to parse field [query_vector]: [query_vector] must be a valid base64 or hex string"
    )

"""The JSON of a document: bytes to an object and back, with Elasticsearch's refusals."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from esqual.engine.lucene.api_error import ApiError

__all__ = ["document_bytes", "parse_document"]


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"Non-standard token '{text}'")


# NaN and Infinity are no JSON, though Python's decoder takes them unless told
_decode = json.JSONDecoder(parse_constant=_no_constant).decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def parse_document(source: bytes) -> dict[str, Any]:
    """A document's JSON object. Raises 400 ``document_parsing_exception``."""
    try:
        value = _decode(source.decode("utf-8"))
    except ValueError as error:
        if not source.strip():
            raise _error("[0:0] failed to parse, document is empty") from None
        raise _malformed(source, error) from error
    if not isinstance(value, dict):
        raise _error("Malformed content, must start with an object")
    return value


def document_bytes(source: dict[str, Any]) -> bytes:
    """The object as compact UTF-8."""
    return _encode(source).encode("utf-8", "surrogatepass")


def _malformed(source: bytes, error: ValueError) -> ApiError:
    line, column, detail = 1, 1, str(error)
    if isinstance(error, json.JSONDecodeError):
        line, column, detail = error.lineno, error.colno, error.msg
    elif isinstance(error, UnicodeDecodeError):
        column, detail = error.start + 1, f"invalid UTF-8 ({error.reason})"
    at_end = isinstance(error, json.JSONDecodeError) and not error.doc[error.pos :].strip()
    if at_end:
        return _error(
            f"[1:2] failed to parse: [{line}:{column}] Unexpected end of file",
            ApiError(400, "x_content_e_o_f_exception", f"[{line}:{column}] Unexpected end of file"),
        )
    return _error(
        f"[{line}:{column}] {detail}",
        ApiError(400, "x_content_parse_exception", f"[{line}:{column}] {detail}"),
    )


def _error(reason: str, caused_by: ApiError | None = None) -> ApiError:
    return ApiError(400, "document_parsing_exception", reason, caused_by=caused_by)

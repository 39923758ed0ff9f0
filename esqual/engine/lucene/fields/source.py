"""A document's JSON text: decoding as strictly as Elasticsearch, and places in it for messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from esqual.engine.lucene.api_error import ApiError

__all__ = ["END", "KEY", "VALUE", "decode", "place_in_array", "place_of"]

BLANK = re.compile(r"[ \t\n\r]*")
# what an error of a document concerns
KEY, VALUE, END = "key", "value", "end"


class _DuplicateKeyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    answer = dict(pairs)
    if len(answer) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise _DuplicateKeyError(f"Duplicate field '{double}'")
    return answer


def _no_constant(name: str) -> Any:
    raise ValueError(f"Non-standard token '{name}'")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def decode(source: bytes) -> dict[str, Any]:
    """The document as a dict.

    Raises 400 ``document_parsing_exception`` for a text that is no JSON object: not UTF-8, a key
    twice in one object, NaN, anything behind the end.
    """
    try:
        value = _DECODER.decode(source.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        cause = ApiError(400, "x_content_parse_exception", str(error) or "nested too deeply")
        reason = f"failed to parse: {cause.reason}"
        raise ApiError(400, "document_parsing_exception", reason, caused_by=cause) from error
    if not isinstance(value, dict):
        reason = "Malformed content, must start with an object"
        raise ApiError(400, "document_parsing_exception", reason)
    return value


# ---------------------------------------------------------------------- places


@dataclass(slots=True)
class Place:
    """A value of the text: what leads to it (None is an array), where its key and itself begin.

    ``around`` are the brackets of the objects around it, by their path.
    """

    path: tuple[str | None, ...]
    value: Any
    key_at: int
    value_at: int
    around: dict[str, tuple[int, int]] = field(default_factory=dict)


def place_of(
    source: bytes, refuses: Callable[[dict[str, Any]], bool], wanted: str, path: str = ""
) -> str:
    """``"[line:column] "`` of the first value which, alone in a document, is refused.

    ``wanted`` is the place meant: the value's key, its beginning, its end; where an object stands
    at ``path``, that object's. Columns count bytes from 1. Empty when no single value is to blame.
    """
    text = source.decode("utf-8")
    places = list(_scan(text))
    for place in places:
        alone: Any = place.value
        for key in reversed(place.path):
            alone = [alone] if key is None else {key: alone}
        if refuses(alone):
            begin, end = place.around.get(path, (place.value_at, place.value_at))
            return _position(text, {KEY: place.key_at, VALUE: begin, END: end}[wanted])
    return ""


def place_in_array(source: bytes, name: str, element: int | None) -> str:
    """``"[line:column] "`` of an element of the array at ``name``, None its closing bracket."""
    text = source.decode("utf-8")
    found = [
        place
        for place in _scan(text)
        if ".".join(key for key in place.path if key is not None).startswith(name)
    ]
    if not found:
        return ""
    if element is not None:
        return _position(text, found[min(element, len(found) - 1)].value_at)
    _, end = json.JSONDecoder().raw_decode(text, found[-1].value_at)
    return _position(text, text.find("]", end) if None in found[-1].path else found[-1].value_at)


def _position(text: str, at: int) -> str:
    line_start = text.rfind("\n", 0, at) + 1
    column = len(text[line_start:at].encode("utf-8", "surrogatepass")) + 1
    return f"[{text.count(chr(10), 0, at) + 1}:{column}] "


def _scan(text: str) -> Iterator[Place]:
    """Every value that is no object or array with content, in order."""
    decoder = json.JSONDecoder()
    found: list[Place] = []

    def blank(at: int) -> int:
        match = BLANK.match(text, at)
        return match.end() if match else at

    def value(at: int, path: tuple[str | None, ...], key_at: int) -> int:
        first = len(found)
        if text[at] == "{":
            end = members(blank(at + 1), path)
            if len(found) == first:
                found.append(Place(path, {}, key_at, at))
            name = ".".join(key for key in path if key is not None)
            if name:
                for place in found[first:]:
                    place.around[name] = (at, end)
            return end + 1
        if text[at] == "[":
            at = blank(at + 1)
            while text[at] != "]":
                at = blank(value(at, (*path, None), key_at))
                at = blank(at + 1) if text[at] == "," else at
            return at + 1
        scalar, end = decoder.raw_decode(text, at)
        found.append(Place(path, scalar, key_at, at))
        return end

    def members(at: int, path: tuple[str | None, ...]) -> int:
        while text[at] != "}":
            key_at = at
            key, at = decoder.raw_decode(text, at)
            at = blank(blank(at) + 1)
            at = blank(value(at, (*path, key), key_at))
            at = blank(at + 1) if text[at] == "," else at
        return at

    value(blank(0), (), 0)
    yield from found

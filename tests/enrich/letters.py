"""A small real kind for tests: the pairs of neighbouring letters of a text. It needs no model.

``least`` (1) is how many letters a text must have to get any; a text with a NUL fails.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from esqual.enrich.kinds import DocumentFailure
from esqual.errors import ConfigError

NAME = "letters"
IMPLEMENTATION = "tests.enrich.letters:KIND"
# what the tests change to be another installation
VERSION = {"version": "1"}
# texts that were worked on, in order; loads of the model
SEEN: list[str] = []
LOADS: list[Mapping[str, Any]] = []


class _Worker:
    def __init__(self, least: int) -> None:
        self._least = least

    def documents(self, texts: Sequence[str]) -> list[Any]:
        SEEN.extend(texts)
        return [self._document(text) for text in texts]

    def _document(self, text: str) -> Any:
        if "\0" in text:
            return DocumentFailure("a NUL is not text")
        return {"pairs": self._pairs(text)}

    def topics(self, name: str, texts: Sequence[str]) -> list[dict[str, Any]]:
        SEEN.extend(texts)
        pairs = [self._pairs(text) for text in texts]
        return [{name: " ".join(p), f"{name}_list": p, f"has_{name}": bool(p)} for p in pairs]

    def _pairs(self, text: str) -> list[str]:
        if len(text) < self._least:
            return []
        return list(dict.fromkeys(a + b for a, b in itertools.pairwise(text)))


class _Kind:
    def defaults(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(parameters) - {"least"}
        if unknown:
            raise ConfigError(f"unknown parameter {min(unknown)}; there is: least")
        return {"least": 1, **parameters}

    def fingerprint(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {"model": "letters", **VERSION}

    def load(self, parameters: Mapping[str, Any]) -> _Worker:
        LOADS.append(parameters)
        return _Worker(parameters["least"])

    def query_names(self, name: str) -> list[str]:
        return [name, f"{name}_list", f"has_{name}"]

    def check_field(self, parameters: Mapping[str, Any], field: Mapping[str, Any]) -> None:
        if "properties" not in field:
            raise ConfigError("needs an object")


KIND = _Kind()

"""Which server answers: told from the answer to ``GET /`` and its headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["UNKNOWN", "Product", "read_info", "read_product"]

ELASTICSEARCH, OPENSEARCH = "Elasticsearch", "OpenSearch"


@dataclass(frozen=True, slots=True)
class Product:
    """A server's name ("Elasticsearch", "OpenSearch") and version; None what it does not say.

    ``flavor`` is the build's: "serverless" speaks plain JSON only, "embedded" is our own engine.
    """

    name: str | None
    version: str | None = None
    flavor: str | None = None

    @property
    def major(self) -> int | None:
        """The first number of the version."""
        number = re.match(r"\d+", self.version or "")
        return int(number[0]) if number else None

    @property
    def is_opensearch(self) -> bool:
        """Whether OpenSearch's forms of requests are wanted."""
        return self.name == OPENSEARCH

    @property
    def compatible_with(self) -> int | None:
        """The version to ask for in ``compatible-with``; None where only plain JSON is known.

        Elasticsearch N takes N and N - 1 and refuses all others; the client writes 9, which 10
        takes too. OpenSearch knows no such header, nor does Elasticsearch 7 know any of these.
        """
        if self.name != ELASTICSEARCH or self.flavor == "serverless" or self.major is None:
            return None
        return min(self.major, 9) if self.major >= 8 else None

    def __str__(self) -> str:
        return " ".join(part for part in (self.name or "an unknown server", self.version) if part)


UNKNOWN = Product(None)


def read_product(status: int, headers: Mapping[str, str], body: bytes) -> Product:
    """The product behind an answer to ``GET /``, refusals included; UNKNOWN where nothing tells.

    A key without the right to ask for the version gets a 403 without a header; there the words of
    the refusal tell the product: "is unauthorized for" an API key or user is Elasticsearch's, "no
    permissions for" an action is OpenSearch's.
    """
    named = _by_header(headers)
    try:
        answer = json.loads(body)
    except ValueError:
        return named
    if not isinstance(answer, dict):
        return named
    if status == 200:
        told = read_info(answer)
        # whoever only calls itself by a number, without the header, is not to be trusted
        return told if told.is_opensearch or told.name == named.name else named
    return named if named.name or status != 403 else _by_refusal(answer)


def read_info(answer: Mapping[str, Any]) -> Product:
    """The product that the body of ``GET /`` describes; UNKNOWN for another body."""
    version = answer.get("version")
    if not isinstance(version, dict) or not isinstance(version.get("number"), str):
        return UNKNOWN
    opensearch = version.get("distribution") == "opensearch"
    flavor = version.get("build_flavor")
    return Product(
        OPENSEARCH if opensearch else ELASTICSEARCH,
        version["number"],
        flavor if isinstance(flavor, str) else None,
    )


def _by_header(headers: Mapping[str, str]) -> Product:
    if headers.get("x-elastic-product") == ELASTICSEARCH:
        return Product(ELASTICSEARCH)
    # OpenSearch 3 signs its answers: OpenSearch/3.6.0 (opensearch)
    signed = re.match(r"OpenSearch/([\d.]+)", headers.get("x-opensearch-version") or "")
    return Product(OPENSEARCH, signed[1]) if signed else UNKNOWN


def _by_refusal(answer: Mapping[str, Any]) -> Product:
    error = answer.get("error")
    reason = str(error.get("reason")) if isinstance(error, dict) else ""
    if "is unauthorized for" in reason:
        return Product(ELASTICSEARCH)
    return Product(OPENSEARCH) if reason.startswith("no permissions for") else UNKNOWN

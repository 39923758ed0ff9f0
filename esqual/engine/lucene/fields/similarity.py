"""``index.similarity.*``: the similarities that an index's fields may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esqual.engine.lucene.api_error import illegal_argument, unsupported
from esqual.engine.lucene.fields.parameters import to_boolean
from esqual.engine.lucene.jvm import J

__all__ = ["Similarities"]

PREFIX = "index.similarity."
K1 = 1.2
B = 0.75
SERVER_TYPES = ("DFR", "IB", "LMDirichlet", "LMJelinekMercer", "DFI", "scripted")


class Similarities:
    """The similarities of one index, by name; Java objects are made when first asked for.

    Built in are ``BM25`` (k1 1.2, b 0.75, overlaps discounted) and ``boolean``; ``default`` in the
    settings takes the place of BM25 for fields that name none.

    Raises :class:`~esqual.engine.lucene.api_error.ApiError` for settings it cannot follow.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._parameters: dict[str, tuple[str, float, float, bool]] = {
            "BM25": ("BM25", K1, B, True),
            "boolean": ("boolean", K1, B, True),
        }
        for name, declared in _groups(settings).items():
            if name in ("BM25", "boolean"):
                raise illegal_argument(
                    f"illegal value for [index.similarity.{name}] cannot redefine built-in "
                    "similarity"
                )
            self._parameters[name] = _parse(name, declared)
        self._made: dict[str, Any] = {}

    def has(self, name: str) -> bool:
        """Whether a field may name this similarity."""
        return name in self._parameters

    def java(self, name: str | None) -> Any:
        """The Java ``Similarity`` of this name; ``None`` is the index's default."""
        if name is None:
            name = "default" if "default" in self._parameters else "BM25"
        made = self._made.get(name)
        if made is None:
            kind, k1, b, discount_overlaps = self._parameters[name]
            if kind == "boolean":
                made = J.BooleanSimilarity()
            else:
                made = J.LegacyBM25(k1, b, discount_overlaps)
            self._made[name] = made
        return made


def _groups(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for key, value in settings.items():
        if key.startswith(PREFIX):
            name, _, parameter = key[len(PREFIX) :].partition(".")
            groups.setdefault(name, {})[parameter] = value
    return groups


def _parse(name: str, declared: Mapping[str, Any]) -> tuple[str, float, float, bool]:
    rest = dict(declared)
    kind = rest.pop("type", None)
    if kind is None:
        raise illegal_argument(f"Similarity [{name}] must have an associated type")
    if kind in SERVER_TYPES:
        raise unsupported(f"similarity of type {kind}")
    if kind not in ("BM25", "boolean"):
        raise illegal_argument(f"Unknown Similarity type [{kind}] for [{name}]")
    k1, b, discount_overlaps = K1, B, True
    if kind == "BM25":
        k1 = _number("k1", rest.pop("k1", K1))
        b = _number("b", rest.pop("b", B))
        discount_overlaps = to_boolean(rest.pop("discount_overlaps", True))
        if not 0 <= k1 < float("inf"):
            raise illegal_argument(f"illegal k1 value: {k1}, must be a non-negative finite value")
        if not 0 <= b <= 1:
            raise illegal_argument(f"illegal b value: {b}, must be between 0 and 1")
    if rest:
        unknown = ", ".join(sorted(rest))
        raise illegal_argument(f"Unknown settings for similarity of type [{kind}]: [{unknown}]")
    return str(kind), k1, b, discount_overlaps


def _number(parameter: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise illegal_argument(
            f"Failed to parse float setting [{parameter}] with value [{value}]"
        ) from None

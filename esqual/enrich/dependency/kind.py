"""The kind ``dependency``: pairs of noun and predicate of a text, by GiNZA and the rules here.

A document gets ``{"pairs": [...], "roles": [...]}``, a topic the parameters ``NAME`` (pairs that
it asks for), ``NAME_optional`` and ``NAME_roles``, each one text with blanks between the terms,
and the lists ``NAME_required`` and ``NAME_swapped``; what is empty is False. It has no parameters
of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from esqual.enrich.dependency.ginza import Pipeline, load_pipeline, versions
from esqual.enrich.dependency.pairs import RULE_VERSION, extract
from esqual.enrich.dependency.queries import ask, chunks
from esqual.enrich.kinds import DocumentFailure
from esqual.errors import ConfigError, EnrichmentError

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["KIND", "DependencyKind", "DependencyWorker"]


class DependencyWorker:
    """A loaded parser and the rules."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    @property
    def notes(self) -> list[str]:
        """What had to be done otherwise than planned."""
        return self._pipeline.notes

    def documents(self, texts: Sequence[str]) -> list[dict[str, list[str]] | DocumentFailure]:
        """Pairs and roles of each text, in order."""
        return [_document(doc) for doc in self._pipeline.parse(texts)]

    def topics(self, name: str, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Template parameters of each topic, in order.

        Raises EnrichmentError, with the topic's text, for one that cannot be parsed.
        """
        pieces = [chunks(text) for text in texts]
        docs = iter(self._pipeline.parse([piece for found in pieces for piece in found]))
        return [
            _parameters(name, [_parsed(next(docs), text) for _ in found])
            for text, found in zip(texts, pieces, strict=True)
        ]


class DependencyKind:
    """What ``dependency`` in a mapping file means."""

    def defaults(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return {}; ConfigError for any parameter, there is none."""
        if parameters:
            raise ConfigError(
                f'the kind dependency has no parameter "{min(parameters)}"; it has none at all'
            )
        return {}

    def fingerprint(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Versions of parser, dictionary and rules; reads metadata, loads nothing."""
        parts = versions()
        return {
            "model": "ja_ginza",
            "version": parts["ja_ginza"],
            "parts": parts,
            "rules": RULE_VERSION,
        }

    def load(self, parameters: Mapping[str, Any]) -> DependencyWorker:
        """Load GiNZA: seconds, and some 400 MB."""
        return DependencyWorker(load_pipeline())

    def query_names(self, name: str) -> list[str]:
        """Names of the template parameters of an enrichment called ``name``."""
        return [name, *(f"{name}_{part}" for part in ("optional", "roles", "required", "swapped"))]

    def check_field(self, parameters: Mapping[str, Any], field: Mapping[str, Any]) -> None:
        """An object with a field ``pairs``; ``roles`` may be left out by ``dynamic``."""
        if "pairs" not in field.get("properties", {}):
            raise ConfigError('needs an object with the field "pairs" in its properties')


def _document(doc: Doc | DocumentFailure) -> dict[str, list[str]] | DocumentFailure:
    if isinstance(doc, DocumentFailure):
        return doc
    terms = extract(doc)
    return {"pairs": list(terms.pairs), "roles": list(terms.roles)}


def _parsed(doc: Doc | DocumentFailure, text: str) -> Doc:
    if isinstance(doc, DocumentFailure):
        raise EnrichmentError(f"the topic {text!r} has no dependency pairs: {doc.reason}")
    return doc


def _parameters(name: str, docs: Sequence[Doc]) -> dict[str, Any]:
    found = ask(docs)
    required = [{"spellings": " ".join((pair, *spelt))} for pair, spelt in found.required.items()]
    swapped = [
        {"own": " ".join(swap.own), "swapped": " ".join(swap.swapped)} for swap in found.swaps
    ]
    return {
        name: " ".join(found.required) or False,
        f"{name}_optional": " ".join(found.optional) or False,
        f"{name}_roles": " ".join(found.roles) or False,
        f"{name}_required": required or False,
        f"{name}_swapped": swapped or False,
    }


KIND = DependencyKind()

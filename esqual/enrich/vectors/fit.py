"""Fit an encoder on a corpus: what it learns becomes an artefact, a file with a digest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from esqual.enrich.spec import Enrichment
from esqual.enrich.vectors.artefact import artefact_digest
from esqual.enrich.vectors.base import FittedKind
from esqual.enrich.vectors.registry import find_encoder

__all__ = ["Fitted", "fit_enrichment", "needs_fit"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Where an artefact was written, its SHA-256 in hex, and from how many texts it was made."""

    path: Path
    digest: str
    texts: int


def needs_fit(enrichment: Enrichment) -> bool:
    """Whether ``enrichment`` names an artefact that :func:`fit_enrichment` makes."""
    return enrichment.kind == "vector" and enrichment.parameters.get("artefact") is not None


def fit_enrichment(enrichment: Enrichment, texts: Iterable[str]) -> Fitted:
    """Fit the encoder of ``enrichment`` on ``texts``, one a document, and write its artefact.

    The same texts in the same order give the same file on the same machine; the last bits of a
    mixture differ between machines, so carry the file rather than fit again. Raises ValueError
    for an enrichment that names no artefact, EnrichmentError when the encoder cannot be fitted.
    """
    kind, _ = find_encoder(enrichment.parameters["encoder"])
    if not needs_fit(enrichment) or not isinstance(kind, FittedKind):
        raise ValueError(f"the enrichment {enrichment.name!r} names no artefact to fit")
    count = 0

    def counted() -> Iterable[str]:
        nonlocal count
        for text in texts:
            count += 1
            yield text

    name = enrichment.parameters["artefact"]
    path = kind.fit(enrichment.parameters, counted()).write(name)
    return Fitted(path, artefact_digest(name), count)

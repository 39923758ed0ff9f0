"""The marker that proves what an enriched field was made of, and by what.

``esqual enrich`` and :func:`esqual.enrich.batch.enrich_frame` write a field ``_esqual`` beside what
they make: target → ``DIGEST/TEXT``, the digest of the enrichment that ran and a hash of the text
that it read. It stands in every document, so that a corpus may be cut, mixed and shuffled. Who
reads it checks both, so that pairs of another rule version, or of a text that was edited since,
are never mixed in, and takes it out: an index never holds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from esqual.enrich.spec import Enrichment, source_text
from esqual.errors import EnrichmentError

__all__ = ["MARKER", "Origin"]

MARKER = "_esqual"
_AGAIN = "take the field out of the corpus, or run esqual enrich on the corpus again"


class Origin:
    """Checks and writes the markers of a fixed set of enrichments.

    Computes every digest once. Raises what :meth:`Enrichment.fingerprint` raises.
    """

    def __init__(self, enrichments: Sequence[Enrichment]) -> None:
        self._enrichments = tuple(enrichments)
        self._digests = {e.target: e.digest() for e in self._enrichments}

    def checked(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body without its marker; what it holds of a target is proved to be what we make.

        A target that is null counts as absent. Raises EnrichmentError, without the document's id,
        when a target has no marker or that of another enrichment or text.
        """
        rest = dict(body)
        marks = rest.pop(MARKER, None)
        for enrichment in self._enrichments:
            target = enrichment.target
            if rest.get(target) is None:
                rest.pop(target, None)
                continue
            mark = marks.get(target) if isinstance(marks, Mapping) else None
            if not isinstance(mark, str):
                raise EnrichmentError(
                    f"the document has a field {target!r} already, which the enrichment "
                    f"{enrichment.name!r} writes, and no marker {MARKER!r} says what made it; "
                    f"{_AGAIN}"
                )
            digest, _, text = mark.partition("/")
            if digest != self._digests[target]:
                raise EnrichmentError(
                    f"the field {target!r} was made by another version or with other parameters "
                    f"than the enrichment {enrichment.name!r} has here "
                    f"({digest[:12]}, not {self._digests[target][:12]}); {_AGAIN}"
                )
            if text != _hash(source_text(rest, enrichment.source)):
                raise EnrichmentError(
                    f"the field {target!r} was made of another text than now stands in "
                    f"{enrichment.source!r}; {_AGAIN}"
                )
        return rest

    def ordered(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with its targets last, in the order of the declaration."""
        made = {target: body[target] for target in self._digests if target in body}
        return {key: value for key, value in body.items() if key not in made} | made

    def marked(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The same as :meth:`ordered`, with the marker of every target that is there."""
        return {**self.ordered(body), MARKER: self.marks(body)}

    def marks(self, body: Mapping[str, Any]) -> dict[str, str]:
        """target → marker, for every target that ``body`` has."""
        return {
            e.target: f"{self._digests[e.target]}/{_hash(source_text(body, e.source))}"
            for e in self._enrichments
            if body.get(e.target) is not None
        }


def _hash(text: str | None) -> str:
    data = ("" if text is None else text).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=8).hexdigest()

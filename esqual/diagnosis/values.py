"""What a diagnosis says of one topic that lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Diagnosis", "DocumentMatch", "FieldTokens", "Suspect"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """One thing that is other in the candidate, and what it is called (a key of ``KINDS``).

    ``text`` is the part of the query or of a document that is treated otherwise, or the name of
    an option. ``baseline`` and ``candidate`` are the tokens, or the values, of either side;
    ``in_document``: the tokens are those of a document, not of the query. ``weight`` says how well
    the documents that were lost and gained fit: 3 they turn on it, 2 they fit, 1 nothing speaks
    for or against, 0 they do not turn on it.
    """

    kind: str
    field: str | None = None
    text: str = ""
    baseline: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()
    in_document: bool = False
    weight: int = 1


@dataclass(frozen=True, slots=True)
class FieldTokens:
    """The tokens of the query under one field; None where an arm does not ask the field."""

    field: str
    baseline: tuple[str, ...] | None
    candidate: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class DocumentMatch:
    """One document that fell or rose; ranks from 1, None where it is not on the page.

    ``baseline_terms`` and ``candidate_terms`` are the (field, token) of the query that it holds in
    the index of that arm.
    """

    doc_id: str
    moved: Literal["lost", "gained"]
    baseline_rank: int | None
    candidate_rank: int | None
    baseline_terms: tuple[tuple[str, str], ...] = ()
    candidate_terms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why one topic lost, as far as the engine can tell. ``suspects``: the likeliest first.

    Suspects of weight 0 are differences on which no document seen here turns: they are listed,
    and nothing is blamed on them. ``cause`` is the first one that is to blame.
    """

    query_id: str
    text: str
    delta: float
    suspects: tuple[Suspect, ...]
    tokens: tuple[FieldTokens, ...] = ()
    documents: tuple[DocumentMatch, ...] = ()

    @property
    def cause(self) -> Suspect | None:
        """The likeliest suspect, None where nothing found here explains the loss."""
        return next((suspect for suspect in self.suspects if suspect.weight > 0), None)

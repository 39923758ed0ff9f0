"""How well a suspect fits the documents that fell and rose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from esqual.diagnosis.asking import IndexFacts
from esqual.diagnosis.changes import QueryChange
from esqual.diagnosis.evidence import Evidence
from esqual.diagnosis.tokens import Analysed, Region, name_of, regions
from esqual.diagnosis.values import Suspect

__all__ = [
    "TURNS_ON_IT",
    "Case",
    "index_suspects",
    "token_suspects",
    "weigh_change",
    "weigh_tokens",
]

TURNS_ON_IT, FITS, OPEN, NOT = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class Case:
    """Documents that fell and rose, and what the index of each arm says of them."""

    lost: tuple[str, ...]
    gained: tuple[str, ...]
    own: Evidence
    other: Evidence

    def held(self, doc_id: str, field: str, tokens: set[str], *, candidate: bool) -> set[str]:
        """Those of ``tokens`` that the document has under ``field``."""
        evidence = self.other if candidate else self.own
        return {t for name, t in evidence.terms.get(doc_id, ()) if name == field and t in tokens}

    @property
    def shut_out(self) -> bool:
        """Whether a document that fell is not found any more at any rank."""
        found = self.other.matching
        return found is not None and any(doc_id not in found for doc_id in self.lost)

    @property
    def let_in(self) -> bool:
        """Whether a document that rose was not found before at any rank."""
        found = self.own.matching
        return found is not None and any(doc_id not in found for doc_id in self.gained)


def token_suspects(
    text: str, baseline: Analysed, candidate: Analysed
) -> Iterator[tuple[Region, str]]:
    """Stretches with other tokens, each with its kind."""
    for region in regions(text, baseline, candidate):
        yield region, name_of(region)


def weigh_tokens(region: Region, kind: str, own: str, other: str, case: Case) -> Suspect:
    """A stretch of the query as a suspect; ``own`` and ``other`` are the fields that are asked."""
    before, after = ({t.text for t in side} for side in (region.baseline, region.candidate))
    suspect = Suspect(
        kind,
        own if own == other else f"{own} → {other}",
        region.text,
        tuple(t.text for t in region.baseline),
        tuple(t.text for t in region.candidate),
    )
    weight = NOT
    for doc_id in case.gained:
        had = case.held(doc_id, own, before, candidate=False)
        has = case.held(doc_id, other, after, candidate=True)
        if _share(has, after) > _share(had, before):
            weight = FITS
    for doc_id in case.lost:
        had = case.held(doc_id, own, before, candidate=False)
        has = case.held(doc_id, other, after, candidate=True)
        if _share(has, after) < _share(had, before):
            weight = TURNS_ON_IT
        if not before and case.shut_out and has != after:
            weight = TURNS_ON_IT  # a word that is asked now, and that it has not got
    return replace(suspect, weight=weight)


def _share(held: set[str], asked: set[str]) -> float:
    return len(held) / len(asked) if asked else 0.0


def weigh_change(change: QueryChange, case: Case) -> Suspect:
    """A change of the query as a suspect."""
    suspect, effect = change.suspect, change.effect
    if suspect.kind == "field_replaced":
        weight = FITS  # what the other field does otherwise says more
    elif (effect.narrows and case.shut_out) or (effect.widens and case.let_in):
        weight = TURNS_ON_IT
    elif suspect.kind == "clause_dropped" and suspect.field is not None:
        held = any(
            name == suspect.field
            for doc_id in case.lost
            for name, _ in case.own.terms.get(doc_id, ())
        )
        weight = FITS if held else OPEN
    elif effect.narrows and effect.widens:
        weight = OPEN
    else:
        weight = FITS if not case.shut_out else OPEN
    return replace(suspect, weight=weight)


def index_suspects(
    facts: Sequence[IndexFacts],
    fields: tuple[str, str],
    asked: set[str],
    case: Case,
    *,
    look_inside: bool,
) -> Iterator[Suspect]:
    """What is otherwise with the documents under the two fields that the arms ask.

    ``asked`` are the tokens of the query. ``look_inside``: have documents analysed both ways.
    """
    gone = [doc_id for doc_id in case.lost if doc_id not in case.other.sources]
    if gone:
        yield Suspect("document_missing", None, ", ".join(gone), weight=TURNS_ON_IT)
    new = [doc_id for doc_id in case.gained if doc_id not in case.own.sources]
    if new:
        yield Suspect("document_new", None, ", ".join(new), weight=FITS)
    paths = [fact.source_path(name) for fact, name in zip(facts, fields, strict=True)]
    texts = {}
    for doc_id in (*case.lost, *case.gained):
        own, other = case.own.sources.get(doc_id), case.other.sources.get(doc_id)
        if own is not None and other is not None:
            texts[doc_id] = text_at(own, paths[0]), text_at(other, paths[1])
    changed = [doc_id for doc_id in case.lost if len(set(texts.get(doc_id, ()))) == 2]
    if changed and fields[0] == fields[1]:
        yield Suspect("document_changed", fields[0], ", ".join(changed), weight=TURNS_ON_IT)
    if look_inside:
        same = {doc_id: own for doc_id, (own, other) in texts.items() if own == other and own}
        yield from _inside(facts, fields, asked, case, same)
    kinds = [fact.similarity(name) for fact, name in zip(facts, fields, strict=True)]
    if kinds[0] != kinds[1]:
        yield Suspect("similarity", fields[1], "", (kinds[0],), (kinds[1],), weight=FITS)


def _inside(
    facts: Sequence[IndexFacts],
    fields: tuple[str, str],
    asked: set[str],
    case: Case,
    texts: Mapping[str, str],
) -> Iterator[Suspect]:
    """Where a document lost or won a token of the query: of those that fell, and that rose, one."""
    shown = fields[0] if fields[0] == fields[1] else f"{fields[0]} → {fields[1]}"
    for doc_ids, weight in ((case.lost, TURNS_ON_IT), (case.gained, FITS)):
        for doc_id in doc_ids:
            before = case.held(doc_id, fields[0], asked, candidate=False)
            after = case.held(doc_id, fields[1], asked, candidate=True)
            moved = before - after if weight == TURNS_ON_IT else after - before
            if not moved or doc_id not in texts:
                continue
            own, other = (
                fact.document_tokens(name, texts[doc_id])
                for fact, name in zip(facts, fields, strict=True)
            )
            for region, kind in token_suspects(texts[doc_id], own, other):
                sides = {t.text for t in region.baseline}, {t.text for t in region.candidate}
                if moved & (sides[0] ^ sides[1]):
                    around = _around(region, moved)
                    yield replace(around, kind=kind, field=shown, weight=weight)
            break


def _around(region: Region, moved: set[str]) -> Suspect:
    """The tokens around those that moved: with n-grams a region may be the whole text."""
    own, other = region.baseline, region.candidate
    hits = [t for t in (*own, *other) if t.text in moved]
    start, end = min(t.start for t in hits), max(t.end for t in hits)
    near = [tuple(t.text for t in side if t.start < end and t.end > start) for side in (own, other)]
    return Suspect("analysis", None, region.text, near[0], near[1], in_document=True)


def text_at(source: Mapping[str, Any], path: str) -> str:
    """The text that a document has under ``path``; of a list the texts one after the other."""
    value: Any = source
    if path not in source:
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
    else:
        value = source[path]
    if isinstance(value, list):
        return " ".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""

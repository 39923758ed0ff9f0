"""How well a suspect fits the documents that fell and rose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from esqual.diagnosis.asking import IndexFacts
from esqual.diagnosis.changes import QueryChange
from esqual.diagnosis.evidence import Evidence
from esqual.diagnosis.tokens import Region, Token, name_of, regions
from esqual.diagnosis.values import Suspect

__all__ = ["Case", "index_suspects", "token_suspects", "weigh_change", "weigh_tokens"]

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
    text: str, baseline: Sequence[Token], candidate: Sequence[Token]
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
    if (effect.narrows and case.shut_out) or (effect.widens and case.let_in):
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
    asked: Mapping[str, set[str]],
    case: Case,
    *,
    look_inside: bool,
) -> list[Suspect]:
    """What two indices do otherwise with the documents. ``asked``: field -> tokens of the query.

    ``look_inside``: have one document that fell analysed by both indices.
    """
    found = []
    gone = [doc_id for doc_id in case.lost if doc_id not in case.other.sources]
    if gone:
        found.append(Suspect("document_missing", None, ", ".join(gone), weight=TURNS_ON_IT))
    for field in asked:
        path = facts[0].source_path(field), facts[1].source_path(field)
        texts = {
            doc_id: tuple(
                text_at(evidence.sources.get(doc_id, {}), own)
                for evidence, own in zip((case.own, case.other), path, strict=True)
            )
            for doc_id in case.lost
            if doc_id not in gone
        }
        changed = [doc_id for doc_id, (before, now) in texts.items() if before != now]
        if changed:
            found.append(Suspect("document_changed", field, ", ".join(changed), weight=TURNS_ON_IT))
        elif look_inside:
            found += _inside(facts, field, asked[field], case, texts)
        kinds = tuple(fact.similarity(field) for fact in facts)
        if kinds[0] != kinds[1]:
            found.append(Suspect("similarity", field, "", (kinds[0],), (kinds[1],), weight=FITS))
    return found


def _inside(
    facts: Sequence[IndexFacts],
    field: str,
    asked: set[str],
    case: Case,
    texts: Mapping[str, tuple[str, ...]],
) -> Iterator[Suspect]:
    """Where the first document that lost a token of the query is cut or written otherwise."""
    for doc_id, (text, _) in texts.items():
        before = case.held(doc_id, field, asked, candidate=False)
        lost = before - case.held(doc_id, field, asked, candidate=True)
        if not lost or not text:
            continue
        own, other = (fact.document_tokens(field, text) for fact in facts)
        seen = set()
        for region, kind in token_suspects(text, own, other):
            kept = {t.text for t in region.candidate}
            missing = {t.text for t in region.baseline if t.text in lost} - kept
            if missing and (kind, region.text) not in seen:
                seen.add((kind, region.text))
                yield Suspect(
                    kind,
                    field,
                    region.text,
                    tuple(t.text for t in region.baseline),
                    tuple(t.text for t in region.candidate),
                    in_document=True,
                    weight=TURNS_ON_IT,
                )
        return


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

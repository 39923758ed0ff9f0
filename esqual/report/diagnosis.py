"""Diagnoses as JSON, and as lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from esqual.diagnosis import Diagnosis, DocumentMatch, Suspect, cause_line, suspect_line
from esqual.report.values import Language

__all__ = ["diagnosis_json", "iter_diagnosis_lines"]

_DOCUMENT = {
    "en": {"lost": "lost", "gained": "gained", "matched": "matches", "nothing": "nothing"},
    "ja": {"lost": "落ちた", "gained": "上がった", "matched": "一致", "nothing": "なし"},
}


def diagnosis_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """``cause`` is the kind of the likeliest suspect, null where nothing found explains it."""
    cause = diagnosis.cause
    return {
        "cause": None if cause is None else cause.kind,
        "line": cause_line(diagnosis),
        "suspects": [_suspect(suspect) for suspect in diagnosis.suspects],
        "tokens": [
            {
                "field": row.field,
                "baseline": _or_null(row.baseline),
                "candidate": _or_null(row.candidate),
            }
            for row in diagnosis.tokens
        ],
        "documents": [_document(row) for row in diagnosis.documents],
    }


def iter_diagnosis_lines(diagnosis: Diagnosis, language: Language = "en") -> Iterator[str]:
    """The cause, further suspects that are to blame, tokens that differ, and documents."""
    yield cause_line(diagnosis, language)
    for suspect in diagnosis.suspects:
        if suspect.weight > 0 and suspect is not diagnosis.cause:
            yield suspect_line(suspect, language)
    for row in diagnosis.tokens:
        if row.baseline != row.candidate:
            both = row.baseline, row.candidate
            sides = ("–" if side is None else "|".join(side) for side in both)
            yield f"[{row.field}] {' → '.join(sides)}"
    words = _DOCUMENT[language]
    for document in diagnosis.documents:
        held = (
            ", ".join(f"{name}:{token}" for name, token in terms) or words["nothing"]
            for terms in (document.baseline_terms, document.candidate_terms)
        )
        yield f"{words[document.moved]} {document.doc_id}: {words['matched']} {' → '.join(held)}"


def _suspect(suspect: Suspect) -> dict[str, Any]:
    return {
        "kind": suspect.kind,
        "line": suspect_line(suspect),
        "field": suspect.field,
        "text": suspect.text,
        "baseline": list(suspect.baseline),
        "candidate": list(suspect.candidate),
        "in_document": suspect.in_document,
        "weight": suspect.weight,
    }


def _document(row: DocumentMatch) -> dict[str, Any]:
    return {
        "doc_id": row.doc_id,
        "moved": row.moved,
        "rank": {"baseline": row.baseline_rank, "candidate": row.candidate_rank},
        "matched": {
            "baseline": [{"field": name, "token": token} for name, token in row.baseline_terms],
            "candidate": [{"field": name, "token": token} for name, token in row.candidate_terms],
        },
    }


def _or_null(tokens: tuple[str, ...] | None) -> list[str] | None:
    return None if tokens is None else list(tokens)

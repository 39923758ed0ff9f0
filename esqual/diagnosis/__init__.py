"""Why topics lost: what each arm does otherwise, and which documents turn on it."""

from __future__ import annotations

from esqual.diagnosis.classes import TraitClass, classes_by_trait
from esqual.diagnosis.diagnosing import diagnose
from esqual.diagnosis.values import Diagnosis, DocumentMatch, FieldTokens, Suspect
from esqual.diagnosis.words import ANALYSIS, KINDS, cause_line, suspect_line

__all__ = [
    "ANALYSIS",
    "KINDS",
    "Diagnosis",
    "DocumentMatch",
    "FieldTokens",
    "Suspect",
    "TraitClass",
    "cause_line",
    "classes_by_trait",
    "diagnose",
    "suspect_line",
]

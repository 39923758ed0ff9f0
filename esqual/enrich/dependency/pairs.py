"""A parsed text as terms: what is said of what, affirmed or denied, with and without the role.

``胃>痛い`` says that a stomach hurts, ``胃>痛い¬`` that it does not, ``胃が>痛い`` that it is the
stomach that does it. The rules and their reasons: docs/dependency.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from esqual.enrich.dependency.clauses import Argument, Clause, find_clauses
from esqual.enrich.dependency.predicates import Predicate
from esqual.enrich.dependency.roles import roles
from esqual.enrich.dependency.words import ARROW, NEGATIVE, noun_keys

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["RULE_VERSION", "Terms", "asked", "extract"]

# in the fingerprint of every index: change it with every change of what the rules give
RULE_VERSION = "2"


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a text, in order of appearance, each once, none with a blank in it."""

    pairs: tuple[str, ...]
    roles: tuple[str, ...]


def extract(doc: Doc) -> Terms:
    """Return all that ``doc`` says: compounds also by their tail, what clauses share included."""
    return _terms(
        (argument, clause) for clause in find_clauses(doc) for argument in clause.arguments
    )


def asked(doc: Doc) -> Terms:
    """Return what the sentence ``doc`` asks for: all of it must be in a text that answers.

    Less than :func:`extract`: a compound stands for itself alone, a time is not insisted on, and
    nothing that is only likely (an object or subject lent to an inner clause).
    """
    clauses = find_clauses(doc)
    requests = {c.predicate.token.i for c in clauses if _is_request(c.predicate)}
    return _terms(
        (
            (argument, clause)
            for clause in clauses
            if not _is_request(clause.predicate)
            for argument in clause.arguments
            if argument.via not in ("object", "down") and not _is_time(argument)
            if argument.via != "near" or argument.noun.head.i in requests
        ),
        tails=False,
    )


def _terms(found: Iterator[tuple[Argument, Clause]], *, tails: bool = True) -> Terms:
    ordered = sorted(found, key=lambda pair: (pair[1].predicate.token.i, pair[0].noun.i))
    pairs: dict[str, None] = {}
    labelled: dict[str, None] = {}
    for argument, clause in ordered:
        predicate = _said(argument, clause)
        for noun in noun_keys(argument.noun, tails=tails):
            if noun == clause.predicate.form:
                continue
            pairs[f"{noun}{ARROW}{predicate}"] = None
            for role in roles(argument, clause):
                labelled[f"{noun}{role}{ARROW}{predicate}"] = None
    return Terms(tuple(pairs), tuple(labelled))


def _said(argument: Argument, clause: Clause) -> str:
    form = clause.predicate.form
    if form == "為る" and argument.dep in ("nsubj", "dislocated"):
        # 音がする: there is a sound
        form = "有る"
    return form + (NEGATIVE if clause.predicate.negated else "")


def _is_time(argument: Argument) -> bool:
    return argument.dep == "obl" and "副詞可能" in argument.noun.tag_


def _is_request(predicate: Predicate) -> bool:
    """〜を教えてください, 〜を知りたい: what is asked of the search, not of the text."""
    if predicate.top.dep_ != "ROOT":
        return False
    if predicate.form == "教える":
        return predicate.has_auxiliary("て", "くださる", "ください")
    return predicate.form == "知る" and predicate.has_auxiliary("たい")

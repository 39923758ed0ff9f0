"""A parsed text as terms: what is said of what, affirmed or denied, with and without the role.

``胃>痛い`` says that a stomach hurts, ``胃>痛い¬`` that it does not, ``胃が>痛い`` that it is the
stomach that does it. The rules and their reasons: docs/dependency.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING

from esqual.enrich.dependency.arguments import Argument, Clause
from esqual.enrich.dependency.clauses import find_clauses
from esqual.enrich.dependency.predicates import Predicate
from esqual.enrich.dependency.roles import CORE, roles
from esqual.enrich.dependency.words import (
    ARROW,
    NEGATIVE,
    as_katakana,
    is_kana,
    noun_keys,
    plain_kana,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["RULE_VERSION", "Asked", "Swap", "Terms", "asked", "extract", "spellings"]

# in the fingerprint of every index: change it with every change of what the rules give
RULE_VERSION = "3"
# a question that names more is a list
_MOST_SWAPS = 16


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a text, in order of appearance, each once, none with a blank in it."""

    pairs: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """Two roles that must not have changed places: 父が and 母を, against 父を and 母が."""

    own: tuple[str, str]
    swapped: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sentence asks for: each pair with its other spellings, roles, and their swaps."""

    pairs: dict[str, tuple[str, ...]]
    roles: tuple[str, ...]
    swaps: tuple[Swap, ...]


_Found = tuple[Argument, Clause]


def extract(doc: Doc) -> Terms:
    """Return all that ``doc`` says: compounds also by their tail, what clauses share included.

    A pair whose predicate is written in characters has its sounds beside it where they leave open
    which word it is (扉>開ける, 扉>アケル): in katakana, so that it is not taken for a predicate
    that the text itself writes in kana (扉>あける).
    """
    pairs: dict[str, None] = {}
    labelled: dict[str, None] = {}
    found = ((a, clause) for clause in find_clauses(doc) for a in clause.arguments)
    last, sounds = None, ""
    for argument, clause in _ordered(found):
        said = _said(argument, clause)
        if clause is not last:
            last, sounds = clause, _sounds(clause)
        labels = roles(argument, clause)
        for noun in _nouns(argument, clause, tails=True):
            pairs[noun + ARROW + said] = None
            if sounds:
                pairs[noun + ARROW + sounds] = None
            for role in labels:
                labelled[noun + role + ARROW + said] = None
    return Terms(tuple(pairs), tuple(labelled))


def asked(doc: Doc) -> Asked:
    """Return what the sentence ``doc`` asks for: all of it must be in a text that answers.

    Less than :func:`extract`: a compound stands for itself alone, a time is not insisted on, and
    nothing that is only likely (an object or subject lent to an inner clause).
    """
    clauses = find_clauses(doc)
    requests = {c.predicate.token.i for c in clauses if _is_request(c.predicate)}
    found = _ordered(
        (argument, clause)
        for clause in clauses
        if not _is_request(clause.predicate)
        for argument in clause.arguments
        if argument.via not in ("object", "down") and not _is_time(argument)
        if argument.via != "deed" or _says_no_more(clause, clauses)
        if argument.via != "near" or argument.noun.head.i in requests
    )
    pairs: dict[str, tuple[str, ...]] = {}
    labelled: dict[str, None] = {}
    for argument, clause in found:
        said = _said(argument, clause)
        for noun in _nouns(argument, clause, tails=False):
            spelt = (noun + ARROW + form for form in spellings(clause.predicate, said))
            pairs[noun + ARROW + said] = tuple(spelt)
            for role in roles(argument, clause):
                labelled[noun + role + ARROW + said] = None
    return Asked(pairs, tuple(labelled), tuple(islice(_swaps(found), _MOST_SWAPS)))


def _ordered(found: Iterable[_Found]) -> list[_Found]:
    return sorted(found, key=lambda pair: (pair[1].predicate.token.i, pair[0].noun.i))


def _nouns(argument: Argument, clause: Clause, *, tails: bool) -> list[str]:
    keys = noun_keys(argument.noun, tails=tails)
    return [noun for noun in keys if noun != clause.predicate.form]


def _said(argument: Argument, clause: Clause) -> str:
    form = clause.predicate.form
    subject = argument.dep in ("nsubj", "dislocated")
    if form == "為る" and subject and all(other.dep != "obj" for other in clause.arguments):
        # 音がする: there is a sound
        form = "有る"
    return form + _sign(clause)


def _sign(clause: Clause) -> str:
    return NEGATIVE if clause.predicate.negated else ""


def _sounds(clause: Clause) -> str:
    predicate = clause.predicate
    if predicate.nominal or predicate.form != predicate.token.norm_:
        return ""
    kana = plain_kana(predicate.token)
    return as_katakana(kana) + _sign(clause) if kana else ""


def spellings(predicate: Predicate, said: str) -> Iterator[str]:
    """How else a text may write ``said``, which is ``predicate``; see :func:`extract`."""
    token, sign = predicate.token, NEGATIVE if predicate.negated else ""
    if said != token.norm_ + sign:
        return
    if is_kana(token.norm_) and token.tag_.startswith(("動詞", "形容詞")):
        yield as_katakana(token.norm_) + sign
    elif sounds := plain_kana(token):
        yield sounds + sign


def _swaps(found: Iterable[_Found]) -> Iterator[Swap]:
    """The couples of roles of one predicate that the sentence itself names."""
    named: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for argument, clause in found:
        own = roles(argument, clause)
        plain = argument.via == "arc" and argument.dep != "gap"
        for noun in _nouns(argument, clause, tails=False):
            if plain and len(own) == 1 and own[0] in CORE:
                place = (clause.predicate.token.i, _said(argument, clause))
                named.setdefault(place, []).append((noun, own[0]))
    for (_, said), nouns in named.items():
        for (one, its), (other, others) in combinations(nouns, 2):
            if its != others and one != other:
                yield Swap(
                    (one + its + ARROW + said, other + others + ARROW + said),
                    (one + others + ARROW + said, other + its + ARROW + said),
                )


def _is_time(argument: Argument) -> bool:
    return argument.dep == "obl" and "副詞可能" in argument.noun.tag_


def _says_no_more(deed: Clause, clauses: Iterable[Clause]) -> bool:
    """ログインできない: there is no other noun to ask for."""
    return not any(
        clause.arguments and clause is not deed and clause.predicate.token == deed.predicate.token
        for clause in clauses
    )


def _is_request(predicate: Predicate) -> bool:
    """〜を教えてください, 〜を知りたい: what is asked of the search, not of the text."""
    if predicate.top.dep_ != "ROOT":
        return False
    if predicate.form == "教える":
        return predicate.has_auxiliary("て", "くださる", "ください")
    return predicate.form == "知る" and predicate.has_auxiliary("たい")

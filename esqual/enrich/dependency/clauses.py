"""What belongs to which predicate: the arcs of the parse, what clauses share, lists and parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from esqual.enrich.dependency.arguments import (
    SUBJECTS,
    Argument,
    Clause,
    near_arguments,
    own_arguments,
    particle_of,
)
from esqual.enrich.dependency.lexicon import FORMAL, LIGHT, LISTS, PARTS, RUNNING, VAGUE
from esqual.enrich.dependency.polarity import function_words
from esqual.enrich.dependency.predicates import Predicate, find_predicates
from esqual.enrich.dependency.sharing import ends_in_te, share_down, share_up, take_back
from esqual.enrich.dependency.words import compound, is_noun, noun_keys

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["find_clauses"]

_DOTS = frozenset("・/／,")
# a list longer than this is a table, or noise
_MOST_SHARING = 100


def find_clauses(doc: Doc) -> list[Clause]:
    """The clauses of ``doc`` with their own and their shared arguments."""
    clauses = [Clause(predicate, []) for predicate in find_predicates(doc)]
    owner = {m.i: clause for clause in clauses for m in clause.predicate.members}
    for clause in clauses:
        for argument in own_arguments(clause.predicate):
            clause.add(argument)
    links = [
        (clause, owner[head])
        for clause in clauses
        if (head := _leads_to(clause.predicate, owner)) in owner
    ]
    for inner, outer in links:
        take_back(inner, outer)
    for inner, outer in links:
        share_up(inner, outer)
    for inner, outer in reversed(links):
        share_down(inner, outer)
    for clause in clauses:
        for argument in near_arguments(clause):
            clause.add(argument)
    clauses += [there for clause in clauses for there in _there_is(clause)]
    clauses += [deed for clause in clauses for deed in (*_deed(clause), *_under_way(clause))]
    for clause in clauses:
        for argument in list(clause.arguments):
            for found in _spread(argument, clause.predicate):
                clause.add(found)
        clause.arguments = [a for a in clause.arguments if not _is_formal(a)]
    return clauses


def _leads_to(predicate: Predicate, owner: Mapping[int, Clause]) -> int:
    """Position of the word that the clause of ``predicate`` runs on to, or -1."""
    top = predicate.top
    behind = [top, *function_words(top)][-1].i + 1
    if predicate.is_adjective and ends_in_te(predicate) and behind in owner:
        # 細くて暗い道: what touches belongs together
        return behind
    return top.head.i if top.dep_ == "advcl" else -1


def _there_is(clause: Clause) -> Iterator[Clause]:
    """頭痛する: something that one has; 注文する: something that one does."""
    predicate = clause.predicate
    token = predicate.token
    if token.tag_ == "名詞-普通名詞-一般":
        does = any(child.dep_ == "aux" and child.norm_ == "為る" for child in token.rights)
        if does and not predicate.nominal and not clause.subjects():
            yield Clause(replace(predicate, form="有る"), [Argument(token, "nsubj", "")])
    elif "サ変可能" in token.tag_ and token.n_rights:
        verb = next(token.rights).norm_
        if verb in ("為る", "出来る"):
            # 注文できない, as 注文ができない
            label, particle = ("obj", "を") if verb == "為る" else ("nsubj", "が")
            argument = Argument(token, label, particle, "deed")
            yield Clause(replace(predicate, form=verb), [argument])


def _deed(clause: Clause) -> Iterator[Clause]:
    """部屋の掃除をする, 予約ができない: what one does is the noun, as in 部屋を掃除する."""
    predicate = clause.predicate
    if predicate.form not in LIGHT:
        return
    for deed in clause.arguments:
        if "サ変可能" not in deed.noun.tag_ or deed.particle == "に" or deed.via != "arc":
            continue
        others = [a for a in clause.arguments if a is not deed and a.dep != "obj"]
        others += [
            Argument(child, "obj", "を")
            for child in deed.noun.lefts
            if child.dep_ == "nmod" and is_noun(child) and particle_of(child) == "の"
        ]
        keys = noun_keys(deed.noun, tails=False)
        if others and keys:
            yield Clause(replace(predicate, form=keys[0]), others)


def _under_way(clause: Clause) -> Iterator[Clause]:
    """システムの導入により, 法律の改正に伴い: it was done, and something came of it."""
    predicate = clause.predicate
    running = predicate.form in RUNNING and not predicate.negated
    for deed in clause.arguments:
        follows = deed.particle == "によって" or (running and deed.particle != "で")
        if "サ変可能" not in deed.noun.tag_ or not follows:
            continue
        others = [
            Argument(child, "obj", "を", "deed")
            for child in deed.noun.lefts
            if child.dep_ == "nmod" and is_noun(child) and particle_of(child) == "の"
        ]
        keys = noun_keys(deed.noun, tails=False)
        if others and keys:
            yield Clause(replace(predicate, form=keys[0], negated=False, nominal=False), others)


def _spread(argument: Argument, predicate: Predicate) -> Iterator[Argument]:
    """Nouns that share the place of this one: 首と腰, 店員の態度, 首のあたり."""
    places = [argument]
    while places and len(places) < _MOST_SHARING:
        for found in _beside(places.pop(), predicate):
            yield found
            places.append(found)


def _beside(argument: Argument, predicate: Predicate) -> Iterator[Argument]:
    first = compound(argument.noun)[0]
    if first.i > 1 and first.nbor(-1).orth_ in _DOTS and is_noun(first.nbor(-2)):
        # 憲法・法律, one compound to the parser
        yield replace(argument, noun=first.nbor(-2))
    for child in argument.noun.lefts:
        if not is_noun(child):
            continue
        particle = particle_of(child)
        # 熱も痰もない: the parser makes the first the subject of the second
        listed = particle == "も" and child.dep_ in ("nsubj", "obl")
        if child.dep_ not in ("nmod", "conj") and not listed:
            continue
        found = replace(argument, noun=child, particle=argument.particle)
        if particle == "の":
            part = argument.noun.norm_ in PARTS or argument.noun.norm_.endswith("側")
            if part or (predicate.is_adjective and argument.dep in SUBJECTS):
                yield replace(found, via=argument.via if part else "part")
        elif particle in LISTS or (not particle and argument.noun.i - child.i <= 3):
            yield found


def _is_formal(argument: Argument) -> bool:
    return argument.noun.norm_ in (FORMAL if argument.dep == "gap" else VAGUE)

"""What the parse itself gives a predicate: arcs, the noun behind a relative clause, and neighbours
that the parse loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from esqual.enrich.dependency.lexicon import ABSENT, DEGREES, PASSING
from esqual.enrich.dependency.polarity import function_words
from esqual.enrich.dependency.predicates import Predicate, state_of
from esqual.enrich.dependency.words import is_noun

if TYPE_CHECKING:
    from spacy.tokens import Token

__all__ = ["SUBJECTS", "Argument", "Clause", "near_arguments", "own_arguments", "particle_of"]

SUBJECTS = frozenset(("nsubj", "dislocated"))
_ARGUMENTS = SUBJECTS | {"obj", "obl", "iobj"}
_CASES = frozenset(("が", "を", "に", "へ", "で", "と", "から", "まで", "より", "の"))
_BY = frozenset(("因る", "よる", "依る"))


@dataclass(frozen=True, slots=True)
class Argument:
    """A noun and how it came to its predicate.

    ``dep`` is the arc's label, or ``gap`` for the noun behind a relative clause. ``via`` is
    ``arc``, ``part`` (through の), ``up`` or ``down`` (shared between clauses), ``object``, or
    ``near`` (it stands right before the clause, and the parse hangs it further out), or ``deed``
    (掃除する, taken apart).
    """

    noun: Token
    dep: str
    particle: str
    via: str = "arc"


@dataclass(slots=True)
class Clause:
    """A predicate and what belongs to it."""

    predicate: Predicate
    arguments: list[Argument]

    def subjects(self) -> list[Argument]:
        """Arguments that stand where a subject does, in order."""
        found = [a for a in self.arguments if a.dep in SUBJECTS and a.via != "part"]
        return sorted(found, key=lambda argument: argument.noun.i)

    def add(self, argument: Argument) -> None:
        """Add ``argument`` unless its noun is here already."""
        if all(known.noun.i != argument.noun.i for known in self.arguments):
            self.arguments.append(argument)


def own_arguments(predicate: Predicate) -> Iterator[Argument]:
    """What the arcs of ``predicate`` and its neighbours give it."""
    if predicate.members[0].i < predicate.token.i and is_noun(predicate.members[0]):
        yield Argument(predicate.members[0], "nsubj", "")
    for member in predicate.members:
        for child in member.children:
            if child.i not in [m.i for m in predicate.members] and _is_argument(child, predicate):
                yield Argument(child, _label(child), particle_of(child))
            if child.n_lefts and child.i < member.i and _modifies(child):
                yield from _astray(child)
    if state_of(predicate.token):
        yield from _stands_so(predicate.token)
    top = predicate.top
    if _is_relative(predicate):
        yield Argument(top.head, "gap", "")
    yield from _next_to(predicate)
    if top.dep_ == "acl" and top.head.norm_ in PASSING:
        for child in top.head.lefts:
            if child.i < top.i and _is_argument(child, predicate):
                yield Argument(child, _label(child), particle_of(child))
    if top.dep_ == "csubj" and is_noun(top.head) and "形状詞" not in top.head.tag_:
        # 壊れたのは机だ, but not 捨てるのが面倒だ
        yield Argument(top.head, "gap", "")


def _modifies(word: Token) -> bool:
    """Whether ``word`` only says how or when, and so has no nouns of its own."""
    if any(child.dep_ not in ("case", "punct") for child in word.rights):
        return False
    if word.tag_.startswith(("副詞", "感動詞")) or "副詞可能" in word.tag_:
        return True
    return word.norm_ in DEGREES


def _astray(modifier: Token) -> Iterator[Argument]:
    """底がぺろっと剥がれる, 海で思いきり泳ぐ: the parse hangs the noun on how it is done."""
    for noun in modifier.lefts:
        particle = particle_of(noun)
        marked = (particle in _CASES and particle != "の") or particle in ("は", "も")
        if noun.dep_ in _ARGUMENTS and marked and is_noun(noun) and not _is_amount(noun):
            yield Argument(noun, _label(noun), particle)


def _stands_so(state: Token) -> Iterator[Argument]:
    """入場 in 入場無料だ."""
    place = state.i - (2 if state.norm_ == "中" else 1)
    before = state.doc[max(place, 0)]
    if before.head == state and before.dep_ == "compound" and is_noun(before):
        yield Argument(before, "nsubj", "")


def _is_relative(predicate: Predicate) -> bool:
    """Whether the noun behind the clause is one of its arguments.

    The parser also calls a clause relative that ends in a particle (お腹が空くと胃が…): it is not.
    """
    top = predicate.top
    if top.dep_ != "acl" or predicate.nominal or not is_noun(top.head):
        return False
    words = function_words(top)
    return not words or not words[-1].tag_.startswith("助詞")


def _next_to(predicate: Predicate) -> Iterator[Argument]:
    """Nouns that touch the predicate and say by form what they are, whatever the parse thinks.

    It loses words to arcs that lead nowhere: 喉が渇く with 渇く as a sign behind 喉, or
    痛い頭を押さえる with 痛い as how one presses.
    """
    doc = predicate.token.doc
    if predicate.token.i > 1:
        noun, particle = doc[predicate.token.i - 2], doc[predicate.token.i - 1]
        astray = noun.head.i <= noun.i and is_noun(noun)
        if astray and particle.head == noun and particle.orth_ in ("が", "を"):
            yield Argument(noun, "nsubj" if particle.orth_ == "が" else "obj", particle.orth_)
    bare = _before_degree(predicate.token)
    if bare is not None:
        yield Argument(bare, "nsubj", "")
    last = [predicate.top, *function_words(predicate.top)][-1]
    if last.i + 1 < len(doc) and "連体形" in str(last.morph) and not predicate.nominal:
        noun = last.nbor(1)
        while noun.dep_ == "compound" and noun.head.i > noun.i:
            noun = noun.head
        if is_noun(noun):
            yield Argument(noun, "gap", "")


def _before_degree(token: Token) -> Token | None:
    """荷物 in 荷物くっそ重い: without a particle, before a word of degree."""
    place = token.i - 1
    if place > 0 and token.doc[place].orth_ == "で":
        place -= 1
    if place < 1 or not _is_degree(token.doc[place]):
        return None
    degree, noun = token.doc[place], token.doc[place - 1]
    if not is_noun(noun) or "副詞可能" in noun.tag_ or noun.norm_ in DEGREES:
        return None
    return noun if noun.dep_ == "ROOT" or noun.head in (degree, token, degree.head) else None


def _is_degree(word: Token) -> bool:
    return word.norm_ in DEGREES or word.tag_.startswith("副詞")


def near_arguments(clause: Clause) -> Iterator[Argument]:
    """ラーメンがおいしい店を探す: the parse makes ラーメン the one who looks for it.

    It may be right (父が古い車を買った), so this is a reading beside the parse's own.
    """
    predicate = clause.predicate
    first = predicate.token.i
    if predicate.top.dep_ != "acl" or clause.subjects() or first < 2:
        return
    particle, noun = predicate.token.nbor(-1), predicate.token.nbor(-2)
    marked = particle.norm_ == "が" and particle.head == noun and noun.dep_ == "nsubj"
    if marked and is_noun(noun) and noun.head.i > predicate.top.head.i:
        yield Argument(noun, "nsubj", "が", "near")


def _is_argument(child: Token, predicate: Predicate) -> bool:
    if not is_noun(child) or _is_amount(child):
        return False
    if child.dep_ in _ARGUMENTS or (child.dep_ == "dep" and particle_of(child) in _CASES):
        return not _is_aside(child, predicate)
    if child.i > predicate.token.i or predicate.nominal:
        return False
    if child.dep_ == "nmod":
        # 値段の安い宿
        return particle_of(child) in ("の", "が")
    # 頭痛い, 眠気なし: written without the particle
    token = predicate.token
    inflected = token.tag_.startswith(("動詞", "形容詞")) or token.norm_ in ABSENT
    return child.dep_ == "compound" and inflected and not particle_of(child)


def _is_aside(child: Token, predicate: Predicate) -> bool:
    """バスより早い, 先生によると: what it is measured by, and who says so."""
    words = function_words(child)
    names = [word.norm_ for word in words]
    compared = predicate.is_adjective and names[:1] == ["より"]
    source = any(name in _BY for name in names) and words[-1].orth_ in ("と", "ば", "、")
    return compared or source


def _is_amount(noun: Token) -> bool:
    """五分, 二つ, 1800円: how much, not what."""
    return "助数詞" in noun.tag_ and any(child.dep_ == "nummod" for child in noun.children)


def _label(child: Token) -> str:
    if particle_of(child) == "が":
        return "nsubj"
    return child.dep_ if child.dep_ in _ARGUMENTS else "nsubj"


def particle_of(noun: Token) -> str:
    """The case particle; は and も only where nothing else stands."""
    if not noun.n_rights:
        return ""
    found = [c.norm_ for c in noun.rights if c.dep_ == "case"]
    if any(c.norm_ in _BY for c in function_words(noun)):
        return "によって"
    case = [particle for particle in found if particle in _CASES]
    marked = [particle for particle in found if particle not in ("は", "も")]
    return (case or marked or found or [""])[0]

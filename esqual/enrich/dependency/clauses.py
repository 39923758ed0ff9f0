"""What belongs to which predicate: the arcs of the parse, and what clauses share.

Each step has its reason in docs/dependency.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from esqual.enrich.dependency.lexicon import ABSENT, CLOSING, FORMAL, LISTS, PARTS
from esqual.enrich.dependency.polarity import function_words
from esqual.enrich.dependency.predicates import Predicate, find_predicates
from esqual.enrich.dependency.words import compound, is_noun

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

__all__ = ["Argument", "Clause", "find_clauses"]

_ARGUMENTS = frozenset(("nsubj", "obj", "obl", "iobj", "dislocated"))
_SUBJECTS = frozenset(("nsubj", "dislocated"))
_DOTS = frozenset("・/／,")
_CASES = frozenset(("が", "を", "に", "へ", "で", "と", "から", "まで", "より", "の"))
_BY = frozenset(("因る", "よる", "依る"))
# a list longer than this is a table, or noise
_MOST_SHARING = 100


@dataclass(frozen=True, slots=True)
class Argument:
    """A noun and how it came to its predicate.

    ``dep`` is the arc's label, or ``gap`` for the noun behind a relative clause. ``via`` is
    ``arc``, ``part`` (through の), ``up`` or ``down`` (shared between clauses), ``object``, or
    ``near`` (it stands right before the clause, and the parse hangs it further out).
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
        found = [a for a in self.arguments if a.dep in _SUBJECTS and a.via != "part"]
        return sorted(found, key=lambda argument: argument.noun.i)

    def add(self, argument: Argument) -> None:
        """Add ``argument`` unless its noun is here already."""
        if all(known.noun.i != argument.noun.i for known in self.arguments):
            self.arguments.append(argument)


def find_clauses(doc: Doc) -> list[Clause]:
    """The clauses of ``doc`` with their own and their shared arguments."""
    clauses = [Clause(predicate, []) for predicate in find_predicates(doc)]
    owner = {m.i: clause for clause in clauses for m in clause.predicate.members}
    for clause in clauses:
        for argument in _own(clause.predicate):
            clause.add(argument)
    links = [
        (clause, owner[head])
        for clause in clauses
        if (head := _leads_to(clause.predicate, owner)) in owner
    ]
    for inner, outer in links:
        _take_back(inner, outer)
    for inner, outer in links:
        _share_up(inner, outer)
    for inner, outer in reversed(links):
        _share_down(inner, outer)
    for clause in clauses:
        for argument in _near(clause):
            clause.add(argument)
    clauses += [there for clause in clauses for there in _there_is(clause)]
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
    if predicate.is_adjective and _ends_in_te(predicate) and behind in owner:
        # 細くて暗い道: what touches belongs together
        return behind
    return top.head.i if top.dep_ == "advcl" else -1


def _own(predicate: Predicate) -> Iterator[Argument]:
    if predicate.members[0].i < predicate.token.i:
        yield Argument(predicate.members[0], "nsubj", "")
    for member in predicate.members:
        for child in member.children:
            if child.i not in [m.i for m in predicate.members] and _is_argument(child, predicate):
                yield Argument(child, _label(child), _particle(child))
    top = predicate.top
    if _is_relative(predicate):
        yield Argument(top.head, "gap", "")
    yield from _next_to(predicate)
    if top.dep_ == "csubj" and is_noun(top.head):
        # 壊れたのは机だ
        yield Argument(top.head, "gap", "")


def _is_relative(predicate: Predicate) -> bool:
    """Whether the noun behind the clause is one of its arguments.

    The parser also calls a clause relative that ends in a particle (お腹が空くと胃が…): it is not.
    """
    top = predicate.top
    if top.dep_ != "acl" or predicate.nominal or not is_noun(top.head):
        return False
    words = function_words(top)
    return not words or not words[-1].tag_.startswith("助詞")


def _there_is(clause: Clause) -> Iterator[Clause]:
    """頭痛する: not something that one does, but something that one has."""
    predicate = clause.predicate
    token = predicate.token
    does = any(child.dep_ == "aux" and child.norm_ == "為る" for child in token.children)
    plain = token.tag_ == "名詞-普通名詞-一般" and not predicate.nominal
    if does and plain and not clause.subjects():
        yield Clause(replace(predicate, form="有る"), [Argument(token, "nsubj", "")])


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
    last = [predicate.top, *function_words(predicate.top)][-1]
    if last.i + 1 < len(doc) and "連体形" in str(last.morph) and not predicate.nominal:
        noun = last.nbor(1)
        while noun.dep_ == "compound" and noun.head.i > noun.i:
            noun = noun.head
        if is_noun(noun):
            yield Argument(noun, "gap", "")


def _near(clause: Clause) -> Iterator[Argument]:
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
    if child.dep_ in _ARGUMENTS:
        return not _is_aside(child, predicate)
    if child.i > predicate.token.i or predicate.nominal:
        return False
    if child.dep_ == "nmod":
        # 値段の安い宿
        return _particle(child) in ("の", "が")
    # 頭痛い, 眠気なし: written without the particle
    token = predicate.token
    inflected = token.tag_.startswith(("動詞", "形容詞")) or token.norm_ in ABSENT
    return child.dep_ == "compound" and inflected and not _particle(child)


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
    if _particle(child) == "が":
        return "nsubj"
    return child.dep_ if child.dep_ in _ARGUMENTS else "nsubj"


def _particle(noun: Token) -> str:
    """The case particle; は and も only where nothing else stands."""
    if not noun.n_rights:
        return ""
    found = [c.norm_ for c in noun.rights if c.dep_ == "case"]
    if any(c.norm_ in _BY for c in function_words(noun)):
        return "によって"
    case = [particle for particle in found if particle in _CASES]
    marked = [particle for particle in found if particle not in ("は", "も")]
    return (case or marked or found or [""])[0]


def _share_up(inner: Clause, outer: Clause) -> None:
    """胃がキリキリと痛い: the subject goes on to the next predicate, if that has none."""
    if not _is_open(inner.predicate):
        return
    subjects = inner.subjects()
    # 高く、売れるのは鉛筆だ: what sells is said behind
    taken = outer.subjects() or outer.predicate.top.dep_ == "csubj"
    if subjects and not taken and not _blames(inner, outer, subjects[0]):
        # of two only the topic: 掃除機は音がうるさくて重い does not say that the noise is heavy
        outer.add(replace(subjects[0], via="up"))
    if all(a.dep != "obj" for a in outer.arguments) and not outer.predicate.is_adjective:
        for argument in inner.arguments:
            if argument.dep == "obj":
                outer.add(replace(argument, via="object"))


def _share_down(inner: Clause, outer: Clause) -> None:
    """胃が痛くて眠れない: the parse hangs the subject on the last predicate."""
    if inner.subjects():
        return
    still = _is_open(inner.predicate)
    for argument in outer.arguments:
        if argument.dep == "gap":
            shared = still
        else:
            # whatever closes the clause: 胃は痛くないのに検診でひっかかった
            shared = argument.dep in _SUBJECTS and argument.noun.i < inner.predicate.token.i
        if shared:
            inner.add(replace(argument, via="down"))


def _take_back(inner: Clause, outer: Clause) -> None:
    """犬が吠えて眠れない: the one who cannot sleep is not the dog.

    冷蔵庫は新しいのに掃除機が壊れた: the topic of a closed clause is not that of a clause with a
    subject of its own.
    """
    first = inner.predicate.token.i
    later = any(a.noun.i > first and a.particle == "が" for a in outer.subjects())
    closed = later and not inner.subjects() and not _is_open(inner.predicate)
    for argument in list(outer.arguments):
        before = argument.noun.i < first and argument.dep in _SUBJECTS
        if before and (closed or _blames(inner, outer, argument)):
            outer.arguments.remove(argument)
            inner.add(argument)


def _blames(inner: Clause, outer: Clause, subject: Argument) -> bool:
    """Whether ``inner`` is the cause why somebody else cannot do ``outer``."""
    if subject.particle != "が" or not outer.predicate.negated:
        return False
    return _ends_in_te(inner.predicate) and _is_potential(outer.predicate)


def _is_potential(predicate: Predicate) -> bool:
    if predicate.is_adjective:
        return False
    token = predicate.token
    # 眠れる is listed under 眠る
    shifted = token.lemma_ != token.norm_ and token.lemma_.endswith("る")
    able = any("可能" in str(m.morph) or m.norm_ == "出来る" for m in predicate.members)
    return (
        able
        or predicate.has_auxiliary("られる", "できる", "出来る")
        or (shifted and token.tag_.startswith("動詞") and _moved(token))
    )


def _moved(token: Token) -> bool:
    """眠れる to 眠る, 読める to 読む: an e-row form whose dictionary spelling is of the u-row."""
    rows = dict(zip("えけげせてねべめれ", "うくぐすつぬぶむる", strict=True))
    lemma, norm = token.lemma_, token.norm_
    return len(lemma) > 1 and lemma[-1] == "る" and rows.get(lemma[-2]) == norm[-1:]


def _ends_in_te(predicate: Predicate) -> bool:
    words = function_words(predicate.top)
    return any(word.lemma_ in ("て", "で") and word.pos_ == "SCONJ" for word in words)


def _is_open(predicate: Predicate) -> bool:
    """Whether the clause runs on into the next one instead of closing against it."""
    words = function_words(predicate.top)
    after_te = False
    for word in words:
        if word.lemma_ in ("て", "で") and word.pos_ == "SCONJ":
            after_te = True
            continue
        if word.norm_ == "も" and after_te:
            return False
        if word.norm_ in CLOSING and word.pos_ in ("SCONJ", "ADP"):
            return False
        if word.norm_ == "の" and word.pos_ == "SCONJ":
            return False
        if "仮定形" in str(word.morph):
            return False
        if word.norm_ == "と" and predicate.token.tag_.startswith(("動詞", "形容詞")):
            return False
    return "仮定形" not in str(predicate.top.morph)


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
        particle = _particle(child)
        # 熱も痰もない: the parser makes the first the subject of the second
        listed = particle == "も" and child.dep_ in ("nsubj", "obl")
        if child.dep_ not in ("nmod", "conj") and not listed:
            continue
        found = replace(argument, noun=child, particle=argument.particle)
        if particle == "の":
            part = argument.noun.norm_ in PARTS or argument.noun.norm_.endswith("側")
            if part or (predicate.is_adjective and argument.dep in _SUBJECTS):
                yield replace(found, via=argument.via if part else "part")
        elif particle in LISTS or (not particle and argument.noun.i - child.i <= 3):
            yield found


def _is_formal(argument: Argument) -> bool:
    return argument.noun.norm_ in FORMAL

"""A parsed text as terms: what is said of what, affirmed or denied, with and without the role.

``胃>痛い`` says that a stomach hurts, ``胃>痛い¬`` that it does not, ``胃が>痛い`` that it is the
stomach that does it. The rules and their reasons: docs/dependency.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations, islice
from typing import TYPE_CHECKING

from esqual.enrich.dependency.arguments import Argument, Clause
from esqual.enrich.dependency.clauses import find_clauses
from esqual.enrich.dependency.lexicon import WITH_OR_WITHOUT, WITHOUT_OBJECT
from esqual.enrich.dependency.predicates import Predicate
from esqual.enrich.dependency.roles import CORE, NOT_DOER, OPEN, roles
from esqual.enrich.dependency.sharing import is_potential
from esqual.enrich.dependency.words import (
    ARROW,
    NEGATIVE,
    as_katakana,
    clean,
    is_kana,
    noun_keys,
    plain_kana,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["RULE_VERSION", "Asked", "Swap", "Terms", "asked", "extract", "spellings"]

# in the fingerprint of every index: change it with every change of what the rules give
RULE_VERSION = "4"
# a question that names more is a list
_MOST_SWAPS = 16


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a text, in order of appearance, each once, none with a blank in it."""

    pairs: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """All of ``swapped`` and none of ``own`` contradict the question.

    Two roles must not have changed places (父が and 母を, against 父を and 母が), and who does it
    must not be named as who does not.
    """

    own: tuple[str, ...]
    swapped: tuple[str, ...]


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
        kinds = _kinds_of(clause)
        if clause is not last:
            last, sounds = clause, _sounds(clause)
        labels = roles(argument, clause)
        for noun in _nouns(argument, clause, tails=True):
            for form in (said, *(kind for kind in kinds if kind != noun + _sign(clause))):
                pairs[noun + ARROW + form] = None
                for role in labels:
                    labelled[noun + role + ARROW + form] = None
            if sounds:
                pairs[noun + ARROW + sounds] = None
    return Terms(tuple(pairs), tuple(labelled))


def asked(doc: Doc, *, deeds: bool = True) -> Asked:
    """Return what the sentence ``doc`` asks for: all of it must be in a text that answers.

    Less than :func:`extract`: a compound stands for itself alone, a time is not insisted on, and
    nothing that is only likely (an object or subject lent to an inner clause). ``deeds`` is False
    for a word among words: 掃除する beside 換気扇 does not ask for any 掃除.
    """
    clauses = find_clauses(doc)
    requests = {c.predicate.token.i for c in clauses if _is_request(c.predicate)}
    found = _ordered(
        (argument, clause)
        for clause in clauses
        if not _is_request(clause.predicate)
        for argument in clause.arguments
        if argument.via not in ("object", "down") and not _is_time(argument)
        if argument.via != "deed" or (deeds and _says_no_more(clause, clauses))
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
                if role not in (OPEN, NOT_DOER):
                    labelled[noun + role + ARROW + said] = None
    swaps = chain(_swaps(found), _undergone(found))
    return Asked(pairs, tuple(labelled), tuple(islice(swaps, _MOST_SWAPS)))


def _ordered(found: Iterable[_Found]) -> list[_Found]:
    return sorted(found, key=lambda pair: (pair[1].predicate.token.i, pair[0].noun.i))


def _nouns(argument: Argument, clause: Clause, *, tails: bool) -> list[str]:
    keys = noun_keys(argument.noun, tails=tails)
    return [noun for noun in keys if noun != clause.predicate.form]


def _said(argument: Argument, clause: Clause) -> str:
    form = clause.predicate.form
    subject = argument.dep in ("nsubj", "dislocated") and clause.predicate.token.norm_ != "遣る"
    if form == "為る" and subject and all(other.dep != "obj" for other in clause.arguments):
        # 音がする: there is a sound
        form = "有る"
    return form + _sign(clause)


def _sign(clause: Clause) -> str:
    return NEGATIVE if clause.predicate.negated else ""


def _kinds_of(clause: Clause) -> list[str]:
    """水曜 and 不在 for 毎週水曜だ, 本日不在だ: what a compound says, its last word says too."""
    predicate = clause.predicate
    last = predicate.token
    if not predicate.nominal or not last.tag_.startswith("名詞-普通名詞"):
        return []
    if "助数詞" in last.tag_:
        return []
    tail = clean(last.norm_)
    return [tail + _sign(clause)] if tail not in ("", predicate.form) else []


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
    if is_kana(token.lemma_) and token.lemma_ != token.norm_ and not predicate.nominal:
        # なる is 成る here and may be なる there
        yield token.lemma_ + sign
    if is_kana(token.norm_) and token.tag_.startswith(("動詞", "形容詞")):
        yield as_katakana(token.norm_) + sign
    elif sounds := plain_kana(token):
        yield sounds + sign


def _swaps(found: Iterable[_Found]) -> Iterator[Swap]:
    """The couples of roles of one predicate that the sentence itself names."""
    named: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for argument, clause in found:
        own = [role for role in roles(argument, clause) if role not in (OPEN, NOT_DOER)]
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


def _undergone(found: Iterable[_Found]) -> Iterator[Swap]:
    """犬が噛む is contradicted by 犬が猫に噛まれた and 犬を噛んだ, where no dog bites."""
    for argument, clause in found:
        if not _does(argument, clause):
            continue
        said = _said(argument, clause)
        token = clause.predicate.token
        # システムを停止する and システムが停止する are the same
        either = not token.tag_.startswith("動詞") or token.norm_ in WITH_OR_WITHOUT
        for noun in _nouns(argument, clause, tails=False):
            own = (noun + "が" + ARROW + said, noun + OPEN + ARROW + said)
            yield Swap(own, (noun + NOT_DOER + ARROW + said,))
            if not either:
                yield Swap(own, (noun + "を" + ARROW + said,))


def _does(argument: Argument, clause: Clause) -> bool:
    """Whether the question says that this is who does it: が, and a plain verb."""
    predicate = clause.predicate
    if argument.particle != "が" or argument.via != "arc" or argument.dep != "nsubj":
        return False
    if predicate.is_adjective or predicate.nominal or predicate.form in WITHOUT_OBJECT:
        return False
    turned = predicate.has_auxiliary("れる", "られる", "せる", "させる", "たい", "たがる")
    return not turned and not is_potential(predicate) and predicate.form == predicate.token.norm_


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

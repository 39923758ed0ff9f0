"""What clauses share: much of Japanese says the noun once.

Each step has its reason in docs/dependency.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from esqual.enrich.dependency.arguments import SUBJECTS, Argument, Clause
from esqual.enrich.dependency.lexicon import CLOSING, ONLY, WITHOUT_OBJECT
from esqual.enrich.dependency.polarity import function_words

if TYPE_CHECKING:
    from spacy.tokens import Token

    from esqual.enrich.dependency.predicates import Predicate

__all__ = ["ends_in_te", "is_potential", "share_down", "share_up", "take_back"]


def take_back(inner: Clause, outer: Clause) -> None:
    """犬が吠えて眠れない: the one who cannot sleep is not the dog.

    冷蔵庫は新しいのに掃除機が壊れた: the topic of a closed clause is not that of a clause with a
    subject of its own.
    """
    first = inner.predicate.token.i
    later = any(a.noun.i > first and a.particle == "が" for a in outer.subjects())
    closed = later and not inner.subjects() and not _is_open(inner.predicate)
    for argument in list(outer.arguments):
        before = argument.noun.i < first and argument.dep in SUBJECTS
        if before and (closed or _blames(inner, outer, argument)):
            outer.arguments.remove(argument)
            inner.add(argument)


def share_up(inner: Clause, outer: Clause) -> None:
    """胃がキリキリと痛い: the subject goes on to the next predicate, if that has none."""
    if not _is_open(inner.predicate) or inner.predicate.form == outer.predicate.form:
        # 砂糖は入れずに蜂蜜を入れる: said again, it is said of something else
        return
    subjects = inner.subjects()
    # 高く、売れるのは鉛筆だ: what sells is said behind
    taken = outer.subjects() or outer.predicate.top.dep_ == "csubj" or _only(outer)
    if subjects and not taken and not _blames(inner, outer, subjects[0]):
        # of two only the topic: 掃除機は音がうるさくて重い does not say that the noise is heavy
        outer.add(replace(subjects[0], via="up"))
    for argument in inner.arguments:
        if argument.dep == "obj" and _lacks_object(outer, inner, argument):
            outer.add(replace(argument, via="object"))


def share_down(inner: Clause, outer: Clause) -> None:
    """胃が痛くて眠れない: the parse hangs the subject on the last predicate."""
    if inner.subjects():
        return
    still = _is_open(inner.predicate)
    for argument in outer.arguments:
        if argument.dep == "gap":
            shared = still
        else:
            # whatever closes the clause: 胃は痛くないのに検診でひっかかった
            shared = argument.dep in SUBJECTS and argument.noun.i < inner.predicate.token.i
        if shared:
            inner.add(replace(argument, via="down"))


def _only(clause: Clause) -> bool:
    """絵は手放さず、額縁だけ売った: the pictures were not sold."""
    return any(
        word.norm_ in ONLY
        for argument in clause.arguments
        for word in function_words(argument.noun)
        if not argument.particle or argument.particle in (*ONLY, "を")
    )


def _lacks_object(outer: Clause, inner: Clause, given: Argument) -> bool:
    """魚を焼いて食べた, but not テレビを見て過ごした時間が長い or 本を買いに行く.

    本棚を兄が運び、父が組み立てた: what stands before both subjects belongs to both.
    """
    if outer.predicate.is_adjective or outer.predicate.form in WITHOUT_OBJECT:
        return False
    behind = inner.predicate.token.i
    doers = [a.noun.i for a in inner.arguments if a.particle == "が"]
    first = bool(doers) and given.noun.i < min(doers)
    return not any(
        a.dep == "obj" or (a.dep in SUBJECTS and a.noun.i > behind and not first)
        for a in outer.arguments
    )


def _blames(inner: Clause, outer: Clause, subject: Argument) -> bool:
    """Whether ``inner`` is the cause why somebody else cannot do ``outer``."""
    if subject.particle != "が" or not outer.predicate.negated:
        return False
    return ends_in_te(inner.predicate) and is_potential(outer.predicate)


def is_potential(predicate: Predicate) -> bool:
    """Whether it says what can be done: 眠れる, 読める, 予約できる."""
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


def ends_in_te(predicate: Predicate) -> bool:
    """Whether the clause ends in て."""
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

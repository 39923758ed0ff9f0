"""Whether a predicate is affirmed or denied: its negations are counted, two cancel out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from esqual.enrich.dependency.lexicon import (
    BAD,
    HOLDER_HEADS,
    HOLDERS,
    NEGATIONS,
    STOPPING,
    SUPPOSING,
    THINKING,
)

if TYPE_CHECKING:
    from spacy.tokens import Token

__all__ = ["affirms_only", "denials", "denials_around", "function_words"]

_FUNCTION_DEPS = frozenset(("aux", "cop", "mark", "case", "fixed"))


def function_words(token: Token) -> list[Token]:
    """The auxiliaries and particles behind ``token`` that belong to it, in order."""
    found: list[Token] = []
    open_words = [token]
    while open_words:
        word = open_words.pop()
        # most words have nothing behind them, and to look is what costs
        for child in word.rights if word.n_rights else ():
            dep = child.dep_
            if dep in _FUNCTION_DEPS or (dep == "compound" and child.norm_ in HOLDERS):
                found.append(child)
                open_words.append(child)
    if len(found) > 1:
        found.sort(key=lambda word: word.i)
    return found


def denials(token: Token) -> int:
    """How many negations stand in the function words of ``token``."""
    words = function_words(token)
    found = 0
    for place, word in enumerate(words):
        if word.norm_ not in NEGATIONS:
            continue
        if place and words[place - 1].norm_ in SUPPOSING:
            continue
        behind = words[place + 1].orth_ if place + 1 < len(words) else ""
        if token.dep_ == "ROOT" and ("融合" in str(word.morph) or behind == "ちゃ"):
            # 打たなきゃ, 打たなくちゃ: it must be
            continue
        asks = any(later.norm_ == "か" for later in words[place + 1 :])
        if asks and word.norm_ == "無い":
            # 痛いのではないか supposes that it hurts
            continue
        found += 1
    return found


def affirms_only(token: Token) -> bool:
    """Whether しか takes the denial of ``token`` back: 現金しか使えない, 取り消すしかない.

    Not behind an amount: what lasts 半日しか does not last.
    """
    if any(word.norm_ == "しか" for word in function_words(token)):
        return True
    for child in token.lefts:
        for word in child.rights if child.n_rights else ():
            if word.norm_ == "しか":
                return not any(kind in child.tag_ for kind in ("副詞", "助数詞", "数詞"))
    return False


def denials_around(token: Token) -> int:
    """Negations of the clause that holds the predicate whose outermost word is ``token``."""
    head = token.head
    words = function_words(token)
    last = [token, *words][-1]
    touches = last.i + 1 == head.i
    if touches and _is_condition(last):
        return _forbids(head)
    if touches and last.norm_ == "は" and any(word.norm_ == "ず" for word in words):
        # 笑わずにはいられない
        return denials(head)
    named = any(word.norm_ == "の" for word in words) and last.orth_ in ("を", "は", "も")
    if touches and named and head.norm_ in STOPPING:
        return 1 + denials(head)
    if head.norm_ in HOLDERS and touches:
        if head.norm_ in ("こと", "事") and head.head.norm_ in STOPPING:
            return 1 + denials(head.head)
        found = denials(head)
        held = head.dep_ in ("nsubj", "obl", "dislocated") and head.head.norm_ in HOLDER_HEADS
        # 失う物はない is about the thing
        if held and head.norm_ != "物":
            found += denials(head.head) + (head.head.norm_ == "無い")
        return found
    quotes = any(word.norm_ == "と" for word in words)
    if quotes and touches and head.norm_ == "為る" and "意志推量形" in str(token.morph):
        # 開けようとしない
        return denials(head)
    # what one did not think before has come true: 痛くなるとは思わなかった
    surprised = any(word.norm_ == "た" for word in function_words(head))
    raised = (head.norm_ in THINKING or head.lemma_ == "言える") and not surprised
    if token.dep_ in ("ccomp", "advcl") and quotes and raised:
        # 考えにくい
        eased = [word.norm_ for word in function_words(head) if "形容詞的" in word.tag_]
        return denials(head) + any(word != "易い" for word in eased)
    return 0


def _is_condition(last: Token) -> bool:
    """捨てなければ, 捨てないと, 捨てなきゃ, 捨てては, 捨てたら."""
    if last.norm_ in ("ば", "と") or last.orth_ in ("ちゃ", "じゃ"):
        return last.tag_ == "助詞-接続助詞"
    if last.norm_ == "は":
        return last.nbor(-1).norm_ in ("て", "で")
    morph = str(last.morph)
    return "仮定形" in morph or "融合" in morph


def _forbids(head: Token) -> int:
    """Whether ``head`` says that what stands before it must not be: いけない, ならない, だめだ."""
    if head.norm_ == "駄目":
        return 1 - denials(head) % 2
    return denials(head) if head.lemma_ in BAD else 0

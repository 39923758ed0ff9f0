"""The predicates of a parsed text. One predicate may be several words of the parse.

In 「痛くなくなった」 GiNZA makes なる the head of ない and ない that of 痛い, and hangs the noun on
whichever comes last. What is said is 痛い, denied: the outer words are folded into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from esqual.enrich.dependency.lexicon import (
    ABSENT,
    ASPECTS,
    DEGREES,
    FORMAL,
    FURTHER,
    HOLDERS,
    MISSING,
    PERMISSIONS,
    STATES,
    TURNING,
)
from esqual.enrich.dependency.polarity import (
    affirms_only,
    denials,
    denials_around,
    function_words,
)
from esqual.enrich.dependency.words import clean, is_noun, noun_keys, taken_apart

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

__all__ = ["Predicate", "find_predicates", "state_of"]

_MOST_FOLDED = 6
_INNER = ("advcl", "obl", "ccomp")
_BETWEEN = ("助詞", "助動詞", "補助記号")


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is said of something.

    ``token`` carries the meaning; ``members`` are that token and the words folded into it, the
    outermost last. ``form`` is how it stands in a term, always the affirmed word. Where a noun
    without a particle swallowed its verb (鼻水止まらない), the noun stands first in ``members``.
    """

    token: Token
    members: tuple[Token, ...]
    form: str
    negated: bool
    nominal: bool

    @property
    def top(self) -> Token:
        """The outermost word: the one whose arc leaves the predicate."""
        return self.members[-1]

    @property
    def is_adjective(self) -> bool:
        """Whether the meaning is that of an adjective, with な or い."""
        return self.token.tag_.startswith(("形容詞", "形状詞")) or (
            self.token.pos_ == "ADJ" and not self.nominal
        )

    def has_auxiliary(self, *lemmas: str) -> bool:
        """Whether one of ``lemmas`` stands behind any word of the predicate."""
        return any(
            word.lemma_ in lemmas for member in self.members for word in function_words(member)
        )


def find_predicates(doc: Doc) -> list[Predicate]:
    """The predicates of ``doc`` in order of appearance."""
    contents = [token for token in doc if _is_content(token)]
    chains = {token.i: _fold(token) for token in contents}
    # 医者になる says both, what somebody is now and that it came to be
    folded = {
        member.i for i, chain in chains.items() if not _is_nominal(doc[i]) for member in chain[1:]
    }
    found = []
    for token in contents:
        if token.i in folded:
            continue
        chain = chains[token.i]
        nominal = _is_nominal(token) and _swallowed(token) is None
        form = _form(token, nominal=nominal)
        verb = _swallowed(token)
        if verb is not None:
            form = clean(verb.norm_)
        if form:
            form += "".join(m.norm_ for m in chain[1:] if m.norm_ in MISSING)
            count = sum(denials(member) for member in chain)
            count += sum(member.norm_ in ABSENT for member in chain)
            count += denials_around(chain[-1])
            if count % 2 and any(affirms_only(member) for member in chain):
                count += 1
            meaning = verb or token
            found.append(Predicate(meaning, tuple(chain), form, count % 2 == 1, nominal))
    return found


def _is_content(token: Token) -> bool:
    if token.dep_ in ("fixed", "aux", "cop", "case", "mark") or _is_degree(token):
        return False
    if token.tag_.startswith(("動詞", "形容詞", "形状詞")):
        if 0 <= token.head.i == token.i - 1 and _swallowed(token.head) is not None:
            return False
        # the dictionary knows a verb better than the model, which may call it a noun;
        # 読み終える: the second verb hangs on the first
        return token.head.i >= token.i or token.tag_ != "動詞-非自立可能"
    if not token.n_rights:
        # nothing behind it that could make it one
        last = token.dep_ == "ROOT" and _is_nominal(token)
        return last or token.pos_ in ("VERB", "ADJ") or token.norm_ in ABSENT
    if token.pos_ in ("VERB", "ADJ") and not _has(token, "case"):
        return True
    if _swallowed(token) is not None:
        return True
    if token.norm_ in ABSENT:
        # 眠気なし, tagged as a noun
        return True
    return _is_nominal(token) or _has(token, "aux", "為る")


def _is_degree(token: Token) -> bool:
    """まじで長い, すごい長い: how long, and no predicate."""
    if token.norm_ not in DEGREES or token.dep_ not in ("obl", "advcl", "advmod"):
        return False
    behind = [*function_words(token), token]
    return token.head.i > token.i and behind[0].orth_ in ("で", token.orth_) and len(behind) < 3


def _is_nominal(token: Token) -> bool:
    """医者だ, 医者になる, and a last word that something is said to be."""
    if token.pos_ not in ("NOUN", "PROPN") or not is_noun(token):
        return False
    if token.norm_ in ABSENT or token.norm_ in FORMAL:
        return False
    if _has(token, "cop"):
        # 八百円だ, but a counter alone is none
        return "助数詞" not in token.tag_ or _has(token, "nummod") or token.n_lefts > 0
    if "助数詞" in token.tag_:
        return False
    if token.dep_ == "ROOT" and _has(token, "compound") and state_of(token):
        # 全品送料無料！
        return True
    if token.dep_ == "obl" and token.head.norm_ == "成る" and "副詞可能" not in token.tag_:
        turned = _has(token, "case", "に") or _has(token, "case", "と")
        return turned and _adjoins(token, token.head)
    return token.dep_ == "ROOT" and _has(token, "nsubj") and not _has(token, "case")


def state_of(token: Token) -> str:
    """無料 for 入場無料, 募集 for 店員募集中: how it is with the noun before; else ""."""
    if token.norm_ in STATES:
        return token.norm_
    if token.norm_ == "中" and token.i and "サ変可能" in token.nbor(-1).tag_:
        return token.nbor(-1).norm_ if token.nbor(-1).head == token else ""
    parts = taken_apart(token) if token.norm_.endswith("中") else []
    return parts[0] if len(parts) == 2 and parts[1] == "中" else ""


def _amount(token: Token) -> list[Token]:
    """八百 and 円."""
    first = token.i
    while first and token.doc[first - 1].tag_.startswith("名詞-数詞"):
        first -= 1
    return list(token.doc[first : token.i + 1])


def _swallowed(token: Token) -> Token | None:
    """The verb that the parser hangs on the word before: 鼻水止まらない, ぐらぐら沸かす."""
    if not (is_noun(token) or token.tag_ == "副詞") or token.i + 1 == len(token.doc):
        return None
    verb = token.nbor(1)
    if verb.head != token or not verb.tag_.startswith("動詞"):
        return None
    aside = verb.dep_ in ("aux", "mark") and verb.tag_.startswith("動詞-一般")
    # 位置づける: one word
    astray = verb.dep_ in ("advcl", "acl", "ccomp", "dep") and "サ変可能" not in token.tag_
    return verb if aside or astray else None


def _has(token: Token, dep: str, norm: str | None = None) -> bool:
    return any(c.dep_ == dep and (norm is None or c.norm_ == norm) for c in token.children)


def _form(token: Token, *, nominal: bool) -> str:
    if nominal and (state := state_of(token)):
        return clean(state)
    if nominal and "助数詞" in token.tag_:
        return clean("".join(word.norm_ for word in _amount(token)))
    if nominal:
        keys = noun_keys(token, tails=False)
        return keys[0] if keys else ""
    if token.norm_ in ABSENT:
        return "有る"
    ease = [c.norm_ for c in token.children if c.dep_ == "aux" and "形容詞的" in c.tag_]
    # 見にくい is another thing to say than 見る, and 見づらい the same
    ease = ["難い" if word == "辛い" else word for word in ease]
    ease += [c.norm_ for c in token.children if c.norm_ in MISSING and c.i == token.i + 1]
    # 宿題をやる is 宿題をする
    first = "為る" if token.norm_ == "遣る" else _first_half(token)
    return clean(first + "".join(ease))


def _first_half(token: Token) -> str:
    """食べる for 食べ過ぎる, one word to the dictionary."""
    if token.tag_.startswith("動詞") and token.norm_.endswith(tuple(FURTHER)):
        parts = taken_apart(token)
        if len(parts) == 2 and parts[1] in FURTHER:
            return parts[0]
    return token.norm_


def _fold(token: Token) -> list[Token]:
    chain = [token]
    behind = token.nbor(1) if token.i + 1 < len(token.doc) else token
    together = behind.head == token.head and behind.head.i > behind.i
    if behind.norm_ in MISSING and together and _is_compound(token, behind):
        # 掛け忘れて出掛ける: both hang on what follows
        chain.append(behind)
    while len(chain) < _MOST_FOLDED and chain[-1].head.i > chain[-1].i:
        if not _carries(chain[-1].head, chain[-1], token):
            break
        chain.append(chain[-1].head)
    return chain


def _carries(head: Token, inner: Token, content: Token) -> bool:
    """Whether ``head`` only turns ``inner`` about: denies it, lets it become or go on."""
    if head.norm_ in HOLDERS and inner.dep_ == "compound":
        # 捨てるわけにはいかない, one word to the parser
        return inner.tag_.startswith(("動詞", "形容詞")) and inner.i + 1 == head.i
    if _is_compound(inner, head):
        return True
    suffix = head.lemma_ == "たがる" or (head.lemma_ == "っこ" and denials(head) > 0)
    if suffix and inner.i + 1 == head.i and "連用形" in str(inner.morph):
        # 行きたがらない, 取れっこない
        return True
    # 下がらないんだけど: ない behind a verb denies it, whatever the arc is called
    labels = ("advcl", "obl", "ccomp", "advmod", "dep") if head.norm_ in ABSENT else _INNER
    if inner.dep_ not in labels or not _adjoins(inner, head):
        return False
    if not head.tag_.startswith(("動詞", "形容詞", "助動詞", "名詞")):
        return False
    words = function_words(inner)
    linked = any(word.norm_ in ("て", "で") and word.pos_ == "SCONJ" for word in words)
    if linked:
        if head.norm_ in ABSENT:
            # 治ってない: い is not spoken
            return not inner.tag_.startswith(("形容詞", "形状詞"))
        if head.norm_ in PERMISSIONS:
            return any(word.norm_ == "も" for word in words)
        aspect = (head.norm_ in ASPECTS or head.lemma_ in ASPECTS) and "非自立" in head.tag_
        # 暗くて見にくい: an adjective takes no aspect, and 見にくい is none
        eased = any("形容詞的" in word.tag_ for word in function_words(head))
        return aspect and not eased and not inner.tag_.startswith(("形容詞", "形状詞"))
    if head.norm_ in ABSENT:
        if _swallowed(inner) is not None:
            return True
        return not is_noun(inner) or inner.pos_ in ("ADJ", "VERB") or _has(inner, "cop")
    emphatic = bool(words) and words[-1].norm_ in ("や", "は", "も")
    if emphatic and head.norm_ == "為る" and inner.tag_.startswith("動詞"):
        # 出やしない, 出もしない
        return "連用形" in str(inner.morph)
    if head.norm_ in TURNING or head.norm_ == "有る":
        if _is_nominal(content):
            return head.norm_ == "成る"
        stem = "連用形" in str(inner.morph) or inner.pos_ == "ADJ"
        denied = bool(words) and words[-1].norm_ in ABSENT
        eased = any("形容詞的" in word.tag_ for word in words)
        adjective = inner.tag_.startswith(("形容詞", "形状詞")) or inner.pos_ == "ADJ"
        return (stem and (adjective or eased)) or denied
    return False


def _is_compound(inner: Token, head: Token) -> bool:
    """壊れかける, 食べ終わる, 飲み忘れる."""
    if not inner.tag_.startswith("動詞") or inner.i + 1 != head.i:
        return False
    second = head.tag_ == "動詞-非自立可能" or head.norm_ in MISSING
    return second and "連用形" in str(inner.morph)


def _adjoins(inner: Token, head: Token) -> bool:
    """Nothing but particles and auxiliaries stands between the two."""
    return all(
        word.tag_.startswith(_BETWEEN) or word.dep_ in ("fixed", "aux", "mark")
        for word in inner.doc[inner.i + 1 : head.i]
    )

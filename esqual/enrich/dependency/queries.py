"""A topic as terms: a sentence is parsed, words between blanks are not joined by a parse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from esqual.enrich.dependency.pairs import Swap, asked, spellings
from esqual.enrich.dependency.predicates import Predicate, find_predicates
from esqual.enrich.dependency.words import ARROW, NEGATIVE, is_noun, noun_keys

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["Needs", "ask", "chunks"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a topic asks for.

    ``required``: pair -> its other spellings, one of which the text must say; ``optional``: pairs
    that it may; ``roles``: the same with the role; ``swaps``: said the other way round only, the
    text is no answer.
    """

    required: Mapping[str, tuple[str, ...]]
    optional: tuple[str, ...]
    roles: tuple[str, ...]
    swaps: tuple[Swap, ...]


def chunks(text: str) -> list[str]:
    """Split a topic at blanks, of any width; one chunk is a sentence, several are words."""
    return text.split()


def ask(docs: Sequence[Doc]) -> Needs:
    """Return what the parsed chunks of one topic ask for.

    One chunk is a sentence: all its pairs are asked for. Of several chunks each stands for itself,
    and a parse across the blanks would invent arcs: every noun of one with every predicate of
    another becomes optional. A chunk with a particle is a sentence among words.
    """
    required: dict[str, tuple[str, ...]] = {}
    optional: dict[str, None] = {}
    roles: dict[str, None] = {}
    swaps: dict[Swap, None] = {}
    for doc in docs:
        terms = asked(doc, deeds=len(docs) == 1)
        if len(docs) == 1 or any(token.dep_ == "case" for token in doc):
            required |= terms.pairs
            swaps.update(dict.fromkeys(terms.swaps))
        else:
            optional.update(dict.fromkeys(terms.pairs))
        optional.update((other, None) for spelt in terms.pairs.values() for other in spelt)
        roles.update(dict.fromkeys(terms.roles))
    for place, doc in enumerate(docs):
        nouns = _nouns(doc)
        for other, said in enumerate(docs):
            if other != place:
                for predicate in _predicates(said):
                    optional.update((f"{noun}{ARROW}{predicate}", None) for noun in nouns)
    optional = {pair: None for pair in optional if pair not in required}
    return Needs(required, tuple(optional), tuple(roles), tuple(swaps))


def _nouns(doc: Doc) -> list[str]:
    """Nouns a chunk is about: its last word, when that is one."""
    words = [token for token in doc if token.dep_ not in ("case", "punct", "aux", "mark")]
    if not words or not is_noun(words[-1]):
        return []
    return noun_keys(words[-1], tails=False)


def _predicates(doc: Doc) -> list[str]:
    found = [form for predicate in find_predicates(doc) for form in _write(predicate)]
    if not found:
        # 遅延, 充電: a noun that does as a verb
        found = [token.norm_ for token in doc if token.dep_ == "ROOT" and "サ変可能" in token.tag_]
    return found


def _write(predicate: Predicate) -> list[str]:
    said = predicate.form + (NEGATIVE if predicate.negated else "")
    return [said, *spellings(predicate, said)]

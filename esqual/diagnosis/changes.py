"""Two lists of clauses, held against each other: what the candidate asks otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from esqual.diagnosis.clauses import Clause
from esqual.diagnosis.values import Suspect

__all__ = ["Effect", "QueryChange", "pair_up", "query_changes"]

_STRICT = ("must", "filter", "must_not")
_SCORING = frozenset(
    ["function_score", "script_score", "rescore", "sort", "min_score", "boosting", "constant_score"]
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change can do: let documents in, keep some out, or only order them."""

    narrows: bool = False
    widens: bool = False


@dataclass(frozen=True, slots=True)
class QueryChange:
    """A suspect that is a change of the query, and what such a change can do."""

    suspect: Suspect
    effect: Effect


Pair = tuple[Clause | None, Clause | None]


def pair_up(baseline: Sequence[Clause], candidate: Sequence[Clause]) -> list[Pair]:
    """Clauses that correspond; None on the side that has none. The same ones come first."""
    rest = [list(baseline), list(candidate)]
    pairs: list[Pair] = []
    keys: tuple[Callable[[Clause], object], ...] = (
        lambda c: (c.kind, c.occurrence, c.field, c.text, c.boost, sorted(c.options.items())),
        lambda c: (c.kind, c.occurrence, c.field, c.list_name),
        lambda c: (c.kind, c.field) if c.field else c.kind,
        lambda c: c.field or object(),
        # the same question to another field
        lambda c: (c.kind, c.occurrence) if c.text is not None else object(),
    )
    for key in keys:
        for own in list(rest[0]):
            other = next((c for c in rest[1] if key(c) == key(own)), None)
            if other is not None:
                rest[0].remove(own)
                rest[1].remove(other)
                pairs.append((own, other))
    pairs += [(own, None) for own in rest[0]]
    pairs += [(None, other) for other in rest[1]]
    return pairs


def query_changes(pairs: Sequence[Pair], pair_fields: Sequence[str]) -> list[QueryChange]:
    """Everything that is asked otherwise; ``pair_fields`` are objects with dependency pairs."""
    found: dict[QueryChange, None] = {}
    for own, other in pairs:
        if own is not None and other is not None:
            changes = _changed(own, other)
        else:
            changes = _one_sided(own, other, pair_fields)
        found.update(dict.fromkeys(changes))
    return list(found)


def _one_sided(
    own: Clause | None, other: Clause | None, pair_fields: Sequence[str]
) -> Iterator[QueryChange]:
    clause = own or other
    assert clause is not None  # a pair has a side
    gone = own is not None
    shown = (_shown(clause),)
    sides = (shown, ()) if gone else ((), shown)
    option = next(iter(clause.options), "")
    if clause.kind == "bool":
        # a bool stands in the list only for this option of it
        kind, effect = "minimum_should_match", Effect(narrows=not gone, widens=gone)
        value = (clause.options[option],)
        sides = (value, ()) if gone else ((), value)
    elif clause.kind == "knn":
        kind, effect = (
            ("vector_missing", Effect(narrows=True))
            if gone
            else ("vector_added", Effect(widens=True))
        )
    elif any((clause.field or "").startswith(f"{target}.") for target in pair_fields):
        kind, effect = (
            ("pairs_missing", Effect(narrows=True))
            if gone
            else ("pairs_added", Effect(widens=True))
        )
        if clause.occurrence in _STRICT:
            effect = Effect(narrows=not gone, widens=gone)
    elif clause.kind in _SCORING or clause.occurrence in ("rescore", "body"):
        kind, effect = "scoring", Effect()
    elif clause.occurrence in ("filter", "must_not"):
        kind, effect = (
            ("filter_dropped", Effect(widens=True))
            if gone
            else ("filter_added", Effect(narrows=True))
        )
    else:
        strict = clause.occurrence in _STRICT
        kind = "clause_dropped" if gone else "clause_added"
        effect = Effect(narrows=gone != strict, widens=gone == strict)
    text = clause.text or ""
    yield QueryChange(Suspect(kind, clause.field, text, *sides), effect)


def _changed(own: Clause, other: Clause) -> Iterator[QueryChange]:
    """What two clauses that correspond do otherwise."""
    if own.field != other.field and own.kind != "knn":
        sides = (own.field or "",), (other.field or "",)
        yield QueryChange(Suspect("field_replaced", None, "", *sides), Effect(True, True))
    if own.occurrence != other.occurrence:
        strict = [clause.occurrence in _STRICT for clause in (own, other)]
        sides = (own.occurrence,), (other.occurrence,)
        effect = Effect(narrows=strict[1], widens=strict[0])
        yield QueryChange(Suspect("occurrence", own.field, "", *sides), effect)
    if own.kind != other.kind:
        sides = (own.kind,), (other.kind,)
        yield QueryChange(Suspect("match_type", own.field, "", *sides), Effect(True, True))
    if own.text != other.text:
        texts = (own.text or "",), (other.text or "",)
        yield QueryChange(Suspect("query_text", own.field, "", *texts), Effect(True, True))
    if own.boost != other.boost:
        boosts = (f"{own.boost:g}",), (f"{other.boost:g}",)
        yield QueryChange(Suspect("boost", own.field, "", *boosts), Effect())
    yield from _options(own, other)


def _options(own: Clause, other: Clause) -> Iterator[QueryChange]:
    for name in dict.fromkeys([*own.options, *other.options]):
        values = own.options.get(name), other.options.get(name)
        if values[0] == values[1]:
            continue
        both = tuple(() if value is None else (value,) for value in values)
        if name == "operator":
            if (values[0] or "or").lower() == (values[1] or "or").lower():
                continue
            narrow = (values[1] or "or").lower() == "and"
            sides = ((values[0] or "or",), (values[1] or "or",))
            suspect = Suspect("operator", own.field, "", *sides)
            yield QueryChange(suspect, Effect(narrows=narrow, widens=not narrow))
        elif name == "minimum_should_match":
            suspect = Suspect(name, own.field, "", both[0], both[1])
            yield QueryChange(suspect, Effect(narrows=values[1] is not None, widens=True))
        elif own.kind == "fusion":
            yield QueryChange(Suspect("fusion", None, name, both[0], both[1]), Effect())
        elif own.kind in _SCORING or own.occurrence in ("rescore", "body"):
            yield QueryChange(Suspect("scoring", own.field, name, both[0], both[1]), Effect())
        elif own.occurrence in ("filter", "must_not"):
            suspect = Suspect("filter_changed", own.field, name, both[0], both[1])
            yield QueryChange(suspect, Effect(True, True))
        elif name == "type":
            suspect = Suspect("match_type", own.field, "", both[0], both[1])
            yield QueryChange(suspect, Effect(True, True))
        else:
            suspect = Suspect("option", own.field, name, both[0], both[1])
            yield QueryChange(suspect, Effect(True, True))


def _shown(clause: Clause) -> str:
    if clause.text is not None or clause.kind == "knn":
        return clause.kind
    told = ", ".join(value for value in clause.options.values())
    return f"{clause.kind} {told}".strip()

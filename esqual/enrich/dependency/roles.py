"""The role of a noun beside its predicate, as the particle of the active sentence."""

from __future__ import annotations

from esqual.enrich.dependency.arguments import SUBJECTS, Argument, Clause
from esqual.enrich.dependency.polarity import function_words

__all__ = ["CORE", "NOT_DOER", "OPEN", "roles"]

# who does it, to what, to whom: these can change places
CORE = frozenset(("が", "を", "に"))

# the subject of a passive that names nobody else: 先生が話された may be respect
OPEN = "は"
# the subject, where somebody else is named who does it: 子供が蚊に刺された, 父が息子を走らせた
NOT_DOER = "≠が"

_PASSIVE = ("れる", "られる")
_CAUSATIVE = ("せる", "させる")
_ROLES = frozenset(("が", "を", "に", "へ", "で", "と", "から", "まで", "より", "によって"))
_BY_LABEL = {"nsubj": "が", "obj": "を", "dislocated": "が"}


def roles(argument: Argument, clause: Clause) -> list[str]:
    """The particles that say the role; two where the noun behind a clause may be either.

    Passives are turned: 部下が社長に叱られた gives 部下を and 社長が, as 社長が部下を叱った does.
    Beside the particle of a subject may stand :data:`OPEN` or :data:`NOT_DOER`.
    """
    found = _particles(argument, clause)
    passive = clause.predicate.has_auxiliary(*_PASSIVE)
    if passive and found == ["を"]:
        return [*found, NOT_DOER if _has_other(argument, clause, ("に", "によって")) else OPEN]
    if _receives(clause) and argument.dep in SUBJECTS:
        return [NOT_DOER]
    caused = found == ["が"] and argument.dep in SUBJECTS and not passive
    if caused and clause.predicate.has_auxiliary(*_CAUSATIVE):
        return [NOT_DOER] if _has_other(argument, clause, ("に", "を")) else found
    return found


def _receives(clause: Clause) -> bool:
    """父は母に本を買ってもらった: it is not the father who buys."""
    members = clause.predicate.members
    words = [*members[1:], *(word for member in members for word in function_words(member))]
    return any(word.norm_ in ("貰う", "頂く") for word in words)


def _has_other(argument: Argument, clause: Clause, particles: tuple[str, ...]) -> bool:
    return any(
        other.particle in particles and "副詞可能" not in other.noun.tag_
        for other in clause.arguments
        if other is not argument and other.dep not in SUBJECTS
    )


def _particles(argument: Argument, clause: Clause) -> list[str]:
    present = {a.particle for a in clause.arguments if a.dep != "gap"}
    if argument.dep == "gap":
        return _gap(clause, present)
    role = argument.particle
    if role in ("は", "も", "") or argument.dep in ("nsubj", "dislocated"):
        role = _BY_LABEL.get(argument.dep, role)
    if role not in _ROLES:
        return []
    if clause.predicate.has_auxiliary(*_PASSIVE):
        if role == "が" and "を" not in present:
            return ["を"]
        if role in ("に", "によって") and {"が", "は", "を", "も"} & present:
            return ["が"]
        if role == "に":
            # 先生に褒められた生徒, but also 駅に置かれた自転車
            return ["が", "に"]
    if role == "に" and _receives(clause):
        return ["が", "に"]
    if clause.predicate.has_auxiliary(*_CAUSATIVE):
        if role == "に":
            return ["が"]
        if role == "を" and "に" not in present:
            # 息子を走らせた, but also 薬を飲ませた
            return ["が", "を"]
    return [role]


def _gap(clause: Clause, present: set[str]) -> list[str]:
    predicate = clause.predicate
    if predicate.has_auxiliary(*_PASSIVE):
        return ["を"]
    if predicate.is_adjective or predicate.nominal or "を" in present:
        return ["が"]
    if {"が", "の"} & present:
        return ["を"]
    return ["が", "を"]

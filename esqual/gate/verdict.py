"""What a gate says: one outcome per rule, and one word for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Outcome", "Verdict", "VerdictName", "worst"]

VerdictName = Literal["PASS", "FAIL", "INCONCLUSIVE"]

# from best to worst
_ORDER: tuple[VerdictName, ...] = ("PASS", "INCONCLUSIVE", "FAIL")
_EXIT_CODES = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 4}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule and what came of it, with one sentence of reason.

    ``rule`` is its key in the gate file. ``limit`` is what was asked, ``seen`` the figure that was
    held against it; a rule about a mean has its one-sided ``lower`` and ``upper`` limits too.
    ``p_value`` is that of a FAIL, after Holm's correction over all measures, classes and
    candidates. ``topics_needed``: topics like these that would pass if the true delta were 0;
    ``topics_to_decide``: if it were the one seen. Both with probability 0.8, None where unknown.
    """

    rule: str
    outcome: VerdictName
    reason: str
    limit: float
    seen: float | None = None
    measure: str | None = None
    topic_class: str | None = None
    n_topics: int | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    topics_needed: int | None = None
    topics_to_decide: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """PASS, FAIL or INCONCLUSIVE with one sentence of reason, and the rules behind it."""

    name: VerdictName
    reason: str
    rules: tuple[Outcome, ...] = ()
    allow_inconclusive: bool = False

    @property
    def exit_code(self) -> int:
        """0 PASS, 1 FAIL, 4 INCONCLUSIVE (0 where that is allowed)."""
        if self.name == "INCONCLUSIVE" and self.allow_inconclusive:
            return 0
        return _EXIT_CODES[self.name]

    @classmethod
    def of(cls, rules: tuple[Outcome, ...], *, allow_inconclusive: bool = False) -> Verdict:
        """FAIL where any rule fails, PASS where all pass, else INCONCLUSIVE."""
        name = worst(rule.outcome for rule in rules)
        told = [rule for rule in rules if rule.outcome == name]
        more = f" (and {len(told) - 1} more rules)" if len(told) > 1 else ""
        return cls(name, told[0].reason + more, rules, allow_inconclusive)


def worst(names: Iterable[VerdictName]) -> VerdictName:
    """FAIL before INCONCLUSIVE before PASS. Raises ValueError for none."""
    return max(names, key=_ORDER.index)

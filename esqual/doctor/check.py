"""One finding: what was looked at, how it stands, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["NO", "OK", "WARN", "Check", "Diagnosis"]

OK, WARN, NO = "ok", "warn", "no"


@dataclass(frozen=True, slots=True)
class Check:
    """A finding. ``mark``: "ok"; "warn", it works with less; "no", the engine cannot be used so.

    ``advice`` is what to do; there is some wherever ``mark`` is not "ok".
    """

    name: str
    mark: str
    found: str
    advice: str = ""

    def __post_init__(self) -> None:
        if self.mark not in (OK, WARN, NO):
            raise ValueError(f"unknown mark {self.mark!r}")
        if self.mark != OK and not self.advice:
            raise ValueError(f"{self.name}: {self.mark} without what to do")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings about one engine, in the order in which they were made."""

    engine: str
    product: str | None
    version: str | None
    checks: Sequence[Check]

    @property
    def is_usable(self) -> bool:
        """Whether nothing that is needed is missing."""
        return all(check.mark != NO for check in self.checks)

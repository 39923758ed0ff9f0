"""The gate: a comparison in, a verdict out. A failed gate is a value, not an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from esqual.comparison import Comparison

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """PASS, FAIL or INCONCLUSIVE with one sentence of reason."""

    name: Literal["PASS", "FAIL", "INCONCLUSIVE"]
    reason: str

    @property
    def exit_code(self) -> int:
        """0 PASS, 1 FAIL, 4 INCONCLUSIVE."""
        return {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 4}[self.name]


def judge(
    comparison: Comparison,
    *,
    max_drop: float | None = None,
    min_similarity: float | None = None,
) -> Verdict | None:
    """Judge the mean of the first measure; None when no limit is asked for.

    ``max_drop`` is the largest tolerated fall of the mean (quality), ``min_similarity`` the least
    tolerated mean figure against the baseline's own page (impact). Both limits are inclusive.
    Raises ValueError when a limit does not belong to the comparison's mode.
    """
    first = comparison.measures[0]
    if max_drop is not None:
        if comparison.mode != "quality":
            raise ValueError("max_drop judges quality: it needs judgments")
        change = f"the mean of {first.measure} changed by {first.delta:+.4f}"
        # written so that a value that is not a number fails
        passed = first.delta >= -max_drop
        return Verdict(
            "PASS" if passed else "FAIL",
            f"{change}, {'within' if passed else 'below'} the tolerated fall of {max_drop:g}",
        )
    if min_similarity is not None:
        if comparison.mode != "impact":
            raise ValueError("min_similarity judges impact: it knows no judgments")
        passed = first.candidate >= min_similarity
        return Verdict(
            "PASS" if passed else "FAIL",
            f"the candidate's mean {first.measure} against the baseline's own hits is "
            f"{first.candidate:.4f}, {'at least' if passed else 'below'} {min_similarity:g}",
        )
    return None

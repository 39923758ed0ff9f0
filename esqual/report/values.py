"""What a report file is made of: results, and what they need to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from esqual.comparison.passages import Passages
from esqual.gate import CandidateResult
from esqual.models import Qrels, Topic

__all__ = ["Language", "Report"]

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Report:
    """Finished comparisons of one baseline, in the order of the command line.

    ``made`` is when the report is made, in UTC. ``moved`` topics that lost, and that gained, most
    are shown at most. ``why`` says why the change was tried. ``templates`` has the text of the
    baseline's template under "baseline" and of each candidate's under its tag; empty where it is
    not known.
    """

    results: Sequence[CandidateResult]
    made: datetime
    qrels: Qrels | None = None
    moved: int = 10
    language: Language = "en"
    why: str | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None
    topics: Sequence[Topic] = ()
    passages: Passages | None = None

"""What is kept of one comparison."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from esqual.engine.secret import scrub
from esqual.gate import CandidateResult
from esqual.report.json import render_json

__all__ = ["Entry", "NewEntry", "Origin", "entry_of", "text_digest"]


@dataclass(frozen=True, slots=True)
class Origin:
    """What made the comparisons of one command.

    ``created_at`` is UTC in ISO 8601. ``engine`` is its address, which never has a password. The
    texts: ``topics`` (TSV), ``gate`` (TOML), ``templates`` and ``mappings`` by tag; a mapping may
    be missing where the engine did not tell it. ``parameters``: tag -> those of its template.
    """

    created_at: str
    engine: str
    topics_digest: str
    judgments_digest: str | None
    topics: str
    gate: str | None
    templates: Mapping[str, str]
    mappings: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    git_commit: str | None = None
    git_dirty: bool | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """The rows of one comparison before they have a number.

    ``texts``: digest -> text. ``values``: (measure's place, topic's place, query_id, baseline,
    candidate).
    """

    columns: Mapping[str, Any]
    texts: Mapping[str, str]
    values: Sequence[tuple[int, int, str, float, float]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One comparison as it was kept; ``columns`` are those of the table ``comparison``.

    ``topics_digest`` and ``judgments_digest`` say whether two can be held against each other.
    """

    number: int
    created_at: str
    tag: str
    mode: str
    verdict: str | None
    decision: str | None
    measure: str
    baseline: float
    candidate: float
    low: float | None
    high: float | None
    n_topics: int
    topics_digest: str
    judgments_digest: str | None
    columns: Mapping[str, Any] = field(repr=False)

    @property
    def delta(self) -> float:
        """Candidate minus baseline of the first measure."""
        return self.candidate - self.baseline

    @property
    def series(self) -> tuple[str, str | None, str]:
        """What two entries must share to stand in one trend."""
        return self.topics_digest, self.judgments_digest, self.measure


def text_digest(text: str) -> str:
    """SHA-256 in hex of a text as UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def entry_of(result: CandidateResult, origin: Origin, batch: str) -> NewEntry:
    """The rows of ``result``; ``batch`` is common to all candidates of one command.

    Texts are kept without anything that this process knows to be a secret.
    """
    comparison = result.comparison
    first = comparison.measures[0]
    interval = None if first.statistics is None else first.statistics.confidence_interval
    texts: dict[str, str] = {}

    def keep(text: str | None) -> str | None:
        if text is None:
            return None
        clean = scrub(text)
        digest = text_digest(clean)
        texts[digest] = clean
        return digest

    keep_topics = scrub(origin.topics)
    texts[origin.topics_digest] = keep_topics
    report = json.loads(render_json(comparison, result.verdict, result.decision))
    del report["topics"]
    columns = {
        "batch": batch,
        "created_at": origin.created_at,
        "tag": comparison.tag,
        "mode": comparison.mode,
        "verdict": None if result.verdict is None else result.verdict.name,
        "decision": None if result.decision is None else result.decision.field,
        "measure": str(first.measure),
        "baseline": first.baseline,
        "candidate": first.candidate,
        "low": None if interval is None else interval[0],
        "high": None if interval is None else interval[1],
        "n_topics": len(comparison.topics),
        "engine": scrub(origin.engine),
        "git_commit": origin.git_commit,
        "git_dirty": origin.git_dirty,
        "topics_digest": origin.topics_digest,
        "judgments_digest": origin.judgments_digest,
        "gate_digest": keep(origin.gate),
        "baseline_template_digest": keep(origin.templates.get("baseline")),
        "candidate_template_digest": keep(origin.templates.get(comparison.tag)),
        "baseline_mapping_digest": keep(origin.mappings.get("baseline")),
        "candidate_mapping_digest": keep(origin.mappings.get(comparison.tag)),
        "parameters": scrub(
            json.dumps(
                {
                    arm: dict(origin.parameters.get(tag, {}))
                    for arm, tag in (("baseline", "baseline"), ("candidate", comparison.tag))
                },
                sort_keys=True,
            )
        ),
        # ASCII: no database refuses a character of it
        "report": scrub(json.dumps(report, ensure_ascii=True)),
    }
    values = [
        (measure, place, topic.query_id, topic.baseline[measure], topic.candidate[measure])
        for measure in range(len(comparison.measures))
        for place, topic in enumerate(comparison.topics)
    ]
    return NewEntry(columns, texts, values)

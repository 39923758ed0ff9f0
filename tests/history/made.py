"""Entries with the values one wants, without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from esqual.gate import CandidateResult, judge
from esqual.history import NewEntry, entry_of
from esqual.history.entries import Origin
from tests.gate.made import HIT, LOST, asks, quality

TOPICS_DIGEST, JUDGMENTS_DIGEST = "a" * 64, "b" * 64


def entry(
    lost: Sequence[int] = (),
    *,
    n_topics: int = 6,
    tag: str = "candidate",
    template: str = '{"query": {"match": {"text": "{{query}}"}}}',
    gate: bool = True,
    batch: str = "0" * 32,
    topics_digest: str = TOPICS_DIGEST,
    created_at: str = "2026-11-21T09:00:00.000+00:00",
    engine: str = "lucene:.esqual",
) -> NewEntry:
    """A comparison in which the candidate loses the topics in ``lost``."""
    pairs = [(HIT, LOST if place in lost else HIT) for place in range(n_topics)]
    comparison = quality(pairs, tag=tag)
    origin = Origin(
        created_at=created_at,
        engine=engine,
        topics_digest=topics_digest,
        judgments_digest=JUDGMENTS_DIGEST,
        topics="query_id\ttext\n" + "".join(f"t{i}\t{i}番の胃が痛い\n" for i in range(n_topics)),
        gate="alpha = 0.05\n",
        templates={"baseline": '{"query": {"match_all": {}}}', tag: template},
        mappings={"baseline": "{}", tag: "{}"},
        git_commit="c" * 40,
        git_dirty=False,
    )
    verdict = judge(comparison, asks(0.5)) if gate else None
    return entry_of(CandidateResult(comparison, verdict, None), origin, batch)


def place(tmp_path: Path) -> str:
    return str(tmp_path / "history.sqlite")

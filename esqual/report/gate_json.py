"""Rules, decision and overlap as plain JSON values (docs/formats.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from esqual.comparison import Overlap
from esqual.gate import Decision, Outcome

__all__ = ["decision_json", "overlap_json", "rule_json"]


def rule_json(rule: Outcome) -> dict[str, Any]:
    """One rule of the verdict."""
    answer = asdict(rule)
    answer["class"] = answer.pop("topic_class")
    return answer


def decision_json(decision: Decision) -> dict[str, Any]:
    """The field with its reasons and the size of a live test."""
    live = decision.live_test
    return {
        "field": decision.field,
        "sentence": decision.sentence,
        "large_impact": decision.large_impact,
        "gain": asdict(decision.gain),
        "reasons": list(decision.reasons),
        "judge_first": [{"query_id": q, "doc_id": d} for q, d in decision.judge_first],
        "live_test": {
            **asdict(live.settings),
            "alpha": live.alpha,
            "sessions_per_arm": live.sessions_per_arm,
            "changed_share": live.changed_share,
            "diluted_sessions_per_arm": live.diluted_sessions_per_arm,
        },
    }


def overlap_json(overlap: Overlap) -> dict[str, Any]:
    """Means over all topics, and the largest moves."""
    answer = asdict(overlap)
    baseline, candidate = answer.pop("zero_hits")
    answer["zero_hits"] = {"baseline": baseline, "candidate": candidate}
    answer["moves"] = list(answer["moves"])
    return answer

"""The comparison as JSON: stable keys, full precision, schema 1 (docs/formats.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from esqual.comparison import ClassResult, Comparison, Drift, MeasureResult, TopicResult
from esqual.diagnosis import Diagnosis, TraitClass
from esqual.gate import CandidateResult, Decision, Verdict, overall, ranked
from esqual.report.diagnosis import diagnosis_json
from esqual.report.gate_json import decision_json, overlap_json, rule_json
from esqual.stats import DeltaStatistics

__all__ = ["render_candidates_json", "render_json"]


def render_json(
    comparison: Comparison,
    verdict: Verdict | None,
    decision: Decision | None = None,
    diagnoses: Sequence[Diagnosis] = (),
    traits: Sequence[TraitClass] = (),
) -> str:
    """One JSON object; topic figures are those of the first measure."""
    return _dump(_document(comparison, verdict, decision, diagnoses, traits))


def render_candidates_json(results: Sequence[CandidateResult]) -> str:
    """One candidate as :func:`render_json`; several as a list of such objects, with a ranking."""
    if len(results) == 1:
        row = results[0]
        return render_json(row.comparison, row.verdict, row.decision, row.diagnoses, row.traits)
    verdict = overall(results)
    return _dump(
        {
            "schema": 1,
            "candidates": [
                _document(row.comparison, row.verdict, row.decision, row.diagnoses, row.traits)
                for row in results
            ],
            "ranking": [row.comparison.tag for row in ranked(results)],
            "verdict": None if verdict is None else verdict.name,
            "reason": None if verdict is None else verdict.reason,
        }
    )


def _dump(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)


def _document(
    comparison: Comparison,
    verdict: Verdict | None,
    decision: Decision | None,
    diagnoses: Sequence[Diagnosis],
    traits: Sequence[TraitClass],
) -> dict[str, Any]:
    tied = comparison.tied_pages
    diagnosed = {diagnosis.query_id: diagnosis for diagnosis in diagnoses}
    answer: dict[str, Any] = {
        "schema": 1,
        "mode": comparison.mode,
        "tag": comparison.tag,
        "index": comparison.index,
        "candidate_index": comparison.candidate_index,
        "depth": comparison.depth,
        "n_topics": len(comparison.topics),
        "identical": comparison.identical,
        "measures": [_measure(row) for row in comparison.measures],
        "topics": [_topic(topic, diagnosed.get(topic.query_id)) for topic in comparison.topics],
        "left_out": [
            {"query_id": t.query_id, "text": t.text, "reason": t.reason}
            for t in comparison.left_out
        ],
        "tied_pages": None if tied is None else {"baseline": tied[0], "candidate": tied[1]},
        "enriched": {
            tag: [asdict(field) for field in fields]
            for tag, fields in zip(("baseline", "candidate"), comparison.enriched, strict=True)
        },
        "overlap": None if comparison.overlap is None else overlap_json(comparison.overlap),
        "latency": None if comparison.latency is None else asdict(comparison.latency),
        "drift": None if comparison.drift is None else _drift(comparison.drift),
        "notes": list(comparison.notes),
        "record": dict(comparison.record),
        "verdict": None if verdict is None else verdict.name,
        "reason": None if verdict is None else verdict.reason,
        "rules": [] if verdict is None else [rule_json(rule) for rule in verdict.rules],
        "decision": None if decision is None else decision_json(decision),
    }
    if traits:
        answer["traits"] = [_trait(row) for row in traits]
    return answer


def _trait(row: TraitClass) -> dict[str, Any]:
    interval = row.statistics.confidence_interval
    return {
        "trait": row.trait,
        "value": row.value,
        "n_topics": row.n_topics,
        "baseline": row.baseline,
        "candidate": row.candidate,
        "delta": row.delta,
        "ceiling": row.ceiling,
        "confidence_interval": None if interval is None else list(interval),
        "p_value": row.statistics.p_value,
        "adjusted_p_value": row.adjusted_p_value,
    }


def _measure(row: MeasureResult) -> dict[str, Any]:
    server = row.rank_eval
    answer: dict[str, Any] = {
        "measure": str(row.measure),
        "baseline": row.baseline,
        "candidate": row.candidate,
        "delta": row.delta,
        "wins": row.wins,
        "ties": row.ties,
        "losses": row.losses,
        "rank_eval": None
        if server is None
        else {
            "baseline": server.baseline,
            "candidate": server.candidate,
            "parted_topics": {
                "baseline": list(server.parted_baseline),
                "candidate": list(server.parted_candidate),
            },
        },
        "rank_eval_reason": row.rank_eval_reason,
    }
    if row.statistics is not None:
        answer |= _statistics(row.statistics)
        answer["bounds"] = _bounds(row)
        answer["condensed"] = None if row.condensed is None else asdict(row.condensed)
        answer["classes"] = [_class(each) for each in row.classes]
    return answer


def _drift(drift: Drift) -> dict[str, Any]:
    return {**asdict(drift), "measure": str(drift.measure)}


def _bounds(row: MeasureResult) -> dict[str, Any] | None:
    """What unjudged documents could do to the delta; None for a measure without a bound."""
    bounds = row.bounds
    if bounds is None:
        return None
    return {
        "low": bounds.low,
        "high": bounds.high,
        "method": bounds.method,
        "counted": {"low": bounds.counted_low, "high": bounds.counted_high},
        "top_grade": bounds.top_grade,
        "unretrieved": bounds.unretrieved,
        "unjudged": bounds.unjudged,
    }


def _class(row: ClassResult) -> dict[str, Any]:
    return {
        "class": row.topic_class,
        "n_topics": row.statistics.n_topics,
        **asdict(row.means),
        **_statistics(row.statistics),
        "adjusted_p_value": row.adjusted_p_value,
    }


def _statistics(statistics: DeltaStatistics) -> dict[str, Any]:
    interval = statistics.confidence_interval
    return {
        "n_untied": statistics.n_untied,
        "effective_n": statistics.effective_n,
        "confidence_interval": None if interval is None else list(interval),
        "interval_method": statistics.interval_method,
        "gate_lower": statistics.gate_lower,
        "gate_upper": statistics.gate_upper,
        "gate_method": statistics.gate_method,
        "p_value": statistics.p_value,
        "test": statistics.test,
        "wilcoxon_p_value": statistics.wilcoxon_p_value,
        "effect_size": statistics.effect_size,
        "minimum_detectable_effect": statistics.minimum_detectable_effect,
        "mde_is_reliable": statistics.mde_is_reliable,
        "alpha": statistics.alpha,
        "seed": statistics.seed,
        "reasons": dict(statistics.reasons),
    }


def _topic(topic: TopicResult, diagnosis: Diagnosis | None) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "query_id": topic.query_id,
        "text": topic.text,
        "baseline": topic.baseline[0],
        "candidate": topic.candidate[0],
        "delta": topic.delta(),
        "rbo": topic.rbo,
        "identical": topic.identical,
        "entered": list(topic.entered),
        "left": list(topic.left),
    }
    if topic.judged is not None:
        answer["judged"] = {"baseline": topic.judged[0], "candidate": topic.judged[1]}
    if topic.topic_class is not None:
        answer["class"] = topic.topic_class
    if diagnosis is not None:
        answer["diagnosis"] = diagnosis_json(diagnosis)
    return answer

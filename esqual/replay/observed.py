"""What only the engine could say of a comparison; everything else is counted again.

The fields that are counted again are listed, and all others are kept: a field that is added to a
comparison is kept without a word here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from esqual.comparison import Comparison, MeasureResult, TopicResult
from esqual.comparison.plain import from_plain, hints_of, to_plain

__all__ = ["observed_of", "with_observed"]

_COUNTED = {
    Comparison: {"mode", "depth", "measures", "topics", "left_out", "overlap"},
    MeasureResult: {
        *("measure", "baseline", "candidate", "delta", "wins", "ties", "losses"),
        *("statistics", "condensed", "classes", "bounds"),
    },
    TopicResult: {
        *("query_id", "text", "topic_class", "weight", "baseline", "candidate", "rbo"),
        *("identical", "baseline_ids", "candidate_ids", "entered", "left", "judged"),
    },
}
# what the engine said about figures that rest on these very judgments and topics
_RESTS_ON_JUDGMENTS = {"drift", "rank_eval"}


def observed_of(comparison: Comparison) -> dict[str, Any]:
    """What the engine said, as JSON holds it: of the comparison, its measures and its topics."""
    return {
        "comparison": _kept(comparison),
        "measures": {str(row.measure): _kept(row) for row in comparison.measures},
        "topics": {topic.query_id: kept for topic in comparison.topics if (kept := _kept(topic))},
    }


def with_observed(
    counted: Comparison, observed: Mapping[str, Any], *, changed: bool = False
) -> Comparison:
    """``counted`` with what the engine said.

    ``changed``: topics, judgments or runs are no longer those that the engine saw, so its figures
    about them are left out. Raises ValueError for what does not fit.
    """
    measures, topics = observed["measures"], observed["topics"]
    answer: Comparison = _put(
        replace(
            counted,
            measures=tuple(
                _put(row, measures.get(str(row.measure), {}), changed) for row in counted.measures
            ),
            topics=tuple(_put(t, topics.get(t.query_id, {}), changed) for t in counted.topics),
        ),
        observed["comparison"],
        changed,
    )
    return answer


def _names(kind: type) -> Sequence[str]:
    return [f.name for f in fields(kind) if f.name not in _COUNTED[kind]]


def _kept(value: Any) -> dict[str, Any]:
    return {name: to_plain(getattr(value, name)) for name in _names(type(value))}


def _put(value: Any, kept: Mapping[str, Any], changed: bool) -> Any:
    known = _names(type(value))
    unknown = sorted(set(kept) - set(known))
    if unknown:
        raise ValueError(f"{type(value).__name__} has no {unknown[0]!r} that an engine says")
    kind: type = type(value)
    hints = hints_of(kind)
    return replace(
        value,
        **{
            name: from_plain(hints[name], each)
            for name, each in kept.items()
            if not (changed and name in _RESTS_ON_JUDGMENTS)
        },
    )

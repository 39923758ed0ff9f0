"""Judge a saved comparison again: the arithmetic of today on the lists of then."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from esqual.comparison import Comparison, impact_of, overlap_of, quality_of
from esqual.errors import ConfigError, DataError
from esqual.gate import CandidateResult, Gate, check_gate
from esqual.gate.results import judge_candidates
from esqual.judgments.digests import digest_of_qrels, digest_of_topics
from esqual.measures import DEFAULT_MEASURE
from esqual.models import Qrels, Topic
from esqual.replay.folder import GATE, RECORD, REPORT, Saved, SavedCandidate, versions
from esqual.replay.observed import with_observed
from esqual.report.json import render_candidates_json

__all__ = ["Replayed", "replay"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the files say today.

    ``notes`` say what is not as it was saved. ``difference`` is None where today's report is the
    stored one byte for byte, or where something was replaced; else the first place where they
    part. ``same_versions``: whether the same versions counted both.
    """

    results: tuple[CandidateResult, ...]
    qrels: Qrels | None
    notes: tuple[str, ...]
    difference: str | None
    same_versions: bool


def replay(
    saved: Saved,
    *,
    topics: Sequence[Topic] | None = None,
    qrels: Qrels | None = None,
    gate: Gate | None = None,
) -> Replayed:
    """Judge again; ``topics``, ``qrels`` and ``gate`` take the place of the saved ones.

    Where nothing was replaced or changed the report is held against the stored one. What the
    engine said about figures that rest on other judgments, topics or runs is left out. Raises
    ConfigError for a gate that asks for what the saved lists cannot tell.
    """
    notes = [*_notes(saved, topics, qrels, gate)]
    files_changed = any(name not in (GATE, REPORT) for name in saved.changed)
    test_set_changed = files_changed or _is_other(saved, topics, qrels)
    now_topics = saved.topics if topics is None else topics
    now_qrels = saved.qrels if qrels is None else qrels
    now_gate = saved.gate if gate is None else gate
    _check_known(saved, now_topics)
    check_gate(now_gate, now_topics, judged=now_qrels is not None)
    comparisons = []
    for row in saved.candidates:
        counted = _count(saved, row, now_topics, now_qrels, now_gate)
        try:
            comparison = with_observed(counted, row.observed, changed=test_set_changed)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"does not fit ({error}); it is written by esqual compare-queries --save",
                path=saved.folder / RECORD,
            ) from error
        comparisons.append(replace(comparison, notes=(*comparison.notes, *notes)))
    results = tuple(judge_candidates(comparisons, now_gate, now_qrels))
    difference = None
    if not notes:
        difference = _difference(saved.report, render_candidates_json(results) + "\n")
    return Replayed(results, now_qrels, tuple(notes), difference, saved.versions == versions())


def _notes(
    saved: Saved, topics: Sequence[Topic] | None, qrels: Qrels | None, gate: Gate | None
) -> Iterator[str]:
    for name in saved.changed:
        yield f"{name} is not the file that was saved: judged as it stands now"
    if topics is not None and digest_of_topics(topics) != digest_of_topics(saved.topics):
        yield "judged with other topics than the saved ones"
    if qrels is not None and not _same_qrels(qrels, saved.qrels):
        yield "judged with other judgments than the saved ones"
    if gate is not None and not _same_gate(gate, saved.gate):
        yield "judged by another gate than the saved one"


def _is_other(saved: Saved, topics: Sequence[Topic] | None, qrels: Qrels | None) -> bool:
    if topics is not None and digest_of_topics(topics) != digest_of_topics(saved.topics):
        return True
    return qrels is not None and not _same_qrels(qrels, saved.qrels)


def _same_qrels(one: Qrels, other: Qrels | None) -> bool:
    return other is not None and digest_of_qrels(one) == digest_of_qrels(other)


def _same_gate(one: Gate, other: Gate) -> bool:
    def bare(gate: Gate) -> Gate:
        rows = tuple(replace(row, lines={}) for row in gate.measures)
        return replace(gate, measures=rows, source=None)

    return bare(one) == bare(other)


def _check_known(saved: Saved, topics: Sequence[Topic]) -> None:
    for topic in topics:
        if topic.query_id not in saved.searched:
            raise DataError(
                f"topic {topic.query_id} was not searched, so nothing can be said of it; give "
                "topics of the saved comparison, or compare anew",
                path=saved.folder,
            )


def _count(
    saved: Saved,
    row: SavedCandidate,
    topics: Sequence[Topic],
    qrels: Qrels | None,
    gate: Gate,
) -> Comparison:
    own, other, depth = saved.baseline, row.lists, saved.depth
    if qrels is None:
        rows, results = impact_of(topics, own, other, depth)
        left_out: Any = ()
    else:
        wanted = dict.fromkeys([*saved.measures, *(each.measure for each in gate.measures)])
        measures = list(wanted) or [DEFAULT_MEASURE]
        for measure in measures:
            if measure not in saved.measures and (measure.cutoff or depth) > depth:
                raise ConfigError(
                    f"{gate.source or 'the gate'}: {measure} looks at more than the {depth} hits "
                    "that are saved; compare anew with --depth"
                )
        rows, results, left_out = quality_of(
            topics, qrels, measures, own, other, depth, None, gate.alpha, saved.top_grade
        )
    return Comparison(
        mode="impact" if qrels is None else "quality",
        index="",
        candidate_index="",
        depth=depth,
        measures=rows,
        topics=results,
        left_out=left_out,
        tag=row.tag,
        overlap=overlap_of(topics, own, other, depth),
    )


def _difference(then: str, now: str) -> str | None:
    """The first place where two JSON texts part; None where they are the same bytes."""
    if then == now:
        return None
    try:
        first = next(_parted("", json.loads(then), json.loads(now)), None)
    except ValueError:
        return "the stored report is not JSON"
    return first or "the same values, written otherwise"


def _parted(path: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*then, *now]):
            if key not in then or key not in now:
                yield f"{path}.{key} is {'new' if key in now else 'gone'}".lstrip(".")
            else:
                yield from _parted(f"{path}.{key}", then[key], now[key])
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, (before, after) in enumerate(zip(then, now, strict=True)):
            yield from _parted(f"{path}[{place}]", before, after)
    elif then != now or type(then) is not type(now):
        yield f"{path.lstrip('.')} was {_short(then)}, is {_short(now)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"

"""The comparison as text for a terminal; figures rounded, signs and words carry the meaning."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from esqual.comparison import Comparison, MeasureResult, Overlap, TopicResult
from esqual.comparison.server_side import NO_COUNTERPART, NOT_ASKED, NOT_WANTED
from esqual.diagnosis import Diagnosis, TraitClass, cause_line
from esqual.gate import CandidateResult, Decision, Verdict, overall
from esqual.models import Qrels
from esqual.report.gate_text import iter_decision, iter_verdict, ranking
from esqual.report.table import clip, render_table
from esqual.stats import DeltaStatistics

__all__ = ["render_candidates_text", "render_text"]

_NAMED = 5
_TEXT_COLUMNS = 60


def render_text(
    comparison: Comparison,
    verdict: Verdict | None,
    decision: Decision | None = None,
    *,
    qrels: Qrels | None = None,
    moved: int = 10,
    diagnoses: Sequence[Diagnosis] = (),
    traits: Sequence[TraitClass] = (),
) -> str:
    """A summary, the topics that moved most with their documents, the decision and the verdict.

    At most ``moved`` topics that lost and as many that gained are shown, with the cause where
    ``diagnoses`` has one.
    """
    parts = [_heading(comparison), _measures(comparison)]
    sureness = [
        line
        for row in comparison.measures
        if row.statistics is not None
        for line in (
            *_sureness(str(row.measure), row.statistics),
            *_condensed(row),
            *_unjudged(row),
        )
    ]
    if sureness:
        parts.append("\n".join(sureness))
    parts += [_classes(row) for row in comparison.measures if row.classes]
    if traits:
        parts.append(_traits(comparison, traits))
    parts.append("\n".join(_facts(comparison)))
    for heading, topics in (
        ("topics that lost most", comparison.lost_most(moved)),
        ("topics that gained most", comparison.gained_most(moved)),
    ):
        if topics:
            parts.append("\n".join([heading, *_movers(topics, qrels, diagnoses)]))
    if decision is not None:
        parts.append("\n".join(iter_decision(decision)))
    if verdict is not None:
        parts.append("\n".join(iter_verdict(verdict)))
    return "\n\n".join(parts)


def render_candidates_text(
    results: Sequence[CandidateResult], *, qrels: Qrels | None = None, moved: int = 10
) -> str:
    """One candidate as :func:`render_text`; several one after the other, then a table of all."""
    texts = [
        render_text(
            row.comparison,
            row.verdict,
            row.decision,
            qrels=qrels,
            moved=moved,
            diagnoses=row.diagnoses,
            traits=row.traits,
        )
        for row in results
    ]
    if len(results) == 1:
        return texts[0]
    parts = [f"=== {row.comparison.tag}\n{text}" for row, text in zip(results, texts, strict=True)]
    parts.append(f"=== all candidates, best first\n{ranking(results)}")
    verdict = overall(results)
    if verdict is not None:
        parts.append(f"{verdict.name}: {verdict.reason}")
    return "\n\n".join(parts)


def _classes(row: MeasureResult) -> str:
    header = ["class", "topics", "baseline", "candidate", "delta", "interval", "p (Holm)"]
    rows = []
    for each in row.classes:
        interval = each.statistics.confidence_interval
        rows.append(
            [
                clip(each.topic_class, _TEXT_COLUMNS),
                str(each.statistics.n_topics),
                f"{each.means.baseline:.4f}",
                f"{each.means.candidate:.4f}",
                f"{each.means.delta:+.4f}",
                "none" if interval is None else f"{interval[0]:+.4f} to {interval[1]:+.4f}",
                "none" if each.adjusted_p_value is None else f"{each.adjusted_p_value:.2g}",
            ]
        )
    return f"{row.measure} by class\n{render_table(header, rows, ' >>>>>>')}"


def _traits(comparison: Comparison, traits: Sequence[TraitClass]) -> str:
    header = ["topics with", "", "topics", "baseline", "candidate", "delta", "p (Holm)", "ceiling"]
    rows = [
        [
            clip(row.trait, _TEXT_COLUMNS),
            clip(row.value, _TEXT_COLUMNS),
            str(row.n_topics),
            f"{row.baseline:.4f}",
            f"{row.candidate:.4f}",
            f"{row.delta:+.4f}",
            "none" if row.adjusted_p_value is None else f"{row.adjusted_p_value:.2g}",
            f"{row.ceiling:+.4f}",
        ]
        for row in traits
    ]
    text = (
        f"{comparison.measures[0].measure} by kind of topic; ceiling: what the candidate's mean "
        f"would gain if all of them were perfect\n{render_table(header, rows, '  >>>>>>')}"
    )
    large = [row for row in traits if row.n_topics >= _NAMED]
    if not large:
        return text
    most = max(large, key=lambda row: row.ceiling / row.n_topics)
    return (
        f"{text}\nmost is to be won per topic where {most.trait} is {most.value}: "
        f"{most.ceiling:+.4f} over {most.n_topics} topics"
    )


def _heading(comparison: Comparison) -> str:
    where = comparison.index
    if comparison.candidate_index != comparison.index:
        where = f"{comparison.index} against {comparison.candidate_index}"
    what = {
        "impact": "impact: the candidate against the baseline's own top hits (no judgments)",
        "quality": "quality: both arms against the judgments",
    }[comparison.mode]
    return f"{what}\n{where}, {len(comparison.topics)} topics, top {comparison.depth} compared"


def _measures(comparison: Comparison) -> str:
    header = ["measure", "baseline", "candidate", "delta", "wins", "ties", "losses", "_rank_eval"]
    rows = [
        [
            str(row.measure),
            f"{row.baseline:.4f}",
            f"{row.candidate:.4f}",
            f"{row.delta:+.4f}",
            str(row.wins),
            str(row.ties),
            str(row.losses),
            _server(row),
        ]
        for row in comparison.measures
    ]
    return render_table(header, rows, " >>>>>> ")


def _server(row: MeasureResult) -> str:
    if row.rank_eval is None:
        if row.rank_eval_reason in (None, NO_COUNTERPART):
            return "no counterpart"
        return "not asked" if row.rank_eval_reason in (NOT_ASKED, NOT_WANTED) else "none"
    if row.rank_eval.baseline is None:
        return f"{row.rank_eval.candidate:.4f}"
    return f"{row.rank_eval.baseline:.4f} → {row.rank_eval.candidate:.4f}"


def _sureness(measure: str, statistics: DeltaStatistics) -> Iterator[str]:
    """How sure the delta is, and what these topics could have seen."""
    interval = statistics.confidence_interval
    if interval is None:
        yield f"{measure}: no interval: {statistics.reason('confidence_interval')}"
    else:
        level = f"{100 * (1 - statistics.alpha):g} %"
        yield (
            f"{measure}: {level} interval of the delta {interval[0]:+.4f} to {interval[1]:+.4f} "
            f"({statistics.interval_method})"
        )
    if statistics.p_value is None:
        yield f"  no test: {statistics.reason('p_value')}"
    else:
        yield f"  p = {statistics.p_value:.2g} ({statistics.test})"
    effect = statistics.minimum_detectable_effect
    if effect is not None:
        rough = "" if statistics.mde_is_reliable else " (a rough figure: few topics)"
        yield (
            f"  with these {statistics.n_topics} topics you can see a change of at least "
            f"{effect:.4f}{rough}"
        )


def _condensed(row: MeasureResult) -> Iterator[str]:
    """The twin over judged hits alone."""
    if row.condensed is not None:
        twin = row.condensed
        yield (
            f"  over judged hits alone: {twin.baseline:.4f} → {twin.candidate:.4f} "
            f"({twin.delta:+.4f})"
        )


def _unjudged(row: MeasureResult) -> Iterator[str]:
    """What the documents that nobody judged could do to the delta."""
    bounds = row.bounds
    if bounds is None:
        from esqual.comparison.unjudged import no_bound  # numpy waits until it is needed

        yield f"  unjudged documents: no bound: {no_bound(row.measure)}"
        return
    yield (
        f"  judging the {bounds.unjudged} unjudged documents could move the delta to anything from "
        f"{bounds.low:+.4f} to {bounds.high:+.4f} ({bounds.method} bounds, grades 0 to "
        f"{bounds.top_grade})"
    )
    alone = bounds.counted_low, bounds.counted_high
    if alone != (bounds.low, bounds.high):
        yield (
            f"    of the counted topics alone: {alone[0]:+.4f} to {alone[1]:+.4f}; the rest is "
            "topics left out that a relevant document would bring in"
        )


def _facts(comparison: Comparison) -> Iterator[str]:
    topics = comparison.topics
    same = sum(topic.identical for topic in topics)
    if comparison.identical:
        yield f"the rankings are identical for all {len(topics)} topics"
    else:
        rbo = math.fsum(topic.rbo for topic in topics) / len(topics)
        yield f"rankings identical for {same} of {len(topics)} topics; mean RBO {rbo:.4f}"
    if comparison.overlap is not None:
        yield from _overlap(comparison.overlap)
    judged = [topic.judged for topic in topics if topic.judged is not None]
    if judged:
        means = [math.fsum(pair[arm] for pair in judged) / len(judged) for arm in (0, 1)]
        yield (
            f"judged share of the top hits: baseline {means[0]:.2f}, candidate {means[1]:.2f} "
            "(unjudged documents count as not relevant)"
        )
    weights = [topic.weight for topic in topics]
    if len(set(weights)) > 1:
        effective = math.fsum(weights) ** 2 / math.fsum(w * w for w in weights)
        yield (
            f"the means are weighted by the topics' weights: as sure as {effective:.1f} topics of "
            "equal weight"
        )
    if comparison.latency is not None:
        seen = comparison.latency
        yield (
            f"one search, p50 / p95 in ms: baseline {seen.baseline_p50_ms:.1f} / "
            f"{seen.baseline_p95_ms:.1f}, candidate {seen.candidate_p50_ms:.1f} / "
            f"{seen.candidate_p95_ms:.1f} (wall time here, {seen.searches} searches an arm; only "
            "indicative)"
        )
        if seen.difference_low_ms is not None and seen.difference_high_ms is not None:
            yield (
                f"  candidate minus baseline, search by search: median "
                f"{seen.difference_p50_ms:+.1f} ms, 95 % interval {seen.difference_low_ms:+.1f} to "
                f"{seen.difference_high_ms:+.1f}"
            )
    if comparison.drift is not None:
        drift = comparison.drift
        yield (
            f"with {drift.other} instead of {drift.search_type} the page is another for "
            f"{drift.changed_baseline} (baseline) and {drift.changed_candidate} (candidate) of "
            f"{drift.n_topics} topics; {drift.measure} {drift.baseline:.4f} → "
            f"{drift.candidate:.4f}, its delta moves by {drift.delta_change:+.4f}"
        )
    if comparison.tied_pages is not None and any(comparison.tied_pages):
        yield (
            "pages that end inside equal scores, where the engine's tie rule decides: "
            f"baseline {comparison.tied_pages[0]}, candidate {comparison.tied_pages[1]}"
        )
    for reason in ("no relevant document", "no judgment"):
        names = [topic.query_id for topic in comparison.left_out if topic.reason == reason]
        if names:
            yield f"left out of the means, {reason}: {_named(names)}"
    for row in comparison.measures:
        if row.rank_eval is None:
            if row is comparison.measures[0] and _server(row) == "none":
                yield f"no figure of _rank_eval for {row.measure}: {row.rank_eval_reason}"
            continue
        parted = {**dict.fromkeys(row.rank_eval.parted_baseline)}
        parted.update(dict.fromkeys(row.rank_eval.parted_candidate))
        if parted:
            yield (
                f"_rank_eval parts from {row.measure} where fewer hits than k came back: "
                f"{_named(list(parted))}"
            )
    yield from comparison.notes


def _overlap(overlap: Overlap) -> Iterator[str]:
    if overlap.identical_share < 1:
        taus = [
            f"{name} {value:.4f}"
            for name, value in (("tau-b", overlap.kendall_tau), ("tau-AP", overlap.tau_ap))
            if value is not None
        ]
        figures = [
            f"Jaccard@{overlap.depth} {overlap.jaccard:.4f}",
            f"RBO {overlap.rbo:.4f}",
            *taus,
            f"normalised DCG against the baseline's page {overlap.similarity:.4f}",
        ]
        yield (
            f"overlap over all {overlap.n_topics} topics: {overlap.identical_share:.1%} identical, "
            f"{', '.join(figures)}"
        )
        shown = [
            f"{m.query_id} {m.doc_id} {m.from_rank or 'not there'} → {m.to_rank or 'not there'}"
            for m in overlap.moves[:3]
        ]
        yield f"largest moves: {', '.join(shown)}"
    if any(overlap.zero_hits):
        own, other = overlap.zero_hits
        yield f"topics without a hit: baseline {own}, candidate {other}"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} ({shown}{rest})"


def _movers(
    topics: Sequence[TopicResult], qrels: Qrels | None, diagnoses: Sequence[Diagnosis]
) -> Iterator[str]:
    causes = {row.query_id: cause_line(row) for row in diagnoses}
    for topic in topics:
        text = clip(topic.text, _TEXT_COLUMNS)
        yield f"  {topic.delta():+.4f}  {topic.query_id}  {text}  (RBO {topic.rbo:.2f})"
        if topic.query_id in causes:
            yield f"           why: {causes[topic.query_id]}"
        judgments = None if qrels is None else qrels.get(topic.query_id, {})
        for word, doc_ids, page in (
            ("came", topic.entered, topic.candidate_ids),
            ("went", topic.left, topic.baseline_ids),
        ):
            if doc_ids:
                shown = [_document(doc_id, page, judgments) for doc_id in doc_ids[:_NAMED]]
                more = f", … {len(doc_ids) - _NAMED} more" if len(doc_ids) > _NAMED else ""
                yield f"           {word} {', '.join(shown)}{more}"
        if not topic.entered and not topic.left:
            yield "           same documents in another order"


def _document(doc_id: str, page: Sequence[str], judgments: Mapping[str, int] | None) -> str:
    rank = page.index(doc_id) + 1
    if judgments is None:
        return f"{doc_id} (rank {rank})"
    relevance = judgments.get(doc_id)
    return f"{doc_id} (rank {rank}, {'unjudged' if relevance is None else f'rel {relevance}'})"

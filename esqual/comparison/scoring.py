"""From two sets of ranked lists to a comparison: pure arithmetic, no engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from esqual.comparison.values import (
    ClassResult,
    DeltaBounds,
    LeftOut,
    Means,
    MeasureResult,
    RankEvalFigures,
    TopicResult,
)
from esqual.errors import EngineError, JudgmentsError
from esqual.measures import Measure, join, parse_measure
from esqual.measures.graded import DCG, NDCG
from esqual.measures.overlap import is_identical, rbo
from esqual.models import Qrels, Topic
from esqual.stats import TIE_EPSILON, DeltaStatistics, describe_deltas, holm

__all__ = [
    "Lists",
    "ServerFigures",
    "delta_support",
    "impact_measure",
    "impact_of",
    "quality_of",
    "split_topics",
]

# query_id -> document ids in rank order
Lists = Mapping[str, Sequence[str]]
# query_id -> the server's figure for one measure
ServerFigures = Mapping[str, float]

# The server adds the same terms in another order.
_SERVER_EPSILON = 1e-9


def impact_measure(depth: int) -> Measure:
    """The measure of impact: normalised DCG at ``depth`` with gain 2^r - 1, all ratings 1."""
    return parse_measure(f"nDCG(dcg='exp-log2')@{depth}")


def impact_of(
    topics: Sequence[Topic],
    baseline: Lists,
    candidate: Lists,
    depth: int,
    server: ServerFigures | None = None,
) -> tuple[tuple[MeasureResult, ...], tuple[TopicResult, ...]]:
    """How much the candidate changes the baseline's pages, with the baseline as the reference.

    The baseline's top ``depth`` documents have rating 1; a topic's figure is the candidate's
    normalised DCG against them, 1.0 when it kept exactly those documents *in any order*, 0 when
    it kept none. Two empty pages are 1.0, one empty page is 0.
    """
    measure = impact_measure(depth)

    def figures(topic: Topic) -> tuple[float, float]:
        reference, page = baseline[topic.query_id], candidate[topic.query_id]
        if not reference and not page:
            return 1.0, 1.0
        return 1.0, measure.value(page, dict.fromkeys(reference[:depth], 1))

    results = []
    for topic in topics:
        own, other = figures(topic)
        results.append(_topic_result(topic, (own,), (other,), baseline, candidate, depth))
    rank_eval = None
    if server is not None:
        empty = {t.query_id for t in topics if not baseline[t.query_id]}

        def by_rule(query_id: str, rule: Measure) -> float:
            return rule.value(candidate[query_id], dict.fromkeys(baseline[query_id][:depth], 1))

        parted = _parted(measure, results, 1, candidate, server, by_rule, skip=empty)
        mean = _mean([server[r.query_id] for r in results], results)
        rank_eval = RankEvalFigures(None, mean, (), parted)
    return (_measure_result(measure, 0, results, rank_eval),), tuple(results)


def quality_of(
    topics: Sequence[Topic],
    qrels: Qrels,
    measures: Sequence[Measure],
    baseline: Lists,
    candidate: Lists,
    depth: int,
    server: Sequence[tuple[ServerFigures, ServerFigures] | None] | None = None,
    alpha: float = 0.05,
    top_grade: int | None = None,
) -> tuple[tuple[MeasureResult, ...], tuple[TopicResult, ...], tuple[LeftOut, ...]]:
    """Score both arms against the judgments: per topic, then the means.

    ``server`` holds, per measure, the server's figures of both arms or None where the API has no
    counterpart. ``alpha`` is that of intervals, tests and limits, two-sided. ``top_grade`` is the
    top of the judgment scale, for the bounds of what is unjudged; by default the highest
    judgment. Topics without a relevant document, or without any judgment, cannot move: they are
    left out of the means and named. Raises JudgmentsError when no topic is left.
    """
    counted, left_out = split_topics(topics, qrels)
    judged = parse_measure(f"Judged@{measures[0].cutoff or depth}")
    twins = [measure.condensed() for measure in measures]
    results = []
    condensed: list[tuple[list[float], list[float]]] = [([], []) for _ in measures]
    for topic in counted:
        # each page is looked up once for all measures
        own, other = (
            join(lists[topic.query_id], qrels[topic.query_id]) for lists in (baseline, candidate)
        )
        results.append(
            _topic_result(
                topic,
                tuple(measure.of(own) for measure in measures),
                tuple(measure.of(other) for measure in measures),
                baseline,
                candidate,
                depth,
                (judged.of(own), judged.of(other)),
            )
        )
        for twin, (before, after) in zip(twins, condensed, strict=True):
            if twin is not None:
                before.append(twin.of(own))
                after.append(twin.of(other))
    bounds = _bounds(measures, counted, topics, qrels, baseline, candidate, depth, top_grade)
    rows = []
    for place, measure in enumerate(measures):
        figures = None if server is None else server[place]
        rank_eval = None
        if figures is not None:
            rank_eval = _rank_eval_figures(
                place, measure, results, qrels, baseline, candidate, figures
            )
        row = _measure_result(measure, place, results, rank_eval)
        rows.append(
            replace(
                row,
                statistics=_statistics(measure, place, results, alpha),
                condensed=_means(*condensed[place], results) if twins[place] else None,
                classes=_classes(measure, place, results, alpha),
                bounds=bounds[place],
            )
        )
    return tuple(rows), tuple(results), left_out


def _bounds(
    measures: Sequence[Measure],
    counted: Sequence[Topic],
    topics: Sequence[Topic],
    qrels: Qrels,
    baseline: Lists,
    candidate: Lists,
    depth: int,
    top_grade: int | None,
) -> list[DeltaBounds | None]:
    """What unjudged documents could do, per measure; topics that are left out may come in."""
    # numpy waits until something is counted
    from esqual.comparison.unjudged import Pages, PageTable, measure_bounds

    if top_grade is None:
        top_grade = max(max(judgments.values(), default=0) for judgments in qrels.values())
    names = {topic.query_id for topic in counted}
    ordered = [*counted, *(topic for topic in topics if topic.query_id not in names)]
    pages = [
        Pages(
            topic.query_id,
            baseline[topic.query_id][:depth],
            candidate[topic.query_id][:depth],
            qrels.get(topic.query_id, {}),
        )
        for topic in ordered
    ]
    table = PageTable.of(pages, top_grade)
    weights = [topic.weight for topic in ordered]
    return [measure_bounds(measure, table, weights, len(counted)) for measure in measures]


def split_topics(topics: Sequence[Topic], qrels: Qrels) -> tuple[list[Topic], tuple[LeftOut, ...]]:
    """Topics that can be scored, and those that cannot with the reason."""
    counted, left_out = [], []
    for topic in topics:
        judgments = qrels.get(topic.query_id)
        if not judgments:
            left_out.append(LeftOut(topic.query_id, topic.text, "no judgment"))
        elif max(judgments.values()) < 1:
            left_out.append(LeftOut(topic.query_id, topic.text, "no relevant document"))
        else:
            counted.append(topic)
    if not counted:
        raise JudgmentsError(
            f"none of the {len(topics)} topics has a relevant document in the judgments; check "
            "that the topic ids of both files are the same"
        )
    return counted, tuple(left_out)


def _topic_result(
    topic: Topic,
    own: tuple[float, ...],
    other: tuple[float, ...],
    baseline: Lists,
    candidate: Lists,
    depth: int,
    judged: tuple[float, float] | None = None,
) -> TopicResult:
    before = tuple(baseline[topic.query_id][:depth])
    after = tuple(candidate[topic.query_id][:depth])
    kept = set(before) & set(after)
    return TopicResult(
        query_id=topic.query_id,
        text=topic.text,
        topic_class=topic.topic_class,
        weight=topic.weight,
        baseline=own,
        candidate=other,
        rbo=rbo(before, after),
        identical=is_identical(before, after),
        baseline_ids=before,
        candidate_ids=after,
        entered=tuple(doc_id for doc_id in after if doc_id not in kept),
        left=tuple(doc_id for doc_id in before if doc_id not in kept),
        judged=judged,
    )


def _measure_result(
    measure: Measure,
    place: int,
    results: Sequence[TopicResult],
    rank_eval: RankEvalFigures | None,
) -> MeasureResult:
    means = _place_means(place, results)
    deltas = [result.delta(place) for result in results]
    wins = sum(delta > TIE_EPSILON for delta in deltas)
    losses = sum(delta < -TIE_EPSILON for delta in deltas)
    return MeasureResult(
        measure=measure,
        baseline=means.baseline,
        candidate=means.candidate,
        delta=means.delta,
        wins=wins,
        ties=len(deltas) - wins - losses,
        losses=losses,
        rank_eval=rank_eval,
    )


def _place_means(place: int, results: Sequence[TopicResult]) -> Means:
    before = [result.baseline[place] for result in results]
    after = [result.candidate[place] for result in results]
    return _means(before, after, results)


def _means(
    before: Sequence[float], after: Sequence[float], results: Sequence[TopicResult]
) -> Means:
    # the mean of the deltas, so that identical arms give exactly 0
    deltas = [b - a for a, b in zip(before, after, strict=True)]
    return Means(_mean(before, results), _mean(after, results), _mean(deltas, results))


def delta_support(measure: Measure) -> tuple[float, float] | None:
    """The bounds of one topic's delta; None for a measure without bounds."""
    # every other measure lies between 0 and 1
    unbounded = isinstance(measure, DCG) and not isinstance(measure, NDCG)
    return None if unbounded else (-1.0, 1.0)


def _statistics(
    measure: Measure, place: int, results: Sequence[TopicResult], alpha: float
) -> DeltaStatistics:
    weights = [result.weight for result in results]
    return describe_deltas(
        [result.delta(place) for result in results],
        None if len(set(weights)) == 1 else weights,
        alpha=alpha,
        support=delta_support(measure),
    )


def _classes(
    measure: Measure, place: int, results: Sequence[TopicResult], alpha: float
) -> tuple[ClassResult, ...]:
    """Every class on its own; p-values corrected for how many classes were looked at."""
    members: dict[str, list[TopicResult]] = {}
    for result in results:
        if result.topic_class is not None:
            members.setdefault(result.topic_class, []).append(result)
    if len(members) < 2 and all(result.topic_class is not None for result in results):
        return ()
    rows = [
        (name, _place_means(place, of), _statistics(measure, place, of, alpha))
        for name, of in sorted(members.items())
    ]
    tested = [name for name, _, seen in rows if seen.p_value is not None]
    p_values = [seen.p_value for _, _, seen in rows if seen.p_value is not None]
    adjusted = dict(zip(tested, holm(p_values), strict=True))
    return tuple(ClassResult(name, means, seen, adjusted.get(name)) for name, means, seen in rows)


def _mean(values: Sequence[float], results: Sequence[TopicResult]) -> float:
    weights = [result.weight for result in results]
    total = math.fsum(weight * value for weight, value in zip(weights, values, strict=True))
    mean = total / math.fsum(weights)
    if not math.isfinite(mean):
        raise EngineError(f"a mean over {len(values)} topics is {mean}: no verdict can rest on it")
    return mean


def _rank_eval_figures(
    place: int,
    measure: Measure,
    results: Sequence[TopicResult],
    qrels: Qrels,
    baseline: Lists,
    candidate: Lists,
    figures: tuple[ServerFigures, ServerFigures],
) -> RankEvalFigures:
    parted = []
    for arm, lists in enumerate((baseline, candidate)):

        def by_rule(query_id: str, rule: Measure, lists: Lists = lists) -> float:
            return rule.value(lists[query_id], qrels[query_id])

        parted.append(_parted(measure, results, arm, lists, figures[arm], by_rule, place=place))
    means = [_mean([server[r.query_id] for r in results], results) for server in figures]
    return RankEvalFigures(means[0], means[1], parted[0], parted[1])


def _parted(
    measure: Measure,
    results: Sequence[TopicResult],
    arm: int,
    lists: Lists,
    server: ServerFigures,
    by_rule: Callable[[str, Measure], float],
    *,
    place: int = 0,
    skip: frozenset[str] | set[str] = frozenset(),
) -> tuple[str, ...]:
    """Topics where the server's figure is not ours. Raises when its known rule does not say why.

    The released server's rule: what is cut at k in our definition is cut at the hits returned.
    """
    parted = []
    for result in results:
        ours = (result.baseline, result.candidate)[arm][place]
        theirs = server[result.query_id]
        if result.query_id in skip or abs(theirs - ours) <= _SERVER_EPSILON:
            continue
        returned = len(lists[result.query_id])
        if measure.cutoff is not None:
            returned = min(returned, measure.cutoff)
        known = by_rule(result.query_id, replace(measure, cutoff=returned)) if returned else 0.0
        if abs(theirs - known) > _SERVER_EPSILON:
            raise EngineError(
                f"topic {result.query_id}: the engine's {measure} is {theirs!r}, from the same "
                f"hits it is {ours!r} here, and no known rule of the API explains it; the index "
                "may have changed during the run: run it again"
            )
        parted.append(result.query_id)
    return tuple(parted)

"""A comparison against an engine: bodies checked, all arms run, nothing changed meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import esqual
from esqual.comparison.arms import Arm, ArmRun, is_fused
from esqual.comparison.drift import drift_of, other_pages, why_not
from esqual.comparison.indices import check_judged, check_same_corpus
from esqual.comparison.latency import latencies_of
from esqual.comparison.overlap import overlap_of
from esqual.comparison.preparing import Prepared, opened, prepare
from esqual.comparison.run_options import DEFAULT_RUN, SEARCH_TYPES, RunOptions
from esqual.comparison.running import Outcome, Pages, Runner, Target
from esqual.comparison.scoring import split_topics
from esqual.comparison.values import Comparison, Drift, Latency
from esqual.enrich.cache import Cache
from esqual.measures import Measure
from esqual.models import Qrels, Topic

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["compare_candidates", "compare_queries", "depth_of"]

# A measure without a cutoff, and impact's page, need a depth: the offline practice uses 20.
DEFAULT_DEPTH = 20


def compare_queries(
    client: Elasticsearch,
    topics: Sequence[Topic],
    baseline: Arm,
    candidate: Arm,
    *,
    qrels: Qrels | None = None,
    measures: Sequence[Measure] = (),
    depth: int | None = None,
    stable_order: str | None = None,
    allow_different_corpora: bool = False,
    on_progress: Callable[[int], None] | None = None,
    cache: Cache | None = None,
    run: RunOptions = DEFAULT_RUN,
) -> tuple[Comparison, ArmRun, ArmRun]:
    """Run both arms over ``topics`` and compare them: impact without ``qrels``, quality with.

    ``depth`` is how many hits per topic are fetched and compared (default: the deepest cutoff of
    ``measures``, or 20). ``stable_order`` adds a sort by score and that field to both arms.
    ``on_progress`` hears how many searches came back; ``cache`` keeps what the topics were enriched
    to; ``run`` says on what terms the engine is searched. The comparison is void, and an
    EsqualError raised, when a template or body is refused, any topic fails or is answered in part,
    the index changes during the run, the corpora differ, or no judged document is in the index.
    """
    comparisons, runs = compare_candidates(
        client,
        topics,
        baseline,
        [candidate],
        qrels=qrels,
        measures=measures,
        depth=depth,
        stable_order=stable_order,
        allow_different_corpora=allow_different_corpora,
        on_progress=on_progress,
        cache=cache,
        run=run,
    )
    return comparisons[0], runs[0], runs[1]


def compare_candidates(
    client: Elasticsearch,
    topics: Sequence[Topic],
    baseline: Arm,
    candidates: Sequence[Arm],
    *,
    qrels: Qrels | None = None,
    measures: Sequence[Measure] = (),
    alpha: float = 0.05,
    top_grade: int | None = None,
    depth: int | None = None,
    stable_order: str | None = None,
    allow_different_corpora: bool = False,
    timed: bool = False,
    on_progress: Callable[[int], None] | None = None,
    cache: Cache | None = None,
    run: RunOptions = DEFAULT_RUN,
) -> tuple[list[Comparison], list[ArmRun]]:
    """Each candidate against the baseline, which runs once; see :func:`compare_queries`.

    ``alpha``, two-sided, is that of intervals, tests and limits. ``top_grade`` is the top of the
    judgment scale, which unjudged documents may reach; by default the highest judgment. ``timed``
    times single searches after the comparison, so that each has its ``latency``. Returns the
    comparisons in the order of ``candidates``, and the runs of all arms, baseline first.
    """
    depth = depth or depth_of(measures)
    arms = [baseline, *candidates]
    prepared = prepare(client, arms, topics, stable_order, depth, run, cache)
    ask = run.sending(client).patience.ask
    shared = []
    if stable_order is not None:
        shared.append(
            f"equal scores are ordered by {stable_order}: production orders them by index order"
        )
    if not allow_different_corpora:
        for index in dict.fromkeys(arm.index for arm in candidates):
            if index != baseline.index:
                ask(partial(check_same_corpus, client, baseline.index, index))
    if qrels is not None:
        split_topics(topics, qrels)  # refuses before the first search

    with opened(client, prepared, run) as targets, _collector_paused():
        if qrels is not None:
            shared += ask(partial(check_judged, client, [a.index for a in arms], topics, qrels))
        runner = Runner(client, targets, topics, depth, run.rank_eval, on_progress)
        if qrels is None:
            outcomes = runner.impact()
        else:
            outcomes = runner.quality(qrels, measures, alpha, top_grade)
        tied = runner.tied()
        drifts, drift_note = _drifts(client, targets, runner, outcomes, qrels, run.drift)
        timings: list[Latency | None] = [None for _ in candidates]
        if timed:
            timings[:] = latencies_of(client, targets, depth)
    shared += [*drift_note, *_terms(targets, run)]
    version = ask(lambda: client.info().body["version"])
    comparisons = [
        Comparison(
            mode="impact" if qrels is None else "quality",
            index=baseline.index,
            candidate_index=candidate.index,
            depth=depth,
            measures=rows,
            topics=results,
            left_out=left_out,
            tied_pages=None if tied is None else (tied[0], tied[place]),
            notes=(
                *prepared[0].notes,
                *prepared[place].notes,
                *_fused_note(prepared[0], prepared[place]),
                *shared,
            ),
            record=_record(version, baseline, candidate, run),
            tag=candidate.tag,
            enriched=(prepared[0].enriched, prepared[place].enriched),
            overlap=overlap_of(
                topics,
                _ids(runner.pages[0]),
                _ids(runner.pages[place]),
                depth,
                runner.overlaps[place],
            ),
            latency=timings[place - 1],
            drift=drifts[place - 1],
        )
        for place, (candidate, (rows, results, left_out)) in enumerate(
            zip(candidates, outcomes, strict=True), start=1
        )
    ]
    return comparisons, [
        ArmRun(row.arm, pages, row.bodies)
        for row, pages in zip(prepared, runner.pages, strict=True)
    ]


def depth_of(measures: Sequence[Measure]) -> int:
    """Hits that are compared where nobody says: the deepest cutoff, or 20."""
    return max((m.cutoff or DEFAULT_DEPTH for m in measures), default=DEFAULT_DEPTH)


def _drifts(
    client: Elasticsearch,
    targets: Sequence[Target],
    runner: Runner,
    outcomes: Sequence[Outcome],
    qrels: Qrels | None,
    wanted: bool | None,
) -> tuple[list[Drift | None], list[str]]:
    """Per candidate what the other search type shows, and a note where that cannot be had."""
    nothing: list[Drift | None] = [None for _ in outcomes]
    if wanted is None:
        wanted = any(target.state.n_shards > 1 for target in targets)
    if not wanted:
        return nothing, []
    ask = targets[0].sending.patience.ask
    refused = ask(partial(why_not, client, targets))
    if refused is not None:
        return nothing, [f"the drift between the search types is not measured: {refused}"]
    other = other_pages(client, targets, runner.depth, runner.on_progress)
    drifts: list[Drift | None] = []
    for place, (rows, results, _) in enumerate(outcomes, start=1):
        pages = runner.pages[0], runner.pages[place]
        both = other[0], other[place]
        drifts.append(drift_of(targets[place], pages, both, rows[0], results, qrels))
    return drifts, []


def _terms(targets: Sequence[Target], run: RunOptions) -> Iterator[str]:
    """What else the reader must know of how the arms were searched."""
    if run.pit:
        yield "searched on a point in time: the index may have changed since"
        return
    for index, why in {t.arm.index: t.state.unseen for t in targets}.items():
        if why is not None:
            yield f"the sequence numbers of {index} are not checked: {why}"


def _fused_note(own: Prepared, other: Prepared) -> Iterator[str]:
    fused = [row.arm.tag for row in (own, other) if is_fused(row.bodies)]
    if fused:
        yield f"{' and '.join(fused)} fused on this side: _rank_eval has no figure for that"


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Leave cycles alone while the arms run: there are next to none.

    The Java bridge has Python collect everything whenever Java collects, and that took as long as
    all searches together.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _ids(pages: Pages) -> dict[str, tuple[str, ...]]:
    return {query_id: page.doc_ids for query_id, page in pages.items()}


def _record(
    version: Mapping[str, str], baseline: Arm, candidate: Arm, run: RunOptions
) -> dict[str, str]:
    return {
        "esqual": esqual.__version__,
        "engine": str(version["number"]),
        "lucene": str(version.get("lucene_version", "")),
        "search_type": run.search_type or SEARCH_TYPES[0],
        **({"point_in_time": "true"} if run.pit else {}),
        "baseline_template": str(baseline.template.path),
        "baseline_template_sha256": baseline.template.digest,
        "candidate_template": str(candidate.template.path),
        "candidate_template_sha256": candidate.template.digest,
    }

"""A comparison against an engine: bodies checked, both arms run, nothing changed meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import esqual
from esqual.comparison.arms import Arm, ArmRun, dry_run, is_fused, search_bodies
from esqual.comparison.indices import (
    IndexState,
    check_judged,
    check_same_corpus,
    homes_of,
    state_of,
)
from esqual.comparison.latency import latencies_of
from esqual.comparison.overlap import overlap_of
from esqual.comparison.scoring import (
    ServerFigures,
    impact_measure,
    impact_of,
    quality_of,
    split_topics,
)
from esqual.comparison.values import Comparison, Latency
from esqual.enrich.cache import Cache
from esqual.errors import EngineError
from esqual.fusion import FusedQuery
from esqual.indexing import enrich_topics
from esqual.measures import Measure
from esqual.models import Qrels, Topic
from esqual.rank_eval import Evaluation, Rating, TopicRequest, evaluate, iter_tied_pages
from esqual.search import Body, Page, search_pages

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["compare_candidates", "compare_queries"]

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
) -> tuple[Comparison, ArmRun, ArmRun]:
    """Run both arms over ``topics`` and compare them: impact without ``qrels``, quality with.

    ``depth`` is how many hits per topic are fetched and compared (default: the deepest cutoff of
    ``measures``, or 20). ``stable_order`` adds a sort by score and that field to both arms.
    ``on_progress`` hears how many searches came back; ``cache`` keeps what the topics were enriched
    to. The comparison is void, and an EsqualError
    raised, when a template or body is refused, any topic fails, the index changes during the
    run, the corpora differ, or no judged document is in the index.
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
) -> tuple[list[Comparison], list[ArmRun]]:
    """Each candidate against the baseline, which runs once; see :func:`compare_queries`.

    ``alpha``, two-sided, is that of intervals, tests and limits. ``top_grade`` is the top of the
    judgment scale, which unjudged documents may reach; by default the highest judgment. ``timed``
    times single searches after the comparison, so that each has its ``latency``. Returns the
    comparisons in the order of ``candidates``, and the runs of all arms, baseline first.
    """
    depth = depth or max((m.cutoff or DEFAULT_DEPTH for m in measures), default=DEFAULT_DEPTH)
    arms = [baseline, *candidates]
    bodies, notes, enriched = [], [], []
    for arm in arms:
        made = enrich_topics(
            client, arm.index, arm.template, topics, arm.enrichments, arm.parameters, cache
        )
        arm_bodies, arm_notes = search_bodies(arm, topics, stable_order, depth, made)
        bodies.append(arm_bodies)
        enriched.append(made.fields)
        notes.append([f"{arm.tag}: {note}" for note in [*arm_notes, *made.notes()]])
        dry_run(client, arm, arm_bodies)
    shared = []
    if stable_order is not None:
        shared.append(
            f"equal scores are ordered by {stable_order}: production orders them by index order"
        )
    before = [state_of(client, arm.index) for arm in arms]
    if not allow_different_corpora:
        for index in dict.fromkeys(arm.index for arm in candidates):
            if index != baseline.index:
                check_same_corpus(client, baseline.index, index)

    run = _Runner(client, arms, topics, bodies, before, depth, on_progress)
    with _collector_paused():
        if qrels is None:
            outcomes, pages, tied = run.impact()
        else:
            shared += check_judged(client, [arm.index for arm in arms], topics, qrels)
            outcomes, pages, tied = run.quality(qrels, measures, alpha, top_grade)
        timings: list[Latency | None] = [None for _ in candidates]
        if timed:
            timings[:] = latencies_of(client, [arm.index for arm in arms], bodies, depth)
    _check_unchanged(arms, before, [state_of(client, arm.index) for arm in arms])
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
            notes=(*notes[0], *notes[place], *_fused_note(arms, bodies, place), *shared),
            record=_record(client, baseline, candidate),
            tag=candidate.tag,
            enriched=(enriched[0], enriched[place]),
            overlap=overlap_of(topics, _ids(pages[0]), _ids(pages[place]), depth),
            latency=timings[place - 1],
        )
        for place, (candidate, (rows, results, left_out)) in enumerate(
            zip(candidates, outcomes, strict=True), start=1
        )
    ]
    return comparisons, [ArmRun(arm, page) for arm, page in zip(arms, pages, strict=True)]


def _fused_note(
    arms: Sequence[Arm], bodies: Sequence[Mapping[str, Body]], place: int
) -> Iterator[str]:
    fused = [arms[at].tag for at in (0, place) if is_fused(bodies[at])]
    if fused:
        yield f"{' and '.join(fused)} fused on this side: _rank_eval has no figure for that"


def _check_unchanged(
    arms: Sequence[Arm], before: Sequence[IndexState], after: Sequence[IndexState]
) -> None:
    for arm, then, now in zip(arms, before, after, strict=True):
        if then != now:
            raise EngineError(
                f"the index {arm.index} changed during the comparison ({then.documents} documents "
                f"before, {now.documents} after): the arms did not see the same documents; run it "
                "again when nothing writes"
            )


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


# per candidate (rows, topics, left out); per arm its pages and how many of them end in a tie
_Outcome = tuple[list[Any], list[Mapping[str, Page]], list[int] | None]


class _Runner:
    """The searches of one comparison: which `_rank_eval` calls, with which ratings."""

    def __init__(
        self,
        client: Elasticsearch,
        arms: Sequence[Arm],
        topics: Sequence[Topic],
        bodies: Sequence[Mapping[str, Body]],
        states: Sequence[IndexState],
        depth: int,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self.client = client
        self.arms = arms
        self.topics = topics
        self.bodies = bodies
        self.states = states
        self.depth = depth
        self.on_progress = on_progress

    def impact(self) -> _Outcome:
        # One hit more than compared tells for free whether the page ends inside a tie.
        deeper = self._deeper(0)
        reference = {query_id: page.top(self.depth) for query_id, page in deeper.items()}
        metric = impact_measure(self.depth).rank_eval_metric(max_relevance=1)
        relevances = {q: dict.fromkeys(page.doc_ids, 1) for q, page in reference.items()}
        pages: list[Mapping[str, Page]] = [reference]
        known_ties = {0: _ends_in_tie(deeper, self.depth)}
        outcomes: list[Any] = []
        for place in range(1, len(self.arms)):
            ratings = self._ratings(place, relevances)
            figures: ServerFigures | None = None
            if is_fused(self.bodies[place]):
                self._add_page(place, pages, known_ties)
            else:
                evaluation = self._evaluate(place, ratings, metric or {})
                pages.append(evaluation.pages)
                figures = evaluation.figures
            rows, results = impact_of(
                self.topics, _ids(reference), _ids(pages[place]), self.depth, figures
            )
            outcomes.append((rows, results, ()))
        return outcomes, pages, self._tied(pages, known_ties)

    def quality(
        self, qrels: Qrels, measures: Sequence[Measure], alpha: float, top_grade: int | None
    ) -> _Outcome:
        split_topics(self.topics, qrels)  # refuses before the first search
        highest = max(max(q.values(), default=0) for q in qrels.values())
        metrics = [m.rank_eval_metric(max_relevance=highest) for m in measures]
        pages: list[Mapping[str, Page]] = []
        known_ties: dict[int, int] = {}
        server: list[list[ServerFigures | None]] = [[] for _ in self.arms]
        for place in range(len(self.arms)):
            ratings = self._ratings(place, qrels)
            deepest: Evaluation | None = None
            for measure, metric in zip(measures, metrics, strict=True):
                if metric is None or is_fused(self.bodies[place]):
                    server[place].append(None)
                    continue
                evaluation = self._evaluate(place, ratings, metric)
                server[place].append(evaluation.figures)
                if (measure.cutoff or 0) == self.depth:
                    deepest = evaluation
            if deepest is None:
                self._add_page(place, pages, known_ties)
            else:
                pages.append(deepest.pages)
        outcomes = []
        for place in range(1, len(self.arms)):
            both = [
                None if own is None or other is None else (own, other)
                for own, other in zip(server[0], server[place], strict=True)
            ]
            outcomes.append(
                quality_of(
                    self.topics,
                    qrels,
                    measures,
                    _ids(pages[0]),
                    _ids(pages[place]),
                    self.depth,
                    both,
                    alpha,
                    top_grade,
                )
            )
        return outcomes, pages, self._tied(pages, known_ties)

    def _deeper(self, place: int) -> Mapping[str, Page]:
        """Pages of one hit more than compared, as the API gives them or fused here."""
        size, bodies = self.depth + 1, self.bodies[place]
        if not is_fused(bodies):
            return self._evaluate(place, {}, {"dcg": {"k": size}}).pages
        index = self.arms[place].index
        return search_pages(self.client, index, bodies, size, on_progress=self.on_progress)

    def _add_page(
        self, place: int, pages: list[Mapping[str, Page]], known_ties: dict[int, int]
    ) -> None:
        deeper = self._deeper(place)
        known_ties[place] = _ends_in_tie(deeper, self.depth)
        pages.append({q: page.top(self.depth) for q, page in deeper.items()})

    def _evaluate(
        self, place: int, ratings: Mapping[str, Sequence[Rating]], metric: Mapping[str, Any]
    ) -> Evaluation:
        requests = self._requests(place, ratings)
        index = self.arms[place].index
        return evaluate(self.client, index, requests, metric, on_progress=self.on_progress)

    def _requests(self, place: int, ratings: Mapping[str, Sequence[Rating]]) -> list[TopicRequest]:
        return [
            TopicRequest(t.query_id, body, ratings.get(t.query_id, ()))
            for t in self.topics
            if not isinstance(body := self.bodies[place][t.query_id], FusedQuery)
        ]

    def _ratings(self, place: int, qrels: Qrels) -> dict[str, list[Rating]]:
        """Join relevances, kept by document id, to the concrete index that holds each now."""
        wanted = {t.query_id: qrels.get(t.query_id, {}) for t in self.topics}
        names = self.states[place].names
        if len(names) == 1:
            home: Mapping[str, str] = {}
        else:
            doc_ids = sorted({doc_id for judged in wanted.values() for doc_id in judged})
            home = homes_of(self.client, self.arms[place].index, doc_ids)
        # a judged document that no index holds still belongs to the ideal list
        return {
            query_id: [
                Rating(home.get(doc_id, names[0]), doc_id, relevance)
                for doc_id, relevance in judged.items()
            ]
            for query_id, judged in wanted.items()
        }

    def _tied(
        self, pages: Sequence[Mapping[str, Page]], known: Mapping[int, int]
    ) -> list[int] | None:
        if any(not isinstance(b, FusedQuery) and "sort" in b for b in self.bodies[0].values()):
            return None
        counts = []
        for place in range(len(self.arms)):
            if place in known:
                counts.append(known[place])
                continue
            full = [
                request
                for request in self._requests(place, {})
                if len(pages[place][request.query_id].doc_ids) == self.depth
            ]
            tied = iter_tied_pages(self.client, self.arms[place].index, full, pages[place])
            counts.append(sum(1 for _ in tied))
        return counts


def _ids(pages: Mapping[str, Page]) -> dict[str, tuple[str, ...]]:
    return {query_id: page.doc_ids for query_id, page in pages.items()}


def _ends_in_tie(deeper: Mapping[str, Page], depth: int) -> int:
    return sum(
        len(page.scores) > depth and page.scores[depth] == page.scores[depth - 1]
        for page in deeper.values()
    )


def _record(client: Elasticsearch, baseline: Arm, candidate: Arm) -> dict[str, str]:
    version = client.info().body["version"]
    return {
        "esqual": esqual.__version__,
        "engine": str(version["number"]),
        "lucene": str(version.get("lucene_version", "")),
        "baseline_template": str(baseline.template.path),
        "baseline_template_sha256": baseline.template.digest,
        "candidate_template": str(candidate.template.path),
        "candidate_template_sha256": candidate.template.digest,
    }

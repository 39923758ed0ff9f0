"""The searches of one comparison: the pages of every arm, then the server's own figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from esqual.comparison.arms import Arm
from esqual.comparison.indices import check_page, homes_of
from esqual.comparison.overlap import TopicOverlap, topic_overlap
from esqual.comparison.scoring import impact_measure, impact_of, quality_of
from esqual.comparison.server_side import (
    NOT_ASKED,
    NOT_WANTED,
    ServerSide,
    Told,
    size_matters,
)
from esqual.comparison.state import IndexState
from esqual.comparison.values import LeftOut, MeasureResult, TopicResult
from esqual.fusion import FusedQuery
from esqual.measures import Measure
from esqual.models import Qrels, Topic
from esqual.rank_eval import Rating, TopicRequest, iter_tied_pages
from esqual.search import Body, Page, Sending, search_pages

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.comparison.run_options import RankEval

__all__ = ["Outcome", "Runner", "Target"]

Pages = Mapping[str, Page]
#: means, topics and left-out topics of one candidate
Outcome = tuple[tuple[MeasureResult, ...], tuple[TopicResult, ...], tuple[LeftOut, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """One arm, what its topics ask, what its index was before, and how it is searched."""

    arm: Arm
    bodies: Mapping[str, Body]
    state: IndexState
    sending: Sending


class Runner:
    """Runs the arms of one comparison; the pages are fetched once, when it is made."""

    def __init__(
        self,
        client: Elasticsearch,
        targets: Sequence[Target],
        topics: Sequence[Topic],
        depth: int,
        rank_eval: RankEval,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self.client = client
        self.targets = targets
        self.topics = topics
        self.depth = depth
        self.rank_eval = rank_eval
        self.on_progress = on_progress
        self._server = [ServerSide(client, target.sending, on_progress) for target in targets]
        self.pages: list[Pages] = []
        self.overlaps: list[dict[str, TopicOverlap]] = []
        self._known_ties: list[int | None] = []
        for target in targets:
            self._fetch(target)

    def _fetch(self, target: Target) -> None:
        """The pages of the next arm, and how many end inside a tie where that is seen for free.

        Each is compared with the baseline's as it arrives, while the engine is at the others.
        """
        overlaps: dict[str, TopicOverlap] = {}

        def look_at(query_id: str, page: Page) -> None:
            check_page(page, target.arm.index)
            if self.pages:
                before = self.pages[0][query_id].doc_ids
                overlaps[query_id] = topic_overlap(before, page.doc_ids, self.depth)

        exact = any(size_matters(body) for body in target.bodies.values())
        # one hit more than compared tells whether the page ends inside equal scores
        size = self.depth if exact else self.depth + 1
        found = search_pages(
            self.client,
            target.arm.index,
            target.bodies,
            size,
            sending=target.sending,
            on_progress=self.on_progress,
            on_page=look_at,
        )
        self.overlaps.append(overlaps)
        self._known_ties.append(None if exact else _ends_in_tie(found, self.depth))
        self.pages.append({q: page.top(self.depth) for q, page in found.items()})

    def impact(self) -> list[Outcome]:
        """Each candidate against the baseline's own pages."""
        metric = impact_measure(self.depth).rank_eval_metric(max_relevance=1)
        relevances = {q: dict.fromkeys(page.doc_ids, 1) for q, page in self.pages[0].items()}
        outcomes: list[Outcome] = []
        for place in range(1, len(self.targets)):
            told = self._told(place, 0, metric, relevances)
            rows, results = impact_of(
                self.topics, _ids(self.pages[0]), _ids(self.pages[place]), self.depth, told.figures
            )
            rows = tuple(replace(row, rank_eval_reason=told.reason) for row in rows)
            outcomes.append((rows, results, ()))
        return outcomes

    def quality(
        self, qrels: Qrels, measures: Sequence[Measure], alpha: float, top_grade: int | None
    ) -> list[Outcome]:
        """All arms against the judgments."""
        highest = max(max(q.values(), default=0) for q in qrels.values())
        metrics = [m.rank_eval_metric(max_relevance=highest) for m in measures]
        told = [
            [self._told(place, number, metric, qrels) for number, metric in enumerate(metrics)]
            for place in range(len(self.targets))
        ]
        outcomes = []
        for place in range(1, len(self.targets)):
            both = [
                None
                if own.figures is None or other.figures is None
                else (own.figures, other.figures)
                for own, other in zip(told[0], told[place], strict=True)
            ]
            rows, results, left_out = quality_of(
                self.topics,
                qrels,
                measures,
                _ids(self.pages[0]),
                _ids(self.pages[place]),
                self.depth,
                both,
                alpha,
                top_grade,
            )
            rows = tuple(
                replace(row, rank_eval_reason=own.reason or other.reason)
                for row, own, other in zip(rows, told[0], told[place], strict=True)
            )
            outcomes.append((rows, results, left_out))
        return outcomes

    def _told(
        self, place: int, number: int, metric: Mapping[str, Any] | None, qrels: Qrels
    ) -> Told:
        """The server's figures of one arm for the measure at ``number``."""
        if self.rank_eval == "none":
            return Told(None, NOT_WANTED)
        if number and self.rank_eval == "first" and metric is not None:
            return Told(None, NOT_ASKED)
        target = self.targets[place]
        return self._server[place].tell(
            target.arm.index,
            target.state,
            target.bodies,
            lambda: self._ratings(place, qrels),
            metric,
            self.pages[place],
        )

    def _ratings(self, place: int, qrels: Qrels) -> dict[str, list[Rating]]:
        """Join relevances, kept by document id, to the concrete index that holds each now."""
        wanted = {t.query_id: qrels.get(t.query_id, {}) for t in self.topics}
        target = self.targets[place]
        names = target.state.names
        home: Mapping[str, str] = {}
        if len(names) > 1:
            doc_ids = sorted({doc_id for judged in wanted.values() for doc_id in judged})
            home = target.sending.patience.ask(
                lambda: homes_of(self.client, target.arm.index, doc_ids)
            )
        # a judged document that no index holds still belongs to the ideal list
        return {
            query_id: [
                Rating(home.get(doc_id, names[0]), doc_id, relevance)
                for doc_id, relevance in judged.items()
            ]
            for query_id, judged in wanted.items()
        }

    def tied(self) -> list[int] | None:
        """Per arm, the topics whose page ends inside equal scores; None under a foreign sort."""
        bodies = self.targets[0].bodies.values()
        if any(not isinstance(body, FusedQuery) and "sort" in body for body in bodies):
            return None
        counts = []
        for target, pages, known in zip(self.targets, self.pages, self._known_ties, strict=True):
            if known is not None:
                counts.append(known)
                continue
            full = [
                TopicRequest(query_id, body)
                for query_id, body in target.bodies.items()
                if not isinstance(body, FusedQuery) and len(pages[query_id].doc_ids) == self.depth
            ]
            tied = iter_tied_pages(
                self.client, target.arm.index, full, pages, sending=target.sending
            )
            counts.append(sum(1 for _ in tied))
        return counts


def _ids(pages: Pages) -> dict[str, tuple[str, ...]]:
    return {query_id: page.doc_ids for query_id, page in pages.items()}


def _ends_in_tie(deeper: Pages, depth: int) -> int:
    return sum(
        len(page.scores) > depth
        and page.scores[depth] is not None
        and page.scores[depth] == page.scores[depth - 1]
        for page in deeper.values()
    )

"""A comparison against an engine: bodies checked, both arms run, nothing changed meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

import esqual
from esqual.comparison.scoring import (
    Lists,
    ServerFigures,
    impact_measure,
    impact_of,
    quality_of,
    split_topics,
)
from esqual.comparison.values import Comparison
from esqual.errors import ConfigError, EngineError, JudgmentsError, TopicMismatchError
from esqual.measures import Measure
from esqual.models import Qrels, Topic
from esqual.rank_eval import Evaluation, Page, Rating, TopicRequest, evaluate, iter_tied_pages
from esqual.templates import QueryTemplate

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Arm", "ArmRun", "compare_queries"]

# A measure without a cutoff, and impact's page, need a depth: the offline practice uses 20.
DEFAULT_DEPTH = 20

# Parts of a production body that do not touch the ranking and that _rank_eval refuses.
_BESIDE_THE_RANKING = ("aggregations", "aggs", "explain", "highlight", "profile", "suggest")
# Parts that let a search stop early: a partial answer cannot be judged.
_STOPS_EARLY = ("terminate_after", "timeout")

_IDS_PER_SEARCH = 1_000


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a comparison: a template against an index. ``tag`` names it in runs."""

    tag: str
    index: str
    template: QueryTemplate
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What one arm returned: pages of every topic, in topic order."""

    arm: Arm
    pages: Mapping[str, Page]

    @property
    def doc_ids(self) -> Lists:
        """query_id -> document ids in rank order."""
        return {query_id: page.doc_ids for query_id, page in self.pages.items()}


@dataclass(frozen=True, slots=True)
class _IndexState:
    """What must not change between the first and the last search."""

    uuids: Mapping[str, str]
    documents: int

    @property
    def names(self) -> list[str]:
        return sorted(self.uuids)


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
) -> tuple[Comparison, ArmRun, ArmRun]:
    """Run both arms over ``topics`` and compare them: impact without ``qrels``, quality with.

    ``depth`` is how many hits per topic are fetched and compared (default: the deepest cutoff of
    ``measures``, or 20). ``stable_order`` adds a sort by score and that field to both arms.
    ``on_progress`` hears how many searches came back. The comparison is void, and an EsqualError
    raised, when a template or body is refused, any topic fails, the index changes during the
    run, the corpora differ, or no judged document is in the index.
    """
    depth = depth or max((m.cutoff or DEFAULT_DEPTH for m in measures), default=DEFAULT_DEPTH)
    bodies, notes = [], []
    for arm in (baseline, candidate):
        arm_bodies, dropped = _bodies(arm, topics, stable_order)
        bodies.append(arm_bodies)
        notes += [f"{arm.tag}: {part} left out, it does not touch the ranking" for part in dropped]
        _dry_run(client, arm, arm_bodies)
    if stable_order is not None:
        notes.append(
            f"equal scores are ordered by {stable_order}: production orders them by index order"
        )
    before = [_state(client, arm.index) for arm in (baseline, candidate)]
    if candidate.index != baseline.index and not allow_different_corpora:
        _check_same_corpus(client, baseline.index, candidate.index)

    run = _Runner(client, (baseline, candidate), topics, bodies, before, depth, on_progress)
    if qrels is None:
        rows, results, pages, tied = run.impact()
        left_out: tuple[Any, ...] = ()
    else:
        missing = _check_judged(client, (baseline, candidate), topics, qrels)
        notes += missing
        rows, results, left_out, pages, tied = run.quality(qrels, measures)
    after = [_state(client, arm.index) for arm in (baseline, candidate)]
    if after != before:
        raise EngineError(
            f"the index {baseline.index} changed during the comparison "
            f"({before[0].documents} documents before, {after[0].documents} after"
            + ("" if candidate.index == baseline.index else f"; or {candidate.index}")
            + "): the two arms did not see the same documents; run it again when nothing writes"
        )
    comparison = Comparison(
        mode="impact" if qrels is None else "quality",
        index=baseline.index,
        candidate_index=candidate.index,
        depth=depth,
        measures=rows,
        topics=results,
        left_out=left_out,
        tied_pages=tied,
        notes=tuple(notes),
        record=_record(client, baseline, candidate),
    )
    return comparison, ArmRun(baseline, pages[0]), ArmRun(candidate, pages[1])


class _Runner:
    """The searches of one comparison: which `_rank_eval` calls, with which ratings."""

    def __init__(
        self,
        client: Elasticsearch,
        arms: tuple[Arm, Arm],
        topics: Sequence[Topic],
        bodies: Sequence[Mapping[str, Mapping[str, Any]]],
        states: Sequence[_IndexState],
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

    def impact(self) -> tuple[Any, Any, list[Mapping[str, Page]], tuple[int, int] | None]:
        # One hit more than compared tells for free whether the page ends inside a tie.
        deeper = self._evaluate(0, {}, {"dcg": {"k": self.depth + 1}}).pages
        reference = {query_id: page.top(self.depth) for query_id, page in deeper.items()}
        metric = impact_measure(self.depth).rank_eval_metric(max_relevance=1)
        relevances = {q: dict.fromkeys(page.doc_ids, 1) for q, page in reference.items()}
        ratings = self._ratings(1, relevances)
        evaluation = self._evaluate(1, ratings, metric or {})
        pages: list[Mapping[str, Page]] = [reference, evaluation.pages]
        rows, results = impact_of(
            self.topics, _ids(reference), _ids(evaluation.pages), self.depth, evaluation.figures
        )
        tied = self._tied(pages, {0: _ends_in_tie(deeper, self.depth)})
        return rows, results, pages, tied

    def quality(
        self, qrels: Qrels, measures: Sequence[Measure]
    ) -> tuple[Any, Any, Any, list[Mapping[str, Page]], tuple[int, int] | None]:
        split_topics(self.topics, qrels)  # refuses before the first search
        top_grade = max(max(q.values(), default=0) for q in qrels.values())
        metrics = [m.rank_eval_metric(max_relevance=top_grade) for m in measures]
        pages: list[Mapping[str, Page]] = []
        known_ties: dict[int, int] = {}
        server: list[list[ServerFigures | None]] = [[], []]
        for place in (0, 1):
            ratings = self._ratings(place, qrels)
            deepest: Evaluation | None = None
            for measure, metric in zip(measures, metrics, strict=True):
                if metric is None:
                    server[place].append(None)
                    continue
                evaluation = self._evaluate(place, ratings, metric)
                server[place].append(evaluation.figures)
                if (measure.cutoff or 0) == self.depth:
                    deepest = evaluation
            if deepest is None:
                deeper = self._evaluate(place, {}, {"dcg": {"k": self.depth + 1}}).pages
                known_ties[place] = _ends_in_tie(deeper, self.depth)
                pages.append({q: page.top(self.depth) for q, page in deeper.items()})
            else:
                pages.append(deepest.pages)
        both = [
            None if own is None or other is None else (own, other)
            for own, other in zip(*server, strict=True)
        ]
        rows, results, left_out = quality_of(
            self.topics, qrels, measures, _ids(pages[0]), _ids(pages[1]), self.depth, both
        )
        return rows, results, left_out, pages, self._tied(pages, known_ties)

    def _evaluate(
        self, place: int, ratings: Mapping[str, Sequence[Rating]], metric: Mapping[str, Any]
    ) -> Evaluation:
        requests = self._requests(place, ratings)
        index = self.arms[place].index
        return evaluate(self.client, index, requests, metric, on_progress=self.on_progress)

    def _requests(self, place: int, ratings: Mapping[str, Sequence[Rating]]) -> list[TopicRequest]:
        return [
            TopicRequest(t.query_id, self.bodies[place][t.query_id], ratings.get(t.query_id, ()))
            for t in self.topics
        ]

    def _ratings(self, place: int, qrels: Qrels) -> dict[str, list[Rating]]:
        """Join relevances, kept by document id, to the concrete index that holds each now."""
        wanted = {t.query_id: qrels.get(t.query_id, {}) for t in self.topics}
        names = self.states[place].names
        if len(names) == 1:
            home: Mapping[str, str] = {}
        else:
            doc_ids = sorted({doc_id for judged in wanted.values() for doc_id in judged})
            home = _homes(self.client, self.arms[place].index, doc_ids)
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
    ) -> tuple[int, int] | None:
        if any("sort" in body for body in self.bodies[0].values()):
            return None
        counts = []
        for place in (0, 1):
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
        return counts[0], counts[1]


def _ids(pages: Mapping[str, Page]) -> dict[str, tuple[str, ...]]:
    return {query_id: page.doc_ids for query_id, page in pages.items()}


def _ends_in_tie(deeper: Mapping[str, Page], depth: int) -> int:
    return sum(
        len(page.scores) > depth and page.scores[depth] == page.scores[depth - 1]
        for page in deeper.values()
    )


def _bodies(
    arm: Arm, topics: Iterable[Topic], stable_order: str | None
) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Render every topic before the first search; return bodies and the parts left out."""
    bodies: dict[str, Mapping[str, Any]] = {}
    dropped: set[str] = set()
    for topic in topics:
        body = dict(arm.template.body(topic, arm.parameters))
        for part in _BESIDE_THE_RANKING:
            if part in body:
                del body[part]
                dropped.add(part)
        for part in _STOPS_EARLY:
            if part in body:
                raise ConfigError(
                    f"{arm.template.path}: [{part}] may end a search early, and a partial answer "
                    "cannot be judged; take it out of the template that is compared"
                )
        if body.get("from"):
            raise ConfigError(
                f"{arm.template.path}: [from] is {body['from']}: measures count from the first "
                "hit; take it out of the template that is compared"
            )
        body.pop("from", None)
        body.pop("size", None)  # _rank_eval sets it to k
        if stable_order is not None:
            if "sort" in body:
                raise ConfigError(
                    f"{arm.template.path}: has a [sort] of its own; --stable-order would replace it"
                )
            body["sort"] = [{"_score": "desc"}, {stable_order: "asc"}]
            body["track_scores"] = True
        bodies[topic.query_id] = body
    return bodies, sorted(dropped)


def _dry_run(client: Elasticsearch, arm: Arm, bodies: Mapping[str, Mapping[str, Any]]) -> None:
    """Send the first topic alone, so that a refused clause is named before any figure."""
    query_id, body = next(iter(bodies.items()))
    try:
        client.search(index=arm.index, body={**body, "size": 0})
    except ApiError as error:
        if error.status_code != 400:
            raise
        reason = _reason(error)
        raise ConfigError(
            f"{arm.template.path}:{_line_of(arm.template.source, reason)}: the engine refuses "
            f"this query (seen with topic {query_id}): {reason}"
        ) from error


def _reason(error: ApiError) -> str:
    body = error.body
    if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
        causes = body["error"].get("root_cause") or [body["error"]]
        return str(causes[0].get("reason"))
    return str(error)


def _line_of(source: str, reason: str) -> int:
    """The template line of the innermost name in brackets that stands there as a key, else 1."""
    for name in reversed(re.findall(r"\[([^\[\]]+)\]", reason)):
        found = re.search(rf'"{re.escape(name)}"', source)
        if found:
            return source.count("\n", 0, found.start()) + 1
    return 1


def _state(client: Elasticsearch, index: str) -> _IndexState:
    settings = client.indices.get_settings(index=index, flat_settings=True).body
    answer = client.count(index=index).body
    if answer["_shards"]["failed"]:
        raise EngineError(
            f"{answer['_shards']['failed']} shards of {index} do not answer: a partial answer "
            "cannot be judged; run it again when the cluster is green"
        )
    if not settings:
        raise EngineError(f"no index answers to the name {index}")
    uuids = {name: entry["settings"]["index.uuid"] for name, entry in settings.items()}
    return _IndexState(uuids, answer["count"])


def _check_same_corpus(client: Elasticsearch, baseline: str, candidate: str) -> None:
    """Document ids are the join of two indices: they must be the same set."""
    from elasticsearch import helpers

    ids = []
    for index in (baseline, candidate):
        scan = helpers.scan(client, index=index, query={"_source": False}, size=5_000)
        ids.append({hit["_id"] for hit in scan})
    if ids[0] != ids[1]:
        only = [sorted(ids[0] - ids[1]), sorted(ids[1] - ids[0])]
        parts = [
            f"{len(names)} only in {index} (such as {', '.join(names[:3])})"
            for names, index in zip(only, (baseline, candidate), strict=True)
            if names
        ]
        raise TopicMismatchError(
            f"{baseline} and {candidate} hold different documents: {'; '.join(parts)}; index the "
            "same corpus into both, or pass --allow-different-corpora"
        )


def _check_judged(
    client: Elasticsearch, arms: Sequence[Arm], topics: Iterable[Topic], qrels: Qrels
) -> list[str]:
    """Judged documents must be in the index; none at all means that the ids do not fit."""
    wanted = sorted({doc_id for topic in topics for doc_id in qrels.get(topic.query_id, ())})
    notes = []
    for index in dict.fromkeys(arm.index for arm in arms):
        present = 0
        for chunk in _chunks(wanted):
            body = {"query": {"ids": {"values": chunk}}, "size": 0, "track_total_hits": True}
            present += client.search(index=index, body=body).body["hits"]["total"]["value"]
        if wanted and not present:
            raise JudgmentsError(
                f"none of the {len(wanted)} judged documents is in the index {index} (such as "
                f"{wanted[0]}): the ids of the judgments and of the index do not fit"
            )
        if present < len(wanted):
            notes.append(
                f"{len(wanted) - present} of {len(wanted)} judged documents are not in {index}"
            )
    return notes


def _homes(client: Elasticsearch, index: str, doc_ids: Sequence[str]) -> dict[str, str]:
    """Which concrete index behind a name holds each document; two homes are refused."""
    homes: dict[str, str] = {}
    for chunk in _chunks(doc_ids):
        body = {
            "query": {"ids": {"values": chunk}},
            "size": 10_000,
            "_source": False,
            "sort": ["_doc"],
        }
        for hit in client.search(index=index, body=body).body["hits"]["hits"]:
            other = homes.setdefault(hit["_id"], hit["_index"])
            if other != hit["_index"]:
                raise EngineError(
                    f"document {hit['_id']} is in {other} and in {hit['_index']}, both behind "
                    f"{index}: a judgment cannot say which is meant; compare on one index"
                )
    return homes


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _IDS_PER_SEARCH):
        yield values[start : start + _IDS_PER_SEARCH]


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

"""A search body → its answer: one index or several, one search or many at once.

``search_many`` makes every Lucene query first, runs all of them in one call into Java, and then
writes the answers. Equal scores come in indexing order; hits of several indices are merged by
score (or sort values), then by index name, then by document.
"""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.fused_search import search_fused
from esqual.engine.lucene.hits import complete
from esqual.engine.lucene.jvm import J, doubles, ints, java_array, java_ints
from esqual.engine.lucene.knn import Nearest, find_nearest, reduce
from esqual.engine.lucene.query.base import (
    QueryContext,
    ShardFailure,
    build_query,
    java_failure,
)
from esqual.engine.lucene.search_body import TRACK_NONE, SearchBody
from esqual.engine.lucene.shard import Shard, all_shards_failed, shards_section
from esqual.engine.lucene.sort import shard_sort

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.searcher import Searcher

__all__ = ["Cursor", "search_many"]

Answer = dict[str, Any]


@dataclass(slots=True)
class _Plan:
    body: SearchBody
    shards: list[Shard]

    def find(self) -> Iterator[tuple[Shard, Nearest]]:
        """The vector searches to make before the queries can run."""
        for shard in self.shards:
            if shard.context is not None and shard.failure is None:
                for nearest in shard.context.nearest:
                    yield shard, nearest

    def reduce(self) -> None:
        """Of each section ``knn`` keep the nearest of all indices, not of each."""
        for place, knn in enumerate(self.body.knn):
            parts = [shard.sections[place] for shard in self.shards if shard.sections]
            found = [part for part in parts if part is not None]
            if len(found) > 1 and knn.k is not None:
                reduce(found, knn.k)


@dataclass(slots=True)
class _Ranked:
    """The hits of one search before their ids are known: parallel lists, best first.

    ``shards`` has one entry when all hits are of one index, else one per hit.
    """

    shards: list[Shard]
    docs: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    sort: list[list[Any]] | None = None

    def part(self, start: int, end: int) -> _Ranked:
        """The hits from ``start`` to before ``end``."""
        return _Ranked(
            self.shards if len(self.shards) == 1 else self.shards[start:end],
            self.docs[start:end],
            self.scores[start:end],
            None if self.sort is None else self.sort[start:end],
        )

    def places(self) -> list[tuple[Shard, int]]:
        """Index and Lucene document of each hit."""
        shards = self.shards * len(self.docs) if len(self.shards) == 1 else self.shards
        return list(zip(shards, self.docs, strict=True))


@dataclass(slots=True)
class _Results:
    """What Java answered, unpacked once for the whole batch."""

    batch: Any
    docs: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    exact: list[int] = field(default_factory=list)
    best: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.docs, self.scores = ints(self.batch.docs()), doubles(self.batch.scores())
        self.totals, self.exact = ints(self.batch.totals()), ints(self.batch.exact())
        self.best = doubles(self.batch.maxScores())
        start = 0
        self.starts = [start]
        for count in ints(self.batch.counts()):
            start += count
            self.starts.append(start)


def search_many(requests: Sequence[tuple[Sequence[Index], SearchBody]]) -> list[Answer | ApiError]:
    """The answers in the order asked; an error where all indices of a search refused it."""
    begin = time.perf_counter()
    plain = [request for request in requests if request[1].retriever is None]
    fused = [request for request in requests if request[1].retriever is not None]
    both = iter(_search(plain)), iter(search_fused(fused, _search) if fused else ())
    answers = [next(both[body.retriever is not None]) for _, body in requests]
    took = int((time.perf_counter() - begin) * 1000)
    for answer in answers:
        if isinstance(answer, dict):
            answer["took"] = took
    return answers


def _search(requests: Sequence[tuple[Sequence[Index], SearchBody]]) -> list[Answer | ApiError]:
    batch = J.SearchBatch()
    views: dict[str, Searcher] = {}
    plans = [_plan(batch, views, indices, body) for indices, body in requests]
    results = _run(batch, plans)
    ranked = [_rank(results, plan) for plan in plans]
    ids = _ids(ranked)
    return [_answer(results, plan, hits, ids) for plan, hits in zip(plans, ranked, strict=True)]


class Cursor:
    """All hits of one search, ranked once on the view of that moment and read page by page.

    Memory: some 100 bytes a hit. Raises what the search is refused with.
    """

    def __init__(self, indices: Sequence[Index], body: SearchBody) -> None:
        for index in indices:
            _check_batch(index, body)
        self._page = body.count
        self._at = 0
        views = {index.name: index.searcher() for index in indices}
        documents = sum(int(view.reader.maxDoc()) for view in views.values())
        batch = J.SearchBatch()
        whole = replace(body, size=max(1, documents), all_hits=True, page=body.count)
        self._plan = _plan(batch, views, indices, whole)
        self._results = _run(batch, [self._plan])
        self._ranked = _rank(self._results, self._plan)

    def page(self) -> Answer:
        """The next hits; none when the ranking is read to its end."""
        begin = time.perf_counter()
        ranked = self._ranked.part(self._at, self._at + self._page)
        self._at += self._page
        answer = _answer(self._results, self._plan, ranked, _ids([ranked]))
        if isinstance(answer, ApiError):
            raise answer
        answer["took"] = int((time.perf_counter() - begin) * 1000)
        return answer


def _run(batch: Any, plans: Sequence[_Plan]) -> _Results:
    """Find near vectors, then run every query."""
    nearest = [(shard, each) for plan in plans for shard, each in plan.find()]
    if nearest:
        _find(nearest)
        for plan in plans:
            plan.reduce()
    batch.run()
    if batch.failed():
        _note_failures(batch, plans)
    results = _Results(batch)
    for plan in plans:
        for shard in plan.shards:
            if shard.best_of is not None:
                results.totals[shard.number] = shard.best_of.matching
    return results


def _find(nearest: Sequence[tuple[Shard, Nearest]]) -> None:
    find_nearest([(shard.searcher, each) for shard, each in nearest if shard.searcher is not None])
    for shard, each in nearest:
        if each.failure is not None:
            shard.failure = java_failure(each.failure)


# ------------------------------------------------------------------ planning


def _plan(
    batch: Any, views: dict[str, Searcher], indices: Sequence[Index], body: SearchBody
) -> _Plan:
    shards = [Shard(index) for index in sorted(indices, key=lambda index: index.name)]
    for shard in shards:
        name = shard.index.name
        shard.searcher = views.get(name)
        if shard.searcher is None:
            shard.searcher = views[name] = shard.index.searcher()
        try:
            _add(batch, shard, body)
        except ShardFailure as failure:
            shard.failure = failure.error
        except ApiError as error:
            shard.failure = _placed(error, shard.index)
        except J.RuntimeException as error:
            shard.failure = java_failure(error)
    return _Plan(body, shards)


def _add(batch: Any, shard: Shard, body: SearchBody) -> None:
    _check_windows(shard.index, body)
    searcher = shard.searcher
    assert searcher is not None
    context = shard.context = QueryContext(
        shard.index, body.count if body.page is None else body.page
    )
    query = build_query(lambda context: _query(context, shard, body), context)
    shard.query = query
    query = _best_only(query, shard, body)
    if body.post_filter is not None:
        builder = J.BooleanQueryBuilder()
        builder.add(query, J.Occur.MUST)
        builder.add(build_query(body.post_filter, context), J.Occur.FILTER)
        query = builder.build()
    for name, boost in body.indices_boost:
        if shard.index.name in name.split(","):
            query = J.BoostQuery(query, boost)
            break
    totals = max(1, body.track_total_hits)
    size = 0 if body.count == 0 else body.first + body.count
    if not (body.sort or body.rescore or body.search_after) and body.min_score is None:
        shard.number = batch.add(searcher.java, query, size, totals)
        return
    shard.sort = shard_sort(body.sort, shard.index) if body.sort else None
    after = None
    if body.search_after is not None:
        if shard.sort is None:
            raise illegal_argument("Sort must contain at least one field.")
        after = shard.sort.after(body.search_after)
    if body.rescore and shard.sort is not None:
        raise illegal_argument("Cannot use [sort] option in conjunction with [rescore].")
    rescores = [step.java(context) for step in body.rescore]
    if size:
        size = max([size, *(step.window_size for step in body.rescore)])
    shard.number = batch.addRefined(
        searcher.java,
        query,
        size,
        totals,
        math.nan if body.min_score is None else body.min_score,
        shard.sort.java if shard.sort is not None else None,
        after,
        body.track_scores,
        java_array(J.Rescore, rescores),
    )


def _query(context: QueryContext, shard: Shard, body: SearchBody) -> Any:
    """The query, to whose scores those of the ``knn`` sections are added."""
    if not body.knn:
        return J.MatchAllDocsQuery() if body.query is None else body.query(context)
    builder = J.BooleanQueryBuilder()
    if body.query is not None:
        builder.add(body.query(context), J.Occur.SHOULD)
    for knn in body.knn:
        nearest = knn.settle(body.count).section(context)
        shard.sections.append(nearest)
        if nearest is not None:
            part = nearest.hits if knn.boost == 1.0 else J.BoostQuery(nearest.hits, knn.boost)
            if knn.name is not None:
                context.named[knn.name] = part
            builder.add(part, J.Occur.SHOULD)
    return builder.build()


def _best_only(query: Any, shard: Shard, body: SearchBody) -> Any:
    """Where a search is nothing but a clause that scores every vector: the nearest are enough."""
    context = shard.context
    refined = body.sort or body.rescore or body.search_after or body.post_filter
    if context is None or context.whole is None or refined or body.min_score is not None:
        return query
    whole, nearest = context.whole
    if query is not whole or not body.count:
        return query
    nearest.k = body.first + body.count
    context.nearest.append(nearest)
    shard.best_of = nearest
    return nearest.hits


def _placed(error: ApiError, index: Index) -> ApiError:
    """A ``query_shard_exception`` names its index."""
    if error.type == "query_shard_exception" and "index" not in error.extra:
        error.extra = {"index_uuid": index.uuid, "index": index.name, **error.extra}
    return error


def _result_window(index: Index) -> int:
    return int(index.setting("index.max_result_window") or 10_000)


def _check_batch(index: Index, body: SearchBody) -> None:
    limit = _result_window(index)
    if body.count > limit:
        error = illegal_argument(
            f"Batch size is too large, size must be less than or equal to: [{limit}] but was "
            f"[{body.count}]. Scroll batch sizes cost as much memory as result windows so they "
            "are controlled by the [index.max_result_window] index level setting."
        )
        raise all_shards_failed([Shard(index, failure=error)])


def _check_windows(index: Index, body: SearchBody) -> None:
    window = body.first + body.count
    limit = _result_window(index)
    if window > limit and not body.all_hits:
        raise illegal_argument(
            f"Result window is too large, from + size must be less than or equal to: [{limit}] but "
            f"was [{window}]. See the scroll api for a more efficient way to request large data "
            "sets. This limit can be set by changing the [index.max_result_window] index level "
            "setting."
        )
    limit = int(index.setting("index.max_rescore_window") or limit)
    for step in body.rescore:
        if step.window_size > limit:
            raise illegal_argument(
                f"Rescore window [{step.window_size}] is too large. It must be less than [{limit}]."
                " This prevents allocating massive heaps for storing the results to be rescored. "
                "This limit can be set by changing the [index.max_rescore_window] index level "
                "setting."
            )


def _note_failures(batch: Any, plans: Sequence[_Plan]) -> None:
    for plan in plans:
        for shard in plan.shards:
            if shard.number >= 0:
                error = batch.failure(shard.number)
                if error is not None:
                    shard.failure = java_failure(error)


# ------------------------------------------------------------------ ranking


def _rank(results: _Results, plan: _Plan) -> _Ranked:
    """The hits to answer with, of all indices, from ``from`` on."""
    shards = [shard for shard in plan.shards if shard.failure is None]
    body = plan.body
    if body.count == 0 or not shards:
        return _Ranked([])
    if len(shards) > 1:
        return _merge(results, shards, body)
    shard = shards[0]
    start = results.starts[shard.number] + body.first
    end = min(start + body.count, results.starts[shard.number + 1])
    ranked = _Ranked(shards, results.docs[start:end], results.scores[start:end])
    if shard.sort is not None:
        rows = list(results.batch.sortValues(shard.number))[body.first :]
        ranked.sort = [shard.sort.values(row) for row in rows[: len(ranked.docs)]]
    return ranked


def _merge(results: _Results, shards: list[Shard], body: SearchBody) -> _Ranked:
    numbers = java_ints([shard.number for shard in shards])
    sort = shards[0].sort
    ranked = _Ranked([], sort=None if sort is None else [])
    java_sort = None if sort is None else sort.java
    for hit in results.batch.merge(numbers, java_sort, body.first, body.count):
        shard = shards[hit.shardIndex]
        ranked.shards.append(shard)
        ranked.docs.append(int(hit.doc))
        ranked.scores.append(float(J.Double.parseDouble(J.Float.toString(hit.score))))
        if shard.sort is not None and ranked.sort is not None:
            ranked.sort.append(shard.sort.values(hit.fields))
    return ranked


def _ids(ranked: Sequence[_Ranked]) -> dict[str, Iterator[str]]:
    """Ids per index, in the order in which the hits will ask for them: one call per index."""
    docs: dict[str, array[int]] = {}
    searchers: dict[str, Searcher | None] = {}
    for hits in ranked:
        if len(hits.shards) == 1:
            shard = hits.shards[0]
            docs.setdefault(shard.index.name, array("i")).extend(hits.docs)
            searchers[shard.index.name] = shard.searcher
            continue
        for shard, doc in zip(hits.shards, hits.docs, strict=True):
            docs.setdefault(shard.index.name, array("i")).append(doc)
            searchers[shard.index.name] = shard.searcher
    answer = {}
    for name, numbers in docs.items():
        searcher = searchers[name]
        assert searcher is not None
        answer[name] = iter(searcher.ids(numbers))
    return answer


# ------------------------------------------------------------------ answering


def _answer(
    results: _Results, plan: _Plan, ranked: _Ranked, ids: dict[str, Iterator[str]]
) -> Answer | ApiError:
    body = plan.body
    good = [shard for shard in plan.shards if shard.failure is None]
    if plan.shards and not good:
        return all_shards_failed(plan.shards)
    hits = _hits(ranked, ids)
    try:
        complete(body, hits, ranked.places)
    except ShardFailure as failure:
        return all_shards_failed([Shard(plan.shards[0].index, failure=failure.error)])
    answer: Answer = {"took": 0, "timed_out": False, "_shards": shards_section(plan.shards)}
    found: Answer = {}
    if body.track_total_hits != TRACK_NONE:
        found["total"] = _total(results, good, body)
    found["max_score"] = _max_score(results, plan, good)
    found["hits"] = hits
    answer["hits"] = found
    return answer


def _hits(ranked: _Ranked, ids: dict[str, Iterator[str]]) -> list[Answer]:
    if len(ranked.shards) == 1:
        name = ranked.shards[0].index.name
        found = islice(ids[name], len(ranked.docs))
        hits: list[Answer] = [
            {"_index": name, "_id": doc_id, "_score": score}
            for doc_id, score in zip(found, ranked.scores, strict=True)
        ]
    else:
        names = [shard.index.name for shard in ranked.shards]
        hits = [
            {"_index": name, "_id": next(ids[name]), "_score": score}
            for name, score in zip(names, ranked.scores, strict=True)
        ]
    if ranked.sort is not None:
        for hit, values in zip(hits, ranked.sort, strict=True):
            hit["sort"] = values
            if math.isnan(hit["_score"]):
                hit["_score"] = None
    return hits


def _total(results: _Results, shards: Sequence[Shard], body: SearchBody) -> Any:
    value = sum(results.totals[shard.number] for shard in shards)
    exact = all(results.exact[shard.number] for shard in shards)
    if value > body.track_total_hits or not exact:
        value, exact = body.track_total_hits, False
    if body.total_as_int:
        return value
    return {"value": value, "relation": "eq" if exact else "gte"}


def _max_score(results: _Results, plan: _Plan, shards: Sequence[Shard]) -> float | None:
    if not plan.shards:
        return 0.0
    known = [results.best[shard.number] for shard in shards]
    known = [score for score in known if not math.isnan(score)]
    return max(known) if known else None

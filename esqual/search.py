"""Searches of many topics: pages of hits, plain or fused from several bodies of each topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from esqual.errors import EngineError
from esqual.fusion import Fused, FusedQuery, fuse
from esqual.models import ScoredDoc

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Body", "Page", "failure_of", "fuse_hits", "iter_searches", "page_of", "search_pages"]

# Searches in one request: a body with a vector is some 10 kB.
_SEARCHES_PER_REQUEST = 200

Hit = Mapping[str, Any]
#: what a topic asks: one search body, or several and how they become one list
Body = Mapping[str, Any] | FusedQuery


@dataclass(frozen=True, slots=True)
class Page:
    """The hits of one topic in the engine's order; ``scores`` are None under a foreign sort."""

    doc_ids: tuple[str, ...]
    scores: tuple[float | None, ...]
    indices: tuple[str, ...]

    def top(self, depth: int) -> Page:
        """The first ``depth`` hits."""
        return Page(self.doc_ids[:depth], self.scores[:depth], self.indices[:depth])

    def to_run(self) -> list[ScoredDoc]:
        """The hits as a run keeps them; without scores, minus the rank stands in their place."""
        return [
            ScoredDoc(doc_id, float(-rank) if score is None else score)
            for rank, (doc_id, score) in enumerate(
                zip(self.doc_ids, self.scores, strict=True), start=1
            )
        ]


def search_pages(
    client: Elasticsearch,
    index: str,
    bodies: Mapping[str, Body],
    size: int,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> dict[str, Page]:
    """The first ``size`` hits of every topic, by ``_msearch``; fused topics are fused here.

    ``bodies``: query_id -> what it asks. ``on_progress`` hears of every search. Raises EngineError
    when any search failed or answered in part.
    """
    searches = _searches(bodies, size)
    lists: dict[str, dict[str, Sequence[Hit]]] = {}
    for (query_id, name), hits in iter_searches(client, index, searches, on_progress=on_progress):
        lists.setdefault(query_id, {})[name] = hits
    pages = {}
    for query_id, body in bodies.items():
        found = lists.get(query_id, {})
        if isinstance(body, FusedQuery):
            fused = fuse_hits(body, found)[:size]
            names, ids = [row.key[0] for row in fused], [row.key[1] for row in fused]
            pages[query_id] = Page(tuple(ids), tuple(row.score for row in fused), tuple(names))
        else:
            pages[query_id] = page_of(found[""])
    return pages


def fuse_hits(query: FusedQuery, lists: Mapping[str, Sequence[Hit]]) -> list[Fused[Any]]:
    """Hits of the bodies of one topic -> one list; the keys are (index, id)."""
    rows = {
        name: [((hit["_index"], hit["_id"]), hit["_score"]) for hit in lists[name]]
        for name in query.bodies
    }
    return fuse(query.fusion, rows)


def _searches(
    bodies: Mapping[str, Body], size: int
) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    only_ids = {"_source": False, "track_total_hits": False}
    for query_id, body in bodies.items():
        if not isinstance(body, FusedQuery):
            yield (query_id, ""), {**body, **only_ids, "size": size}
            continue
        for name, part in body.bodies.items():
            yield (query_id, name), {**part, **only_ids, "size": body.fusion.window}


def iter_searches(
    client: Elasticsearch,
    index: str,
    searches: Iterable[tuple[Any, Mapping[str, Any]]],
    *,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[Any, Sequence[Hit]]]:
    """Yield the label and the hits of each (label, body), in batches of ``_msearch``.

    A label is a query_id, or a tuple that begins with one. Raises EngineError when a search failed
    or a part of the index did not answer.
    """
    rest = iter(searches)
    while batch := list(islice(rest, _SEARCHES_PER_REQUEST)):
        lines: list[Mapping[str, Any]] = []
        for _, body in batch:
            lines += [{}, body]
        answers = client.msearch(index=index, searches=lines).body["responses"]
        for (label, _), answer in zip(batch, answers, strict=True):
            query_id = label if isinstance(label, str) else label[0]
            if "error" in answer:
                raise EngineError(failure_of(query_id, answer["error"]))
            _check_shards(query_id, answer)
            yield label, answer["hits"]["hits"]
        if on_progress is not None:
            on_progress(len(batch))


def page_of(hits: Iterable[Hit]) -> Page:
    """Hits as the engine writes them -> a page."""
    rows = [(hit["_id"], hit["_score"], hit["_index"]) for hit in hits]
    if not rows:
        return Page((), (), ())
    doc_ids, scores, indices = zip(*rows, strict=True)
    return Page(doc_ids, scores, indices)


def _check_shards(query_id: str, answer: Mapping[str, Any]) -> None:
    failed = answer["_shards"]["failed"]
    if failed or answer["timed_out"]:
        what = "timed out" if answer["timed_out"] else f"had {failed} failed shards"
        raise EngineError(
            f"the search of topic {query_id} {what}: a partial answer cannot be judged; "
            "run it again when the cluster is green"
        )


def failure_of(query_id: str, error: Any) -> str:
    """What an error object of the engine says, for a message."""
    # rank_eval wraps the item's error once more under "error"
    while isinstance(error, Mapping) and isinstance(error.get("error"), Mapping):
        error = error["error"]
    reason = error
    if isinstance(error, Mapping):
        causes = error.get("root_cause") or [error]
        reason = causes[0].get("reason") or error.get("reason")
    return f"the engine failed on topic {query_id}: {reason}"

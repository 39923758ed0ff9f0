"""Pages: the hits of each topic, as the engine ordered them or as they were fused here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from esqual.fusion import Fused, FusedQuery, fuse
from esqual.models import ScoredDoc
from esqual.search.sending import SIMPLE, Hit, Sending, iter_searches

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Body", "Page", "fuse_hits", "page_of", "search_pages"]

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
    sending: Sending = SIMPLE,
    on_progress: Callable[[int], None] | None = None,
    on_page: Callable[[str, Page], None] | None = None,
) -> dict[str, Page]:
    """The first ``size`` hits of every topic, by ``_msearch``; fused topics are fused here.

    ``bodies``: query_id -> what it asks. ``on_progress`` hears of every search. ``on_page`` has
    each page, in the order of ``bodies``, as soon as it is there: what it does with it is done
    while the engine is at the next. Raises EngineError when any search failed or answered in part.
    """
    searches = _searches(bodies, size)
    found_lists = iter_searches(client, index, searches, sending=sending, on_progress=on_progress)
    pages = {}
    for query_id, body in bodies.items():
        if isinstance(body, FusedQuery):
            lists = {name: hits for (_, name), hits in islice(found_lists, len(body.bodies))}
            fused = fuse_hits(body, lists)[:size]
            names, ids = [row.key[0] for row in fused], [row.key[1] for row in fused]
            pages[query_id] = Page(tuple(ids), tuple(row.score for row in fused), tuple(names))
        else:
            pages[query_id] = page_of(next(found_lists)[1])
        if on_page is not None:
            on_page(query_id, pages[query_id])
    # to its end: the progress of a request is told behind its searches
    assert next(found_lists, None) is None
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


def page_of(hits: Iterable[Hit]) -> Page:
    """Hits as the engine writes them -> a page."""
    rows = [(hit["_id"], hit["_score"], hit["_index"]) for hit in hits]
    if not rows:
        return Page((), (), ())
    doc_ids, scores, indices = zip(*rows, strict=True)
    return Page(doc_ids, scores, indices)

"""Searches with a compound ``retriever``: every leaf of the tree is a search, ranks become a list.

All leaves of all searches run in one batch. Then each tree is fused from its leaves up, in single
precision as Elasticsearch does, and the fused documents are found again by one query that gives
each its fused score: sources, fields and paging are those of any search. ``hits.total`` counts the
documents that any leaf matches. Equal scores come by index name, then in indexing order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, unsupported
from esqual.engine.lucene.fetch import SourceFilter
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import Build, QueryContext, match_none
from esqual.engine.lucene.retriever import Compound, Filter, Leaf, Nearest, Part
from esqual.engine.lucene.search_body import TRACK_ALL, TRACK_NONE, SearchBody, validate

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index

__all__ = ["search_fused"]

Answer = dict[str, Any]
Request = tuple[Sequence["Index"], SearchBody]
Search = Callable[[Sequence[Request]], list[Answer | ApiError]]
# index, place in indexing order, id: documents compare in the order of equal scores
Doc = tuple[str, int, str]
Ranking = list[tuple[Doc, float]]

# Scores nearer to each other than this are one score to a normalizer.
_FLAT = 1e-6


def search_fused(requests: Sequence[Request], search: Search) -> list[Answer | ApiError]:
    """The answers of searches whose bodies have a compound retriever.

    ``search`` answers searches that have none. An error stands where a leaf was refused.
    """
    trees = [_Tree(indices, body) for indices, body in requests]
    answers = iter(search([(tree.indices, leaf.body) for tree in trees for leaf in tree.leaves]))
    for tree in trees:
        tree.take(answers)
    good = [tree for tree in trees if tree.error is None]
    answers = iter(search([(tree.indices, body) for tree in good for body in tree.last_bodies()]))
    return [tree.error or tree.finish(next(answers), next(answers)) for tree in trees]


@dataclass(slots=True)
class _LeafSearch:
    retriever: Leaf
    filters: tuple[Filter, ...]
    window: int
    body: SearchBody
    found: Ranking = field(default_factory=list)
    total: Any = None

    @property
    def ranking(self) -> Ranking:
        return self.found[: self.window]


class _Tree:
    """One search: its leaves in the order of the retrievers, and what becomes of their hits."""

    def __init__(self, indices: Sequence[Index], body: SearchBody) -> None:
        _check(body)
        assert isinstance(body.retriever, Compound)
        self.indices = indices
        self.body = body
        self.root = body.retriever
        self.leaves = list(_leaves(self.root, ()))
        self.error: ApiError | None = None
        self.shards: Any = None
        self.ranking: Ranking = []

    def take(self, answers: Iterator[Answer | ApiError]) -> None:
        """Take the answers of the leaves and fuse them."""
        for leaf in self.leaves:
            answer = next(answers)
            if isinstance(answer, ApiError):
                self.error = self.error or answer
                continue
            hits = answer["hits"]
            leaf.found = [
                ((hit["_index"], hit["_seq_no"], hit["_id"]), hit["_score"]) for hit in hits["hits"]
            ]
            leaf.total = hits.get("total")
            if self.shards is None or answer["_shards"]["failed"]:
                self.shards = answer["_shards"]
        if self.error is None:
            self.ranking = _fused(self.root, iter(self.leaves))

    def last_bodies(self) -> tuple[SearchBody, SearchBody]:
        """The search for the documents on the page, and the one that counts."""
        body = self.body
        # a filter behind the ranking may let later documents move up
        end = None if body.post_filter is not None else body.first + body.count
        union = _union(self.leaves)
        page = replace(
            body,
            retriever=None,
            query=_beside(_documents(self.ranking[:end]), union),
            highlight=[replace(h, query=h.query or union) for h in body.highlight],
            track_total_hits=TRACK_NONE,
        )
        return page, replace(body, retriever=None, query=union, size=0, from_=None, highlight=[])

    def finish(self, page: Answer | ApiError, counted: Answer | ApiError) -> Answer | ApiError:
        """The answer: the page with the count of the union."""
        for answer in (page, counted):
            if isinstance(answer, ApiError):
                return answer
        assert isinstance(page, dict)
        assert isinstance(counted, dict)
        hits = page["hits"]
        total = counted["hits"].get("total")
        if total is not None:
            if isinstance(total, dict) and not all(map(_is_whole, self.leaves)):
                total = {**total, "relation": "gte"}
            page["hits"] = {"total": total, **hits}
        page["_shards"] = self.shards
        return page


def _check(body: SearchBody) -> None:
    """What Elasticsearch has beside a compound retriever and this engine has not."""
    if body.min_score is not None:
        raise unsupported("min_score beside a compound retriever")
    if body.explain:
        raise unsupported("explain with a compound retriever")
    if body.indices_boost:
        raise unsupported("indices_boost with a compound retriever")


def _leaves(compound: Compound, around: tuple[Filter, ...]) -> Iterator[_LeafSearch]:
    filters = (*around, *compound.filters)
    for part in compound.parts:
        retriever = part.retriever
        if isinstance(retriever, Compound):
            yield from _leaves(retriever, filters)
            continue
        body = SearchBody(
            size=compound.window,
            source=SourceFilter(False),
            seq_no_primary_term=True,
            track_scores=True,
            track_total_hits=TRACK_NONE,
        )
        if isinstance(retriever, Nearest):
            # all of them count as found, those beyond the window too
            body.size = max(compound.window, retriever.knn.k or 0)
        elif retriever.min_score is not None:
            body.track_total_hits = TRACK_ALL
        retriever.apply(body, filters)
        validate(body)
        yield _LeafSearch(retriever, filters, compound.window, body)


# ------------------------------------------------------------------ fusing


def _fused(compound: Compound, leaves: Iterator[_LeafSearch]) -> Ranking:
    """The ranking of one node; takes its leaves from ``leaves`` as they come in the tree."""
    scores: dict[Doc, float] = {}
    for part in compound.parts:
        if isinstance(part.retriever, Compound):
            ranking = _fused(part.retriever, leaves)[: compound.window]
        else:
            ranking = next(leaves).ranking
        for doc, gain in _gains(compound, part, ranking):
            scores[doc] = _single(scores.get(doc, 0.0) + gain)
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[: compound.window]
    if compound.min_score is not None:
        ranked = [(doc, score) for doc, score in ranked if score >= compound.min_score]
    return ranked


def _gains(compound: Compound, part: Part, ranking: Ranking) -> Iterator[tuple[Doc, float]]:
    weight = _single(part.weight)
    if compound.kind == "rrf":
        for rank, (doc, _) in enumerate(ranking, start=1):
            yield doc, _single(weight * _single(1.0 / (compound.rank_constant + rank)))
        return
    scores = _normalized(part.normalizer, [_single(score) for _, score in ranking])
    for (doc, _), score in zip(ranking, scores, strict=True):
        yield doc, _single(weight * score)


def _normalized(name: str, scores: list[float]) -> list[float]:
    """``minmax`` of equal scores leaves them as they are; so does ``l2_norm`` of zeros."""
    if name == "none" or not scores:
        return scores
    if name == "minmax":
        low, high = min(scores), max(scores)
        if abs(high - low) < _FLAT:
            return [low] * len(scores)
        return [_single((score - low) / (high - low)) for score in scores]
    length = sum(score * score for score in scores) ** 0.5
    return scores if length < _FLAT else [_single(score / length) for score in scores]


def _single(number: float) -> float:
    """The nearest single-precision number."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


# ------------------------------------------------------------------ finding the documents again


def _documents(ranking: Ranking) -> Build:
    """The query that gives exactly these documents exactly these scores."""
    of_index: dict[str, list[tuple[str, float]]] = {}
    for (index, _, doc_id), score in ranking:
        of_index.setdefault(index, []).append((doc_id, score))

    def build(context: QueryContext) -> Any:
        found = of_index.get(context.index.name)
        if found is None:
            return match_none("no document of the fused ranking")
        ids = context.mapping.field("_id")
        assert ids is not None
        builder = J.BooleanQueryBuilder()
        for doc_id, score in found:
            builder.add(J.BoostQuery(ids.terms_query([doc_id]), score), J.Occur.SHOULD)
        return builder.build()

    return build


def _union(leaves: Sequence[_LeafSearch]) -> Build:
    """What any leaf matches. Leaves that no query describes give the documents they found."""
    queries: list[tuple[Build | None, int]] = []
    listed: dict[str, list[str]] = {}
    for leaf in leaves:
        if isinstance(leaf.retriever, Nearest) or leaf.retriever.min_score is not None:
            for (index, _, doc_id), _ in leaf.found:
                listed.setdefault(index, []).append(doc_id)
        else:
            queries.append((leaf.body.query, leaf.body.count))

    def build(context: QueryContext) -> Any:
        builder = J.BooleanQueryBuilder()
        shown = context.size
        for query, size in queries:
            # what a clause makes of the size, such as the k of a knn, is the leaf's own
            context.size = size
            java = J.MatchAllDocsQuery() if query is None else query(context)
            builder.add(java, J.Occur.SHOULD)
        context.size = shown
        ids = context.mapping.field("_id")
        assert ids is not None
        builder.add(ids.terms_query(listed.get(context.index.name, [])), J.Occur.SHOULD)
        return builder.build()

    return build


def _beside(query: Build, shown: Build) -> Build:
    """``query``, and for the names of queries what the documents were found by."""

    def build(context: QueryContext) -> Any:
        builder = J.BooleanQueryBuilder()
        builder.add(query(context), J.Occur.MUST)
        builder.add(J.BoostQuery(shown(context), 0.0), J.Occur.SHOULD)
        return builder.build()

    return build


def _is_whole(leaf: _LeafSearch) -> bool:
    """Whether the documents that a leaf found are all that it matches."""
    total: Mapping[str, Any] | None = leaf.total
    return total is None or total["value"] == len(leaf.found)

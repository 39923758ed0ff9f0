"""What documents that fell and rose hold of the query, in the index of either arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from esqual.comparison import TopicResult
from esqual.fusion import FusedQuery
from esqual.search import Body, Sending, iter_searches

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Evidence", "Term", "ask_evidence", "fallen", "ranks_of", "risen"]

# as many documents of each kind are looked at, and as many tokens of a query
_DOCUMENTS, _TERMS = 3, 200

#: field and token
Term = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one arm's index says of some documents.

    ``terms``: document -> the terms of the query that it holds. ``sources``: document -> its
    source; one that is missing is not in the index. ``matching``: those that the arm's own query
    finds at any rank; None where that cannot be asked apart.
    """

    terms: Mapping[str, frozenset[Term]] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    matching: frozenset[str] | None = None


def fallen(topic: TopicResult, judgments: Mapping[str, int] | None) -> list[str]:
    """Documents that went or fell: the most relevant first, then those that fell furthest."""
    # one that is not on the page fell further than any that is
    beyond = len(topic.baseline_ids) + len(topic.candidate_ids)
    ranks = {doc_id: rank for rank, doc_id in enumerate(topic.candidate_ids)}
    rows = []
    for rank, doc_id in enumerate(topic.baseline_ids):
        now = ranks.get(doc_id, beyond)
        if now > rank:
            rows.append((-(judgments or {}).get(doc_id, 0), rank - now, rank, doc_id))
    relevant = [row for row in rows if row[0]]
    return [row[-1] for row in sorted(relevant or rows)[:_DOCUMENTS]]


def risen(topic: TopicResult, judgments: Mapping[str, int] | None) -> list[str]:
    """Documents that came or rose, from the top: those that are not relevant first."""
    ranks = {doc_id: rank for rank, doc_id in enumerate(topic.baseline_ids)}
    rows = [
        ((judgments or {}).get(doc_id, 0), rank, doc_id)
        for rank, doc_id in enumerate(topic.candidate_ids)
        if ranks.get(doc_id, rank + 1) > rank
    ]
    return [row[-1] for row in sorted(rows)[:_DOCUMENTS]]


def ask_evidence(
    client: Elasticsearch,
    index: str,
    asked: Mapping[str, tuple[Sequence[str], Sequence[Term], Body]],
    paths: Sequence[str],
    sending: Sending,
) -> dict[str, Evidence]:
    """query_id -> evidence; ``asked``: query_id -> documents, terms and the arm's body.

    ``paths``: what is wanted of the sources.
    Everything goes in one ``_msearch``, or in as few as ``sending`` cuts it into.
    """
    searches = [row for query_id, own in asked.items() for row in _searches(query_id, *own, paths)]
    terms: dict[str, dict[str, frozenset[Term]]] = {query_id: {} for query_id in asked}
    sources: dict[str, dict[str, Mapping[str, Any]]] = {query_id: {} for query_id in asked}
    matching: dict[str, set[str]] = {}
    for (query_id, part), hits in iter_searches(client, index, searches, sending=sending):
        if part:
            matching.setdefault(query_id, set()).update(hit["_id"] for hit in hits)
            continue
        known = asked[query_id][1]
        for hit in hits:
            held = frozenset(known[int(name)] for name in hit.get("matched_queries", ()))
            terms[query_id][hit["_id"]] = held
            sources[query_id][hit["_id"]] = hit.get("_source") or {}
    return {
        query_id: Evidence(
            terms[query_id],
            sources[query_id],
            frozenset(matching[query_id]) if query_id in matching else None,
        )
        for query_id in asked
    }


def _searches(
    query_id: str, doc_ids: Sequence[str], terms: Sequence[Term], body: Body, paths: Sequence[str]
) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    only = {"ids": {"values": list(doc_ids)}}
    named = [
        {"term": {name: {"value": token, "_name": str(number)}}}
        for number, (name, token) in enumerate(terms[:_TERMS])
    ]
    size = {"size": max(1, len(doc_ids))}
    asked = {"query": {"bool": {"filter": [only], "should": named}}, "_source": list(paths)}
    yield (query_id, ""), {**asked, **size}
    parts = body.bodies if isinstance(body, FusedQuery) else {"query": body}
    if any(set(part) & {"knn", "retriever", "post_filter"} for part in parts.values()):
        return  # found by more than a query: nothing can be said of one document alone
    for name, part in parts.items():
        query = part.get("query", {"match_all": {}})
        least = {"min_score": part["min_score"]} if "min_score" in part else {}
        inside = {"bool": {"filter": [only], "must": [query]}}
        yield (query_id, name), {"query": inside, "_source": False, **least, **size}


def ranks_of(doc_ids: Sequence[str], page: Sequence[str]) -> dict[str, int]:
    """document -> its rank from 1; one beyond the page stands one behind its end."""
    places = {doc_id: rank for rank, doc_id in enumerate(page, start=1)}
    return {doc_id: places.get(doc_id, len(page) + 1) for doc_id in doc_ids}

"""Judgments as JSON: Quepid, RRE, Elasticsearch's rated requests, ranx (docs/formats.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from esqual.judgments.nodes import Node, parse_json
from esqual.judgments.records import Judgment, JudgmentSet, to_qrels

__all__ = [
    "elasticsearch_json",
    "quepid_json",
    "ranx_json",
    "read_elasticsearch",
    "read_quepid_json",
    "read_ranx",
    "read_rre",
    "rre_json",
]


def read_ranx(path: str | Path, data: bytes) -> JudgmentSet:
    """Read ``{query_id: {doc_id: relevance}}``."""
    top = parse_json(path, data)
    judgments = [
        Judgment(query_id, doc_id, node.relevance())
        for query_id, ratings in top.items()
        for doc_id, node in ratings.items()
    ]
    return _set(top, judgments, "query_id")


def ranx_json(judged: JudgmentSet, index: str | None) -> str:
    """Return the text of such a file."""
    return _dumps(to_qrels(judged))


def read_elasticsearch(path: str | Path, data: bytes) -> JudgmentSet:
    """Read the ``requests`` of a ``_rank_eval`` body, or their list; the index plays no part."""
    top = parse_json(path, data)
    requests = top if isinstance(top.value, list) else top.need("requests")
    judgments, named = [], []
    for request in requests.elements():
        query_id = request.need("id").text()
        named.append(query_id)
        for rating in request.need("ratings").elements():
            doc_id = rating.need("_id").text()
            judgments.append(Judgment(query_id, doc_id, rating.need("rating").relevance()))
    return _set(top, judgments, "query_id", named)


def elasticsearch_json(judged: JudgmentSet, index: str | None) -> str:
    """Return ``requests`` with their ids and ratings; the search is for the reader to add."""
    requests = [
        {
            "id": query_id,
            "ratings": [
                {"_index": index, "_id": doc_id, "rating": relevance}
                for doc_id, relevance in judgments.items()
            ],
        }
        for query_id, judgments in to_qrels(judged).items()
    ]
    return _dumps({"requests": requests})


def read_quepid_json(path: str | Path, data: bytes) -> JudgmentSet:
    """Read Quepid's export of ratings, of a case, or of a book; keyed by text."""
    top = parse_json(path, data)
    pairs = top.get("query_doc_pairs")
    if pairs is not None:
        return _read_book(top, pairs)
    judgments, named = [], []
    for query in top.need("queries").elements():
        text = (query.get("query_text") or query.need("query")).text()
        named.append(text)
        ratings = query.get("ratings")
        if ratings is not None:
            for doc_id, node in ratings.items():
                judgments.append(Judgment(text, doc_id, node.relevance()))
    return _set(top, judgments, "text", named)


def _read_book(top: Node, pairs: Node) -> JudgmentSet:
    judgments, named = [], []
    for pair in pairs.elements():
        text, doc_id = pair.need("query_text").text(), pair.need("doc_id").text()
        named.append(text)
        given = pair.get("judgements")
        for judgement in given.elements() if given is not None else ():
            rating = judgement.get("rating")
            if rating is None:  # marked as unrateable, or to be judged later
                continue
            rater = judgement.get("user_email")
            name = None if rater is None else rater.text()
            judgments.append(Judgment(text, doc_id, rating.relevance(), name))
    return _set(top, judgments, "text", named)


def quepid_json(judged: JudgmentSet, index: str | None) -> str:
    """Return the text of Quepid's export of ratings."""
    qrels = to_qrels(judged)
    queries = [{"query": text, "ratings": qrels.get(text, {})} for text in judged.queries]
    return _dumps({"queries": queries})


def read_rre(path: str | Path, data: bytes) -> JudgmentSet:
    """Read the ratings of the Rated Ranking Evaluator; keyed by text.

    Topics and query groups may be there or not, as RRE has it; judgments stand beside the queries
    of a group, or in each query as Quepid writes them.
    """
    top = parse_json(path, data)
    placeholder = top.get("query_placeholder")
    name = "$query" if placeholder is None else placeholder.text()
    judgments: list[Judgment] = []
    named: list[str] = []
    for topic in _members(top, "topics"):
        for group in _members(topic, "query_groups"):
            shared = group.get("relevant_documents")
            for query in group.need("queries").elements():
                text = query.need("placeholders").need(name).text()
                named.append(text)
                own = query.get("relevant_documents") or shared
                if own is not None:
                    judgments += (Judgment(text, d, r) for d, r in _iter_relevant(own))
    return _set(top, judgments, "text", named)


def _members(node: Node, key: str) -> Iterator[Node]:
    """Yield the members of a level that a file may leave out: then the node is the only one."""
    inner = node.get(key)
    return iter((node,)) if inner is None else inner.elements()


def _iter_relevant(documents: Node) -> Iterator[tuple[str, int]]:
    """Yield (doc_id, relevance) of ``{gain: [doc_id, …]}`` or ``{doc_id: {"gain": gain}}``."""
    for key, node in documents.items():
        if isinstance(node.value, list):
            if not key.isascii() or not key.isdigit():
                node.fail(f"{key!r} stands for a gain before a list of documents; it is a number")
            gain = Node(int(key), node.source, node.path, node.steps).relevance()
            for doc in node.elements():
                yield doc.text(), gain
        else:
            yield key, node.need("gain").relevance()


def rre_json(judged: JudgmentSet, index: str | None) -> str:
    """Return ratings for RRE: one query group for each query, judgments as gain -> documents."""
    groups = []
    for text, judgments in to_qrels(judged).items():
        by_gain: dict[str, list[str]] = {}
        for doc_id, relevance in sorted(judgments.items(), key=lambda item: -item[1]):
            by_gain.setdefault(str(relevance), []).append(doc_id)
        query = {"template": "query.json", "placeholders": {"$query": text}}
        groups.append({"name": text, "queries": [query], "relevant_documents": by_gain})
    return _dumps({"index": index, "id_field": "_id", "query_groups": groups})


def _set(
    top: Node,
    judgments: list[Judgment],
    key: Literal["query_id", "text"],
    named: Sequence[str] = (),
) -> JudgmentSet:
    if not judgments:
        top.fail("holds no judgment")
    judged = {judgment.query for judgment in judgments}
    alone = tuple(query for query in dict.fromkeys(named) if query not in judged)
    return JudgmentSet(top.path, tuple(judgments), key, alone)


def _dumps(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"

"""``_rank_eval`` with every metric: what two engines make of the same rated requests."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

from tests.parity.collections import JSQUAD, Collection, Topic
from tests.parity.shapes import Json

__all__ = ["BODY", "METRICS", "QUERIES", "MetricRow", "compare_ratings", "evaluate", "ratings"]

#: of one metric, absolute
TOLERANCE = 1e-9
METRICS: list[Json] = [
    {"dcg": {"k": 10, "normalize": True}},
    {"dcg": {"k": 10, "unknown_doc_rating": 1}},
    {"precision": {"k": 10, "relevant_rating_threshold": 1}},
    {"precision": {"k": 10, "relevant_rating_threshold": 2, "ignore_unlabeled": True}},
    {"recall": {"k": 10, "relevant_rating_threshold": 1}},
    {"mean_reciprocal_rank": {"k": 10, "relevant_rating_threshold": 2}},
    {"expected_reciprocal_rank": {"maximum_relevance": 3, "k": 10}},
]

_FIELD = {
    "type": "text",
    "analyzer": "words",
    "fields": {"ngram": {"type": "text", "analyzer": "bigrams"}},
}
#: what Elasticsearch 7, too, analyses alike: no compounds, of which Lucene 8 keeps the whole
BODY: Json = {
    "settings": {
        "number_of_shards": 1,
        "number_of_replicas": 0,
        "analysis": {
            "tokenizer": {
                "bigram": {"type": "ngram", "min_gram": 2, "max_gram": 2},
                "plain": {"type": "kuromoji_tokenizer", "mode": "normal"},
            },
            "analyzer": {
                "bigrams": {"tokenizer": "bigram", "filter": ["lowercase", "cjk_width"]},
                "words": {
                    "tokenizer": "plain",
                    "filter": ["kuromoji_baseform", "kuromoji_part_of_speech", "lowercase"],
                },
            },
        },
    },
    "mappings": {
        "dynamic": False,
        "properties": {
            "id": {"type": "keyword"},
            "length": {"type": "integer"},
            "text": _FIELD,
            "title": _FIELD,
        },
    },
}
#: equal scores stand in the order of the documents, which merges change on a server
ORDER = [{"_score": "desc"}, {"id": "asc"}]


def _some_fail(topic: Topic) -> Json:
    """Every tenth topic or so asks a number for words, which an index refuses."""
    number = zlib.crc32(topic.query_id.encode()) % 10 == 0
    return {"match": {"length" if number else "text": topic.text}}


#: short lists, empty lists and failures among them
QUERIES: dict[str, Callable[[Topic], Json]] = {
    "match": lambda t: {"match": {"text": t.text}},
    "match, and": lambda t: {"match": {"text": {"query": t.text, "operator": "and"}}},
    "most_fields": lambda t: {
        "multi_match": {"query": t.text, "type": "most_fields", "fields": ["text", "text.ngram"]}
    },
    "some fail": _some_fail,
}


@dataclass(slots=True)
class MetricRow:
    """One query and metric over all topics. ``worst``: the largest difference of two values."""

    query: str
    metric: str
    topics: int = 0
    failures: int = 0
    unrated: int = 0
    worst: float = 0.0
    different: list[str] = field(default_factory=list)


def ratings(collection: Collection) -> dict[str, dict[str, int]]:
    """query_id → doc_id → rating: 3 for the source, 1 for half of its article's other paragraphs.

    The other half stays unrated, by a checksum of the ids.
    """
    wanted = {topic.query_id for topic in collection.topics}
    found: dict[str, dict[str, int]] = {query_id: {} for query_id in wanted}
    with (JSQUAD / "qrels-graded.txt").open(encoding="utf-8") as lines:
        for line in lines:
            query_id, _, doc_id, level = line.split()
            if query_id not in wanted:
                continue
            if level == "2":
                found[query_id][doc_id] = 3
            elif zlib.crc32((query_id + doc_id).encode()) % 2:
                found[query_id][doc_id] = 1
    return found


def evaluate(
    client: Elasticsearch,
    index: str,
    query: str,
    metric: Json,
    topics: Iterable[Topic],
    rated: dict[str, dict[str, int]],
) -> Json:
    """The answer to one call."""
    requests = [
        {
            "id": topic.query_id,
            "request": {"query": QUERIES[query](topic), "sort": ORDER},
            "ratings": [
                {"_index": index, "_id": doc_id, "rating": level}
                for doc_id, level in rated[topic.query_id].items()
            ],
        }
        for topic in topics
    ]
    return dict(client.rank_eval(index=index, requests=requests, metric=metric).body)


def compare_ratings(query: str, metric: Json, real: Json, ours: Json) -> MetricRow:
    """Every figure within ``TOLERANCE``; hits, ratings, unrated documents and failures equal."""
    row = MetricRow(query, next(iter(metric)))
    row.failures = len(real["failures"])
    if real["failures"].keys() != ours["failures"].keys():
        row.different.append("failures")
    row.worst = abs(real["metric_score"] - ours["metric_score"])
    for query_id, theirs in real["details"].items():
        mine = ours["details"].get(query_id)
        row.topics += 1
        row.unrated += len(theirs["unrated_docs"])
        if mine is None or _essence(theirs) != _essence(mine):
            row.different.append(query_id)
            continue
        for one, other in zip(_figures(theirs), _figures(mine), strict=True):
            row.worst = max(row.worst, abs(one - other))
    if len(ours["details"]) != row.topics or not row.worst <= TOLERANCE:
        row.different.append("figures")
    return row


def _essence(detail: Json) -> Any:
    """What must be equal: no scores, which other versions of Lucene round otherwise."""
    hits = [(hit["hit"]["_id"], hit["rating"]) for hit in detail["hits"]]
    return hits, [doc["_id"] for doc in detail["unrated_docs"]], _shape(detail["metric_details"])


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    return value if isinstance(value, int) else None


def _figures(detail: Json) -> list[float]:
    """All numbers of a detail but those that must be equal, in one order."""
    found = [float(detail["metric_score"])]

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for _, inner in sorted(value.items()):
                walk(inner)
        elif isinstance(value, float):
            found.append(0.0 if math.isnan(value) else value)

    walk(detail["metric_details"])
    return found

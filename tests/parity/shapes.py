"""The query shapes that two engines must answer alike, and the index they are asked of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.parity.collections import DIMS, Topic, vector

__all__ = ["APPROXIMATE", "INDEX", "SHAPES", "SIZE", "VECTORS", "Json", "search"]

Json = dict[str, Any]
SIZE = 20

INDEX: Json = {
    "settings": {
        "number_of_shards": 1,
        "number_of_replicas": 0,
        "analysis": {
            "tokenizer": {"bigram": {"type": "ngram", "min_gram": 2, "max_gram": 2}},
            "filter": {
                "same": {
                    "type": "synonym_graph",
                    "synonyms": [
                        "アメリカ, アメリカ合衆国, 米国",
                        "何, どんな物",
                        "作品, 小説, 映画",
                        "都市, 大都市, 町",
                        "場所, 所在地",
                        "痛い, 痛む, 苦痛",
                        "電車, 鉄道, 列車",
                        "人, 人物",
                    ],
                }
            },
            "analyzer": {
                "bigrams": {"tokenizer": "bigram", "filter": ["lowercase", "cjk_width"]},
                # the tokenizer's own default keeps compounds beside their parts
                "compounds": {
                    "tokenizer": "kuromoji_tokenizer",
                    "filter": ["kuromoji_baseform", "cjk_width", "lowercase"],
                },
                "words": {
                    "tokenizer": "plain",
                    "filter": ["kuromoji_baseform", "kuromoji_part_of_speech", "lowercase"],
                },
                "synonyms": {
                    "tokenizer": "plain",
                    "filter": ["kuromoji_baseform", "kuromoji_part_of_speech", "lowercase", "same"],
                },
            },
        },
    },
    "mappings": {
        "dynamic": False,
        "properties": {
            "id": {"type": "keyword"},
            "length": {"type": "integer"},
            "near": {
                "type": "dense_vector",
                "dims": DIMS,
                "similarity": "cosine",
                "index_options": {"type": "hnsw", "m": 16, "ef_construction": 100},
            },
            "flat": {
                "type": "dense_vector",
                "dims": DIMS,
                "similarity": "cosine",
                "index_options": {"type": "flat"},
            },
        },
    },
}
INDEX["settings"]["analysis"]["tokenizer"]["plain"] = {
    "type": "kuromoji_tokenizer",
    "mode": "search",
    "discard_compound_token": True,
}
for _name in ("title", "text"):
    INDEX["mappings"]["properties"][_name] = {
        "type": "text",
        "analyzer": "kuromoji",
        "fields": {
            "ngram": {"type": "text", "analyzer": "bigrams"},
            "compounds": {"type": "text", "analyzer": "compounds"},
            "words": {"type": "text", "analyzer": "words", "search_analyzer": "synonyms"},
        },
    }


def _match(field: str = "text", **more: Any) -> Callable[[Topic], Json]:
    return lambda topic: {"query": {"match": {field: {"query": topic.text, **more}}}}


def _phrase(field: str = "text", **more: Any) -> Callable[[Topic], Json]:
    return lambda topic: {"query": {"match_phrase": {field: {"query": topic.head, **more}}}}


def _multi(kind: str, *fields: str, head: bool = False, **more: Any) -> Callable[[Topic], Json]:
    def body(topic: Topic) -> Json:
        text = topic.head if head else topic.text
        return {"query": {"multi_match": {"query": text, "type": kind, "fields": fields, **more}}}

    return body


def _bool(topic: Topic) -> Json:
    return {
        "query": {
            "bool": {
                "must": [{"match": {"text": topic.text}}],
                "should": [
                    {"match": {"title": {"query": topic.text, "boost": 2}}},
                    {"match_phrase": {"text": {"query": topic.head, "boost": 1.5}}},
                ],
                "filter": [{"range": {"length": {"gte": 10}}}],
                "must_not": [{"match_phrase": {"text": "ください"}}],
            }
        }
    }


def _dis_max(topic: Topic) -> Json:
    queries = [
        {"match": {"text": topic.text}},
        {"match": {"text.ngram": {"query": topic.text, "boost": 0.5}}},
        {"match": {"title": {"query": topic.text, "boost": 1.2}}},
    ]
    return {"query": {"dis_max": {"queries": queries, "tie_breaker": 0.25}}}


def _function_score(topic: Topic) -> Json:
    factor = {"field": "length", "modifier": "log1p", "factor": 0.5, "missing": 1}
    functions = [
        {"field_value_factor": factor},
        {"filter": {"match": {"title": topic.text}}, "weight": 1.5},
        {"gauss": {"length": {"origin": 100, "scale": 60, "offset": 5, "decay": 0.4}}},
    ]
    return {
        "query": {
            "function_score": {
                "query": {"match": {"text": topic.text}},
                "functions": functions,
                "score_mode": "sum",
                "boost_mode": "multiply",
                "max_boost": 9,
            }
        }
    }


def _plain(text: str) -> str:
    """Without the characters that are operators to a query parser."""
    return "".join(" " if c in '"+-&|!(){}[]^~*?:\\/<>=' else c for c in text)


def _simple(topic: Topic) -> Json:
    text = f'{_plain(topic.text)} "{_plain(topic.head)}"^2 -ください'
    fields = ["text", "title^2"]
    return {"query": {"simple_query_string": {"query": text, "fields": fields}}}


def _query_string(topic: Topic) -> Json:
    text = f"text:({_plain(topic.text)}) OR title:({_plain(topic.text)})^2"
    return {"query": {"query_string": {"query": text}}}


def _boosting(topic: Topic) -> Json:
    return {
        "query": {
            "boosting": {
                "positive": {"match": {"text": topic.text}},
                "negative": {"range": {"length": {"lt": 60}}},
                "negative_boost": 0.5,
            }
        }
    }


def _rescore(topic: Topic) -> Json:
    phrase = {"match_phrase": {"text": {"query": topic.text[:8], "slop": 3}}}
    how = {"rescore_query": phrase, "query_weight": 0.7, "rescore_query_weight": 1.2}
    return {**_match()(topic), "rescore": {"window_size": 30, "query": how}}


def _knn(field: str, candidates: int, topic: Topic, k: int = SIZE, **more: Any) -> Json:
    clause = {"field": field, "query_vector": vector(topic.text), "k": k}
    return {**clause, "num_candidates": candidates, **more}


def _script(source: str, query: Callable[[Topic], Json]) -> Callable[[Topic], Json]:
    def body(topic: Topic) -> Json:
        script = {"source": source, "params": {"v": vector(topic.text)}}
        return {"query": {"script_score": {"query": query(topic), "script": script}}}

    return body


def _hybrid_clause(topic: Topic) -> Json:
    should = [_match()(topic)["query"], {"knn": _knn("flat", 100, topic, k=100, boost=10)}]
    return {"query": {"bool": {"should": should}}}


def _hybrid_top(topic: Topic) -> Json:
    return {**_match(boost=0.5)(topic), "knn": _knn("flat", 100, topic, k=50, boost=8)}


def _filtered(topic: Topic) -> Json:
    return {"knn": _knn("flat", 100, topic, filter={"range": {"length": {"gte": 20}}})}


def _matches(topic: Topic) -> Json:
    query: Json = _match()(topic)["query"]
    return query


_COSINE = "cosineSimilarity(params.v, 'flat') + 1.0"

#: name → topic → search body
SHAPES: dict[str, Callable[[Topic], Json]] = {
    "match": _match(),
    "match, and": _match(operator="and"),
    "match, minimum_should_match 60%": _match(minimum_should_match="60%"),
    "match, fuzziness 1": lambda t: {
        "query": {"match": {"text": {"query": t.head[:2], "fuzziness": 1, "prefix_length": 1}}}
    },
    "match_phrase": _phrase(),
    "match_phrase, slop 3": _phrase(slop=3),
    "match_phrase_prefix": lambda t: {"query": {"match_phrase_prefix": {"text": t.head}}},
    "match_bool_prefix": lambda t: {"query": {"match_bool_prefix": {"text": t.head}}},
    "multi_match best_fields": _multi("best_fields", "title^2", "text", tie_breaker=0.3),
    "multi_match most_fields": _multi("most_fields", "text", "text.ngram", "title"),
    "multi_match cross_fields": _multi("cross_fields", "title^2", "text"),
    "multi_match cross_fields, and": _multi("cross_fields", "title", "text", operator="and"),
    "multi_match cross_fields, two analyzers": _multi("cross_fields", "text", "text.ngram"),
    "multi_match phrase": _multi("phrase", "title", "text", head=True),
    "multi_match phrase_prefix": _multi("phrase_prefix", "title", "text", head=True),
    "multi_match bool_prefix": _multi("bool_prefix", "title", "text", head=True),
    "bool": _bool,
    "boosting": _boosting,
    "constant_score": lambda t: {"query": {"constant_score": {"filter": _match()(t)["query"]}}},
    "dis_max": _dis_max,
    "function_score": _function_score,
    "simple_query_string": _simple,
    "query_string": _query_string,
    "rescore": _rescore,
    "bigrams": _match("text.ngram"),
    "bigrams, phrase": _phrase("text.ngram"),
    "synonyms": _match("text.words"),
    "synonyms, and": _match("text.words", operator="and"),
    "synonyms, phrase": _phrase("text.words"),
    "compounds": _match("text.compounds"),
    "compounds, and": _match("text.compounds", operator="and"),
    "compounds, phrase": _phrase("text.compounds"),
    "compounds, multi_match": _multi("best_fields", "title.compounds", "text.compounds"),
    "script_score, cosine of matches": _script(_COSINE, _matches),
    "script_score, cosine of all": _script(_COSINE, lambda _: {"match_all": {}}),
    "knn flat": lambda t: {"knn": _knn("flat", 100, t)},
    "knn flat, filter": _filtered,
    "knn hnsw": lambda t: {"knn": _knn("near", 200, t)},
    "knn hnsw, all candidates": lambda t: {"knn": _knn("near", 5000, t)},
    "match + knn clause": _hybrid_clause,
    "match + knn section": _hybrid_top,
}
#: a server walks a graph and may miss what we find
APPROXIMATE = frozenset({"knn hnsw"})
#: those whose scores are made of vectors
VECTORS = frozenset(name for name in SHAPES if "knn" in name or "cosine" in name)


def search(shape: str, topic: Topic) -> Json:
    """The body of one search for ``SIZE`` hits, ids and scores only."""
    return {**SHAPES[shape](topic), "size": SIZE, "_source": False, "track_total_hits": True}

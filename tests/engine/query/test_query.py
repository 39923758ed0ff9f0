"""What no recorded answer shows: a score by hand, names, refusals, and bodies of any shape."""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query import QueryContext, parse_query, read_query
from esqual.engine.lucene.query.base import MAX_CLAUSES
from tests.engine.query.harness import FIXTURES, make_index, search

if TYPE_CHECKING:
    from pathlib import Path

    from esqual.engine.lucene.index import Index

BODY = {
    "mappings": {
        "properties": {
            "text": {"type": "text", "analyzer": "whitespace"},
            "long": {"type": "text", "analyzer": "whitespace", "similarity": "BM25"},
            "count": {"type": "long"},
            "word": {"type": "keyword"},
        }
    }
}
DOCUMENTS = [
    {"text": "猫 が 庭 で 眠る", "count": 1, "word": "猫"},
    {"text": "犬 と 猫 が 庭 で 遊ぶ 猫 は 速い", "count": 2, "word": "犬"},
    {"text": "雨 の 日", "count": 3, "word": "雨"},
    {"text": ["鳥", "鳥"], "count": 4},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    made = make_index(tmp_path_factory.mktemp("query") / "index", "small", BODY, DOCUMENTS)
    yield made
    made.close()


def refusal(index: Index, clause: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        search(index, clause)
    return caught.value


def test_bm25_by_hand_with_the_factor_k1_plus_1(index: Index) -> None:
    # 4 documents of 5, 10, 3 and 2 words; 猫 stands in the first two, once and twice
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    average = (5 + 10 + 3 + 2) / 4

    def score(frequency: int, length: int) -> float:
        norm = 1.2 * (1 - 0.75 + 0.75 * length / average)
        return (1.2 + 1) * idf * frequency / (frequency + norm)

    total, hits = search(index, {"match": {"text": "猫"}})
    assert total == 2
    assert dict(hits) == {
        "1": pytest.approx(score(1, 5), rel=1e-6),
        "2": pytest.approx(score(2, 10), rel=1e-6),
    }
    # of average length, with one occurrence: k1 + 1 cancels out and the idf, ln 2, remains
    assert dict(hits)["1"] == pytest.approx(math.log(2), rel=1e-6)


def test_equal_scores_come_in_indexing_order(index: Index) -> None:
    assert [doc_id for doc_id, _ in search(index, {"match_all": {}})[1]] == ["1", "2", "3", "4"]


def test_a_keyword_scores_its_idf_alone(index: Index) -> None:
    _, hits = search(index, {"term": {"word": "犬"}})
    assert hits == [("2", pytest.approx(math.log(1 + (3 - 1 + 0.5) / 1.5), rel=1e-6))]


@pytest.mark.parametrize("rewrite", [{}, {"rewrite": "top_terms_blended_freqs_9"}])
def test_each_fuzzy_word_keeps_its_weight_where_two_stand_for_one_term(
    tmp_path: Path, rewrite: dict[str, str]
) -> None:
    """Lucene merges the two clauses and keeps one weight, which one differs by process."""
    texts = ["共産 の 党", "共産党 が 勝つ", "共産党 と 共産", "古い 共産", "共産主 の 話", "雨"]
    made = make_index(tmp_path / "index", "near", BODY, [{"text": text} for text in texts])

    def scores(*words: str) -> dict[str, float]:
        how = {"fuzziness": 1, **rewrite}
        clauses = [
            {"fuzzy": {"text": {"value": word, "prefix_length": len(word), **how}}}
            for word in words
        ]
        return dict(search(made, {"bool": {"should": clauses}})[1])

    # 共産 stands for 共産主 and 共産党 too, which it makes as frequent as itself; 共産党 for itself
    first, second, both = scores("共産"), scores("共産党"), scores("共産", "共産党")
    made.close()
    assert set(first) == {"1", "2", "3", "4", "5"}
    assert both == {
        doc_id: pytest.approx(score + second.get(doc_id, 0.0), rel=1e-6)
        for doc_id, score in first.items()
    }


def test_names_are_collected_wherever_they_stand(index: Index) -> None:
    context = QueryContext(index)
    parse_query(
        {
            "bool": {
                "_name": "whole",
                "must": [{"match": {"text": {"query": "猫", "_name": "cat", "boost": 2}}}],
                "filter": {"range": {"count": {"gte": 1, "_name": "counted"}}},
                "should": {
                    "function_score": {
                        "_name": "weighted",
                        "query": {"term": {"word": {"value": "犬", "_name": "dog"}}},
                        "functions": [
                            {"filter": {"exists": {"field": "word", "_name": "f"}}, "weight": 2}
                        ],
                    }
                },
            }
        },
        context,
    )
    assert set(context.named) == {"whole", "cat", "counted", "weighted", "dog", "f"}
    assert str(context.named["cat"]) == "(text:猫)^2.0"


def test_a_query_is_read_once_and_built_for_any_index(index: Index) -> None:
    build = read_query({"match": {"text": "猫"}})
    assert str(build(QueryContext(index))) == str(build(QueryContext(index))) == "text:猫"


@pytest.mark.parametrize(
    "clause",
    [
        *[
            {name: {}}
            for name in ("nested", "intervals", "span_near", "more_like_this", "percolate")
        ],
        {"script_score": {"query": {"match_all": {}}, "script": {"source": "Math.log(2)"}}},
        {"function_score": {"script_score": {"script": {"source": "1"}}}},
        {"terms": {"word": {"index": "other", "id": "1", "path": "words"}}},
        {"match": {"text": {"query": "猫", "fuzziness": 1, "fuzzy_rewrite": "constant_score"}}},
        {"query_string": {"query": "猫*", "analyze_wildcard": True}},
        {"query_string": {"query": "猫", "quote_field_suffix": ".exact"}},
    ],
    ids=str,
)
def test_what_only_a_server_does_is_refused_by_name(
    index: Index, clause: dict[str, dict[str, Any]]
) -> None:
    error = refusal(index, clause)
    cause = error.root or error
    assert cause.type == "illegal_argument_exception"
    assert "is not supported by the embedded engine" in cause.reason
    named = json.dumps(clause)
    assert any(word in named for word in cause.reason.partition("]")[0][1:].split())


@pytest.mark.parametrize(
    ("extra", "accepted"), [(0, True), (1, False)], ids=["at the limit", "above"]
)
def test_clauses_are_limited_as_on_a_server(index: Index, extra: int, accepted: bool) -> None:
    words = " ".join(f"w{number}" for number in range(MAX_CLAUSES + extra))
    if accepted:
        assert search(index, {"match": {"text": words}}) == (0, [])
        return
    error = refusal(index, {"match": {"text": words}})
    assert error.type == "search_phase_execution_exception"
    assert error.root is not None
    assert error.root.caused_by is not None
    assert error.root.caused_by.type == "too_many_nested_clauses"
    assert error.root.reason == (
        "failed to create query: Query contains too many nested clauses; maxClauseCount is set to "
        "8192"
    )


def test_too_many_terms_name_the_setting(index: Index) -> None:
    error = refusal(index, {"terms": {"word": ["猫"] * 65537}})
    assert error.root is not None
    assert "[index.max_terms_count]" in error.root.reason


def test_a_shards_refusal_carries_its_index(index: Index) -> None:
    error = refusal(index, {"match": {"count": "多い"}})
    assert error.body()["error"]["root_cause"] == [
        {
            "type": "query_shard_exception",
            "reason": 'failed to create query: For input string: "多い"',
            "index_uuid": "uuid",
            "index": "small",
        }
    ]


ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 1e308, 10**30, "", "x", "text", "*", "\x00", "😀", [], {}),
    *([1], ["x"], [None], [[]], {"a": 1}, {"query": "x"}, [{"a": {}}], {"match_all": {}}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    keys: Any = ()
    if isinstance(value, dict):
        keys = value
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield from places(value[key], (*path, key))


def test_a_body_of_any_shape_is_answered_or_refused_never_crashed(index: Index) -> None:
    record = json.loads((FIXTURES / "queries-es-9.4.3.json").read_text(encoding="utf-8"))
    queries = [case["query"] for case in record["good"]]
    chance = random.Random(20)
    refused = 0
    for _ in range(1500):
        query = copy.deepcopy(chance.choice(queries))
        path = chance.choice([place for place in places(query) if place])
        target = query
        for step in path[:-1]:
            target = target[step]
        odd = copy.deepcopy(chance.choice(ODD))
        if isinstance(target, list) or chance.random() < 0.7:
            target[path[-1]] = odd
        else:
            target[chance.choice(["x", "boost", "query", "value", "_name", "text"])] = odd
        try:
            search(index, query)
        except ApiError as error:
            json.dumps(error.body())  # an answer that can be sent
            refused += 1
        except J.IllegalArgumentException:
            refused += 1  # while documents are scored: the search makes an answer of it
    assert 300 < refused < 1500


@pytest.mark.parametrize("boost_mode", ["multiply", "sum", "avg", "min", "max", "replace"])
def test_an_explanation_of_functions_ends_in_the_hits_score(index: Index, boost_mode: str) -> None:
    clause = {
        "function_score": {
            "query": {"match": {"text": "猫"}},
            "functions": [
                {"weight": 3, "field_value_factor": {"field": "count", "modifier": "sqrt"}},
                {"filter": {"term": {"word": "犬"}}, "weight": 0.5},
            ],
            "score_mode": "sum",
            "boost_mode": boost_mode,
        }
    }
    searcher = index.searcher()
    query = parse_query(clause, QueryContext(index))
    top = searcher.java.search(query, 10)
    assert len(top.scoreDocs) == 2
    for hit in top.scoreDocs:
        explained = searcher.java.explain(query, hit.doc)
        assert float(explained.getValue().floatValue()) == pytest.approx(float(hit.score), rel=1e-6)


def test_an_explanation_below_min_score_is_no_match(index: Index) -> None:
    clause = {"function_score": {"query": {"match": {"text": "猫"}}, "weight": 2, "min_score": 50}}
    explained = index.searcher().java.explain(parse_query(clause, QueryContext(index)), 0)
    assert not explained.isMatch()
    assert "too low, expected at least 50.0" in str(explained.getDescription())

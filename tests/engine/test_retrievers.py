"""Retrievers: ``standard``, ``knn`` as Elasticsearch 9.4.3 answers; ``rrf``, ``linear`` by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch, helpers

import esqual
from esqual.fusion import read_fused
from esqual.search import search_pages
from tests.engine.recorded import OWN, comparable, load

# recorded puts the folder of fixtures on the path
import retriever_cases as cases  # isort: skip

RECORDED = load("retrievers-es-9.4.3.json")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    made = esqual.connect(f"lucene:{tmp_path_factory.mktemp('retrievers')}")
    made.indices.create(index=cases.INDEX, mappings=cases.MAPPINGS)
    for number, document in enumerate(cases.DOCUMENTS, 1):
        made.index(index=cases.INDEX, id=f"d{number}", document=document)
    made.indices.refresh(index=cases.INDEX)
    yield made
    made.close()


def ask(client: Elasticsearch, body: Any) -> list[Any]:
    try:
        answer = client.search(index=cases.INDEX, body=body)
    except BadRequestError as error:
        return [error.status_code, error.body]
    return [200, answer.body]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        pytest.param(body, answer, id=f"{group}-{number}")
        for group in ("standard", "beside", "knn")
        for number, (body, answer) in enumerate(
            zip(cases.GROUPS[group], RECORDED[group], strict=True)
        )
    ],
)
def test_an_answer_equals_that_of_elasticsearch(
    client: Elasticsearch, body: Any, answer: Any
) -> None:
    # where a vector search is refused the server names its own phase of that
    without = {*OWN, "phase"}
    assert comparable(ask(client, body), without) == comparable(answer, without)


def test_the_recorded_server_does_not_know_the_licensed_retrievers() -> None:
    answers = RECORDED["apart"]
    assert [status for status, _ in answers] == [400, 400]
    assert "unknown retriever [rrf]" in json.dumps(answers[0])
    assert "unknown retriever [linear]" in json.dumps(answers[1])


# ------------------------------------------------------------------ rrf and linear, by hand


def by_stars(*pairs: tuple[int, float]) -> dict[str, Any]:
    """Documents of these stars with these scores."""
    should = [
        {"constant_score": {"filter": {"term": {"stars": stars}}, "boost": score}}
        for stars, score in pairs
    ]
    return {"standard": {"query": {"bool": {"should": should}}}}


A = by_stars((1, 10.0), (2, 9.0), (3, 5.0))
B = by_stars((4, 4.0), (3, 3.0), (1, 1.0))


def rrf(*retrievers: Any, **more: Any) -> dict[str, Any]:
    return {"rrf": {"retrievers": list(retrievers), **more}}


def linear(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"linear": {"retrievers": list(parts), **more}}


def part(retriever: Any, **more: Any) -> dict[str, Any]:
    return {"retriever": retriever, **more}


def hits(client: Elasticsearch, retriever: Any, **more: Any) -> list[tuple[str, float]]:
    answer = client.search(index=cases.INDEX, body={"retriever": retriever, **more})
    return [(hit["_id"], hit["_score"]) for hit in answer["hits"]["hits"]]


def close(*pairs: tuple[str, float]) -> list[tuple[str, Any]]:
    return [(doc_id, pytest.approx(score, rel=1e-6)) for doc_id, score in pairs]


def test_rrf_adds_one_over_constant_plus_rank(client: Elasticsearch) -> None:
    assert hits(client, rrf(A, B)) == close(
        ("d1", 1 / 61 + 1 / 63), ("d3", 1 / 63 + 1 / 62), ("d4", 1 / 61), ("d2", 1 / 62)
    )
    assert hits(client, rrf(A, B, rank_constant=1)) == close(
        ("d1", 1 / 2 + 1 / 4), ("d3", 1 / 4 + 1 / 3), ("d4", 1 / 2), ("d2", 1 / 3)
    )


def test_weights_of_rrf_stand_beside_the_retriever_and_are_one_elsewhere(
    client: Elasticsearch,
) -> None:
    found = hits(client, rrf(part(A, weight=0.5), B, rank_constant=1))
    assert found == close(
        ("d1", 0.5 / 2 + 1 / 4), ("d4", 1 / 2), ("d3", 0.5 / 4 + 1 / 3), ("d2", 0.5 / 3)
    )


def test_a_tie_goes_to_the_document_that_was_indexed_first(client: Elasticsearch) -> None:
    # d4 stands first in the first list, d2 in the second
    found = hits(client, rrf(by_stars((4, 1.0)), by_stars((2, 1.0))))
    assert [doc_id for doc_id, _ in found] == ["d2", "d4"]


def test_the_window_cuts_each_list_and_the_fused_one_and_the_total_counts_all(
    client: Elasticsearch,
) -> None:
    retriever = rrf(A, B, rank_constant=1, rank_window_size=2)
    answer = client.search(index=cases.INDEX, body={"retriever": retriever, "size": 2})
    # lists d1 d2 and d4 d3: d1 and d4 1/2, d2 and d3 1/3
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["d1", "d4"]
    assert answer["hits"]["total"] == {"value": 4, "relation": "eq"}
    behind = client.search(index=cases.INDEX, body={"retriever": retriever, "size": 2, "from": 2})
    assert behind["hits"]["hits"] == []
    with pytest.raises(BadRequestError, match=r"rank_window_size: 2\] be greater"):
        hits(client, retriever, size=3)


def test_pages_of_a_fused_search_follow_each_other(client: Elasticsearch) -> None:
    whole = hits(client, rrf(A, B))
    paged = [hits(client, rrf(A, B), size=1, **{"from": at})[0] for at in range(4)]
    assert paged == whole


def test_linear_adds_weighted_scores_and_nothing_for_a_missing_document(
    client: Elasticsearch,
) -> None:
    found = hits(client, linear(part(A), part(B, weight=2)))
    assert found == close(("d1", 12.0), ("d3", 11.0), ("d2", 9.0), ("d4", 8.0))


def test_minmax_runs_from_zero_to_one_within_the_window(client: Elasticsearch) -> None:
    # A: 1, 0.8, 0; B: 1, 2/3, 0
    both = linear(part(A, normalizer="minmax"), part(B, normalizer="minmax"))
    assert hits(client, both) == close(("d1", 1.0), ("d4", 1.0), ("d2", 0.8), ("d3", 2 / 3))
    assert hits(client, linear(part(A), part(B), normalizer="minmax")) == hits(client, both)
    window = linear(part(A, normalizer="minmax"), part(B, weight=0), rank_window_size=2)
    assert hits(client, window, size=2) == close(("d1", 1.0), ("d2", 0.0))


def test_minmax_of_equal_scores_leaves_them(client: Elasticsearch) -> None:
    equal = by_stars((1, 7.0), (2, 7.0))
    assert hits(client, linear(part(equal, normalizer="minmax"))) == close(("d1", 7.0), ("d2", 7.0))


def test_l2_norm_divides_by_the_length_of_the_list(client: Elasticsearch) -> None:
    found = hits(client, linear(part(by_stars((1, 4.0), (2, 3.0)), normalizer="l2_norm")))
    assert found == close(("d1", 0.8), ("d2", 0.6))


def test_a_normalizer_of_its_own_goes_before_that_of_all(client: Elasticsearch) -> None:
    found = hits(client, linear(part(A, normalizer="none"), part(B, weight=0), normalizer="minmax"))
    assert found[0] == ("d1", 10.0)


def test_min_score_of_linear_keeps_what_reaches_it(client: Elasticsearch) -> None:
    assert hits(client, linear(part(A), part(B, weight=2), min_score=9.0)) == close(
        ("d1", 12.0), ("d3", 11.0), ("d2", 9.0)
    )


def test_a_filter_around_reaches_every_retriever_and_a_filter_within_its_own(
    client: Elasticsearch,
) -> None:
    kyoto = {"term": {"place": "京都"}}
    near = {"knn": {"field": "vector", "query_vector": [0, 0], "k": 1, "num_candidates": 5}}
    # a filter that came after the search would leave nothing of the nearest
    assert hits(client, rrf(A, near, filter=kyoto)) == close(("d3", 2 / 61))
    assert hits(client, rrf(rrf(A, near), B, filter=kyoto, rank_constant=1)) == close(
        ("d3", 1 / 2 + 1 / 3), ("d4", 1 / 2)
    )


def test_retrievers_nest(client: Elasticsearch) -> None:
    inner = linear(part(by_stars((2, 20.0))), part(by_stars((4, 1.0))))
    assert hits(client, linear(part(A, weight=0.5), part(inner, weight=2))) == close(
        ("d2", 44.5), ("d1", 5.0), ("d3", 2.5), ("d4", 2.0)
    )


def test_a_retriever_sorted_by_a_field_ranks_by_it(client: Elasticsearch) -> None:
    newest = {"standard": {"query": {"match_all": {}}, "sort": [{"stars": "desc"}]}}
    assert [doc_id for doc_id, _ in hits(client, rrf(newest), size=3)] == ["d5", "d4", "d3"]


def test_what_min_score_keeps_out_is_not_counted(client: Elasticsearch) -> None:
    least = {"standard": {**A["standard"], "min_score": 6}}
    answer = client.search(index=cases.INDEX, body={"retriever": rrf(least)})
    assert answer["hits"]["total"] == {"value": 2, "relation": "eq"}
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["d1", "d2"]


def test_a_clause_without_a_k_of_its_own_takes_the_window(client: Elasticsearch) -> None:
    clause = {"knn": {"field": "vector", "query_vector": [0, 0]}}
    found = hits(client, rrf({"standard": {"query": clause}}, rank_window_size=3), size=3)
    assert [doc_id for doc_id, _ in found] == ["d1", "d2", "d3"]


def test_fields_names_highlights_and_filters_behind_work_on_a_fused_search(
    client: Elasticsearch,
) -> None:
    words = {"match": {"text": {"query": "痛い", "_name": "語"}}}
    body = {
        "retriever": rrf({"standard": {"query": words}}, A),
        "highlight": {"fields": {"text": {}}},
        "fields": ["place"],
        "_source": False,
        "post_filter": {"term": {"place": "京都"}},
        "size": 1,
    }
    (hit,) = client.search(index=cases.INDEX, body=body)["hits"]["hits"]
    assert hit["_id"] == "d3"
    assert hit["fields"] == {"place": ["京都"]}
    assert hit["matched_queries"] == ["語"]
    assert "<em>痛い</em>" in hit["highlight"]["text"][0]


def test_several_indices_are_fused_as_one(client: Elasticsearch) -> None:
    client.indices.create(index="f_other", mappings=cases.MAPPINGS)
    actions = [{"_index": "f_other", "_id": "d1", "stars": 1}]
    helpers.bulk(client, actions, refresh=True)
    try:
        body = {"retriever": rrf(by_stars((1, 3.0), (2, 2.0)))}
        found = client.search(index="f_notes,f_other", body=body)["hits"]["hits"]
        assert [(hit["_index"], hit["_id"]) for hit in found] == [
            ("f_notes", "d1"),
            ("f_other", "d1"),
            ("f_notes", "d2"),
        ]
    finally:
        client.indices.delete(index="f_other")


def test_many_searches_at_once_each_have_their_own_answer(client: Elasticsearch) -> None:
    searches: list[Any] = []
    for retriever in (rrf(A, B), A, rrf({"standard": {"query": {"match": {"text": "胃"}}}})):
        searches += [{}, {"retriever": retriever}]
    searches += [{}, {"retriever": rrf({"standard": {"sort": ["nowhere"]}})}]
    answers = client.msearch(index=cases.INDEX, searches=searches)["responses"]
    firsts = [answer["hits"]["hits"][0]["_id"] for answer in answers[:3]]
    assert firsts == ["d1", "d1", "d2"]
    assert answers[3]["status"] == 400
    assert "No mapping found for [nowhere]" in json.dumps(answers[3], ensure_ascii=False)


def test_rank_eval_takes_a_retriever(client: Elasticsearch) -> None:
    ratings = [{"_index": cases.INDEX, "_id": "d4", "rating": 1}]
    requests = [{"id": "t", "request": {"retriever": rrf(A, B)}, "ratings": ratings}]
    metric = {"mean_reciprocal_rank": {"k": 10}}
    answer = client.rank_eval(index=cases.INDEX, requests=requests, metric=metric)
    assert answer["metric_score"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("retriever", "reason"),
    [
        (linear(part(A, weight=-1)), r"[weight] must be non-negative, found [-1.0]"),
        (rrf(part(A, weight=-0.5)), r"[weight] must be non-negative, found [-0.5]"),
        (linear(part(A, normalizer="aardvark")), "Unknown normalizer [aardvark]"),
        (linear(A), "unknown field [standard]"),
        (rrf(A, rank_constant=0), "[rank_constant] must be greater or equal to [1], had [0]"),
        (rrf(A, rank_window_size=0), "[rank_window_size] must be greater or equal to [1]"),
        (rrf(A, bogus=1), "[rrf] unknown field [bogus]"),
        (rrf(), "[rrf] requires [retrievers]"),
        (rrf({"nothing": {}}), "unknown retriever [nothing]"),
        ({"rrf": {"query": "胃", "fields": ["text"]}}, "use an Elasticsearch server"),
        ({"rescorer": {}}, "use an Elasticsearch server"),
        (rrf(A, min_score=1), "use an Elasticsearch server"),
        ({"knn": {"field": "vector", "min_score": 1}}, "use an Elasticsearch server"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    client: Elasticsearch, retriever: Any, reason: str
) -> None:
    status, answer = ask(client, {"retriever": retriever})
    assert status == 400
    assert reason in json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize(
    "beside", [{"min_score": 1}, {"explain": True}, {"indices_boost": [{cases.INDEX: 2}]}]
)
def test_what_a_fused_search_has_not_says_so(client: Elasticsearch, beside: Any) -> None:
    status, answer = ask(client, {"retriever": rrf(A), **beside})
    assert status == 400
    assert "use an Elasticsearch server" in json.dumps(answer)


def test_fusion_on_our_side_equals_the_retriever(client: Elasticsearch) -> None:
    near = {"field": "vector", "query_vector": [2.4, 0], "k": 4, "num_candidates": 5}
    words = {"query": {"match": {"text": "胃が痛い"}}}
    query = read_fused(
        {
            "fuse": {"rank_constant": 7, "window": 4, "weights": {"vector": 0.3}},
            "queries": {"words": words, "vector": {"knn": near}},
        }
    )
    assert query is not None
    page = search_pages(client, cases.INDEX, {"t": query}, 4)["t"]
    theirs = hits(
        client,
        rrf(
            {"standard": words},
            part({"knn": near}, weight=0.3),
            rank_constant=7,
            rank_window_size=4,
        ),
        size=4,
    )
    assert list(zip(page.doc_ids, page.scores, strict=True)) == close(*theirs)
    assert len(theirs) == 4

"""Reading the Ranking Evaluation API: complete, finite, or an error. Never a pass."""

from __future__ import annotations

from typing import Any

import pytest

from esqual.errors import EngineError
from esqual.rank_eval import Page, Rating, TopicRequest, evaluate, iter_tied_pages
from tests.fakes import scripted_client

METRIC = {"dcg": {"k": 2, "normalize": True}}
BODY = {"query": {"match": {"text": "胃が痛い"}}}


def topics(count: int, ratings: int = 0) -> list[TopicRequest]:
    rows = [Rating("articles", f"d{i}", 1) for i in range(ratings)]
    return [TopicRequest(f"t{i}", BODY, rows) for i in range(count)]


def detail(score: Any = 0.5) -> dict[str, Any]:
    hit = {"_index": "articles", "_id": "d1", "_score": 1.5}
    return {"metric_score": score, "hits": [{"hit": hit, "rating": None}], "metric_details": {}}


def answer_all(_: str, __: str, body: Any) -> tuple[int, Any]:
    details = {request["id"]: detail() for request in body["requests"]}
    return 200, {"metric_score": 0.5, "details": details, "failures": {}}


def test_every_topic_has_a_figure_and_a_page_in_the_order_sent() -> None:
    evaluation = evaluate(scripted_client(answer_all), "articles", topics(3), METRIC)
    assert list(evaluation.figures) == ["t0", "t1", "t2"]
    assert evaluation.pages["t1"] == Page(("d1",), (1.5,), ("articles",))


def test_many_topics_travel_in_few_requests() -> None:
    sizes: list[int] = []

    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        assert path == "/articles/_rank_eval"
        sizes.append(len(body["requests"]))
        return answer_all(method, path, body)

    evaluate(scripted_client(answer), "articles", topics(450), METRIC)
    assert sizes == [200, 200, 50]


def test_deep_judgments_make_smaller_requests() -> None:
    sizes: list[int] = []

    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        sizes.append(len(body["requests"]))
        return answer_all(method, path, body)

    evaluate(scripted_client(answer), "articles", topics(3, ratings=60_000), METRIC)
    assert sizes == [1, 1, 1]


def test_one_failed_topic_is_an_error_that_names_it() -> None:
    def answer(_: str, __: str, body: Any) -> tuple[int, Any]:
        failure = {"error": {"root_cause": [{"type": "x", "reason": "shard is gone"}]}}
        details = {"t0": detail()}
        return 200, {"metric_score": 0.5, "details": details, "failures": {"t1": failure}}

    with pytest.raises(EngineError, match="topic t1: shard is gone"):
        evaluate(scripted_client(answer), "articles", topics(2), METRIC)


def test_a_topic_missing_from_the_answer_is_an_error() -> None:
    def answer(_: str, __: str, body: Any) -> tuple[int, Any]:
        return 200, {"metric_score": 0.5, "details": {"t0": detail()}, "failures": {}}

    with pytest.raises(EngineError, match="nothing for topic t1"):
        evaluate(scripted_client(answer), "articles", topics(2), METRIC)


@pytest.mark.parametrize("figure", ["NaN", float("inf")])
def test_a_figure_that_is_not_a_number_is_an_error(figure: Any) -> None:
    def answer(_: str, __: str, body: Any) -> tuple[int, Any]:
        return 200, {"metric_score": 0.5, "details": {"t0": detail(figure)}, "failures": {}}

    with pytest.raises(EngineError, match="not a number"):
        evaluate(scripted_client(answer), "articles", topics(1), METRIC)


def test_a_page_ends_in_a_tie_when_the_next_hit_scores_the_same() -> None:
    def answer(_: str, __: str, body: Any) -> tuple[int, Any]:
        searches = body[1::2]
        assert all(s["from"] == 2 and s["size"] == 1 for s in searches)
        following = [{"_id": "d9", "_score": 1.0}], [{"_id": "d9", "_score": 0.5}], []
        shards = {"_shards": {"failed": 0}, "timed_out": False}
        return 200, {"responses": [{**shards, "hits": {"hits": list(f)}} for f in following]}

    page = Page(("d1", "d2"), (2.0, 1.0), ("articles", "articles"))
    pages = dict.fromkeys(("t0", "t1", "t2"), page)
    tied = iter_tied_pages(scripted_client(answer), "articles", topics(3), pages)
    assert list(tied) == ["t0"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"_shards": {"failed": 1}, "timed_out": False}, "1 failed shards"),
        ({"_shards": {"failed": 0}, "timed_out": True}, "timed out"),
    ],
)
def test_a_partial_answer_is_an_error(extra: dict[str, Any], message: str) -> None:
    def answer(_: str, __: str, body: Any) -> tuple[int, Any]:
        return 200, {"responses": [{**extra, "hits": {"hits": []}}]}

    page = Page(("d1",), (2.0,), ("articles",))
    with pytest.raises(EngineError, match=message):
        list(iter_tied_pages(scripted_client(answer), "articles", topics(1), {"t0": page}))


def test_without_scores_a_run_keeps_the_order_by_rank() -> None:
    run = Page(("d1", "d2"), (None, None), ("a", "a")).to_run()
    assert [(doc.doc_id, doc.score) for doc in run] == [("d1", -1.0), ("d2", -2.0)]

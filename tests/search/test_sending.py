"""Batches to a server: their limits, their order, and what is asked again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from esqual.errors import EngineError
from esqual.patience import Patience
from esqual.search import Sending, iter_searches
from esqual.search.sending import batches
from tests.fakes import scripted_client

QUICK = Patience(4, 0.001, 0.01, seed=1)
GOOD = {"_shards": {"total": 1, "successful": 1, "failed": 0}, "timed_out": False, "status": 200}
FULL = {"type": "es_rejected_execution_exception", "reason": "the queue is full"}


def search(number: int, **more: Any) -> tuple[str, dict[str, Any]]:
    return f"t{number}", {"query": {"term": {"n": number}}, "size": 10, **more}


def found(body: Any) -> dict[str, Any]:
    hit = {"_index": "a", "_id": str(body["query"]["term"]["n"]), "_score": 1.0}
    return {**GOOD, "hits": {"hits": [hit]}}


def sent(answer: Callable[[list[Any]], tuple[int, Any]], n: int, sending: Sending) -> list[str]:
    """The ids that ``n`` searches find; ``answer`` gets the bodies of each request."""

    def server(_: str, path: str, body: Any) -> tuple[int, Any]:
        assert path.endswith("/_msearch")
        return answer(body[1::2])

    searches = [search(number) for number in range(n)]
    client = scripted_client(server)
    return [hits[0]["_id"] for _, hits in iter_searches(client, "a", searches, sending=sending)]


def all_found(bodies: list[Any]) -> tuple[int, Any]:
    return 200, {"responses": [found(body) for body in bodies]}


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [
        ({"searches_per_request": 3}, [3, 3, 1]),
        ({"hits_per_request": 20}, [2, 2, 2, 1]),
        ({"bytes_per_request": 100}, [2, 2, 2, 1]),
        ({"bytes_per_request": 1}, [1] * 7),
        ({}, [7]),
    ],
)
def test_a_request_keeps_every_limit(limits: dict[str, int], sizes: list[int]) -> None:
    cut = list(batches([search(n) for n in range(7)], Sending(**limits)))
    assert [len(batch) for batch in cut] == sizes
    assert [label for batch in cut for label, _ in batch] == [f"t{n}" for n in range(7)]


def test_japanese_counts_as_the_bytes_that_are_sent() -> None:
    text = "胃が痛い" * 100
    bodies = [(f"t{n}", {"query": {"match": {"text": text}}}) for n in range(4)]
    assert [len(b) for b in batches(bodies, Sending(bytes_per_request=2_600))] == [2, 2]


def test_answers_keep_the_order_of_the_searches_and_no_more_are_under_way_than_allowed() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def answer(bodies: list[Any]) -> tuple[int, Any]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        # the earlier a request, the later its answer
        time.sleep(0.05 if bodies[0]["query"]["term"]["n"] % 6 == 0 else 0.001)
        with lock:
            under_way -= 1
        return all_found(bodies)

    ids = sent(answer, 24, Sending(searches_per_request=2, concurrency=3))
    assert ids == [str(n) for n in range(24)]
    assert most == 3


def test_searches_that_met_a_full_queue_are_asked_again_and_no_others() -> None:
    sizes = []

    def answer(bodies: list[Any]) -> tuple[int, Any]:
        sizes.append(len(bodies))
        responses = [found(body) for body in bodies]
        if len(sizes) == 1:
            responses[1] = {"error": FULL, "status": 429}
            shards = {"total": 2, "successful": 1, "failed": 1, "failures": [{"reason": FULL}]}
            responses[3] = {**GOOD, "_shards": shards, "hits": {"hits": []}}
        return 200, {"responses": responses}

    assert sent(answer, 5, Sending(patience=QUICK)) == ["0", "1", "2", "3", "4"]
    assert sizes == [5, 2]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_request_that_is_turned_away_is_asked_again(status: int) -> None:
    statuses = iter([status, status])

    def answer(bodies: list[Any]) -> tuple[int, Any]:
        for refused in statuses:
            return refused, {"error": FULL, "status": refused}
        return all_found(bodies)

    assert sent(answer, 2, Sending(patience=QUICK)) == ["0", "1"]


def test_a_queue_that_stays_full_is_an_error_in_the_end() -> None:
    asked = 0

    def answer(bodies: list[Any]) -> tuple[int, Any]:
        nonlocal asked
        asked += 1
        return 200, {"responses": [{"error": FULL, "status": 429} for _ in bodies]}

    with pytest.raises(EngineError, match="topic t0: the queue is full"):
        sent(answer, 2, Sending(patience=QUICK))
    assert asked == 1 + QUICK.retries


def test_a_request_that_is_too_large_is_halved() -> None:
    sizes = []

    def answer(bodies: list[Any]) -> tuple[int, Any]:
        sizes.append(len(bodies))
        if len(bodies) > 2:
            return 413, {"error": "too large", "status": 413}
        return all_found(bodies)

    assert sent(answer, 7, Sending(patience=QUICK)) == [str(n) for n in range(7)]
    assert sizes == [7, 3, 1, 2, 4, 2, 2]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"_shards": {"failed": 1, "failures": [{"reason": {"type": "io"}}]}}, "1 failed shards"),
        ({"timed_out": True}, "timed out"),
    ],
)
def test_a_shard_that_fails_and_a_search_that_times_out_are_not_asked_again(
    broken: dict[str, Any], message: str
) -> None:
    asked = 0

    def answer(bodies: list[Any]) -> tuple[int, Any]:
        nonlocal asked
        asked += 1
        return 200, {"responses": [{**found(body), **broken} for body in bodies]}

    with pytest.raises(EngineError, match=message):
        sent(answer, 1, Sending(patience=QUICK))
    assert asked == 1


def test_an_answer_that_lacks_a_search_is_an_error() -> None:
    with pytest.raises(EngineError, match="2 of 3 searches"):
        sent(lambda bodies: all_found(bodies[1:]), 3, Sending())


def test_search_type_and_preference_stand_in_the_header_and_a_point_takes_the_indexs_place() -> (
    None
):
    seen: list[Any] = []

    def server(_: str, path: str, body: Any) -> tuple[int, Any]:
        seen.append((path, body[0], body[1].get("pit", {}).get("id")))
        return all_found(body[1::2])

    client = scripted_client(server)
    plain = Sending(search_type="dfs_query_then_fetch", preference="_prefer_nodes:n1")
    for sending in (plain, Sending(point="p1")):
        list(iter_searches(client, "a", [search(1)], sending=sending))
    header = {"search_type": "dfs_query_then_fetch", "preference": "_prefer_nodes:n1"}
    assert seen == [("/a/_msearch", header, None), ("/_msearch", {}, "p1")]

"""One client for every product: the node asks once and speaks as the server does."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import elasticsearch
import pytest

import esqual
from tests.engine.server.told import Answer, opensearch, telling
from tests.engine.server.told import elasticsearch as es

ROOT = Path(__file__).parents[3]
SERVERS = {
    "9": (es("9.4.3"), "application/vnd.elasticsearch+json; compatible-with=9"),
    "8": (es("8.19.3"), "application/vnd.elasticsearch+json; compatible-with=8"),
    "8-bare": (es("8.19.3", has_root=False), "application/json"),
    "7": (es("7.17.15"), "application/json"),
    "opensearch-3": (opensearch("3.6.0", is_signed=True), "application/json"),
    "opensearch-2": (opensearch("2.19.0", is_signed=False), "application/json"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_hears_the_type_that_it_takes(name: str) -> None:
    answer, content_type = SERVERS[name]
    with telling(answer) as told, esqual.connect(told.url) as client:
        assert client.search(index="a", query={"match_all": {}}).body == {"took": 1}
        client.bulk(operations=[{"delete": {"_index": "a", "_id": "1"}}])
        client.search(index="a")
    assert [path for _, path, _ in told.seen] == ["/", "/a/_search", "/_bulk", "/a/_search"]
    assert told.seen[0][2]["accept"] == "application/json"
    assert told.seen[1][2]["content-type"] == content_type
    assert told.seen[2][2]["content-type"] == content_type.replace("json", "x-ndjson")


def test_the_client_as_it_comes_is_refused_where_ours_is_not() -> None:
    """Which shows that these servers are strict, as the real ones are."""
    for name, error in (("8", elasticsearch.BadRequestError), ("opensearch-3", Exception)):
        with telling(SERVERS[name][0]) as told, pytest.raises(error):
            elasticsearch.Elasticsearch(told.url).search(index="a", query={"match_all": {}})


def test_something_else_is_not_taken_for_a_search_engine() -> None:
    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        return 200, {}, {"hello": "world"}

    with telling(answer) as told, pytest.raises(elasticsearch.UnsupportedProductError):
        esqual.connect(told.url).info()


def test_a_busy_first_answer_does_not_decide_for_ever() -> None:
    named = {"X-elastic-product": "Elasticsearch"}
    turns = iter([(503, named, {})])

    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        return next(turns, None) or es("9.4.3")(method, path, headers)

    with telling(answer) as told:
        client = esqual.connect(told.url).options(max_retries=0)
        with pytest.raises(elasticsearch.ApiError):
            client.search(index="a")
        assert client.search(index="a", query={"match_all": {}}).body == {"took": 1}
        assert told.seen[-1][2]["content-type"].endswith("compatible-with=9")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_nothing_is_sent_to_a_server_that_was_too_busy_to_say_what_it_is(status: int) -> None:
    """Whoever answered for it, here in the name of Elasticsearch for OpenSearch."""
    named = {"X-elastic-product": "Elasticsearch"}
    turns = iter([(status, named, {"error": "busy"}), (status, named, {"error": "busy"})])

    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        return next(turns, None) or opensearch("3.6.0", is_signed=True)(method, path, headers)

    with telling(answer) as told:
        client = esqual.connect(told.url)
        with pytest.raises(elasticsearch.ApiError) as caught:
            client.options(max_retries=0).search(index="a")
        assert caught.value.status_code == status
        assert client.search(index="a", query={"match_all": {}}).body == {"took": 1}
        assert [path for _, path, _ in told.seen] == ["/", "/", "/", "/a/_search"]
        assert told.seen[-1][2]["content-type"] == "application/json"


def test_retries_say_nothing_on_stderr() -> None:
    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        return 503, {}, {"error": "busy"}

    with telling(answer) as told:
        command = [sys.executable, "-m", "esqual", "search", "--index", "a", "--engine", told.url]
        command += ["--query", "queries/templates/match.json", "雨"]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert len(told.seen) > 1
    assert run.returncode == 3
    assert run.stderr.splitlines() == [
        "esqual: error: the engine refuses the request (status 503): busy"
    ]


def test_many_threads_ask_once() -> None:
    with telling(es("9.4.3")) as told, ThreadPoolExecutor(8) as pool:
        client = esqual.connect(told.url)
        list(pool.map(lambda _: client.search(index="a"), range(16)))
    assert [path for _, path, _ in told.seen].count("/") == 1


def test_a_node_that_is_away_is_passed_over_and_each_has_its_own_version() -> None:
    with telling(es("8.19.3")) as old, telling(es("9.4.3")) as new:
        urls = ["http://127.0.0.1:1", old.url, new.url]
        with esqual.connect(urls) as client:
            for _ in range(8):
                assert client.search(index="a", query={"match_all": {}}).body == {"took": 1}
    assert {h["content-type"][-1] for _, p, h in old.seen if p != "/"} == {"8"}
    assert {h["content-type"][-1] for _, p, h in new.seen if p != "/"} == {"9"}


def test_rights_are_sent_with_every_request_and_never_to_where_a_redirect_points() -> None:
    with telling(es("9.4.3")) as elsewhere:

        def sends_on(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
            return 307, {"location": elsewhere.url + path}, {}

        with telling(sends_on) as told, pytest.raises(elasticsearch.ApiError):
            esqual.connect(told.url, api_key="a2V5OmtleQ==").info()
        assert {headers["authorization"] for _, _, headers in told.seen} == {"ApiKey a2V5OmtleQ=="}
        assert elsewhere.seen == []


def test_a_path_before_the_api_is_kept() -> None:
    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        assert path.startswith("/search/")
        return es("9.4.3")(method, path.removeprefix("/search"), headers)

    behind: Answer = answer
    with telling(behind) as told, esqual.connect(told.url + "/search/") as client:
        assert client.search(index="a").body == {"took": 1}


def test_a_slow_answer_is_waited_for_as_long_as_asked() -> None:
    def answer(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Any, Any]:
        if path != "/":
            time.sleep(0.6)
        return es("9.4.3")(method, path, headers)

    with telling(answer) as told, esqual.connect(told.url, timeout_s=0.2) as client:
        with pytest.raises(elasticsearch.ConnectionTimeout):
            client.search(index="a")
        patient = client.options(request_timeout=5)
        assert patient.search(index="a").body == {"took": 1}

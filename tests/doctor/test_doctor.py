"""Each row of the doctor turns when its cause does; nothing is written to the engine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import esqual
from esqual.doctor import NO, OK, WARN, Check, Diagnosis, examine
from esqual.engine.connection import make_connection
from tests.conftest import ROOT
from tests.engine.server.told import telling

_PRODUCT = {"X-elastic-product": "Elasticsearch"}
_SIGNED = {"X-OpenSearch-Version": "OpenSearch/3.6.0 (opensearch)"}


def _no_handler(path: str) -> tuple[int, Any]:
    return 400, {"error": f"no handler found for uri [{path}] and method [POST]"}


def _node(name: str, *plugins: str) -> dict[str, Any]:
    return {"name": name, "version": "9.4.3", "plugins": [{"name": p} for p in plugins]}


class Stage:
    """A server that is well; a test changes what it wants to see noticed."""

    def __init__(self, opensearch: bool = False) -> None:
        self.headers = _SIGNED if opensearch else _PRODUCT
        version = {"number": "9.4.3"}
        if opensearch:
            version = {"distribution": "opensearch", "number": "3.6.0"}
        self.answers: dict[str, tuple[int, Any]] = {
            "/": (200, {"version": version}),
            "/_cluster/health": (200, {"status": "green", "number_of_nodes": 2}),
            "/_nodes/plugins": (
                200,
                {
                    "nodes": {
                        "a": _node("n1", "analysis-kuromoji", "opensearch-knn"),
                        "b": _node("n2", "analysis-kuromoji", "opensearch-knn"),
                    }
                },
            ),
            "/_analyze": (200, {"tokens": []}),
            "/_rank_eval": (400, {"error": {"type": "x", "reason": "Required [requests]"}}),
            "/_cat/allocation": (
                200,
                [{"node": "n1", "disk.percent": "50", "disk.avail": str(9 << 30)}],
            ),
            "/_security/user/_has_privileges": _no_handler("/_security"),
            "/_plugins/_security/authinfo": _no_handler("/_plugins"),
        }
        self.skew_s = 0.0
        self.asked: list[tuple[str, str]] = []

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Any]:
        self.asked.append((method, path))
        if path == "/_cat/health":
            return 200, self.headers, [{"epoch": str(int(time.time() + self.skew_s))}]
        if path.endswith("/_search") and path not in self.answers:
            hits = {"total": {"value": 3}}
            return 200, self.headers, {"_shards": {"failed": 0, "total": 1}, "hits": hits}
        status, body = self.answers.get(path, (404, {"error": "nothing here"}))
        return status, self.headers, body

    def examine(self, index: str | None = None, *queries: Path, **how: Any) -> Diagnosis:
        with telling(self) as told:
            return examine(make_connection(told.url, **how), index, queries)


def _row(diagnosis: Diagnosis, name: str) -> Check:
    (check,) = [check for check in diagnosis.checks if check.name == name]
    return check


def test_a_server_that_is_well_is_well() -> None:
    for opensearch in (False, True):
        stage = Stage(opensearch)
        diagnosis = stage.examine("articles", ROOT / "queries" / "templates" / "match.json")
        assert diagnosis.is_usable
        assert {check.mark for check in diagnosis.checks if check.name != "ginza"} == {OK}
        assert diagnosis.product == ("OpenSearch" if opensearch else "Elasticsearch")
        writes = [m for m, path in stage.asked if m in ("PUT", "DELETE") or path.endswith("_bulk")]
        assert writes == []


def _set(path: str, status: int, body: Any) -> Callable[[Stage], None]:
    return lambda stage: stage.answers.update({path: (status, body)})


def _skew(seconds: float) -> Callable[[Stage], None]:
    return lambda stage: setattr(stage, "skew_s", seconds)


def _refuse(reason: str, status: int = 403) -> tuple[int, Any]:
    return status, {"error": {"type": "security_exception", "reason": reason}, "status": status}


def _disk(percent: int) -> list[dict[str, str]]:
    return [
        {"node": "n1", "disk.percent": "40", "disk.avail": str(9 << 30)},
        {"node": "n2", "disk.percent": str(percent), "disk.avail": str(1 << 30)},
        {"node": "UNASSIGNED"},
    ]


_NO_KUROMOJI = {
    "type": "illegal_argument_exception",
    "reason": "failed to find global tokenizer under [kuromoji_tokenizer]",
}


@pytest.mark.parametrize(
    ("change", "name", "mark", "said", "advice"),
    [
        (_set("/", 200, {"version": {"number": "7.17.15"}}), "product", WARN, "7.17.15", "tried"),
        (
            _set("/_cluster/health", 200, {"status": "red", "number_of_nodes": 1}),
            *("health", WARN, "incomplete", "allocation/explain"),
        ),
        (_set("/_cluster/health", *_refuse("no")), "health", WARN, "not allowed", "monitor"),
        (
            _set("/_analyze", 400, {"error": _NO_KUROMOJI}),
            *("kuromoji", NO, "failed to find", "bin/elasticsearch-plugin install"),
        ),
        (
            _set(
                "/_nodes/plugins",
                200,
                {"nodes": {"a": _node("n1", "analysis-kuromoji"), "b": _node("n2")}},
            ),
            *("kuromoji", NO, "missing on n2", "restart"),
        ),
        (
            _set("/_rank_eval", *_no_handler("/_rank_eval")),
            *("ranking evaluation", WARN, "not there", "rank-eval"),
        ),
        (_skew(60), "clock", WARN, "ahead of this machine", "NTP"),
        (_skew(-60), "clock", WARN, "behind this machine", "NTP"),
        (_set("/_cat/allocation", 200, _disk(92)), "disk", WARN, "92 % used", "make room"),
        (_set("/_cat/allocation", 200, _disk(97)), "disk", NO, "closed to writing", "make room"),
        (
            _set("/articles/_search", *_refuse("is unauthorized for API key")),
            *("index", NO, "may not be searched", "read"),
        ),
        (_set("/articles/_search", 404, {"error": {}}), "index", WARN, "no articles", "esqual"),
        (
            _set(
                "/articles/_search",
                200,
                {"_shards": {"failed": 1, "total": 2}, "hits": {"total": {"value": 1}}},
            ),
            *("index", NO, "1 of 2 shards", "explain"),
        ),
    ],
)
def test_what_is_wrong_turns_its_row_and_says_what_to_do(
    change: Callable[[Stage], None], name: str, mark: str, said: str, advice: str
) -> None:
    stage = Stage()
    assert _row(stage.examine("articles"), name).mark == OK
    change(stage)
    diagnosis = stage.examine("articles")
    check = _row(diagnosis, name)
    assert check.mark == mark
    assert said in check.found
    assert advice in check.advice
    assert diagnosis.is_usable == (mark != NO)


def test_a_full_disk_that_nobody_guards_does_not_stop_anything() -> None:
    stage = Stage()
    stage.answers["/_cat/allocation"] = (200, _disk(97))
    key = "cluster.routing.allocation.disk.threshold_enabled"
    stage.answers["/_cluster/settings"] = (200, {"persistent": {key: "false"}})
    assert _row(stage.examine(), "disk").mark == WARN


def test_opensearch_without_its_plugin_has_no_vectors() -> None:
    stage = Stage(opensearch=True)
    stage.answers["/_nodes/plugins"] = (200, {"nodes": {"a": _node("n1", "analysis-kuromoji")}})
    check = _row(stage.examine(), "vectors")
    assert check.mark == WARN
    assert "opensearch-knn is missing on n1" in check.found


def test_a_query_that_the_licence_does_not_allow_is_told_before_it_is_run(tmp_path: Path) -> None:
    path = tmp_path / "rrf.json"
    path.write_text('{"retriever": {"rrf": {"retrievers": [{"x": "{{query}}"}]}}}')
    stage = Stage()
    reason = "current license is non-compliant for [Reciprocal Rank Fusion (RRF)]"
    stage.answers["/esqual-doctor-finds-none-*/_search"] = _refuse(reason)
    diagnosis = stage.examine(None, path)
    check = _row(diagnosis, "query rrf.json")
    assert (check.mark, diagnosis.is_usable) == (NO, False)
    assert reason in check.found
    assert "start_trial" in check.advice


def test_a_key_in_the_clear_is_a_warning_only_where_others_can_listen() -> None:
    from esqual.doctor.server import _wire

    def mark(url: str, **how: Any) -> str:
        return _wire(make_connection(url, **how)).mark

    assert mark("http://10.0.0.1:9200", api_key="x" * 9) == WARN
    assert mark("http://127.0.0.1:9200", api_key="x" * 9) == OK
    assert mark("http://10.0.0.1:9200") == OK
    assert mark("https://10.0.0.1:9200", api_key="x" * 9) == OK


def test_what_cannot_be_reached_or_is_nothing_is_one_no(tmp_path: Path) -> None:
    diagnosis = examine(make_connection("http://127.0.0.1:1"))
    assert _row(diagnosis, "reachable").mark == NO
    stage = Stage()
    stage.headers = {}
    stage.answers["/"] = (200, {"hello": "world"})
    diagnosis = stage.examine()
    assert "neither Elasticsearch nor OpenSearch" in _row(diagnosis, "reachable").found


def test_the_embedded_engine_tells_of_its_parts(tmp_path: Path) -> None:
    client = esqual.connect(f"lucene:{tmp_path / 'engine'}")
    client.indices.create(index="articles")
    client.close()
    diagnosis = examine(
        make_connection(f"lucene:{tmp_path / 'engine'}"),
        "articles",
        sorted((ROOT / "queries" / "templates").glob("*.json")),
    )
    assert diagnosis.is_usable, diagnosis
    names = [check.name for check in diagnosis.checks]
    assert names[:6] == ["lucene", "java", "kuromoji", "ranking evaluation", "vectors", "folder"]
    assert "1 index" in _row(diagnosis, "folder").found
    assert names[-2:] == ["ginza", "cache"]
    diagnosis = examine(make_connection(f"lucene:{tmp_path / 'engine'}"), "none")
    assert _row(diagnosis, "index").mark == WARN


def test_a_finding_that_is_not_ok_must_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="without what to do"):
        Check("x", NO, "broken")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.server(name))
        for name in ("opensearch", "elasticsearch-9")
    ],
)
def test_the_servers_of_the_tests_can_be_used(clusters: Any, name: str) -> None:
    diagnosis = examine(
        make_connection(clusters.url(name)),
        None,
        [ROOT / "queries" / "templates" / "bigram-boost.json"],
    )
    assert diagnosis.is_usable, json.dumps([str(c) for c in diagnosis.checks], indent=1)
    assert _row(diagnosis, "clock").mark == OK

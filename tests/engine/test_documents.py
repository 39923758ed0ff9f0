"""The document APIs give the answers that were recorded from Elasticsearch 9.4.3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import elasticsearch
import pytest

from tests.engine.replay import differences, node, scenario, send

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


@pytest.mark.parametrize("name", ["index_and_get", "auto_create", "update", "mget"])
def test_answers_equal_the_recorded_ones(name: str, tmp_path: Path) -> None:
    assert differences(node(tmp_path), scenario(name)) == []


def test_head_has_no_body(tmp_path: Path) -> None:
    to = node(tmp_path)
    send(to, "PUT", "/a/_doc/1", {"t": "胃が痛い"})
    assert to.perform_request("HEAD", "/a/_doc/1").body == b""
    assert to.perform_request("HEAD", "/a/_doc/2").meta.status == 404
    assert to.perform_request("HEAD", "/a/_doc/2").body == b""


def test_a_get_sees_what_a_search_does_not_see_yet(engine: Elasticsearch) -> None:
    engine.indices.create(index="a", settings={"refresh_interval": "-1"})
    engine.index(index="a", id="1", document={"t": "雨が降る"})
    assert engine.get(index="a", id="1")["found"]
    with pytest.raises(elasticsearch.NotFoundError):
        engine.get(index="a", id="1", realtime=False)
    engine.indices.refresh(index="a")
    assert engine.get(index="a", id="1", realtime=False)["found"]


def test_an_id_keeps_its_newest_source_through_refreshes_and_deletes(engine: Elasticsearch) -> None:
    for version in range(1, 6):
        engine.index(index="a", id="日/本 1", document={"n": version}, refresh=version % 2 == 0)
        assert engine.get(index="a", id="日/本 1")["_source"] == {"n": version}
    engine.delete(index="a", id="日/本 1")
    assert not engine.exists(index="a", id="日/本 1")
    answer = engine.index(index="a", id="日/本 1", document={"n": 9})
    assert (answer["_version"], answer["result"]) == (7, "created")


def test_the_source_comes_back_as_it_was_sent(engine: Elasticsearch) -> None:
    document = {
        "引用": '彼は「はい」と言った\\n"quoted" & {braces} \x00\x1f😀',
        "n": [1, 2.5, None],
        "空": {},
    }
    engine.index(index="a", id="1", document=document)
    assert engine.get_source(index="a", id="1").body == document


def test_ids_without_a_given_one_differ(engine: Elasticsearch) -> None:
    ids = {engine.index(index="a", document={"n": 1})["_id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/a/_doc/1?routing=r", {"n": 1}),
        ("POST", "/a/_doc?pipeline=p", {"n": 1}),
        ("GET", "/a/_doc/1?stored_fields=n", None),
        ("POST", "/a/_update/1", {"script": {"source": "ctx._source.n = 1"}}),
        ("POST", "/a/_mget", {"docs": [{"_id": "1", "stored_fields": ["n"]}]}),
    ],
)
def test_what_only_a_server_does_is_refused_by_name(
    method: str, path: str, body: object, tmp_path: Path
) -> None:
    to = node(tmp_path)
    send(to, "PUT", "/a/_doc/1", {"n": 1})
    status, answer = send(to, method, path, body)
    assert status == 400
    assert "is not supported by the embedded engine" in answer["error"]["reason"]

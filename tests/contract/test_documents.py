"""Documents come back as they were sent, newest first to `GET`, later to searches."""

from __future__ import annotations

import elasticsearch
import pytest
from elasticsearch import Elasticsearch


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
        "n": [0.5, 2.5, None],
        "空": {},
    }
    engine.index(index="a", id="1", document=document)
    assert engine.get_source(index="a", id="1").body == document


def test_ids_without_a_given_one_differ(engine: Elasticsearch) -> None:
    ids = {engine.index(index="a", document={"n": 1})["_id"] for _ in range(20)}
    assert len(ids) == 20

"""The index APIs give the answers that were recorded from Elasticsearch 9.4.3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import elasticsearch
import pytest

from tests.engine.replay import differences, node, scenario

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


@pytest.mark.parametrize("name", ["indices", "aliases"])
def test_answers_equal_the_recorded_ones(name: str, tmp_path: Path) -> None:
    assert differences(node(tmp_path), scenario(name)) == []


def test_more_than_one_shard_needs_a_server(engine: Elasticsearch) -> None:
    with pytest.raises(elasticsearch.BadRequestError, match="use an Elasticsearch server"):
        engine.indices.create(index="a", settings={"number_of_shards": 2})


def test_forcemerge_forgets_the_deleted(engine: Elasticsearch) -> None:
    for n in range(4):
        engine.index(index="a", id=str(n % 3), document={"n": n}, refresh=True)
    engine.indices.forcemerge(index="a", max_num_segments=1)
    docs = engine.indices.stats(index="a")["_all"]["primaries"]["docs"]
    assert (docs["count"], docs["deleted"]) == (3, 0)


def test_refresh_interval_says_when_a_search_sees_a_write(engine: Elasticsearch) -> None:
    def seen() -> str:
        return str(engine.count(index="a")["count"])

    engine.indices.create(index="a", settings={"refresh_interval": "-1"})
    engine.index(index="a", id="1", document={"n": 1})
    assert seen() == "0"
    engine.indices.put_settings(index="a", settings={"refresh_interval": "0s"})
    assert seen() == "1"
    engine.index(index="a", id="2", document={"n": 1})
    assert seen() == "2"
    engine.indices.put_settings(index="a", settings={"refresh_interval": "1h"})
    engine.index(index="a", id="3", document={"n": 1})
    assert seen() == "2"
    engine.indices.refresh(index="a")
    assert seen() == "3"

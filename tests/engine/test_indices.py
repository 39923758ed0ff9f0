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


def test_a_wrong_mapping_analyzer_or_setting_leaves_no_index_behind(engine: Elasticsearch) -> None:
    for body in (
        {"mappings": {"properties": {"t": {"type": "nope"}}}},
        {"mappings": {"properties": {"t": {"type": "text", "analyzer": "nope"}}}},
        {"settings": {"analysis": {"analyzer": {"a": {"tokenizer": "nope"}}}}},
        {"settings": {"number_of_shards": 2}},
        {"settings": {"similarity": {"s": {"type": "nope"}}}},
    ):
        with pytest.raises(elasticsearch.BadRequestError):
            engine.indices.create(index="a", **body)
    assert not engine.indices.exists(index="a")


def test_more_than_one_shard_needs_a_server(engine: Elasticsearch) -> None:
    with pytest.raises(elasticsearch.BadRequestError, match="use an Elasticsearch server"):
        engine.indices.create(index="a", settings={"number_of_shards": 2})


def test_refresh_interval_says_when_a_search_sees_a_write(engine: Elasticsearch) -> None:
    def seen() -> str:
        return str(engine.cat.count(index="a", format="json")[0]["count"])

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


def test_analyze_uses_the_field_of_the_index(engine: Elasticsearch) -> None:
    engine.indices.create(
        index="a", mappings={"properties": {"t": {"type": "text", "analyzer": "kuromoji"}}}
    )
    tokens = engine.indices.analyze(index="a", field="t", text="胃が痛い")["tokens"]
    assert [token["token"] for token in tokens] == ["胃", "痛い"]


def test_forcemerge_leaves_one_segment_and_forgets_the_deleted(engine: Elasticsearch) -> None:
    for n in range(4):
        engine.index(index="a", id=str(n % 3), document={"n": n}, refresh=True)
    engine.indices.forcemerge(index="a", max_num_segments=1)
    figures = engine.indices.stats(index="a")["_all"]["primaries"]
    assert figures["segments"]["count"] == 1
    assert (figures["docs"]["count"], figures["docs"]["deleted"]) == (3, 0)

"""Indices: what is wrong leaves nothing behind; refreshes, analysis, merges."""

from __future__ import annotations

import elasticsearch
import pytest
from elasticsearch import Elasticsearch


def test_a_wrong_mapping_analyzer_or_setting_leaves_no_index_behind(engine: Elasticsearch) -> None:
    for body in (
        {"mappings": {"properties": {"t": {"type": "nope"}}}},
        {"mappings": {"properties": {"t": {"type": "text", "analyzer": "nope"}}}},
        {"settings": {"analysis": {"analyzer": {"a": {"tokenizer": "nope"}}}}},
        {"settings": {"similarity": {"s": {"type": "nope"}}}},
    ):
        with pytest.raises(elasticsearch.BadRequestError):
            engine.indices.create(index="a", **body)
    assert not engine.indices.exists(index="a")


def test_a_search_sees_a_write_after_the_refresh(engine: Elasticsearch) -> None:
    engine.indices.create(index="a", settings={"refresh_interval": "-1"})
    engine.index(index="a", id="1", document={"n": 1})
    assert engine.count(index="a")["count"] == 0
    engine.indices.refresh(index="a")
    assert engine.count(index="a")["count"] == 1


@pytest.mark.needs("kuromoji")
def test_analyze_uses_the_field_of_the_index(engine: Elasticsearch) -> None:
    engine.indices.create(
        index="a", mappings={"properties": {"t": {"type": "text", "analyzer": "kuromoji"}}}
    )
    tokens = engine.indices.analyze(index="a", field="t", text="胃が痛い")["tokens"]
    assert [token["token"] for token in tokens] == ["胃", "痛い"]


def test_forcemerge_leaves_one_segment(engine: Elasticsearch) -> None:
    for n in range(4):
        engine.index(index="a", id=str(n % 3), document={"n": n}, refresh=True)
    engine.indices.forcemerge(index="a", max_num_segments=1)
    engine.indices.refresh(index="a")
    figures = engine.indices.stats(index="a")["_all"]["primaries"]
    assert figures["segments"]["count"] == 1
    assert figures["docs"]["count"] == 3

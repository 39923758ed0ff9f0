"""Comparing on indices of several shards, behind aliases and on points in time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch, helpers

from esqual.comparison import Arm, Comparison, RunOptions, compare_queries
from esqual.comparison.determinism import check_determinism
from esqual.errors import EngineError, UnsupportedByEngineError
from esqual.measures import parse_measure
from esqual.models import Topic
from esqual.templates import read_template

WORDS = ("胃", "頭", "腰", "喉", "足首", "空港", "電車", "部屋", "電話", "料理")
TEXTS = {
    f"d{i:02}": WORDS[i % 10] + ("が痛い。" if i % 3 else "が広い。") + WORDS[3 * i % 10] * (i % 4)
    for i in range(60)
}
TOPICS = [Topic(f"t{i}", f"{word}が痛い") for i, word in enumerate(WORDS)]
QRELS = {f"t{i}": {f"d{i:02}": 2, f"d{i + 20:02}": 1} for i in range(10)}
JUDGED: dict[str, Any] = {"qrels": QRELS, "measures": [parse_measure("RR@10")]}
MAPPINGS = {
    "properties": {
        "text": {
            "type": "text",
            "analyzer": "kuromoji",
            "fields": {"plain": {"type": "text", "analyzer": "standard"}},
        }
    }
}


def fill(client: Elasticsearch, index: str, names: Sequence[str], shards: int = 1) -> None:
    settings = {"number_of_shards": shards, "number_of_replicas": 0}
    client.indices.create(index=index, settings=settings, mappings=MAPPINGS)
    rows = ({"_index": index, "_id": name, "text": TEXTS[name]} for name in names)
    helpers.bulk(client, rows, refresh=True)


def arms(folder: Path, index: str) -> list[Arm]:
    made = []
    for tag, field in (("baseline", "text"), ("candidate", "text.plain")):
        path = folder / f"{tag}.json"
        path.write_text(json.dumps({"query": {"match": {field: "{{query}}"}}}), encoding="utf-8")
        made.append(Arm(tag, index, read_template(path)))
    return made


def compare(client: Elasticsearch, folder: Path, index: str, **options: Any) -> Comparison:
    given = JUDGED | options
    return compare_queries(client, TOPICS, *arms(folder, index), **given)[0]


@pytest.mark.needs("kuromoji")
def test_behind_an_alias_over_two_indices_every_rating_finds_its_document(
    engine: Elasticsearch, tmp_path: Path
) -> None:
    names = list(TEXTS)
    for number, part in enumerate(("part-1", "part-2")):
        fill(engine, part, names[number::2])
        engine.indices.put_alias(index=part, name="live")
    (row,) = compare(engine, tmp_path, "live").measures
    if row.rank_eval is None:
        assert "no ranking evaluation API" in (row.rank_eval_reason or "")
    else:
        assert row.rank_eval.baseline == pytest.approx(row.baseline, abs=1e-9)
        assert row.rank_eval.candidate == pytest.approx(row.candidate, abs=1e-9)
    # another index behind the name while the arms run
    fill(engine, "part-3", names[:3])

    def swap(_: int) -> None:
        engine.indices.put_alias(index="part-3", name="live")

    with pytest.raises(EngineError, match=r"stood for part-1, part-2, now for part-1, part-2, pa"):
        compare(engine, tmp_path, "live", on_progress=swap)


@pytest.mark.needs("kuromoji")
def test_a_write_that_no_search_sees_yet_voids_a_comparison(
    engine: Elasticsearch, tmp_path: Path
) -> None:
    fill(engine, "articles", list(TEXTS))
    engine.indices.put_settings(index="articles", settings={"refresh_interval": "-1"})

    def write(_: int) -> None:
        engine.index(index="articles", id="d00", document={"text": "胃が痛い"})

    with pytest.raises(EngineError, match="sequence number"):
        compare(engine, tmp_path, "articles", on_progress=write)


@pytest.mark.needs("kuromoji")
def test_a_point_in_time_gives_the_figures_of_a_resting_index_or_is_refused(
    engine: Elasticsearch, engine_name: str, tmp_path: Path
) -> None:
    fill(engine, "articles", list(TEXTS))

    def write(_: int) -> None:
        document = {"text": "胃が痛い。頭が痛い。腰が痛い。"}
        engine.index(index="articles", document=document, refresh=True)

    quiet = compare(engine, tmp_path, "articles")
    options: dict[str, Any] = {"run": RunOptions(pit=True), "on_progress": write}
    if engine_name == "embedded":
        with pytest.raises(UnsupportedByEngineError, match="no point in time"):
            compare(engine, tmp_path, "articles", **options)
        return
    written = compare(engine, tmp_path, "articles", **options)
    assert written.topics == quiet.topics
    assert written.measures[0].rank_eval is None
    assert "point in time" in (written.measures[0].rank_eval_reason or "")


@pytest.mark.needs("kuromoji")
def test_dfs_over_shards_gives_the_figures_of_one_shard_and_the_drift_tells_the_difference(
    engine: Elasticsearch, engine_name: str, tmp_path: Path
) -> None:
    fill(engine, "whole", list(TEXTS))
    whole = compare(engine, tmp_path, "whole")
    assert whole.drift is None
    if engine_name == "embedded":
        return  # an index has one shard there
    fill(engine, "parts", list(TEXTS), shards=3)
    parts = compare(engine, tmp_path, "parts", run=RunOptions(search_type="dfs_query_then_fetch"))
    production = compare(engine, tmp_path, "parts")
    assert production.drift is not None
    assert parts.drift is not None
    assert production.drift.delta == pytest.approx(parts.measures[0].delta, abs=1e-12)
    assert parts.drift.delta == pytest.approx(production.measures[0].delta, abs=1e-12)
    assert production.drift.changed_baseline > 0


@pytest.mark.needs("kuromoji")
def test_one_copy_of_each_shard_is_steady(
    engine: Elasticsearch, engine_name: str, tmp_path: Path
) -> None:
    fill(engine, "articles", list(TEXTS), shards=1 if engine_name == "embedded" else 2)
    found = check_determinism(engine, TOPICS, arms(tmp_path, "articles"), repeats=2, **JUDGED)
    assert [wobble.is_steady for wobble in found] == [True, True]

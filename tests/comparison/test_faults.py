"""A busy and broken server: the figures of a quiet one, or an error. Never other figures.

ESQUAL_FAULT_SEEDS=50 goes through more seeds than the suite has time for.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import ApiError, Elasticsearch, TransportError, helpers

import esqual
from esqual.comparison import Arm, Comparison, RunOptions, compare_queries
from esqual.errors import EsqualError
from esqual.measures import parse_measure
from esqual.models import Topic
from esqual.patience import Patience
from esqual.templates import read_template
from tests.servers.proxy import FaultProxy, upstream_of

SEEDS = range(int(os.environ.get("ESQUAL_FAULT_SEEDS", "8")))
WORDS = ("胃", "頭", "腰", "喉", "足首", "空港", "電車", "部屋", "電話", "料理")
TEXTS = {
    f"d{i:02}": f"{WORDS[i % 10]}が{'痛い' if i % 3 else '広い'}と{WORDS[(3 * i + 1) % 10]}で話した"
    for i in range(40)
}
TOPICS = [Topic(f"t{i}", f"{word}が痛い") for i, word in enumerate(WORDS)]
QRELS = {f"t{i}": {f"d{i:02}": 2, f"d{i + 20:02}": 1} for i in range(10)}
MEASURES = [parse_measure("nDCG(dcg='exp-log2')@10"), parse_measure("RR@10")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    client = esqual.connect(f"lucene:{tmp_path_factory.mktemp('faults') / 'engine'}")
    properties = {
        "text": {
            "type": "text",
            "analyzer": "kuromoji",
            "fields": {"plain": {"type": "text", "analyzer": "standard"}},
        }
    }
    client.indices.create(index="articles", mappings={"properties": properties})
    helpers.bulk(
        client,
        ({"_index": "articles", "_id": i, "text": text} for i, text in TEXTS.items()),
        refresh=True,
    )
    yield client
    client.close()


def compare(client: Elasticsearch, folder: Path, retries: int = 6) -> Comparison:
    arms = []
    for tag, field in (("baseline", "text"), ("candidate", "text.plain")):
        path = folder / f"{tag}.json"
        path.write_text(json.dumps({"query": {"match": {field: "{{query}}"}}}), encoding="utf-8")
        arms.append(Arm(tag, "articles", read_template(path)))
    run = RunOptions(
        searches_per_request=3, concurrency=3, patience=Patience(retries, 0.002, 0.02, seed=1)
    )
    return compare_queries(client, TOPICS, *arms, qrels=QRELS, measures=MEASURES, run=run)[0]


def figures(comparison: Comparison) -> Any:
    return comparison.measures, comparison.topics, comparison.tied_pages


@pytest.mark.parametrize("rate", [0.25, 0.7])
def test_faults_change_no_figure(served: Elasticsearch, tmp_path: Path, rate: float) -> None:
    quiet = figures(compare(served, tmp_path))
    upstream = upstream_of(served)
    outcomes: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for seed in SEEDS:
        with FaultProxy(upstream, seed=seed, rate=rate, slow_s=0.01) as proxy:
            client = esqual.connect(proxy.url)
            try:
                assert figures(compare(client, tmp_path)) == quiet, f"seed {seed}"
                outcomes["same"] += 1
            except (EsqualError, ApiError, TransportError):
                outcomes["void"] += 1
            finally:
                client.close()
            met += proxy.met
    assert {"busy", "unavailable", "reset", "lost", "cut", "slow"} <= set(met)
    # a moderately broken server is compared on all the same
    assert outcomes["same"] == len(SEEDS) if rate < 0.5 else outcomes["void"]


def test_without_patience_the_same_faults_void_a_comparison(
    served: Elasticsearch, tmp_path: Path
) -> None:
    """The control: the faults above are real."""
    void = 0
    for seed in range(5):
        with FaultProxy(upstream_of(served), seed=seed, rate=0.5, faults=["busy"]) as proxy:
            client = esqual.connect(proxy.url).options(max_retries=0)
            try:
                compare(client, tmp_path, retries=0)
            except (EsqualError, ApiError, TransportError):
                void += 1
            finally:
                client.close()
    assert void == 5

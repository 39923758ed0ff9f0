"""kill -9 of a node: nothing acknowledged is lost, and no comparison gives a wrong figure.

Every claim has its negative control: the same check, on a cluster that was set up to lose.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch, helpers

import esqual
from esqual.comparison import Arm, Comparison, compare_queries
from esqual.comparison.run_options import RunOptions
from esqual.errors import EngineError, EsqualError
from esqual.indexing import LoadOptions, Progress, index_corpus, read_index_body
from esqual.models import Document, Topic
from esqual.templates import read_template
from tests.servers.nodes import Node

pytestmark = [pytest.mark.server("opensearch-2"), pytest.mark.slow]

INDEX = "letters"
WRITTEN = 20_000
PLACES = ("海辺", "山里", "駅前", "港町", "城跡", "川岸", "寺町")
THINGS = ("古い橋", "青い屋根", "細い坂道", "赤い郵便局", "広い公園")
DEEDS = ("写真を撮った", "雨宿りをした", "友人を待った", "弁当を食べた", "道に迷った", "本を読んだ")


def sentence(number: int) -> str:
    """Different for each number, and long in different ways, so that scores differ too."""
    place, thing, deed = (words[number % len(words)] for words in (PLACES, THINGS, DEEDS))
    more = "とても" * (number % 4)
    return f"{place}の{thing}のそばで、{more}静かに{deed}。第{number}信。"


def documents(count: int) -> Iterator[Document]:
    for number in range(count):
        doc_id = f"d{number:05}"
        yield Document(doc_id, {"id": doc_id, "text": sentence(number)}, "letters", number + 1)


def body(**settings: Any) -> dict[str, Any]:
    return {
        "settings": {
            "number_of_shards": 2,
            "number_of_replicas": 1,
            # else a cluster waits a minute before it calls a node lost
            "unassigned.node_left.delayed_timeout": "0s",
            **settings,
        },
        "mappings": {
            "dynamic": "strict",
            "properties": {
                "id": {"type": "keyword"},
                "text": {"type": "text", "analyzer": "kuromoji"},
            },
        },
    }


def once(action: Callable[[], None], when: Callable[[Any], bool]) -> Callable[[Any], None]:
    """A listener that acts at the first news that fits."""
    done: list[bool] = []

    def listen(news: Any) -> None:
        if not done and when(news):
            done.append(True)
            action()

    return listen


def missing(client: Elasticsearch, count: int) -> list[str]:
    """The documents that are not there as they were written."""
    client.indices.refresh(index=INDEX)
    hits = helpers.scan(client, index=INDEX, size=2000)
    found = {hit["_id"]: hit["_source"] for hit in hits}
    return [each.doc_id for each in documents(count) if found.get(each.doc_id) != each.body]


class TestIndexing:
    def test_no_document_is_lost_when_a_node_dies_under_three_writers(
        self, client: Elasticsearch, pair: list[Node], tmp_path: Path
    ) -> None:
        path = tmp_path / "mapping.json"
        path.write_text(json.dumps(body()), encoding="utf-8")
        kill = once(pair[1].kill, lambda news: 6000 <= news.acknowledged < WRITTEN)
        seen: list[Progress] = []

        def on_progress(progress: Progress) -> None:
            seen.append(progress)
            kill(progress)

        report = index_corpus(
            client,
            documents(WRITTEN),
            INDEX,
            read_index_body(path),
            options=LoadOptions(writers=3, keep_replicas=True),
            on_progress=on_progress,
        )
        assert not pair[1].alive(), "the load was over before the node could be killed"
        assert (report.indexed, report.total) == (WRITTEN, WRITTEN)
        assert missing(esqual.connect(pair[0].url), WRITTEN) == []

    def test_control_what_only_the_killed_node_had_in_memory_is_found_missing(
        self, client: Elasticsearch, pair: list[Node]
    ) -> None:
        careless = body(
            number_of_shards=1,
            number_of_replicas=0,
            refresh_interval="-1",
            **{
                "routing.allocation.require._name": pair[1].name,
                "translog.durability": "async",
                "translog.sync_interval": "1h",
            },
        )
        client.indices.create(index=INDEX, body=careless)
        actions = ({"_index": INDEX, "_id": d.doc_id, **d.body} for d in documents(1000))
        acknowledged, _ = helpers.bulk(client, actions)
        assert acknowledged == 1000
        pair[1].kill()
        pair[1].start(bound=pair[1].process is not None)
        for node in pair:
            node.wait(nodes=2)
        assert len(missing(client, 1000)) == 1000


TOPICS = [
    Topic(f"t{number:03}", f"{PLACES[number % 7]}の{THINGS[number % 5]}で{DEEDS[number % 6]}")
    for number in range(150)
]


@pytest.fixture
def arms(tmp_path: Path) -> list[Arm]:
    queries = {
        "baseline": {"query": {"match": {"text": "{{query}}"}}},
        "candidate": {"query": {"match": {"text": {"query": "{{query}}", "operator": "and"}}}},
    }
    made = []
    for name, query in queries.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(query), encoding="utf-8")
        made.append(Arm(name, INDEX, read_template(path)))
    return made


def compare(
    client: Elasticsearch, arms: Sequence[Arm], on_progress: Callable[[int], None] | None = None
) -> Comparison:
    comparison, _, _ = compare_queries(
        client,
        TOPICS,
        *arms,
        stable_order="id",
        run=RunOptions(searches_per_request=10, concurrency=2, rank_eval="none", drift=False),
        on_progress=on_progress,
    )
    return comparison


def figures(comparison: Comparison) -> list[Any]:
    topics = [(topic.query_id, topic.delta(), topic.candidate_ids) for topic in comparison.topics]
    return [(each.baseline, each.candidate) for each in comparison.measures] + topics


def wait_until(fact: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not fact():
        assert time.monotonic() < end, "it did not come true in a minute"
        time.sleep(0.2)


def fill(client: Elasticsearch, count: int, **settings: Any) -> None:
    client.indices.create(index=INDEX, body=body(**settings))
    actions = ({"_index": INDEX, "_id": d.doc_id, **d.body} for d in documents(count))
    helpers.bulk(client, actions, refresh=True)
    client.cluster.health(index=INDEX, wait_for_status="green", timeout="120s")


class TestComparing:
    @pytest.mark.parametrize("searches", [1, 150], ids=["at the start", "half way"])
    def test_figures_are_right_or_there_are_none(
        self, client: Elasticsearch, pair: list[Node], arms: list[Arm], searches: int
    ) -> None:
        fill(client, 2000)
        expected = figures(compare(client, arms))
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            kill(done)

        kill = once(pair[1].kill, lambda done: done >= searches)
        try:
            found = figures(compare(client, arms, on_progress=count))
        except EsqualError:
            # the command line exits with 3
            found = None
        assert found in (None, expected)
        assert not pair[1].alive(), "the comparison was over before the node could be killed"
        # what is left of the cluster gives the same figures again
        survivor = esqual.connect(pair[0].url)
        survivor.cluster.health(index=INDEX, wait_for_status="yellow", timeout="120s")
        assert figures(compare(survivor, arms)) == expected

    def test_control_half_of_an_index_gives_other_hits_and_no_figure(
        self, client: Elasticsearch, pair: list[Node], arms: list[Arm]
    ) -> None:
        fill(client, 2000, number_of_replicas=0, **{"routing.allocation.total_shards_per_node": 1})
        query = {"match": {"text": TOPICS[0].text}}
        whole = client.search(index=INDEX, query=query)
        compare(client, arms)
        pair[1].kill()
        survivor = esqual.connect(pair[0].url)
        wait_until(lambda: survivor.cluster.health()["number_of_nodes"] == 1)
        half = survivor.search(index=INDEX, query=query)
        assert half["hits"]["total"]["value"] < whole["hits"]["total"]["value"]
        # the server does not call that a failure
        assert half["_shards"]["failed"] == 0
        with pytest.raises(EngineError, match="do not answer"):
            compare(survivor, arms)

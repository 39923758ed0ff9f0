"""``esqual index --alias`` killed with kill -9: who asks the alias always finds one whole build.

The command runs in a process of its own against a real server, while another client asks the alias
all the time. ``ESQUAL_KILLS=20`` plays more than the suite has time for.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from esqual.indexing.loading import loading_of
from tests.servers.client import client_of, wipe
from tests.servers.running import Clusters

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("ESQUAL_KILLS", "4"))
SEED = 20261121
ALIAS = "letters"
SIZE = 3000
MAPPING: dict[str, Any] = {
    "settings": {"number_of_replicas": 0, "refresh_interval": "7s"},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "id": {"type": "keyword"},
            "text": {"type": "text", "analyzer": "kuromoji"},
            "build": {"type": "integer"},
        },
    },
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.server(name))
        for name in ("opensearch", "elasticsearch-9")
    ],
)
def server(clusters: Clusters, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Name and address."""
    return request.param, clusters.url(request.param)


@pytest.fixture
def client(server: tuple[str, str]) -> Iterator[Elasticsearch]:
    made = client_of(*server)
    wipe(made)
    yield made
    wipe(made)
    made.close()


class Builds:
    """Starts the command, each time with documents that say of which build they are."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder, self.count = url, folder, 0
        (folder / "mapping.json").write_text(json.dumps(MAPPING), encoding="utf-8")

    def start(self, *target: str) -> subprocess.Popen[str]:
        self.count += 1
        corpus = self._folder / f"letters-{self.count}.ndjson"
        with corpus.open("w", encoding="utf-8") as stream:
            for number in range(SIZE):
                text = f"港町の古い橋で友人から手紙を受け取り、雨の中を静かに歩いた。第{number}信。"
                row = {"id": f"d{number}", "text": text, "build": self.count}
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        command = [sys.executable, "-m", "esqual", "index", str(corpus), *target]
        command += ["--mapping", str(self._folder / "mapping.json"), "--engine", self._url]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, *target: str) -> None:
        """Let one run to its end."""
        ended(self.start(*target))


def ended(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors


def served(client: Elasticsearch) -> tuple[str, int]:
    """The one index and the one build that a search of the alias sees, all documents of it."""
    answer = client.search(
        index=ALIAS,
        query={"match": {"text": "手紙"}},
        size=0,
        track_total_hits=True,
        aggs={name: {"terms": {"field": name}} for name in ("_index", "build")},
    )
    keys = [[b["key"] for b in answer["aggregations"][n]["buckets"]] for n in ("_index", "build")]
    seen = (answer["_shards"]["failed"], answer["hits"]["total"]["value"], *map(len, keys))
    assert seen == (0, SIZE, 1, 1), (seen, keys)
    return keys[0][0], keys[1][0]


class Reader:
    """Asks the alias again and again. ``looks``: how often; ``wrong``: what was not whole."""

    def __init__(self) -> None:
        self.looks = 0
        self.wrong: list[str] = []


@contextmanager
def reading(server: tuple[str, str]) -> Iterator[Reader]:
    client, reader, over = client_of(*server), Reader(), Event()

    def read() -> None:
        while not over.wait(0.05):
            try:
                served(client)
            except Exception as error:
                reader.wrong.append(f"{type(error).__name__}: {error}")
            reader.looks += 1

    thread = Thread(target=read)
    thread.start()
    try:
        yield reader
    finally:
        over.set()
        thread.join()
        client.close()


def indices(client: Elasticsearch) -> set[str]:
    return set(client.indices.get(index=f"{ALIAS}-*").body)


def await_new_index(client: Elasticsearch, known: set[str], process: subprocess.Popen[str]) -> None:
    """Return when the build has begun, or is over."""
    while process.poll() is None and not indices(client) - known:
        time.sleep(0.01)


def tidy(client: Elasticsearch) -> None:
    """What is there serves or has served, says so, and has the settings that were asked for."""
    assert len(indices(client)) == 2
    for entry in client.indices.get(index=f"{ALIAS}-*", flat_settings=True).body.values():
        assert loading_of(entry["mappings"]) is None
        assert entry["mappings"]["_meta"]["esqual"]["build"]["served"] is True
        assert entry["settings"]["index.refresh_interval"] == "7s"


def test_a_killed_build_leaves_a_whole_one_and_the_next_run_cleans_up(
    client: Elasticsearch, server: tuple[str, str], tmp_path: Path
) -> None:
    builds, dice, found = Builds(server[1], tmp_path), random.Random(SEED), Counter[str]()
    builds.finish("--alias", ALIAS)
    process = builds.start("--alias", ALIAS)
    await_new_index(client, indices(client), process)
    begun = time.monotonic()
    ended(process)
    work = time.monotonic() - begun
    tidy(client)
    with reading(server) as reader:
        for _ in range(KILLS):
            before, known = served(client), indices(client)
            process = builds.start("--alias", ALIAS)
            if dice.random() < 0.8:
                # most moments are in the work, some while it starts
                await_new_index(client, known, process)
            time.sleep(work * dice.random())
            process.kill()
            process.communicate()
            after = served(client)
            assert after in (before, (after[0], builds.count))
            kind = "swapped" if after != before else "half-made"
            kind = kind if indices(client) - known else "not begun"
            found[kind if process.returncode else "came too late"] += 1
            # at times the run after a kill is killed too
            if dice.random() < 0.7:
                builds.finish("--alias", ALIAS)
                assert served(client)[1] == builds.count
                tidy(client)
        builds.finish("--alias", ALIAS)
        tidy(client)
    # shown with -rP
    print(f"killed: {dict(found)}, asked meanwhile: {reader.looks}")
    assert reader.wrong == []
    assert reader.looks > 10 * KILLS
    assert found["half-made"] > 0, found


def test_control_a_killed_load_of_what_serves_is_found_out(
    client: Elasticsearch, server: tuple[str, str], tmp_path: Path
) -> None:
    """Without an alias the index that serves is made anew, and the same reader sees it in parts."""
    builds = Builds(server[1], tmp_path)
    builds.finish("--index", ALIAS)
    with reading(server) as reader:
        process = builds.start("--index", ALIAS, "--recreate")
        # first there is none, which anybody would see
        while not any("AssertionError" in wrong for wrong in reader.wrong):
            assert process.poll() is None, "the load was over before the reader saw a part of it"
            time.sleep(0.01)
        process.kill()
        process.communicate()
    client.indices.refresh(index=ALIAS)
    with pytest.raises(AssertionError):
        served(client)

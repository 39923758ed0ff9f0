"""A comparison on a real node beside a loop of single requests, and beside the embedded engine.

The server is named by ESQUAL_BENCH_SERVER; it needs the kuromoji plugin. One index of its own is
made there, `esqual-bench`, and deleted. Not one of `make servers`, whose Java compiles in a hurry
to start soon: every search costs more there, and what a loop spends around it counts for less.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elasticsearch import helpers

from benchmarks.data import FIELDS, Data
from benchmarks.timing import Ratio, in_turn

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["cluster"]

_INDEX, _DEPTH, _TOPICS, _BATCH = "esqual-bench", 20, 1_000, 200
_LEAN = {"_source": False, "track_total_hits": False}


def cluster(data: Data, folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Rows: all of `compare_queries` against one `_search` for each topic and arm, and so on."""
    import esqual
    from esqual.comparison import RunOptions

    address = os.environ.get("ESQUAL_BENCH_SERVER")
    if not address:
        yield "cluster", "", "", "ESQUAL_BENCH_SERVER names no server"
        return
    server = esqual.connect(address).options(request_timeout=60)
    embedded = esqual.connect(f"lucene:{folder / 'engine'}")
    server.indices.delete(index=_INDEX, ignore_unavailable=True)
    try:
        for client in (server, embedded):
            client.indices.create(index=_INDEX, body=FIELDS)
            rows = ({"_index": _INDEX, "_id": i, "text": text} for i, text in data.documents)
            helpers.bulk(client, rows, refresh=True)
        topics = data.topics[:_TOPICS]
        for _ in range(2):
            # until the server's Java has compiled what both use
            _loop(server, topics, {})
        ours = _comparison(server, topics, folder)
        label = f"compare-queries, {len(topics)} topics × 2 arms, k={_DEPTH}, on a server"
        loop = in_turn(lambda: _loop(server, topics, {}), ours, pairs=5)
        yield f"a request per topic and arm / {label}", _told(loop), "≥ 4", _seconds(loop)
        # the most that batches can gain, were everything else free
        loop = in_turn(lambda: _loop(server, topics, {}), lambda: _batches(server, topics), pairs=5)
        yield "a request per topic and arm / bare batches of 200", _told(loop), "", _seconds(loop)
        with _farther(server, 0.001):
            loop = in_turn(lambda: _loop(server, topics, {}), ours, pairs=3)
        yield f"the same with 1 ms on the way / {label}", _told(loop), "", _seconds(loop)
        # what a careful loop would leave out
        loop = in_turn(lambda: _loop(server, topics, _LEAN), ours, pairs=3)
        yield f"the same, ids alone and no totals / {label}", _told(loop), "", _seconds(loop)
        alone = _comparison(server, topics, folder, run=RunOptions(concurrency=1))
        beside = in_turn(alone, ours, pairs=3)
        yield "one request under way / two", _told(beside), "", _seconds(beside)
        local = _comparison(embedded, topics, folder)
        beside = in_turn(ours, local, pairs=3)
        yield "the server / the embedded engine", _told(beside), "", _seconds(beside)
    finally:
        server.indices.delete(index=_INDEX, ignore_unavailable=True)
        embedded.close()


def _comparison(
    client: Elasticsearch, rows: list[tuple[str, str]], folder: Path, **options: Any
) -> Callable[[], object]:
    from esqual.comparison import Arm, compare_queries
    from esqual.models import Topic
    from esqual.templates import read_template

    arms = []
    for tag, field in (("baseline", "text"), ("candidate", "text.ngram")):
        path = folder / f"{tag}.json"
        path.write_text(json.dumps({"query": {"match": {field: "{{query}}"}}}), encoding="utf-8")
        arms.append(Arm(tag, _INDEX, read_template(path)))
    topics = [Topic(*row) for row in rows]
    return lambda: compare_queries(client, topics, arms[0], arms[1], depth=_DEPTH, **options)


def _loop(client: Elasticsearch, topics: list[tuple[str, str]], more: Mapping[str, Any]) -> None:
    for _, text in topics:
        for field in ("text", "text.ngram"):
            body = {"query": {"match": {field: text}}, "size": _DEPTH, **more}
            client.search(index=_INDEX, body=body)


def _batches(client: Elasticsearch, topics: list[tuple[str, str]]) -> None:
    for field in ("text", "text.ngram"):
        for start in range(0, len(topics), _BATCH):
            searches: list[Mapping[str, Any]] = []
            for _, text in topics[start : start + _BATCH]:
                searches += [{}, {"query": {"match": {field: text}}, "size": _DEPTH, **_LEAN}]
            client.msearch(index=_INDEX, searches=searches)


@contextmanager
def _farther(client: Elasticsearch, seconds: float) -> Iterator[None]:
    """Every request takes so much longer, as a server on another machine does."""
    near = client.transport.perform_request

    def far(*arguments: Any, **options: Any) -> Any:
        time.sleep(seconds)
        return near(*arguments, **options)

    client.transport.perform_request = far  # type: ignore[method-assign]
    try:
        yield
    finally:
        client.transport.perform_request = near  # type: ignore[method-assign]


def _told(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def _seconds(ratio: Ratio) -> str:
    return f"{ratio.ours_s:.2f} s / {ratio.other_s:.2f} s"

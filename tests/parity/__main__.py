"""Ask Elasticsearch 9, OpenSearch, Elasticsearch 7 and the embedded engine the same, and compare.

    python -m tests.parity [--topics N] [--engines elasticsearch-9,opensearch,elasticsearch-7]
                           [--url http://HOST:PORT]

Prints Markdown tables; ends with 1 if anything differs. Without ``--url``, which stands for the one
engine named, the test servers are started. Needs ../shared/data/jsquad. Indices ``s6_*`` are
deleted before and after.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time

from elasticsearch import Elasticsearch

import esqual
from tests.contract.dialects import scored_as_elasticsearch
from tests.parity.agreement import ask, build, compare
from tests.parity.analyses import analyzers, compare_tokens, sentences
from tests.parity.collections import Collection, demo, jsquad
from tests.parity.rated import BODY, METRICS, QUERIES, compare_ratings, evaluate, ratings
from tests.parity.shapes import SHAPES
from tests.servers.client import client_of
from tests.servers.running import Clusters


def shapes_table(real: Elasticsearch, ours: Elasticsearch, collection: Collection) -> int:
    """Print a row per shape and return the number of topics that differ."""
    index, bad = f"s6_{collection.name}", 0
    for client in (real, ours):
        build(client, index, collection)
    print(f"\n### {collection.name}: {len(collection.topics)} topics\n")
    print("| shape | hits per topic | same | ties | rounding | missed | different | worst |")
    print("|---|---|---|---|---|---|---|---|")
    for shape in SHAPES:
        answers = [ask(client, index, shape, collection.topics) for client in (real, ours)]
        row = compare(shape, collection.topics, *answers)
        counts = [row.same, row.ties, row.rounding, row.missed, len(row.different)]
        cells = [shape, f"{row.hits / row.topics:.1f}", *map(str, counts), f"{row.worst:.0e}"]
        print(f"| {' | '.join(cells)} |", *row.different[:3], flush=True)
        bad += len(row.different)
    real.indices.delete(index=index)
    return bad


def analysis_table(real: Elasticsearch, ours: Elasticsearch, texts: list[str]) -> int:
    """Print a row per analyzer and return the number of texts that differ."""
    print("\n| index | analyzer | texts | tokens | different |\n|---|---|---|---|---|")
    bad = 0
    for name, (body, named) in analyzers().items():
        index = f"s6_a_{name}"
        for client in (real, ours):
            client.indices.delete(index=index, ignore_unavailable=True)
            client.indices.create(index=index, settings=body["settings"])
        for analyzer in named:
            row = compare_tokens(real, ours, index, analyzer, texts)
            count = len(row.different)
            print(f"| {name} | {analyzer} | {row.texts} | {row.tokens} | {count} |", flush=True)
            bad += count
        real.indices.delete(index=index)
    return bad


def rated_table(real: Elasticsearch, ours: Elasticsearch, engine: str, topics: int) -> int:
    """Print a row per query and metric and return the number of differences."""
    collection, index, bad = jsquad(topics), "s6_rated", 0
    rated = ratings(collection)
    build(real, index, collection, scored_as_elasticsearch(engine, BODY))
    build(ours, index, collection, BODY)
    print(f"\n### `_rank_eval` against {engine}\n")
    print("| query | metric | topics | failures | unrated | different | worst |")
    print("|---|---|---|---|---|---|---|")
    for query in QUERIES:
        for metric in METRICS:
            answers = [
                evaluate(client, index, query, metric, collection.topics, rated)
                for client in (real, ours)
            ]
            row = compare_ratings(query, metric, *answers)
            counts = [row.topics, row.failures, row.unrated, len(row.different)]
            cells = [query, row.metric, *map(str, counts), f"{row.worst:.0e}"]
            print(f"| {' | '.join(cells)} |", flush=True)
            bad += len(row.different)
    real.indices.delete(index=index)
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--topics", type=int, default=1000)
    parser.add_argument("--engines", default="elasticsearch-9,opensearch,elasticsearch-7")
    parser.add_argument("--url")
    options = parser.parse_args()
    clusters, bad, begun = Clusters(), 0, time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder:
            ours = esqual.connect(f"lucene:{folder}")
            for engine in options.engines.split(","):
                url = options.url or clusters.url(engine)
                real = client_of(engine, url).options(request_timeout=120)
                if engine == "elasticsearch-9":
                    collections = [demo(), jsquad(options.topics)]
                    bad += sum(shapes_table(real, ours, one) for one in collections)
                    texts = sentences(collections[1], 2 * options.topics)
                    bad += analysis_table(real, ours, texts)
                else:
                    bad += rated_table(real, ours, engine, max(1, options.topics * 22 // 100))
                print(f"{engine}: {time.monotonic() - begun:.0f} s so far", file=sys.stderr)
            ours.close()
    finally:
        clusters.stop()
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The table of encoders in docs/vectors.md.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.encoders [NAME…]

Every encoder makes the vectors of a whole collection and of its topics; the ranking is an exact
scan, score descending, then the order of the documents. Words and bigrams in the embedded engine
stand beside them. Documents per second are of processor time, the model loaded before: what else
the machine does counts less than by the clock.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esqual.enrich.vectors.base import FittedKind
from esqual.enrich.vectors.kind import KIND
from esqual.enrich.vectors.registry import find_encoder
from esqual.judgments import read_qrels, read_topics
from esqual.measures import parse_measure

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
SEED = 0
TOPICS = 1000
MEASURES = [parse_measure("nDCG@10"), parse_measure("RR@10")]

ENCODERS: dict[str, dict[str, Any]] = {
    "char-ngram, 384": {"encoder": "char-ngram"},
    "char-ngram, 1024": {"encoder": "char-ngram", "dims": 1024},
    "char-ngram, 4096": {"encoder": "char-ngram", "dims": 4096},
    "ginza, mean": {"encoder": "ginza"},
    "ginza, idf": {"encoder": "ginza", "artefact": "idf"},
    "scdv, 3900 (13 clusters, not projected)": {
        "encoder": "scdv",
        "artefact": "scdv13",
        "clusters": 13,
        "dims": 3900,
    },
    "scdv, 60 clusters to 2048": {"encoder": "scdv", "artefact": "scdv60"},
    "e5-small": {"encoder": "e5-small"},
}
# name -> field
LEXICAL = {
    "words (BM25)": "text",
    "bigrams (BM25)": "text.ngram",
}


@dataclass(frozen=True)
class Collection:
    """Documents in their order, topics and judgments."""

    name: str
    documents: Sequence[tuple[str, str]]
    topics: Sequence[tuple[str, str]]
    qrels: Mapping[str, Mapping[str, int]]


def collections() -> Iterator[Collection]:
    """jsquad with a sample of its questions, medweb's everyday wordings."""
    jsquad = SHARED / "jsquad"
    documents, qrels = _documents(jsquad), read_qrels(jsquad / "qrels.txt")
    topics = [(t.query_id, t.text) for t in read_topics(jsquad / "queries-valid.tsv")]
    random = np.random.default_rng(SEED)
    chosen = random.choice(len(topics), TOPICS, replace=False)
    yield Collection("jsquad", documents, [topics[place] for place in sorted(chosen)], qrels)
    medweb = SHARED / "medweb-symptom"
    yield Collection(
        "medweb",
        _documents(medweb),
        [(t.query_id, t.text) for t in read_topics(medweb / "queries-variants.tsv")],
        read_qrels(medweb / "qrels-variants.txt"),
    )


def _documents(folder: Path) -> list[tuple[str, str]]:
    with (folder / "docs.ndjson").open(encoding="utf-8") as file:
        return [(entry["id"], entry["text"]) for entry in map(json.loads, file)]


def vectors(collection: Collection, given: Mapping[str, Any]) -> tuple[list[list[str]], float, int]:
    """The first ten documents of each topic, documents per CPU second, bytes of a vector."""
    parameters = KIND.defaults(given)
    texts = [text for _, text in collection.documents]
    if parameters.get("artefact") is not None:
        kind, _ = find_encoder(parameters["encoder"])
        assert isinstance(kind, FittedKind)
        kind.fit(parameters, texts).write(parameters["artefact"])
    worker = KIND.load(parameters)
    worker.documents(texts[:1])
    start = time.process_time()
    made = worker.documents(texts)
    rate = len(texts) / (time.process_time() - start)
    nothing = [0.0] * parameters["dims"]
    matrix = np.array([v if isinstance(v, list) else nothing for v in made], dtype=np.float32)
    asked = worker.topics("v", [text for _, text in collection.topics])
    queries = np.array([t["v"] or nothing for t in asked], dtype=np.float32)
    orders = [np.argsort(-(matrix @ query), kind="stable")[:10] for query in queries]
    ranked = [[collection.documents[place][0] for place in order] for order in orders]
    return ranked, rate, 4 * parameters["dims"]


def lexical(collection: Collection, folder: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Rankings of the embedded engine."""
    from elasticsearch.helpers import bulk

    import esqual

    mapping = Path(__file__).parent.parent / "mappings" / "ja-text.json"
    client = esqual.connect(f"lucene:{folder}")
    index = collection.name
    client.indices.create(index=index, **json.loads(mapping.read_text(encoding="utf-8")))
    actions = ({"_index": index, "_id": i, "text": text} for i, text in collection.documents)
    bulk(client, actions, refresh=True)
    for name, field in LEXICAL.items():
        ranked = []
        for _, text in collection.topics:
            answer = client.search(index=index, size=10, query={"match": {field: text}})
            ranked.append([hit["_id"] for hit in answer["hits"]["hits"]])
        yield name, ranked
    client.close()


def row(collection: Collection, name: str, ranked: list[list[str]], *more: str) -> str:
    """A line of the table."""
    means = []
    for measure in MEASURES:
        values = [
            measure.value(hits, collection.qrels.get(query_id, {}))
            for (query_id, _), hits in zip(collection.topics, ranked, strict=True)
        ]
        means.append(f"{np.mean(values):.3f}")
    return f"| {' | '.join([name, *means, *more])} |"


def main() -> None:
    """Print one table for each collection."""
    names = sys.argv[1:]
    chosen = {n: p for n, p in ENCODERS.items() if not names or p["encoder"] in names}
    for collection in collections():
        counts = f"{len(collection.documents)} documents, {len(collection.topics)} topics"
        print(f"\n{collection.name}: {counts}\n")
        columns = ["vectors", *map(str, MEASURES), "documents per CPU second", "bytes/document"]
        print(f"| {' | '.join(columns)} |")
        print("|---|---|---|---|---|", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            os.environ["ESQUAL_ARTEFACTS"] = folder
            if not names or "lexical" in names:
                for name, ranked in lexical(collection, Path(folder) / "lucene"):
                    print(row(collection, name, ranked, "", ""), flush=True)
            for name, parameters in chosen.items():
                ranked, rate, size = vectors(collection, parameters)
                print(row(collection, name, ranked, f"{rate:.0f}", str(size)), flush=True)


if __name__ == "__main__":
    main()

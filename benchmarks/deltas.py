"""Per-topic deltas of real comparisons, made with the engine once and kept outside the checkout."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import FIELDS, JSQUAD, ROOT, load

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch
    from numpy.typing import NDArray

MEASURE = "nDCG(dcg='exp-log2')@10"
BOTH = {"multi_match": {"query": "{{query}}", "type": "most_fields"}}
BODIES = {
    "text": {"match": {"text": "{{query}}"}},
    "ngram": {"match": {"text.ngram": "{{query}}"}},
    "both": {"multi_match": BOTH["multi_match"] | {"fields": ["text", "text.ngram"]}},
}
PAIRS = [("text", "ngram"), ("text", "both"), ("ngram", "both")]


def load_deltas(kept: Path) -> dict[str, NDArray[np.float64]]:
    """Name of the comparison -> deltas, shape (n_topics,); read from ``kept``, or made into it."""
    if not kept.exists():
        made = _made()
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, **made)  # type: ignore[arg-type]
    with np.load(kept) as file:
        return {name: file[name] for name in file.files}


def _made() -> dict[str, NDArray[np.float64]]:
    import esqual
    from esqual.indexing import index_corpus, read_index_body
    from esqual.models import Document

    data = load()
    deltas: dict[str, NDArray[np.float64]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.json").write_text(json.dumps(FIELDS), encoding="utf-8")
        client = esqual.connect(f"lucene:{folder / 'engine'}")
        body = read_index_body(folder / "mapping.json")
        demo = ROOT / "demo" / "corpus.ndjson"
        rows = [json.loads(line) for line in demo.read_text(encoding="utf-8").splitlines()]
        corpora = {"demo": [(row["id"], row["text"]) for row in rows]}
        if data.name == "jsquad":
            corpora["jsquad"] = data.documents
        for index, documents in corpora.items():
            made = (Document(doc_id, {"id": doc_id, "text": text}) for doc_id, text in documents)
            index_corpus(client, made, index, body)
        topics = ROOT / "queries" / "topics" / "demo.tsv"
        lines = [line.split("\t") for line in topics.read_text(encoding="utf-8").splitlines()[1:]]
        demo_topics = [(line[0], line[1]) for line in lines]
        demo_qrels = ROOT / "queries" / "qrels" / "demo.txt"
        deltas |= _compared(client, folder, "demo", "demo", demo_topics, demo_qrels)
        if data.name == "jsquad":
            for name, file in (("jsquad", "qrels.txt"), ("jsquad graded", "qrels-graded.txt")):
                deltas |= _compared(client, folder, "jsquad", name, data.topics, JSQUAD / file)
        client.close()
    return deltas


def _compared(
    client: Elasticsearch,
    folder: Path,
    index: str,
    name: str,
    texts: list[tuple[str, str]],
    qrels: Path,
) -> dict[str, NDArray[np.float64]]:
    from esqual.comparison import Arm, compare_queries
    from esqual.measures import parse_measure
    from esqual.models import Topic
    from esqual.templates import read_template

    arms = {}
    for tag, query in BODIES.items():
        path = folder / f"{tag}.json"
        path.write_text(json.dumps({"query": query}), encoding="utf-8")
        arms[tag] = Arm(tag, index, read_template(path))
    judgments: dict[str, dict[str, int]] = {}
    for line in qrels.read_text(encoding="utf-8").splitlines():
        query_id, _, doc_id, relevance = line.split()
        judgments.setdefault(query_id, {})[doc_id] = int(relevance)
    topics = [Topic(query_id, text) for query_id, text in texts]
    measure = parse_measure(MEASURE)
    deltas = {}
    for baseline, candidate in PAIRS:
        comparison, *_ = compare_queries(
            client, topics, arms[baseline], arms[candidate], qrels=judgments, measures=[measure]
        )
        deltas[f"{name}: {baseline} → {candidate}"] = np.array(
            [topic.delta() for topic in comparison.topics]
        )
    return deltas

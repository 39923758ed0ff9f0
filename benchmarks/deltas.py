"""Per-topic deltas of real comparisons, made with the engine once and kept outside the checkout."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import FIELDS, JSQUAD, ROOT, load
from esqual.comparison import Comparison
from esqual.comparison.unjudged import Pages

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


def load_pages(kept: Path) -> dict[str, list[Pages]]:
    """Name of the comparison -> the pages of its topics, a hit without a judgment judged 0."""
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = {name: _complete(*pair) for name, pair in _comparisons().items()}
        with gzip.open(kept, "wt", encoding="utf-8") as file:
            json.dump(made, file, ensure_ascii=False)
    with gzip.open(kept, "rt", encoding="utf-8") as file:
        return {name: [Pages(*row) for row in rows] for name, rows in json.load(file).items()}


def _complete(comparison: Comparison, judgments: Mapping[str, Mapping[str, int]]) -> list[Pages]:
    return [
        Pages(
            topic.query_id,
            topic.baseline_ids,
            topic.candidate_ids,
            dict.fromkeys((*topic.baseline_ids, *topic.candidate_ids), 0)
            | dict(judgments[topic.query_id]),
        )
        for topic in comparison.topics
    ]


def _made() -> dict[str, NDArray[np.float64]]:
    return {
        name: np.array([topic.delta() for topic in comparison.topics])
        for name, (comparison, _) in _comparisons().items()
    }


def _comparisons() -> dict[str, tuple[Comparison, dict[str, dict[str, int]]]]:
    import esqual
    from esqual.indexing import index_corpus, read_index_body
    from esqual.models import Document

    data = load()
    compared: dict[str, tuple[Comparison, dict[str, dict[str, int]]]] = {}
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
        compared |= _compared(client, folder, "demo", "demo", demo_topics, demo_qrels)
        if data.name == "jsquad":
            for name, file in (("jsquad", "qrels.txt"), ("jsquad graded", "qrels-graded.txt")):
                compared |= _compared(client, folder, "jsquad", name, data.topics, JSQUAD / file)
        client.close()
    return compared


def _compared(
    client: Elasticsearch,
    folder: Path,
    index: str,
    name: str,
    texts: list[tuple[str, str]],
    qrels: Path,
) -> dict[str, tuple[Comparison, dict[str, dict[str, int]]]]:
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
    compared = {}
    for baseline, candidate in PAIRS:
        comparison, *_ = compare_queries(
            client, topics, arms[baseline], arms[candidate], qrels=judgments, measures=[measure]
        )
        compared[f"{name}: {baseline} → {candidate}"] = (comparison, judgments)
    return compared

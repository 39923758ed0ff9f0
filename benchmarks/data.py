"""What the benchmarks run on: the real collection where it is, else the demo corpus, multiplied."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
JSQUAD = ROOT.parent / "shared" / "data" / "jsquad"

FIELDS = {
    "settings": {
        "number_of_replicas": 0,
        "analysis": {
            "analyzer": {
                "bigram": {
                    "type": "custom",
                    "tokenizer": "bigram",
                    "filter": ["lowercase", "cjk_width"],
                }
            },
            "tokenizer": {"bigram": {"type": "ngram", "min_gram": 2, "max_gram": 2}},
        },
    },
    "mappings": {
        "dynamic": False,
        "properties": {
            "id": {"type": "keyword"},
            "text": {
                "type": "text",
                "analyzer": "kuromoji",
                "fields": {"ngram": {"type": "text", "analyzer": "bigram"}},
            },
        },
    },
}


@dataclass(frozen=True)
class Data:
    """Documents as (id, text) and questions as (id, text)."""

    name: str
    documents: list[tuple[str, str]]
    topics: list[tuple[str, str]]


def load() -> Data:
    """JSQuAD's paragraphs and valid questions, or the demo corpus and its topics."""
    if JSQUAD.is_dir():
        corpus, topics, name = JSQUAD / "docs.ndjson", JSQUAD / "queries-valid.tsv", "jsquad"
    else:
        corpus, topics = ROOT / "demo" / "corpus.ndjson", ROOT / "queries" / "topics" / "demo.tsv"
        name = "demo"
    rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    lines = [line.split("\t") for line in topics.read_text(encoding="utf-8").splitlines() if line]
    if lines[0][0] == "query_id":
        del lines[0]
    return Data(name, [(r["id"], r["text"]) for r in rows], [(c[0], c[1]) for c in lines])


def sentences(data: Data, count: int) -> list[tuple[str, str]]:
    """``count`` documents: the texts in turn, each turn with another number in front."""
    texts = [text for _, text in data.documents]
    return [(f"n{i}", f"{i // len(texts)}番 {texts[i % len(texts)]}") for i in range(count)]

"""The collections of ../shared/data with the terms of their texts, indexed and searched."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esqual.enrich.dependency.kind import KIND, DependencyWorker
from esqual.enrich.spec import digest_of

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["ALL", "Ask", "Collection", "GetWorker", "Scores", "index", "load", "search"]

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared/data"
KEPT = ROOT / ".esqual/bench"
MAPPING = ROOT / "mappings/ja-dependency.json"
# hits that a measure cut at 10 needs, some room for ties included; all of them for AP
SHALLOW, ALL = 50, 10_000

# loads GiNZA when first called
GetWorker = Callable[[], DependencyWorker]
# query id -> document id -> score, best first, equal scores by id
Scores = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts, topics and judgments, and the terms that the kind ``dependency`` makes of them."""

    documents: Mapping[str, str]
    terms: Mapping[str, Mapping[str, Sequence[str]]]
    topics: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, Any]]
    qrels: Mapping[str, Mapping[str, int]]


def load(
    name: str, topics: str, qrels: str, worker: GetWorker, *, half: int | None = None
) -> Collection:
    """One collection of ../shared/data; ``half`` 0 or 1 takes every second topic."""
    folder = DATA / name
    rows = [json.loads(line) for line in _lines(folder / "docs.ndjson")]
    documents = {row["id"]: row["text"] for row in rows}
    asked = dict(line.split("\t") for line in _lines(folder / topics))
    if half is not None:
        asked = {key: asked[key] for place, key in enumerate(sorted(asked)) if place % 2 == half}
    judged: dict[str, dict[str, int]] = {key: {} for key in asked}
    for line in _lines(folder / qrels):
        query_id, _, doc_id, grade = line.split()
        if query_id in judged:
            judged[query_id][doc_id] = int(grade)
    terms = _kept(
        f"{name}-documents", list(documents.values()), lambda texts: worker().documents(texts)
    )
    parameters = _kept(
        f"{name}-topics",
        list(dict.fromkeys(asked.values())),
        lambda texts: worker().topics("pairs", texts),
    )
    return Collection(
        documents,
        {doc_id: terms[text] for doc_id, text in documents.items()},
        asked,
        {query_id: parameters[text] for query_id, text in asked.items()},
        judged,
    )


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def _kept(
    name: str, texts: Sequence[str], make: Callable[[list[str]], Sequence[Any]]
) -> dict[str, Any]:
    """``make`` of each text, from the file of these rules or made now."""
    path = KEPT / f"{name}-{digest_of(KIND.fingerprint({}))[:12]}.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    if missing:
        known |= dict(zip(missing, make(missing), strict=True))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    return known


def index(
    client: Elasticsearch,
    name: str,
    collection: Collection,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Index ``collection``; ``changes`` are parameters of the field of the pairs."""
    body = json.loads(MAPPING.read_text(encoding="utf-8"))
    del body["mappings"]["_meta"]
    body["mappings"]["properties"]["dep"]["properties"]["pairs"] |= changes or {}
    client.indices.create(index=name, **body)
    lines: list[Any] = []
    for doc_id, text in collection.documents.items():
        lines += [{"index": {"_id": doc_id}}, {"text": text, "dep": collection.terms[doc_id]}]
    for start in range(0, len(lines), 2000):
        assert not client.bulk(index=name, operations=lines[start : start + 2000])["errors"]
    client.indices.refresh(index=name)


# collection, query id -> the query to ask
Ask = Callable[[Collection, str], dict[str, Any]]


def search(
    client: Elasticsearch,
    name: str,
    collection: Collection,
    ask: Ask,
    *,
    depth: int = SHALLOW,
    judged_only: bool = False,
) -> Scores:
    """query id -> document id -> score, best first, equal scores by id."""
    found: Scores = {}
    ids = list(collection.topics)
    for start in range(0, len(ids), 200):
        lines: list[Any] = []
        for query_id in ids[start : start + 200]:
            query = ask(collection, query_id)
            if judged_only:
                known = {"ids": {"values": list(collection.qrels[query_id])}}
                query = {"bool": {"must": query, "filter": known}}
            lines += [{}, {"query": query, "size": depth, "_source": False}]
        answers = client.msearch(index=name, searches=lines)["responses"]
        for query_id, answer in zip(ids[start : start + 200], answers, strict=True):
            hits = {hit["_id"]: float(hit["_score"]) for hit in answer["hits"]["hits"]}
            found[query_id] = dict(sorted(hits.items(), key=lambda hit: (-hit[1], hit[0])))
    return found

"""Every analyzer of ``mappings/`` and of the index of the shapes, on real sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

from tests.parity.collections import ROOT, Collection
from tests.parity.shapes import INDEX, Json

__all__ = ["AnalyzerRow", "analyzers", "compare_tokens", "sentences"]

_ENDS = re.compile(r"(?<=[。！？!?])")


@dataclass(slots=True)
class AnalyzerRow:
    """One analyzer of one index on all sentences; an answer is equal with all that it says."""

    index: str
    analyzer: str
    texts: int = 0
    tokens: int = 0
    different: list[str] = field(default_factory=list)


def sentences(collection: Collection, count: int) -> list[str]:
    """The first ``count`` distinct ones: a topic and a sentence of a document in turn."""

    def parts() -> Iterator[str]:
        for document in collection.documents:
            yield from _ENDS.split(document["text"])

    found: dict[str, None] = {}
    topics, others = iter(collection.topics), parts()
    for part in others:
        topic = next(topics, None)
        for text in (part, topic.text if topic else part):
            if text.strip():
                found[text.strip()] = None
        if len(found) >= count:
            break
    return list(found)[:count]


def analyzers() -> dict[str, tuple[Json, list[str]]]:
    """index → (its body without fields, the analyzers that it defines or its fields name)."""
    bodies = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in sorted((ROOT / "mappings").glob("*.json"))
    }
    bodies["parity"] = INDEX
    answer = {}
    for name, body in bodies.items():
        analysis = body["settings"]["analysis"]
        named = set(analysis["analyzer"]) | set(_named(body["mappings"]))
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "analysis": analysis}
        answer[name] = ({"settings": settings}, sorted(named))
    return answer


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("analyzer", "search_analyzer"):
                yield inner
            yield from _named(inner)


def compare_tokens(
    real: Elasticsearch, ours: Elasticsearch, index: str, analyzer: str, texts: list[str]
) -> AnalyzerRow:
    """Tokens, offsets, positions, position lengths and types of each text; ``index`` is in both."""
    row = AnalyzerRow(index, analyzer)
    for text in texts:
        theirs, mine = (
            client.indices.analyze(index=index, analyzer=analyzer, text=text)["tokens"]
            for client in (real, ours)
        )
        row.texts += 1
        row.tokens += len(theirs)
        if theirs != mine:
            row.different.append(text)
    return row

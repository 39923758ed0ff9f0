"""What parity is measured on: documents and topics, each with a small vector of its characters."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["DIMS", "Collection", "Topic", "demo", "jsquad", "vector"]

ROOT = Path(__file__).parents[2]
JSQUAD = ROOT.parent / "shared" / "data" / "jsquad"
DIMS = 32


@dataclass(frozen=True, slots=True)
class Topic:
    """``text`` is asked as a whole; ``head``, its first characters, where order matters."""

    query_id: str
    text: str

    @property
    def head(self) -> str:
        return self.text[:4]


@dataclass(frozen=True, slots=True)
class Collection:
    """``documents``: ``id``, ``title``, ``text``, ``length`` in characters, two equal vectors."""

    name: str
    documents: tuple[dict[str, Any], ...]
    topics: tuple[Topic, ...]


def vector(text: str) -> list[float]:
    """Counts of the character pairs, hashed to ``DIMS`` signed sums, of length 1 to four digits."""
    sums = [0.0] * DIMS
    for pair in (text[i : i + 2] for i in range(max(1, len(text) - 1))):
        number = zlib.crc32(pair.encode())
        sums[number % DIMS] += 1.0 if number & 0x10000 else -1.0
    # cosine does not take the null vector
    sums[0] += 0.5
    length = math.sqrt(sum(value * value for value in sums))
    return [round(value / length, 4) for value in sums]


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        near = vector(row["text"])
        yield {
            **{name: row[name] for name in ("id", "title", "text")},
            **{"length": len(row["text"]), "near": near, "flat": near},
        }


def jsquad(topics: int = 1000) -> Collection:
    """JSQuAD's paragraphs, and so many of its valid questions, spread evenly over the file."""
    lines = (JSQUAD / "queries-valid.tsv").read_text("utf-8").splitlines()
    picked = [lines[i * len(lines) // topics].split("\t") for i in range(topics)]
    return Collection(
        "jsquad",
        tuple(_documents(JSQUAD / "docs.ndjson")),
        tuple(Topic(row[0], row[1]) for row in picked),
    )


def demo(sentences: bool = True) -> Collection:
    """The demo corpus with its topics and, ``sentences``, each of its texts as one more topic."""
    documents = tuple(_documents(ROOT / "demo/corpus.ndjson"))
    lines = (ROOT / "queries/topics/demo.tsv").read_text("utf-8").splitlines()[1:]
    topics = [Topic(*line.split("\t")[:2]) for line in lines]
    if sentences:
        topics += [Topic(f"t{row['id']}", row["text"]) for row in documents]
    return Collection("demo", documents, tuple(topics))

"""One small index without the REST layers: what a query is tested on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from esqual.engine.lucene.index import Index
from esqual.engine.lucene.query import QueryContext, parse_query
from esqual.engine.lucene.settings import flatten
from esqual.engine.lucene.writer import Operation, create_empty

FIXTURES = Path(__file__).parents[2] / "fixtures"


def make_index(folder: Path, name: str, body: dict[str, Any], documents: Iterable[Any]) -> Index:
    """An index of ``documents``, ids counted from 1, refreshed."""
    folder.mkdir(parents=True)
    create_empty(folder)
    settings = {**flatten(body.get("settings", {})), "index.provided_name": name}
    index = Index(folder, name, "uuid", settings, body["mappings"], {}, lambda: lambda: None)
    operations = []
    for number, document in enumerate(documents, 1):
        parsed = index.mapping.parse(str(number), document)
        operations.append(Operation(str(number), json.dumps(document).encode(), parsed.rows))
    index.write(operations)
    index.refresh()
    return index


def search(index: Index, clause: Any, size: int = 50) -> tuple[int, list[tuple[str, float]]]:
    """Total and ``(id, score)`` of the best hits."""
    searcher = index.searcher()
    query = parse_query(clause, QueryContext(index))
    top = searcher.java.search(query, size)
    docs = [int(hit.doc) for hit in top.scoreDocs]
    ids = searcher.ids(docs)
    scores = [float(hit.score) for hit in top.scoreDocs]
    return int(searcher.java.count(query)), list(zip(ids, scores, strict=True))

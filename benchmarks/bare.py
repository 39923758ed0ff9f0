"""Bare Lucene: the same analyzers, searches and documents with nothing of ours around them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jpype
import jpype.imports  # makes `from org.apache...` work

from benchmarks.data import FIELDS
from esqual.engine.lucene.analysis import Analysis
from esqual.engine.lucene.catalog import Catalog


def analyzers() -> dict[str, Any]:
    """The analyzers of the two text fields, from the engine's own registry."""
    analysis = Analysis(FIELDS["settings"])
    return {"text": analysis.analyzer("kuromoji"), "text.ngram": analysis.analyzer("bigram")}


def index(path: Path, documents: list[tuple[str, str]]) -> None:
    """One loop of addDocument: id, text and bigrams, and the document's JSON stored."""
    from org.apache.lucene.analysis.core import KeywordAnalyzer
    from org.apache.lucene.analysis.miscellaneous import PerFieldAnalyzerWrapper
    from org.apache.lucene.document import Document, Field, StoredField, StringField, TextField
    from org.apache.lucene.index import IndexWriter, IndexWriterConfig, LogDocMergePolicy
    from org.apache.lucene.store import FSDirectory

    fields = jpype.java.util.HashMap()
    for name, analyzer in analyzers().items():
        fields.put(name, analyzer)
    config = IndexWriterConfig(PerFieldAnalyzerWrapper(KeywordAnalyzer(), fields))
    config.setRAMBufferSizeMB(64.0)
    config.setMergePolicy(LogDocMergePolicy())
    writer = IndexWriter(FSDirectory.open(jpype.java.nio.file.Paths.get(str(path))), config)
    for doc_id, text in documents:
        document = Document()
        document.add(StringField("_id", doc_id, Field.Store.YES))
        document.add(TextField("text", text, Field.Store.NO))
        document.add(TextField("text.ngram", text, Field.Store.NO))
        source = json.dumps({"id": doc_id, "text": text}, ensure_ascii=False).encode()
        document.add(StoredField("_source", jpype.JArray(jpype.JByte)(source)))
        writer.addDocument(document)
    writer.commit()
    writer.close()


class Searches:
    """Match queries on an index of the engine, by Lucene's own query builder and searcher."""

    def __init__(self, engine: Path, index: str) -> None:
        from org.apache.lucene.search import IndexSearcher
        from org.apache.lucene.util import QueryBuilder

        found = Catalog.open(engine).resolve(index)[0]
        self._searcher = IndexSearcher(found.searcher().java.getIndexReader())
        self._builders = {name: QueryBuilder(a) for name, a in analyzers().items()}

    def run(self, field: str, texts: list[str], size: int) -> int:
        """Search every text and count the hits; reading each through JPype would cost extra."""
        builder, searcher, hits = self._builders[field], self._searcher, 0
        for text in texts:
            query = builder.createBooleanQuery(field, text)
            hits += len(searcher.search(query, size).scoreDocs)
        return hits

"""The one writer of an index: batches of operations in, outcomes out; commits and refreshes.

Documents travel to Java many at a time, packed into a few arrays (see ``Batch.java``).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.jvm import (
    J,
    java_bytes,
    java_doubles,
    java_ints,
    java_longs,
    java_strings,
)

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldSpec, Row

__all__ = [
    "ALWAYS",
    "CONFLICT",
    "CREATED",
    "DELETED",
    "EXTERNAL",
    "EXTERNAL_GTE",
    "FAILED",
    "MUST_NOT_EXIST",
    "NOT_FOUND",
    "SEQ_NO",
    "UPDATED",
    "Operation",
    "Outcome",
    "Writer",
    "committed_seq_no",
    "create_empty",
]

RAM_BUFFER_MB = 24.0

# Batch.java: what must hold for an operation
ALWAYS, MUST_NOT_EXIST, SEQ_NO, EXTERNAL, EXTERNAL_GTE = range(5)
# Outcome.java: what became of it
CREATED, UPDATED, DELETED, NOT_FOUND, CONFLICT, FAILED = range(6)

_NEXT_SEQ_NO = "next_seq_no"
_TEXTS = frozenset({"text", "string", "name"})
_LONGS = frozenset({"long", "int"})
_BYTES = frozenset({"floats", "octets"})


@dataclass(slots=True)
class Operation:
    """Write (or, with ``source`` None, delete) one document if ``condition`` holds.

    ``expected`` is the sequence number or the external version that the condition speaks of.
    """

    doc_id: str
    source: bytes | None
    rows: Sequence[Row] = ()
    condition: int = ALWAYS
    expected: int = -1


@dataclass(frozen=True, slots=True)
class Outcome:
    """``code``, and the version and sequence number now; of the document as it is on a conflict."""

    code: int
    version: int
    seq_no: int
    message: str | None = None


class Writer:
    """Owns the ``IndexWriter`` of one folder. Not thread-safe: the index holds a lock around it.

    One thread writes, segments are merged in order by document count and in the same thread, so
    Lucene numbers documents in the order they came, whatever the machine does meanwhile.
    """

    def __init__(self, folder: Path, analyzer: Any, similarity: Any, codec: Any) -> None:
        self._directory = J.FSDirectory.open(J.Paths.get(str(folder)))
        self._java = J.IndexWriter(self._directory, _config(analyzer, similarity, codec))
        self._builder = J.DocumentBuilder()
        self._bulk = J.BulkWriter(self._java, self._builder, self._committed_seq_no())
        self._kinds: list[str] = []

    def _committed_seq_no(self) -> int:
        return _read_seq_no(self._java.getLiveCommitData() or ())

    def next_seq_no(self) -> int:
        """The number that the next write gets."""
        return int(self._bulk.nextSeqNo())

    def declare(self, specs: Sequence[FieldSpec]) -> None:
        """Tell Java of the specs it does not know yet; a spec's number is its place."""
        for spec in specs[len(self._kinds) :]:
            self._builder.add(
                spec.name, spec.kind, spec.indexed, spec.doc_values, spec.norms, spec.index_options
            )
            self._kinds.append(spec.kind)

    def write(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Apply the operations in order."""
        java = self._bulk.write(_pack(operations, self._kinds))
        return [
            Outcome(code, int(version), int(seq_no), None if message is None else str(message))
            for code, version, seq_no, message in zip(
                java.codes, java.versions, java.seqNos, java.messages, strict=True
            )
        ]

    def is_open(self) -> bool:
        """False after an error that Lucene's writer does not survive."""
        return bool(self._java.isOpen())

    def refresh(self) -> Any:
        """A ``DirectoryReader`` that sees everything written; the caller closes it."""
        return self._bulk.refresh()

    def reader_for(self, ids: Sequence[str]) -> Any:
        """A ``DirectoryReader`` that sees the newest version of ``ids``; the caller closes it."""
        return self._bulk.readerFor(java_strings(ids))

    def commit(self) -> None:
        """Everything written so far is on the disk, and survives a kill, when this returns."""
        self._note_seq_no()
        self._java.commit()

    def force_merge(self, segments: int) -> None:
        """Merge down to at most so many segments; deletions are forgotten on the way."""
        self._java.forceMerge(segments)

    def close(self) -> None:
        """Commit, and let go of the folder."""
        try:
            self._bulk.close()
            self._note_seq_no()
            self._java.close()
        finally:
            self._directory.close()

    def rollback(self) -> None:
        """Let go of the folder without a commit."""
        self._bulk.close()
        self._java.rollback()
        self._directory.close()

    def _note_seq_no(self) -> None:
        data = J.ConcurrentHashMap()
        data.put(_NEXT_SEQ_NO, str(self._bulk.nextSeqNo()))
        self._java.setLiveCommitData(data.entrySet())


def committed_seq_no(reader: Any) -> int:
    """The number that the next write gets after the commit that ``reader`` sees."""
    return _read_seq_no(reader.getIndexCommit().getUserData().entrySet())


def _read_seq_no(entries: Any) -> int:
    for entry in entries:
        if str(entry.getKey()) == _NEXT_SEQ_NO:
            return int(str(entry.getValue()))
    return 0


def _config(analyzer: Any, similarity: Any, codec: Any) -> Any:
    config = J.IndexWriterConfig(analyzer)
    config.setCodec(codec)
    config.setSimilarity(similarity)
    config.setMergePolicy(J.LogDocMergePolicy())
    config.setMergeScheduler(J.SerialMergeScheduler())
    config.setRAMBufferSizeMB(RAM_BUFFER_MB)
    return config


def create_empty(folder: Path) -> None:
    """Make an index without documents, so that readers find one."""
    directory = J.FSDirectory.open(J.Paths.get(str(folder)))
    try:
        J.IndexWriter(directory, J.IndexWriterConfig(J.KeywordAnalyzer())).close()
    finally:
        directory.close()


def _pack(operations: Sequence[Operation], kinds: Sequence[str]) -> Any:
    """Operations as a Java ``Batch``: every text once, numbers by kind, rows as places."""
    texts = bytearray()
    ends = array("i")
    places: dict[str, int] = {}
    longs = array("q")
    doubles = array("d")
    specs = array("i")
    values = array("i")
    row_ends = array("i")
    ids = array("i")
    sources = array("i")

    def place(text: str) -> int:
        found = places.get(text)
        if found is None:
            found = places[text] = len(ends)
            texts.extend(text.encode("utf-8", "surrogatepass"))
            ends.append(len(texts))
        return found

    for operation in operations:
        ids.append(place(operation.doc_id))
        if operation.source is None:
            sources.append(-1)
        else:
            sources.append(len(ends))
            texts += operation.source
            ends.append(len(texts))
        for spec, value in operation.rows:
            kind = kinds[spec]
            specs.append(spec)
            if kind in _TEXTS:
                values.append(place(value))  # type: ignore[arg-type]
            elif kind in _BYTES:
                values.append(len(ends))
                texts += value  # type: ignore[arg-type]
                ends.append(len(texts))
            elif kind in _LONGS:
                values.append(len(longs))
                longs.append(value)  # type: ignore[arg-type]
            else:
                values.append(len(doubles))
                doubles.append(value)  # type: ignore[arg-type]
        row_ends.append(len(specs))
    return J.Batch(
        java_bytes(texts),
        java_ints(ends),
        java_ints(ids),
        java_ints(sources),
        java_ints(array("i", [o.condition for o in operations])),
        java_longs(array("q", [o.expected for o in operations])),
        java_ints(row_ends),
        java_ints(specs),
        java_ints(values),
        java_longs(longs),
        java_doubles(doubles),
    )

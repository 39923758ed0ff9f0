"""A point-in-time view of one index: the Lucene searcher, and what belongs to its documents."""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.jvm import J, is_running, java_ints, java_strings

if TYPE_CHECKING:
    from esqual.engine.lucene.vectors import FieldVectors

__all__ = ["Found", "Searcher"]

_END = b"\xff"
Docs = Any  # a Java int[], an array("i"), a NumPy int32 array, or any sequence of int


class Found:
    """One live document: Lucene's number, version, sequence number, and its source."""

    __slots__ = ("seq_no", "source", "version")

    def __init__(self, version: int, seq_no: int, source: bytes) -> None:
        self.version = version
        self.seq_no = seq_no
        self.source = source


class Searcher:
    """One reader and the ``IndexSearcher`` over it; the reader is closed with the last reference.

    ``java`` is the ``IndexSearcher`` with the per-field similarity of the index, ``reader`` its
    ``DirectoryReader``. Lucene document numbers are only good for the searcher that gave them.
    """

    def __init__(self, reader: Any, similarity: Any) -> None:
        self.reader = reader
        self.java = J.IndexSearcher(reader)
        self.java.setSimilarity(similarity)
        #: by field; see vectors.py
        self.vectors: dict[str, FieldVectors] = {}
        self._finalizer = weakref.finalize(self, _close, reader)
        self._finalizer.atexit = False

    def count(self) -> int:
        """How many live documents there are."""
        return int(self.reader.numDocs())

    def ids(self, docs: Docs) -> list[str]:
        """The ``_id`` of each Lucene document, in the order given."""
        return _split(J.Hits.ids(self.reader, java_ints(docs)))

    def ids_of_many(self, lists: Iterable[Sequence[int]]) -> list[list[str]]:
        """:meth:`ids` of many hit lists in one call into Java."""
        lists = list(lists)
        flat = array("i")
        for docs in lists:
            flat.extend(docs)
        ids = self.ids(flat)
        answer, start = [], 0
        for docs in lists:
            answer.append(ids[start : start + len(docs)])
            start += len(docs)
        return answer

    def sources(self, docs: Docs) -> list[bytes]:
        """The ``_source`` of each Lucene document, as the JSON bytes that were sent."""
        return bytes(J.Hits.sources(self.reader, java_ints(docs))).split(_END)[:-1]

    def versions(self, docs: Docs) -> list[int]:
        """The ``_version`` of each Lucene document."""
        return [int(v) for v in J.Hits.numbers(self.reader, "_version", java_ints(docs))]

    def seq_nos(self, docs: Docs) -> list[int]:
        """The ``_seq_no`` of each Lucene document."""
        return [int(v) for v in J.Hits.numbers(self.reader, "_seq_no", java_ints(docs))]

    def find(self, ids: Sequence[str]) -> list[Found | None]:
        """The live documents with these ids, None where there is none."""
        docs = list(J.IdLookup(self.reader).docs(java_strings(ids)))
        there = [int(doc) for doc in docs if doc >= 0]
        if not there:
            return [None] * len(docs)
        rows = zip(self.versions(there), self.seq_nos(there), self.sources(there), strict=True)
        found = (Found(*row) for row in rows)
        return [next(found) if doc >= 0 else None for doc in docs]


def _split(packed: Any) -> list[str]:
    return [part.decode("utf-8", "surrogatepass") for part in bytes(packed).split(_END)[:-1]]


def _close(reader: Any) -> None:
    if is_running():
        reader.close()

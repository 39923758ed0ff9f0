"""One index on disk: its settings and mapping, its writer, and the view that searches see.

Searches see the last refresh. Elasticsearch refreshes in the background every
``index.refresh_interval``; here the search itself does it: when the oldest write it could not see
is older than the interval (1s unless set), it refreshes first. ``-1`` means only when asked.
A process that does not write looks for another process's commits at the same pace.

There is no translog: what a returned flush (or close) covered survives a kill, later writes do not.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from esqual.engine.lucene.analysis import Analysis
from esqual.engine.lucene.api_error import index_not_found
from esqual.engine.lucene.fields.base import Environment, FieldType
from esqual.engine.lucene.fields.similarity import Similarities
from esqual.engine.lucene.fields.vector import DenseVectorField
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.mapping import Mapping as FieldMapping
from esqual.engine.lucene.searcher import Found, Searcher
from esqual.engine.lucene.settings import DEFAULTS, interval_seconds
from esqual.engine.lucene.writer import Operation, Outcome, Writer, committed_seq_no

__all__ = ["Index"]

PRIMARY_TERM = 1


class Index:
    """One index. Writes are serial (one lock); reads of a :class:`Searcher` need no lock."""

    def __init__(
        self,
        folder: Path,
        name: str,
        uuid: str,
        settings: Mapping[str, Any],
        mappings: Mapping[str, Any],
        aliases: Mapping[str, Mapping[str, Any]],
        lock_folder: Callable[[], Callable[[], None]],
    ) -> None:
        """``lock_folder`` takes the folder's write lock; what it returns gives the lock back."""
        self.folder = folder
        self.name = name
        self.uuid = uuid
        self.settings: dict[str, Any] = dict(settings)
        self.aliases: dict[str, dict[str, Any]] = {k: dict(v) for k, v in aliases.items()}
        self.analysis = Analysis(self.settings)
        self.similarities = Similarities(self.settings)
        self.mapping = FieldMapping(dict(mappings), self._environment())
        self._similarity = J.FieldSimilarities(self.similarities.java(None))
        self._analyzers = J.ConcurrentHashMap()
        self._codec = J.VectorCodec()
        self._known_fields: set[str] = set()
        self._lock_folder = lock_folder
        self._unlock_folder: Callable[[], None] | None = None
        self._lock = threading.RLock()
        self._writer: Writer | None = None
        self._searcher: Searcher | None = None
        self._unseen_since: float | None = None
        self._looked_at = 0.0
        self._discarded = False
        self.learn_fields()

    # ------------------------------------------------------------------ settings and fields

    def setting(self, name: str) -> Any:
        """A setting (``index.`` prefix kept), or its default."""
        return self.settings.get(name, DEFAULTS.get(name))

    def _environment(self) -> Environment:
        return Environment(self.analysis, self.similarities, self.settings)

    def try_mapping(self, mappings: dict[str, Any]) -> None:
        """Raise what :meth:`merge_mapping` would raise, and change nothing."""
        FieldMapping(self.mapping.to_json(), self._environment()).merge(mappings)

    def merge_mapping(self, mappings: dict[str, Any]) -> None:
        """Take in more mapping; the caller saves the catalog."""
        with self._lock:
            self.mapping.merge(mappings)
            self.learn_fields()

    def learn_fields(self) -> None:
        """Let Java know of fields that came into the mapping: analyzer, similarity, specs."""
        for name in self.mapping.names("*"):
            field: FieldType | None = self.mapping.field(name)
            if isinstance(field, DenseVectorField):
                self._codec.put(name, *field.graph)
            if name in self._known_fields:
                continue
            if field is not None and field.is_text:
                self._analyzers.put(name, field.index_analyzer)
            if field is not None and not field.similarity_is_default:
                self._similarity.put(name, field.similarity)
            self._known_fields.add(name)

    def size_in_bytes(self) -> int:
        """The size of the files on disk."""
        sizes = []
        for file in self.folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):  # merged away meanwhile
                sizes.append(file.stat().st_size)
        return sum(sizes)

    # ------------------------------------------------------------------ reading

    def searcher(self) -> Searcher:
        """The view that a search sees now."""
        current = self._searcher
        interval = interval_seconds(str(self.setting("index.refresh_interval")))
        if current is not None and not self._is_stale(interval):
            return current
        # a search does not wait for a running write: it then sees the view before it
        if self._lock.acquire(blocking=current is None):
            try:
                self._renew()
            finally:
                self._lock.release()
        assert self._searcher is not None
        return self._searcher

    def _is_stale(self, interval: float) -> bool:
        if interval < 0:
            return False
        now = time.monotonic()
        if self._writer is not None:
            since = self._unseen_since
            return since is not None and now - since >= interval
        return now - self._looked_at >= interval

    def refresh(self) -> None:
        """Make every write up to now visible to searches."""
        with self._lock:
            self._renew()

    def _renew(self) -> None:
        if self._writer is None:
            self._looked_at = time.monotonic()
            self._reopen()
            return
        self._unseen_since = None
        self._show(self._writer.refresh())

    def _reopen(self) -> None:
        """Look at the last commit on disk: no writer is open here, another process may write."""
        if self._searcher is not None:
            reader = J.DirectoryReader.openIfChanged(self._searcher.reader)
            if reader is not None:
                self._searcher = Searcher(reader, self._similarity)
            return
        directory = J.FSDirectory.open(J.Paths.get(str(self.folder)))
        self._searcher = Searcher(J.DirectoryReader.open(directory), self._similarity)

    def _show(self, reader: Any) -> None:
        if self._searcher is not None and self._searcher.reader.equals(reader):
            reader.decRef()
        else:
            self._searcher = Searcher(reader, self._similarity)

    def max_seq_no(self) -> int:
        """The number of the last write, -1 before the first; a flush alone changes nothing."""
        with self._lock:
            if self._writer is not None:
                return self._writer.next_seq_no() - 1
        return committed_seq_no(self.searcher().reader) - 1

    def get(self, ids: Sequence[str], *, realtime: bool = True) -> list[Found | None]:
        """The newest version of documents (``realtime``), or the one that searches see."""
        if not realtime:
            return self.searcher().find(ids)
        with self._lock:
            if self._writer is None:
                self._renew()
                assert self._searcher is not None
                return self._searcher.find(ids)
            searcher = Searcher(self._writer.reader_for(ids), self._similarity)
        return searcher.find(ids)

    # ------------------------------------------------------------------ writing

    @property
    def lock(self) -> threading.RLock:
        """Hold it to read and write without another thread in between."""
        return self._lock

    def write(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Apply operations in order; the first write opens the writer.

        Raises 503 when another process writes to the folder.
        """
        with self._lock:
            writer = self._open_writer()
            self.learn_fields()
            writer.declare(self.mapping.specs)
            if self._unseen_since is None:
                self._unseen_since = time.monotonic()
            try:
                return writer.write(operations)
            except BaseException:
                if not writer.is_open():
                    # Lucene gives a writer up after a full disk or the like: begin with a new one
                    self._abandon()
                raise

    def _abandon(self) -> None:
        """Let go of the writer without a commit."""
        writer, unlock = self._writer, self._unlock_folder
        self._writer = self._unlock_folder = None
        try:
            if writer is not None:
                writer.rollback()
        finally:
            if unlock is not None:
                unlock()

    def _open_writer(self) -> Writer:
        if self._discarded:
            raise index_not_found(self.name)
        if self._writer is None:
            unlock = self._lock_folder()
            try:
                if self._searcher is None:
                    # searches keep the committed view until the first refresh
                    self._reopen()
                analyzer = J.PerFieldAnalyzerWrapper(J.KeywordAnalyzer(), self._analyzers)
                self._writer = Writer(self.folder, analyzer, self._similarity, self._codec)
            except BaseException:
                unlock()
                raise
            self._unlock_folder = unlock
        return self._writer

    def flush(self) -> None:
        """Everything written so far survives a kill when this returns."""
        with self._lock:
            if self._writer is not None:
                self._writer.commit()

    def force_merge(self, segments: int = 1) -> None:
        """Merge to at most so many segments, commit, and show the result."""
        with self._lock:
            writer = self._open_writer()
            writer.force_merge(segments)
            writer.commit()
            self._renew()

    def discard(self) -> None:
        """Close without a commit, for good: the index was deleted."""
        with self._lock:
            self._discarded = True
            self._abandon()
            self.close()

    def close(self) -> None:
        """Commit, let go of the writer and its lock; the index opens again when it is used."""
        with self._lock:
            self._searcher = None
            self._unseen_since = None
            writer, unlock = self._writer, self._unlock_folder
            self._writer = self._unlock_folder = None
            try:
                if writer is not None:
                    writer.close()
            finally:
                if unlock is not None:
                    unlock()

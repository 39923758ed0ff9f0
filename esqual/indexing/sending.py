"""The state of one load: what was read, sent, acknowledged and refused, in corpus order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol

from esqual.corpus import Reject, Rejects
from esqual.errors import CorpusError, EngineError, IndexingError
from esqual.indexing.body import describe_cause
from esqual.indexing.bulk import BulkSender, Outcome, Sent
from esqual.indexing.entries import (
    BATCH_BYTES,
    BATCH_DOCUMENTS,
    Batch,
    Entry,
    Places,
    digest_of_id,
    dumps,
    shown,
)
from esqual.indexing.loading import MOST_AGAIN, Done, Prefix
from esqual.models import Document

__all__ = ["Load", "OnDuplicate", "Progress"]

OnDuplicate = Literal["error", "last"]

_ID_BYTES = 512  # Elasticsearch's own limit
# what the engine says of a document; every other status says something of the engine
_DOCUMENT_IS_BAD = frozenset({400, 409, 413})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is: documents read, acknowledged by the engine, and safe on its disk.

    ``retried`` of them were sent again because the server was busy or away.
    """

    read: int
    acknowledged: int
    flushed: int
    retried: int = 0


class Saver(Protocol):
    """Hears of every batch that was booked."""

    @property
    def largest_batch(self) -> int | None:
        """The most documents that a batch may have."""

    def __call__(self) -> None:
        """A batch was booked."""


class Load:
    """One run. ``stop`` ends the waits of ``sender``, so that an interrupt is heard at once."""

    def __init__(
        self,
        sender: BulkSender,
        *,
        stop: threading.Event,
        writers: int,
        on_duplicate: OnDuplicate,
        rejects: Rejects,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._sender = sender
        self._stop = stop
        self._writers = writers
        self._on_duplicate = on_duplicate
        self._rejects = rejects
        self._on_progress = on_progress
        self._places = Places()
        # digests of ids that the engine refused and that are not in the index by another line
        self._absent: set[int] = set()
        # ids that a run that goes on must send again: they were rejected
        self._again: dict[str, None] = {}
        self.sent = 0  # documents put into a batch
        self.refused = 0  # of those, documents that the engine refused
        self.acknowledged = 0
        self.created = 0
        self.uncertain = 0  # acknowledged, and whether they were new is not known
        self.retried = 0
        self.flushed = 0
        self.done = Done()
        self._is_whole = True  # every batch that was booked is dealt with

    @property
    def present(self) -> int:
        """Distinct ids of this corpus that are in the index."""
        return len(self._places) - len(self._absent)

    def skip(self, document: Document) -> None:
        """A document that an earlier run has put into the index."""
        earlier = self._places.add(document)
        if earlier is not None and self._on_duplicate == "error":
            self._reject_repeated(document, earlier)

    def run(self, documents: Iterable[Document], prefix: Prefix, saver: Saver) -> None:
        """Send everything; on a CorpusError everything that was read before it is sent too.

        Raises EngineError when the engine stops taking documents.
        """
        self.done = prefix.start
        self._again = dict.fromkeys(prefix.start.again)
        # one writer reads a batch ahead; several leave room for those that finish early
        most = 1 if self._writers == 1 else 2 * self._writers
        under_way: deque[tuple[Batch, Future[Sent]]] = deque()
        with ThreadPoolExecutor(self._writers, thread_name_prefix="esqual-bulk") as workers:
            try:
                for batch in self._batches(documents, prefix, saver.largest_batch):
                    while len(under_way) >= most or batch.shares_an_id(b for b, _ in under_way):
                        self._take_next(under_way, saver)
                    under_way.append((batch, workers.submit(self._sender.send, batch)))
                while under_way:
                    self._take_next(under_way, saver)
            except CorpusError:
                self._take_rest(under_way)
                raise
            except BaseException:
                # no more waits: what is under way is answered now or not at all
                self._stop.set()
                self._take_rest(under_way)
                raise

    def _take_next(self, under_way: deque[tuple[Batch, Future[Sent]]], saver: Saver) -> None:
        self._take(*under_way.popleft())
        saver()
        if self._on_progress is not None:
            self._on_progress(Progress(self.sent, self.acknowledged, self.flushed, self.retried))

    def _take_rest(self, under_way: deque[tuple[Batch, Future[Sent]]]) -> None:
        """Book what is still under way, after a failure; only the first failure is told."""
        while under_way:
            with suppress(Exception):
                self._take(*under_way.popleft())

    def _batches(
        self, documents: Iterable[Document], prefix: Prefix, largest: int | None
    ) -> Iterator[Batch]:
        batch = Batch()
        limit = min(BATCH_DOCUMENTS, largest or BATCH_DOCUMENTS)
        try:
            for document in documents:
                reached = prefix.reached(document.doc_id)
                entry = self._entry(document)
                if entry is not None:
                    if not batch.takes(entry, limit, BATCH_BYTES):
                        yield batch
                        batch = Batch()
                    batch.add(entry)
                    self.sent += 1
                if reached is not None:
                    batch.reached = reached
        except CorpusError:
            if batch.entries:
                yield batch
            raise
        if batch.entries:
            yield batch

    def _entry(self, document: Document) -> Entry | None:
        data = self._serialise(document)
        if data is None:
            return None
        length = len(document.doc_id.encode())
        if length > _ID_BYTES:
            # an engine would refuse the whole request and not say whose line it is
            self.reject(document, f"the id is {length} bytes long; the limit is {_ID_BYTES}")
            return None
        earlier = self._places.add(document)
        if earlier is not None and self._on_duplicate == "error":
            self._reject_repeated(document, earlier)
            return None
        return Entry(document, data, is_first=earlier is None)

    def _reject_repeated(self, document: Document, earlier: str) -> None:
        self.reject(
            document,
            f"the id {document.doc_id!r} stands already at {earlier}; mend the corpus, or let "
            "the last one win with --on-duplicate last",
        )

    def _serialise(self, document: Document) -> bytes | None:
        try:
            document.doc_id.encode()
            return dumps(document.body).encode()
        except UnicodeEncodeError:
            self.reject(document, "half of a surrogate pair (\\ud800 … \\udfff) is not text")
        except (ValueError, RecursionError) as error:
            self.reject(document, f"cannot be written as JSON: {error}")
        return None

    def reject(self, document: Document, reason: str) -> None:
        """Count and list a document that is left out."""
        self._again[document.doc_id] = None
        self._rejects.add(
            Reject(document.path, document.line, reason, document.doc_id, shown(document.body))
        )

    def _take(self, batch: Batch, answer: Future[Sent]) -> None:
        """Book the answer to ``batch``."""
        # unless this comes to its end, something is missing here, and no prefix reaches further
        is_whole, self._is_whole = self._is_whole, False
        sent = answer.result()
        self.retried += sent.retried
        failures = []
        for outcome in sent.outcomes:
            if outcome.error is not None:
                failures.append(outcome)
                continue
            self.acknowledged += 1
            self.created += outcome.created is True
            self.uncertain += outcome.created is None
            self._absent.discard(digest_of_id(outcome.entry.document.doc_id))
        for entry in sent.left:
            self._miss(entry)
        for failure in failures:
            self._refuse(failure)
        if sent.left:
            raise self._stopped(sent.left, sent.reason)
        if is_whole and batch.reached is not None and len(self._again) <= MOST_AGAIN:
            count, digest = batch.reached
            self.done = Done(count, digest, tuple(self._again))
        self._is_whole = is_whole

    def _miss(self, entry: Entry) -> None:
        if entry.is_first:
            self._absent.add(digest_of_id(entry.document.doc_id))

    def _refuse(self, outcome: Outcome) -> None:
        document = outcome.entry.document
        assert outcome.error is not None
        reason = describe_cause(outcome.error)
        if outcome.status not in _DOCUMENT_IS_BAD:
            raise self._stopped([outcome.entry], f"status {outcome.status}, {reason}")
        self.refused += 1
        self._miss(outcome.entry)
        try:
            self.reject(document, f"the engine refuses the document: {reason}")
        except CorpusError as error:
            raise IndexingError(str(error), [(document.doc_id, reason)]) from error

    def _stopped(self, left: list[Entry], reason: str) -> EngineError:
        first, last = left[0].document, left[-1].document
        names = ", ".join(repr(entry.document.doc_id) for entry in left[:3])
        more = f" … {last.doc_id!r}" if len(left) > 3 else ""
        place = f"{first.path}:{first.line}"
        return EngineError(
            f"the engine stopped taking documents at {place} ({reason}); "
            f"{self.acknowledged:,} were acknowledged. Not in the index, as far as is known: "
            f"{len(left):,} documents from {place} to {last.path}:{last.line} ({names}{more}), "
            "and what stands after them in the corpus"
        )

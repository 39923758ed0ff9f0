"""A corpus into an index: create, send in order with back-pressure, flush, count.

One bulk request is under way at a time, on one worker thread, while the next batch is read and
serialised: documents are written in corpus order, so equal scores rank alike in two builds.

The memory taken grows by about 140 bytes a document: a 16-byte digest of its id and the place
where it stood, so that a repeated id is found and both places can be named.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from esqual.corpus import Reject, Rejects
from esqual.enrich.documents import EnrichedDocuments, EnrichOptions, FieldCount
from esqual.errors import CorpusError, EngineError, IndexingError
from esqual.indexing.body import IndexBody, Mode, describe_cause, prepare_index
from esqual.models import Document

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["IndexReport", "OnDuplicate", "Progress", "index_corpus"]

OnDuplicate = Literal["error", "last"]

_BATCH_DOCUMENTS = 1000
_BATCH_BYTES = 4 * 1024 * 1024
# a server that says 429 (too many requests) is asked again after 1, 2, 4 … 60 seconds
_RETRIES, _FIRST_WAIT_S, _LONGEST_WAIT_S = 8, 1.0, 60.0
_REQUEST_TIMEOUT_S = 300.0
_ID_BYTES = 512  # Elasticsearch's own limit
# what the engine says of a document; every other status says something of the engine
_DOCUMENT_IS_BAD = frozenset({400, 409, 413})

# one line of a bulk answer: acknowledged or not, and what Elasticsearch says of it
_Item = tuple[bool, dict[str, Any]]
_dumps = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is: documents read, acknowledged by the engine, and safe on its disk."""

    read: int
    acknowledged: int
    flushed: int


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a finished run did.

    ``read`` counts the documents of the corpus, bad ones included; ``failed`` the bad ones;
    ``indexed`` the distinct ids that are in the index now; ``replaced`` those of them that were
    there before the run; ``total`` is the size of the whole index. ``enriched`` counts the
    documents with and without each enriched field, over all that were read and not bad (an id that
    stands twice counts twice); ``enrich_failed`` those indexed without one because their text
    could not be enriched; ``enrich_s`` is the time waited for it.
    """

    index: str
    read: int
    indexed: int
    failed: int
    replaced: int
    total: int
    elapsed_s: float
    enriched: Mapping[str, FieldCount] = field(default_factory=dict)
    enrich_failed: int = 0
    enrich_s: float = 0.0


def index_corpus(
    client: Elasticsearch,
    documents: Iterable[Document],
    index: str,
    body: IndexBody | None,
    *,
    mode: Mode = "create",
    on_duplicate: OnDuplicate = "error",
    rejects: Rejects | None = None,
    flush_every: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    enriching: EnrichOptions | None = None,
) -> IndexReport:
    """Index ``documents`` under ``index`` and check that the index holds every one of them.

    ``body`` is the mapping file (:func:`esqual.indexing.read_index_body`); it may be None only
    with ``mode="append"``. ``create`` adds to an existing index only if that was made from the
    same body, ``append`` adds to whatever is there, ``recreate`` deletes it first. An id that
    stands twice in the corpus is a reject, or with ``on_duplicate="last"`` its last place wins.
    ``rejects`` (default: none tolerated) is shared with the corpus reader, which lists its bad
    lines there. The enrichments that ``body`` declares are made on the way, as ``enriching`` says.
    ``flush_every`` makes the engine keep everything on disk after so many documents.

    Raises CorpusError for one reject too many, when everything before it is in the index, and
    IndexingError when the final count is not what was sent.
    """
    start = time.perf_counter()
    client = client.options(request_timeout=_REQUEST_TIMEOUT_S)
    rejects = rejects if rejects is not None else Rejects()
    before = prepare_index(client, index, body, mode)
    load = _Load(client, index, on_duplicate, rejects, flush_every, on_progress)
    enriched = EnrichedDocuments(
        documents,
        () if body is None else body.enrichments,
        on_reject=load.reject,
        options=enriching,
    )
    try:
        load.run(enriched)
    except (CorpusError, IndexingError) as error:
        total = _settle(client, index)
        error.add_note(
            f"the index {index!r} holds {load.present:,} of the corpus's documents"
            + (f" ({total:,} in all)" if total != load.present else "")
            + "; mend the corpus and run again with --recreate, or let bad documents pass with "
            "--max-errors N"
        )
        raise
    total = _settle(client, index)
    if total != before + load.created:
        raise IndexingError(
            f"the index {index!r} holds {total:,} documents, where {before + load.created:,} were "
            f"expected ({load.present:,} distinct ids acknowledged, {before:,} documents before); "
            "is something else writing to it? Run again with --recreate"
        )
    return IndexReport(
        index=index,
        read=load.sent + rejects.count - load.refused,
        indexed=load.present,
        failed=rejects.count,
        replaced=load.present - load.created,
        total=total,
        elapsed_s=time.perf_counter() - start,
        enriched=enriched.counts,
        enrich_failed=enriched.failed,
        enrich_s=enriched.elapsed_s,
    )


def _settle(client: Elasticsearch, index: str) -> int:
    """Make everything visible and safe on disk; the number of documents in the index."""
    client.indices.refresh(index=index)
    client.indices.flush(index=index)
    return int(client.count(index=index)["count"])


@dataclass(frozen=True, slots=True)
class _Entry:
    """A document ready to be sent; ``is_first`` when no line before it had its id."""

    document: Document
    data: bytes
    is_first: bool


@dataclass(slots=True)
class _Batch:
    """Documents of one bulk request: no id stands in it twice."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    size: int = 0

    def takes(self, entry: _Entry, limit: int) -> bool:
        return not self.entries or (
            len(self.entries) < limit
            and self.size + len(entry.data) <= _BATCH_BYTES
            and entry.document.doc_id not in self.entries
        )

    def add(self, entry: _Entry) -> None:
        self.entries[entry.document.doc_id] = entry
        self.size += len(entry.data)


class _Places:
    """Which ids were read, and where each stood first; keeps digests, not the ids themselves."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._first: dict[int, int] = {}  # digest -> number of the file << 40 | line

    def __len__(self) -> int:
        return len(self._first)

    def add(self, document: Document) -> str | None:
        """Note the place of a document; if its id was there before, where (``file:line``)."""
        digest = _digest(document.doc_id)
        first = self._first.get(digest)
        if first is None:
            number = self._files.setdefault(document.path, len(self._files))
            self._first[digest] = number << 40 | document.line
            return None
        return f"{list(self._files)[first >> 40]}:{first & ((1 << 40) - 1)}"


def _digest(doc_id: str) -> int:
    digest = hashlib.blake2b(doc_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "big")


def _shown(document: Document) -> str | None:
    try:
        return json.dumps(dict(document.body), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return None


class _Load:
    """The state of one run: what was read, sent, acknowledged, refused."""

    def __init__(
        self,
        client: Elasticsearch,
        index: str,
        on_duplicate: OnDuplicate,
        rejects: Rejects,
        flush_every: int | None,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._client = client
        self._index = index
        self._on_duplicate = on_duplicate
        self._rejects = rejects
        self._flush_every = flush_every
        self._on_progress = on_progress
        self._places = _Places()
        # digests of ids that the engine refused and that are not in the index by another line
        self._absent: set[int] = set()
        self.sent = 0  # documents put into a batch
        self.refused = 0  # of those, documents that the engine refused
        self.acknowledged = 0
        self.created = 0
        self.flushed = 0

    @property
    def present(self) -> int:
        """Distinct ids of this run that the engine acknowledged."""
        return len(self._places) - len(self._absent)

    def run(self, documents: Iterable[Document]) -> None:
        """Send everything; on a CorpusError everything that was read before it is sent too."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="esqual-bulk") as worker:
            under_way: tuple[_Batch, Future[list[_Item]]] | None = None
            try:
                for batch in self._batches(documents):
                    if under_way is not None:
                        done, under_way = under_way, None
                        self._take(*done)
                    under_way = batch, worker.submit(self._send, batch)
            finally:
                # also when the corpus was bad or the user interrupted
                if under_way is not None:
                    self._take(*under_way)

    def _batches(self, documents: Iterable[Document]) -> Iterator[_Batch]:
        batch = _Batch()
        limit = min(_BATCH_DOCUMENTS, self._flush_every or _BATCH_DOCUMENTS)
        try:
            for document in documents:
                entry = self._entry(document)
                if entry is None:
                    continue
                if not batch.takes(entry, limit):
                    yield batch
                    batch = _Batch()
                batch.add(entry)
                self.sent += 1
        except CorpusError:
            if batch.entries:
                yield batch
            raise
        if batch.entries:
            yield batch

    def _entry(self, document: Document) -> _Entry | None:
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
            self.reject(
                document,
                f"the id {document.doc_id!r} stands already at {earlier}; mend the corpus, or let "
                "the last one win with --on-duplicate last",
            )
            return None
        return _Entry(document, data, is_first=earlier is None)

    def _serialise(self, document: Document) -> bytes | None:
        try:
            document.doc_id.encode()
            return _dumps(document.body).encode()
        except UnicodeEncodeError:
            self.reject(document, "half of a surrogate pair (\\ud800 … \\udfff) is not text")
        except (ValueError, RecursionError) as error:
            self.reject(document, f"cannot be written as JSON: {error}")
        return None

    def reject(self, document: Document, reason: str) -> None:
        """Count and list a document that is left out."""
        self._rejects.add(
            Reject(document.path, document.line, reason, document.doc_id, _shown(document))
        )

    def _send(self, batch: _Batch) -> list[_Item]:
        """One bulk request, on the worker thread; one item per document, in any order."""
        from elasticsearch.helpers import streaming_bulk

        results = streaming_bulk(
            self._client,
            batch.entries,
            index=self._index,
            # a batch is one request
            chunk_size=len(batch.entries),
            max_chunk_bytes=4 * _BATCH_BYTES + batch.size,
            expand_action_callback=lambda doc_id: (
                {"index": {"_id": doc_id}},
                batch.entries[str(doc_id)].data,  # bytes go through as they are
            ),
            raise_on_error=False,
            max_retries=_RETRIES,
            initial_backoff=_FIRST_WAIT_S,
            max_backoff=_LONGEST_WAIT_S,
        )
        return [(ok, info["index"]) for ok, info in results]

    def _take(self, batch: _Batch, answer: Future[list[_Item]]) -> None:
        """Book what the engine answered to ``batch``, then flush if it is time."""
        failures = []
        for ok, item in answer.result():
            digest = _digest(item["_id"])
            if ok:
                self.acknowledged += 1
                self.created += item["result"] == "created"
                self._absent.discard(digest)
            else:
                failures.append((batch.entries[item["_id"]], item))
        for entry, item in failures:
            self._refuse(entry, item)
        if self._flush_every and self.acknowledged - self.flushed >= self._flush_every:
            self._client.indices.flush(index=self._index)
            self.flushed = self.acknowledged
        if self._on_progress is not None:
            self._on_progress(Progress(self.sent, self.acknowledged, self.flushed))

    def _refuse(self, entry: _Entry, item: Mapping[str, Any]) -> None:
        document = entry.document
        reason = describe_cause(item["error"])
        if item["status"] not in _DOCUMENT_IS_BAD:
            raise EngineError(
                f"the engine stopped taking documents at {document.path}:{document.line} "
                f"(status {item['status']}, {reason}); {self.acknowledged:,} were acknowledged"
            )
        self.refused += 1
        if entry.is_first:
            self._absent.add(_digest(document.doc_id))
        try:
            self.reject(document, f"the engine refuses the document: {reason}")
        except CorpusError as error:
            raise IndexingError(str(error), [(document.doc_id, reason)]) from error

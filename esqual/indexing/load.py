"""A corpus into an index: open, send with back-pressure, flush, count, close.

A few bulk requests are under way, on worker threads, while the next batch is read and serialised;
with one writer, documents are written in corpus order, so equal scores rank alike in two builds.
Answers are booked in corpus order, so what is done is always a prefix of the corpus.

The memory taken grows by about 140 bytes a document: a 16-byte digest of its id and the place
where it stood, so that a repeated id is found and both places can be named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from esqual.corpus import Rejects
from esqual.engine.answers import unanswered
from esqual.engine.manners import manners_of
from esqual.enrich.documents import EnrichedDocuments, EnrichOptions, FieldCount
from esqual.errors import CorpusError, EngineError, IndexingError
from esqual.indexing.body import IndexBody, Mode
from esqual.indexing.bulk import BulkSender
from esqual.indexing.loading import Prefix
from esqual.indexing.prepare import Opened, check_unchanged, close_index, open_index, save
from esqual.indexing.sending import Load, OnDuplicate, Progress
from esqual.patience import Patience

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.models import Document

__all__ = [
    "IndexReport",
    "LoadOptions",
    "OnDuplicate",
    "Progress",
    "careful",
    "index_corpus",
    "load_opened",
]

_REQUEST_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a corpus is sent; nothing here changes what is in the index at the end.

    ``writers``: bulk requests under way at once; None is what the engine likes. With more than one
    the order of equal scores is not that of the corpus. ``keep_replicas``: write every copy from
    the start, so that a node may die. ``flush_every``: make everything safe on disk after so many
    documents. ``save_every_s``: how often an index says how far it is. ``patience``: how a busy
    server is asked again.
    """

    writers: int | None = None
    keep_replicas: bool = False
    flush_every: int | None = None
    save_every_s: float = 15.0
    patience: Patience | None = None


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a finished run did.

    ``read`` counts the documents of the corpus, bad ones included; ``failed`` the bad ones;
    ``indexed`` the distinct ids that are in the index now; ``replaced`` those of them that were
    there before the load; ``skipped`` those that a load that was cut off had put there; ``total``
    is the size of the whole index. ``retried`` counts documents sent again to a busy server.
    ``enriched`` counts the documents with and without each enriched field, over all that were read
    by this run and not bad (an id that stands twice counts twice); ``enrich_failed`` those indexed
    without one because their text could not be enriched; ``enrich_s`` is the time waited for it.
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
    skipped: int = 0
    retried: int = 0


def index_corpus(
    client: Elasticsearch,
    documents: Iterable[Document],
    index: str,
    body: IndexBody | None,
    *,
    mode: Mode = "create",
    resume: bool = False,
    on_duplicate: OnDuplicate = "error",
    rejects: Rejects | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    enriching: EnrichOptions | None = None,
    options: LoadOptions | None = None,
) -> IndexReport:
    """Index ``documents`` under ``index`` and check that the index holds every one of them.

    ``body`` is the mapping file (:func:`esqual.indexing.read_index_body`); it may be None only
    with ``mode="append"``. ``create`` adds to an existing index only if that was made from the
    same body, ``append`` adds to whatever is there, ``recreate`` deletes it first. ``resume``
    leaves out what a load of the same corpus that was cut off has put there; without such a load
    it changes nothing. An id that stands twice in the corpus is a reject, or with
    ``on_duplicate="last"`` its last place wins. ``rejects`` (default: none tolerated) is shared
    with the corpus reader, which lists its bad lines there. The enrichments that ``body`` declares
    are made on the way, as ``enriching`` says.

    Whatever ends the load puts back the settings that were switched for it; a load that did not
    end well stays marked in the index.

    Raises CorpusError for one reject too many, when everything before it is in the index, and for
    a corpus that is not the one to be resumed; IndexingError when the final count is not what was
    sent; EngineError when the engine stops taking documents.
    """
    start = time.perf_counter()
    options = options or LoadOptions()
    client, patience = careful(client, options)
    opened = open_index(
        client,
        index,
        body,
        mode,
        resume=resume,
        keep_replicas=options.keep_replicas,
        patience=patience,
    )
    report = load_opened(
        client,
        documents,
        opened,
        body,
        on_duplicate=on_duplicate,
        rejects=rejects,
        on_progress=on_progress,
        enriching=enriching,
        options=replace(options, patience=patience),
    )
    return replace(report, index=index, elapsed_s=time.perf_counter() - start)


def careful(client: Elasticsearch, options: LoadOptions) -> tuple[Elasticsearch, Patience]:
    """A client that asks once, and the patience that asks again."""
    patience = options.patience or Patience(retries=8 if manners_of(client).patient else 0)
    return client.options(request_timeout=_REQUEST_TIMEOUT_S, max_retries=0), patience


def load_opened(
    client: Elasticsearch,
    documents: Iterable[Document],
    opened: Opened,
    body: IndexBody | None,
    *,
    on_duplicate: OnDuplicate = "error",
    rejects: Rejects | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    enriching: EnrichOptions | None = None,
    options: LoadOptions,
    verify: Callable[[IndexReport], None] = lambda report: None,
) -> IndexReport:
    """:func:`index_corpus` on an index that is open; it is closed however the load ends.

    ``verify`` is asked when everything is counted and before the index says that it is complete.
    """
    start = time.perf_counter()
    patience = options.patience or Patience()
    rejects = rejects if rejects is not None else Rejects()
    load = Load(
        BulkSender(client, opened.name, patience),
        stop=patience.stop,
        writers=options.writers or manners_of(client).writers,
        on_duplicate=on_duplicate,
        rejects=rejects,
        on_progress=on_progress,
    )
    resumed = opened.resumed
    prefix = Prefix(documents, resumed.done if resumed is not None else None, load.skip)
    enriched = EnrichedDocuments(
        prefix,
        () if body is None else body.enrichments,
        on_reject=load.reject,
        options=enriching,
    )
    saver = _Saver(client, opened, patience, load, options)
    try:
        load.run(enriched, prefix, saver)
        total = _settle(client, opened.name, patience)
        check_unchanged(client, opened, patience)
        _check_count(opened, load, total)
        report = IndexReport(
            index=opened.name,
            read=load.sent + prefix.known + rejects.count - load.refused,
            indexed=load.present,
            failed=rejects.count,
            replaced=load.present - (total - opened.loading.before),
            total=total,
            elapsed_s=time.perf_counter() - start,
            enriched=enriched.counts,
            enrich_failed=enriched.failed,
            enrich_s=enriched.elapsed_s,
            skipped=prefix.known,
            retried=load.retried,
        )
        verify(report)
    except BaseException as error:
        _leave(client, opened, saver, load, error)
        raise
    close_index(client, opened, patience, complete=True)
    return report


class _Saver:
    """Makes what was acknowledged safe, and the index say so, every now and then."""

    def __init__(
        self,
        client: Elasticsearch,
        opened: Opened,
        patience: Patience,
        load: Load,
        options: LoadOptions,
    ) -> None:
        self._client = client
        self._opened = opened
        self._patience = patience
        self._load = load
        self._every = options.flush_every
        self._every_s = options.save_every_s
        self._saved = time.monotonic()
        self.opened = opened

    @property
    def largest_batch(self) -> int | None:
        """Documents after which the user wants a flush."""
        return self._every

    def __call__(self) -> None:
        """After each batch that was booked."""
        load = self._load
        due = self._every is not None and load.acknowledged - load.flushed >= self._every
        if due or time.monotonic() - self._saved >= self._every_s:
            self.save(self._patience)

    def save(self, patience: Patience) -> None:
        """Now."""
        acknowledged, done = self._load.acknowledged, self._load.done
        # in this order: what the index says of itself is on the disk already
        patience.ask(lambda: self._client.indices.flush(index=self._opened.name))
        self._load.flushed = acknowledged
        loading = replace(self.opened.loading, done=done)
        self.opened = replace(self.opened, loading=loading)
        save(self._client, self.opened, patience)
        self._saved = time.monotonic()


def _settle(client: Elasticsearch, index: str, patience: Patience) -> int:
    """Make everything visible and safe on disk; the number of documents in the index."""
    patience.ask(lambda: client.indices.refresh(index=index))
    patience.ask(lambda: client.indices.flush(index=index))
    answer = patience.ask(lambda: client.count(index=index))
    if silent := unanswered(answer["_shards"]):
        raise EngineError(
            f"{silent} shards of {index} do not answer, so that its documents "
            "cannot be counted; run it again with --resume when the cluster is green"
        )
    return int(answer["count"])


def _check_count(opened: Opened, load: Load, total: int) -> None:
    """Every document must have been counted once.

    An index that was empty holds the distinct ids and nothing else. In another one, each document
    whose answer got lost may have been new or not.
    """
    before, least = opened.loading.before, opened.loading.before + load.created
    most = least + load.uncertain
    if before == 0:
        least = most = load.present
    elif opened.resumed is not None:
        least, most = before, before + load.present
    if least <= total <= most:
        return
    expected = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    raise IndexingError(
        f"the index {opened.name!r} holds {total:,} documents, where {expected} were "
        f"expected ({load.present:,} distinct ids acknowledged, {before:,} documents before); "
        "is something else writing to it? Run again with --recreate"
    )


def _leave(
    client: Elasticsearch, opened: Opened, saver: _Saver, load: Load, error: BaseException
) -> None:
    """After a failure or an interrupt: save how far it came, put the settings back, say so."""
    patience = Patience(retries=2 if manners_of(client).patient else 0, first_wait_s=0.2)
    try:
        saver.save(patience)
        close_index(client, saver.opened, patience, complete=False)
        total = _settle(client, opened.name, patience)
    except Exception as worse:
        if opened.loading.settings:
            error.add_note(
                f"the settings {', '.join(sorted(opened.loading.settings))} of the index "
                f"{opened.name!r} could not be put back ({worse}); the next esqual index on it "
                "does that first"
            )
        return
    if not isinstance(error, CorpusError | EngineError):
        return
    error.add_note(
        f"the index {opened.name!r} holds {load.present:,} of the corpus's documents"
        + (f" ({total:,} in all)" if total != load.present else "")
        + "; "
        + (
            "mend the corpus and go on with --resume, or let bad documents pass with --max-errors N"
            if isinstance(error, CorpusError | IndexingError)
            else "go on with --resume"
        )
    )

"""Documents in, the same documents with their fields out: in order, in parallel, cached.

A batch of documents asks the cache first; what is missing goes to worker processes (or is made
here, when there is little of it); batches leave in the order in which they came. Never more than a
few batches are under way, so memory does not grow with the corpus.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from esqual.enrich.cache import MISSING, Cache
from esqual.enrich.kinds import POOL_FROM, DocumentFailure
from esqual.enrich.pool import Pool, Task, default_processes, run
from esqual.enrich.spec import Enrichment, digest_of, source_text
from esqual.errors import EnrichmentError
from esqual.models import Document

__all__ = ["Progress", "enrich_documents"]

# a batch ends at so many documents or characters, whichever comes first
BATCH_DOCUMENTS = 64
BATCH_CHARACTERS = 50_000
# batches under way for each process: one in work, one waiting, so that none stands idle
AHEAD = 3
# batches that may wait to see whether there are so many
UNDECIDED = 64
# seconds between two calls of on_progress, and the window of the rate
EVERY_S = 1.0
WINDOW_S = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: ``documents`` done of ``total`` (None if unknown) after ``elapsed_s`` seconds.

    ``made`` values were computed and ``cached`` ones found. ``per_second``: documents in the last
    half minute; ``eta_s``: seconds left at that rate, None without a total or a rate.
    """

    documents: int
    total: int | None
    made: int
    cached: int
    elapsed_s: float
    per_second: float
    eta_s: float | None


def enrich_documents(
    documents: Iterable[Document],
    enrichments: Sequence[Enrichment],
    *,
    on_error: Callable[[Document, Enrichment, str], None],
    cache: Cache | None = None,
    processes: int | None = None,
    total: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Generator[Document]:
    """Yield every document, in order, with the targets that it lacked.

    A text that cannot be enriched goes to ``on_error`` with a reason, before its document comes
    out without that target; whether to keep it is the caller's choice. A target that is there
    already is left as it is. ``processes``: None is one per core, 1 is this process alone; little
    work is always done here. ``on_note`` gets what the workers have to say, once each.

    Raises EnrichmentError when a model does not load or a worker process dies twice over the same
    texts. Closing the iterator ends the workers.
    """
    if not enrichments:
        yield from documents
        return
    with _Maker(enrichments, cache, processes or default_processes()) as maker:
        meter = _Meter(total, on_progress)
        under_way: deque[_Batch] = deque()
        for documents_of_batch in _batches(documents, enrichments):
            under_way.append(maker.start(documents_of_batch))
            while under_way and (len(under_way) > maker.room() or maker.is_ready(under_way[0])):
                yield from _finished(under_way.popleft(), maker, meter, on_error)
            maker.tell(on_note)
        while under_way:
            yield from _finished(under_way.popleft(), maker, meter, on_error)
        maker.tell(on_note)
        meter.end()


@dataclass(slots=True)
class _Part:
    """One enrichment of one batch: what is known, and what is being made."""

    enrichment: Enrichment
    places: list[int]
    texts: list[str]
    values: list[Any]
    failures: dict[int, str]
    missing: list[int] = field(default_factory=list)
    task: Task | None = None
    made: Future[list[Any]] | None = None


@dataclass(slots=True)
class _Batch:
    documents: list[Document]
    parts: list[_Part]


class _Maker:
    """Starts batches and finishes them; owns the pool."""

    def __init__(
        self, enrichments: Sequence[Enrichment], cache: Cache | None, processes: int
    ) -> None:
        self.enrichments = enrichments
        self.cache = cache
        self.pool_from = {e.name: _pool_from(e) for e in enrichments}
        alone = all(least is None for least in self.pool_from.values())
        self.processes = 1 if alone else processes
        self.spaces = {e.name: _space(e) if cache else "" for e in enrichments}
        self.pool: Pool | None = None
        self.notes: list[str] = []
        self.waiting: list[_Part] = []
        self.told = 0

    def __enter__(self) -> _Maker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.close()

    def room(self) -> int:
        """Batches that may be under way."""
        if self.processes == 1:
            return 0
        return UNDECIDED if self.pool is None else AHEAD * self.processes

    def is_ready(self, batch: _Batch) -> bool:
        """Whether nothing of the batch has to be waited for or made."""
        return all(part.task is None or _is_made(part) for part in batch.parts)

    def start(self, documents: list[Document]) -> _Batch:
        """Look into the cache and hand out what is missing."""
        parts = [_part(documents, enrichment) for enrichment in self.enrichments]
        for part in parts:
            self._look_up(part)
            if part.missing:
                texts = [part.texts[place] for place in part.missing]
                task = Task(part.enrichment.implementation, dict(part.enrichment.parameters), texts)
                part.task = task
                if self.processes > 1 and self.pool_from[part.enrichment.name] is not None:
                    self.waiting.append(part)
        self._hand_out()
        return _Batch(documents, parts)

    def finish(self, part: _Part) -> None:
        """Wait for the values of ``part``, or make them here; keep them."""
        if part.task is None:
            return
        if part.made is not None:
            made = part.made.result()
        else:
            # too little to open a pool for, or a kind that gains nothing from one
            self.waiting = [other for other in self.waiting if other is not part]
            made, notes = run(part.task)
            self._note(notes)
        for place, value in zip(part.missing, made, strict=True):
            part.values[place] = value
        if self.cache is not None:
            kept = [i for i, value in enumerate(made) if not isinstance(value, DocumentFailure)]
            texts = [part.task.texts[i] for i in kept]
            self.cache.put_many(self.spaces[part.enrichment.name], texts, [made[i] for i in kept])

    def tell(self, on_note: Callable[[str], None] | None) -> None:
        """Hand on the notes that were not handed on yet."""
        if self.pool is not None:
            self._note(list(self.pool.notes))
        for note in self.notes[self.told :]:
            if on_note is not None:
                on_note(note)
        self.told = len(self.notes)

    def _note(self, notes: Sequence[str]) -> None:
        self.notes += [note for note in notes if note not in self.notes]

    def _look_up(self, part: _Part) -> None:
        if self.cache is not None:
            part.values = self.cache.get_many(self.spaces[part.enrichment.name], part.texts)
        part.missing = [i for i, value in enumerate(part.values) if value is MISSING]

    def _hand_out(self) -> None:
        """Give what waits to the pool; open it once enough waits."""
        if self.pool is None:
            if sum(self._share(part) for part in self.waiting) < 1:
                return
            self.pool = Pool(self.processes)
        for part in self.waiting:
            if part.task is not None:
                part.made = self.pool.submit(part.task)
        self.waiting.clear()

    def _share(self, part: _Part) -> float:
        """What ``part`` adds to the reasons for a pool, of which 1 is enough."""
        least = self.pool_from[part.enrichment.name]
        if least is None or part.task is None:
            return 0.0
        return sum(len(text) for text in part.task.texts) / max(1, least)


def _pool_from(enrichment: Enrichment) -> int | None:
    """Characters from which processes pay for this kind; None when they never do."""
    own = getattr(enrichment.kind_object(), "pool_from", None)
    return POOL_FROM if own is None else own(enrichment.parameters)


def _is_made(part: _Part) -> bool:
    return part.made is not None and part.made.done()


def _batches(
    documents: Iterable[Document], enrichments: Sequence[Enrichment]
) -> Iterator[list[Document]]:
    batch: list[Document] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += sum(_length(document, enrichment) for enrichment in enrichments)
        if len(batch) == BATCH_DOCUMENTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _length(document: Document, enrichment: Enrichment) -> int:
    value = document.body.get(enrichment.source)
    return len(value) if isinstance(value, str) else 0


def _part(documents: Sequence[Document], enrichment: Enrichment) -> _Part:
    places, texts, failures = [], [], {}
    for place, document in enumerate(documents):
        if enrichment.target in document.body:
            continue
        try:
            text = source_text(document.body, enrichment.source)
        except EnrichmentError as error:
            failures[place] = str(error)
            continue
        if text is not None:
            places.append(place)
            texts.append(text)
    return _Part(enrichment, places, texts, [MISSING] * len(texts), failures)


def _finished(
    batch: _Batch,
    maker: _Maker,
    meter: _Meter,
    on_error: Callable[[Document, Enrichment, str], None],
) -> Iterator[Document]:
    bodies = [dict(document.body) for document in batch.documents]
    for part in batch.parts:
        try:
            maker.finish(part)
        except EnrichmentError as error:
            raise EnrichmentError(
                f"{error} (enrichment {part.enrichment.name!r}, documents "
                f"{batch.documents[0].doc_id!r} to {batch.documents[-1].doc_id!r})"
            ) from error
        failures = dict(part.failures)
        for place, value in zip(part.places, part.values, strict=True):
            if isinstance(value, DocumentFailure):
                failures[place] = value.reason
            elif value is not None:
                bodies[place][part.enrichment.target] = value
        for place, reason in sorted(failures.items()):
            on_error(batch.documents[place], part.enrichment, reason)
        meter.add(len(part.missing), len(part.texts) - len(part.missing))
    meter.done(len(batch.documents))
    for document, body in zip(batch.documents, bodies, strict=True):
        yield replace(document, body=body)


class _Meter:
    """Counts, and tells now and then."""

    def __init__(self, total: int | None, on_progress: Callable[[Progress], None] | None) -> None:
        self.total = total
        self.on_progress = on_progress
        self.documents = self.made = self.cached = 0
        self.start = self.last = time.monotonic()
        self.marks: deque[tuple[float, int]] = deque([(self.start, 0)])

    def add(self, made: int, cached: int) -> None:
        """Count the values of one enrichment of one batch."""
        self.made += made
        self.cached += cached

    def done(self, documents: int) -> None:
        """Count the documents of a batch."""
        self.documents += documents
        now = time.monotonic()
        if now - self.last >= EVERY_S:
            self._tell(now)

    def end(self) -> None:
        """Tell how it ended."""
        self._tell(time.monotonic())

    def _tell(self, now: float) -> None:
        self.last = now
        self.marks.append((now, self.documents))
        while len(self.marks) > 2 and now - self.marks[1][0] >= WINDOW_S:
            self.marks.popleft()
        since, before = self.marks[0]
        rate = (self.documents - before) / (now - since) if now > since else 0.0
        left = None if self.total is None else max(0, self.total - self.documents)
        eta = None if left is None or not rate else left / rate
        if self.on_progress is not None:
            elapsed = now - self.start
            self.on_progress(
                Progress(self.documents, self.total, self.made, self.cached, elapsed, rate, eta)
            )


def _space(enrichment: Enrichment) -> str:
    """What a value depends on besides the text: the fingerprint, whatever the field is called."""
    fingerprint = enrichment.fingerprint()
    return digest_of({key: value for key, value in fingerprint.items() if key != "source"})

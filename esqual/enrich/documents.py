"""A corpus to the same corpus with its enriched fields, counted: what the commands run.

documents → origin checked, marker taken out → enriched → targets last, marker put in if wanted
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Literal

from esqual.enrich.cache import Cache
from esqual.enrich.origin import MARKER, Origin
from esqual.enrich.spec import Enrichment
from esqual.enrich.stream import Progress, enrich_documents
from esqual.errors import DataError, EnrichmentError
from esqual.models import Document

__all__ = ["EnrichOptions", "EnrichedDocuments", "FieldCount", "OnEnrichError"]

OnEnrichError = Literal["reject", "keep"]


@dataclass(slots=True)
class FieldCount:
    """Documents with one target, ``made`` now or ``kept`` from the corpus, and ``without`` it."""

    made: int = 0
    kept: int = 0
    without: int = 0


@dataclass(frozen=True, slots=True)
class EnrichOptions:
    """How a corpus is enriched; nothing here changes a field that is made.

    ``on_error``: a document whose text cannot be enriched is rejected, or kept without the field
    and told to ``on_kept`` with the reason. ``cache`` keeps what was made for the next run.
    ``processes``: None is one per core, 1 is this one alone. ``on_progress`` and ``on_note`` are
    those of :func:`esqual.enrich.stream.enrich_documents`.
    """

    on_error: OnEnrichError = "reject"
    on_kept: Callable[[Document, str], None] | None = None
    cache: Cache | None = None
    processes: int | None = None
    on_progress: Callable[[Progress], None] | None = None
    on_note: Callable[[str], None] | None = None


class EnrichedDocuments:
    """Iterate once over ``documents`` with the fields of ``enrichments``, in their order.

    ``marked``: every document carries the marker that proves its fields. A document that cannot be
    enriched (``options.on_error``), or that has a field of unproved origin, goes to ``on_reject``
    with a reason and is left out. ``counts`` has a :class:`FieldCount` of every target, ``failed``
    the number of documents that went on without a field because their text could not be enriched,
    ``elapsed_s`` the time waited for enrichment.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        enrichments: Sequence[Enrichment],
        *,
        on_reject: Callable[[Document, str], None],
        options: EnrichOptions | None = None,
        marked: bool = False,
    ) -> None:
        self._documents = documents
        self._enrichments = tuple(enrichments)
        self._on_reject = on_reject
        self._options = options or EnrichOptions()
        self._marked = marked
        self._under_way: deque[_UnderWay] = deque()
        self.failed = 0
        self.counts = {e.target: FieldCount() for e in self._enrichments}
        self.elapsed_s = 0.0

    def __iter__(self) -> Iterator[Document]:
        """Yield every document that is not rejected; an error of the corpus comes in its place."""
        if not self._enrichments and not self._marked:
            # a corpus that was enriched for another mapping: its marker says nothing here
            for document in self._documents:
                yield _without_marker(document)
            return
        origin = Origin(self._enrichments)
        held = _Held(self._documents)
        options = self._options
        enriched = enrich_documents(
            self._checked(origin, held),
            self._enrichments,
            on_error=self._note,
            cache=options.cache,
            processes=options.processes,
            on_progress=options.on_progress,
            on_note=options.on_note,
        )
        finish = origin.marked if self._marked else origin.ordered
        with closing(enriched):  # ends the workers, whatever ends the loop
            for document in self._waited(enriched, held):
                state = self._under_way.popleft()  # they come out in the order they went in
                if state.failure is not None and not self._pass(document, state):
                    continue
                self._count(document, state.kept)
                yield replace(document, body=finish(document.body))
        if held.error is not None:
            raise held.error

    def _checked(self, origin: Origin, documents: Iterable[Document]) -> Iterator[Document]:
        """Documents without their markers; those of unproved origin come out as failures."""
        for document in documents:
            try:
                checked = replace(document, body=origin.checked(document.body))
                state = _UnderWay(checked, kept=checked.body.keys() & self.counts.keys())
            except EnrichmentError as error:
                state = _UnderWay(document, failure=str(error), unproved=True)
            self._under_way.append(state)
            yield state.document

    def _note(self, document: Document, enrichment: Enrichment, reason: str) -> None:
        state = next(state for state in self._under_way if state.document is document)
        if state.failure is None:
            state.failure = f"no {enrichment.target!r} (enrichment {enrichment.name!r}): {reason}"

    def _pass(self, document: Document, state: _UnderWay) -> bool:
        """Whether a document that failed goes on; tells whoever listens."""
        assert state.failure is not None
        if state.unproved or self._options.on_error == "reject":
            self._on_reject(document, state.failure)
            return False
        self.failed += 1
        if self._options.on_kept is not None:
            self._options.on_kept(document, state.failure)
        return True

    def _count(self, document: Document, kept: Set[str]) -> None:
        for target, count in self.counts.items():
            if target in kept:
                count.kept += 1
            elif target in document.body:
                count.made += 1
            else:
                count.without += 1

    def _waited(self, enriched: Iterable[Document], held: _Held) -> Iterator[Document]:
        """The same, timed: what the reader waits, less what reading the corpus takes."""
        source = iter(enriched)
        end = object()
        while True:
            start, reading = time.perf_counter(), held.elapsed_s
            document: Any = next(source, end)
            waited = time.perf_counter() - start - (held.elapsed_s - reading)
            self.elapsed_s += max(waited, 0.0)
            if document is end:
                return
            yield document


@dataclass(slots=True)
class _UnderWay:
    """A document that went in and has not come out: what it brought along, and what failed."""

    document: Document
    kept: Set[str] = frozenset()
    failure: str | None = None
    unproved: bool = False


class _Held:
    """Documents up to the first error of their source, which is kept for later.

    What was read before the error is enriched and handed on first.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = documents
        self.error: DataError | None = None
        self.elapsed_s = 0.0

    def __iter__(self) -> Iterator[Document]:
        source = iter(self._documents)
        end = object()
        while True:
            start = time.perf_counter()
            try:
                document: Any = next(source, end)
            except DataError as error:
                self.error = error
                return
            finally:
                self.elapsed_s += time.perf_counter() - start
            if document is end:
                return
            yield document


def _without_marker(document: Document) -> Document:
    if MARKER not in document.body:
        return document
    body = {key: value for key, value in document.body.items() if key != MARKER}
    return replace(document, body=body)

"""What an index says of itself while it is being loaded: ``_meta.esqual.loading``.

It stands there from before the first document until everything is counted. So a run that was
killed leaves an index that says that it is incomplete, which settings were changed for the load,
and how far the corpus was taken:

``started`` ``beat``   when the run began, and when it last wrote here (UTC, ISO 8601)
``host`` ``pid``       where it runs
``before``             documents that were in the index before the load began
``settings``           settings that were switched for the load, with the values to put back
``done``               ``documents`` of the corpus that are dealt with, counted from its start,
                       their chained ``digest``, and ``again``: ids that must be sent again
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from esqual.errors import CorpusError
from esqual.indexing.entries import dumps
from esqual.models import Document

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Done", "Loading", "Prefix", "loading_of", "unfinished_notes", "write_meta"]

# more ids than this are not listed: what comes after them is sent again as a whole
MOST_AGAIN = 1_000


@dataclass(frozen=True, slots=True)
class Done:
    """A prefix of a corpus that is in the index, but for the ids in ``again``."""

    documents: int = 0
    digest: str = ""
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loading:
    """One load that is under way, or was cut off."""

    started: str
    host: str
    pid: int
    before: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    done: Done = field(default_factory=Done)
    beat: str = ""

    @classmethod
    def begin(cls, before: int) -> Loading:
        """A load of this process, beginning now."""
        return cls(_now(), socket.gethostname(), os.getpid(), before)

    def to_meta(self) -> dict[str, Any]:
        """As it is written into the index; the beat is now."""
        return {
            "started": self.started,
            "beat": _now(),
            "host": self.host,
            "pid": self.pid,
            "before": self.before,
            "settings": dict(self.settings),
            "done": {
                "documents": self.done.documents,
                "digest": self.done.digest,
                "again": list(self.done.again),
            },
        }

    def is_running_here(self) -> bool:
        """Whether another process of this machine is at it; one that is gone never will be."""
        if self.host != socket.gethostname() or self.pid == os.getpid():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass  # it is there and belongs to someone else
        return True

    def silent_s(self) -> float:
        """Seconds since it last wrote; what cannot be read counts as very long."""
        try:
            return (datetime.now(UTC) - datetime.fromisoformat(self.beat)).total_seconds()
        except (ValueError, TypeError):
            return float("inf")

    def is_elsewhere(self) -> bool:
        """Whether another machine was at it, of whose processes nothing is known here."""
        return self.host != socket.gethostname()


def loading_of(mappings: Mapping[str, Any]) -> Loading | None:
    """What the mappings of one index say of a load; None when there is none under way.

    The text may come from anyone: what is not of the right kind is taken as unknown.
    """
    said = _object(_object(_object(mappings.get("_meta")).get("esqual")).get("loading"))
    if not said:
        return None
    done = _object(said.get("done"))
    again = done.get("again")
    return Loading(
        started=str(said.get("started", "")),
        host=str(said.get("host", "")),
        pid=_count(said.get("pid")),
        before=_count(said.get("before")),
        settings=_object(said.get("settings")),
        done=Done(
            _count(done.get("documents")),
            str(done.get("digest", "")),
            tuple(map(str, again)) if isinstance(again, list) else (),
        ),
        beat=str(said.get("beat", "")),
    )


def write_meta(
    client: Elasticsearch, index: str, meta: Mapping[str, Any], loading: Loading | None
) -> None:
    """Say it in the index: ``meta`` is its whole ``_meta``, which a server replaces as a whole."""
    esqual = {k: v for k, v in _object(meta.get("esqual")).items() if k != "loading"}
    if loading is not None:
        esqual["loading"] = loading.to_meta()
    client.indices.put_mapping(index=index, meta={**meta, "esqual": esqual})


def unfinished_notes(indices: Mapping[str, Any]) -> list[str]:
    """One sentence for each index that is not completely loaded.

    ``indices`` is the answer of the get-mapping API: index → ``{"mappings": …}``.
    """
    notes = []
    for index in sorted(indices):
        loading = loading_of(_object(_object(indices[index]).get("mappings")))
        if loading is None:
            continue
        state = "is being loaded" if loading.is_running_here() else "is not completely loaded"
        notes.append(
            f"the index {index!r} {state} (begun {loading.started}, not finished): documents are "
            "missing; finish with esqual index --resume, or make it anew with --recreate"
        )
    return notes


class Prefix:
    """The documents of a corpus, counted and chained into a digest as they are read.

    ``done`` is how far an earlier run came: so many documents are read, told to ``on_known`` and
    left out, except those of ``done.again``. They must be the documents that the earlier run read:
    the digest over their ids and bodies is compared before any other is handed on. Raises
    CorpusError when it differs.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        done: Done | None = None,
        on_known: Callable[[Document], None] = lambda document: None,
    ) -> None:
        self._documents = documents
        self.start = self._done = done or Done()
        self._on_known = on_known
        self._passed: deque[tuple[str, int, str]] = deque()
        self.known = 0

    def __iter__(self) -> Iterator[Document]:
        digest, read = "", 0
        wanted = self._done.documents
        again, ids = [], frozenset(self._done.again)
        for document in self._documents:
            digest = _chained(digest, document)
            read += 1
            if read > wanted:
                self._passed.append((document.doc_id, read, digest))
                yield document
                continue
            if document.doc_id in ids:
                again.append(document)
            else:
                self.known += 1
                self._on_known(document)
            if read == wanted:
                self._check(digest, document)
                yield from again
        if read < wanted:
            raise CorpusError(
                f"the corpus has {read:,} documents, and the load that is to be resumed had read "
                f"{wanted:,}: it is another corpus; index it with --recreate"
            )

    def _check(self, digest: str, last: Document) -> None:
        if digest != self._done.digest:
            raise CorpusError(
                f"the first {self._done.documents:,} documents of the corpus are not those that "
                "the load that is to be resumed had read; index it with --recreate",
                path=last.path or None,
                line=last.line if last.path else None,
            )

    def reached(self, doc_id: str) -> tuple[int, str] | None:
        """Number and digest of the documents up to the next one that has ``doc_id``.

        To be asked in corpus order. None for one that the earlier run had read.
        """
        if doc_id in self._done.again:
            return None
        while self._passed:
            passed, count, digest = self._passed.popleft()
            if passed == doc_id:
                return count, digest
        return None


def _chained(digest: str, document: Document) -> str:
    try:
        body = dumps(document.body)
    except (TypeError, ValueError, RecursionError):
        body = ""  # it cannot be sent either: such a document is a reject
    text = f"{digest}\0{document.doc_id}\0{body}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0

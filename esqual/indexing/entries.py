"""Documents on their way into an index: a line of a bulk request, a batch, where each stood."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from esqual.models import Document

__all__ = [
    "BATCH_BYTES",
    "BATCH_DOCUMENTS",
    "Batch",
    "Entry",
    "Places",
    "digest_of_id",
    "dumps",
    "shown",
]

BATCH_DOCUMENTS = 1000
BATCH_BYTES = 4 * 1024 * 1024

dumps = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """A document ready to be sent; ``is_first`` when no line before it had its id."""

    document: Document
    data: bytes
    is_first: bool


@dataclass(slots=True)
class Batch:
    """Documents of one bulk request: no id stands in it twice.

    ``reached``: how many documents of the corpus are dealt with once this batch and those before
    it are, and their chained digest.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    size: int = 0
    reached: tuple[int, str] | None = None

    def takes(self, entry: Entry, documents: int, size: int) -> bool:
        """Whether ``entry`` fits: at most ``documents`` and ``size`` bytes, no id twice."""
        return not self.entries or (
            len(self.entries) < documents
            and self.size + len(entry.data) <= size
            and entry.document.doc_id not in self.entries
        )

    def add(self, entry: Entry) -> None:
        """Take ``entry``."""
        self.entries[entry.document.doc_id] = entry
        self.size += len(entry.data)

    def shares_an_id(self, others: Iterable[Batch]) -> bool:
        """Whether one of ``others`` writes an id of this batch: they must not overtake."""
        repeated = [id_ for id_, entry in self.entries.items() if not entry.is_first]
        return any(id_ in other.entries for other in others for id_ in repeated)


class Places:
    """Which ids were read, and where each stood first; keeps digests, not the ids themselves."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._first: dict[int, int] = {}  # digest -> number of the file << 40 | line

    def __len__(self) -> int:
        return len(self._first)

    def add(self, document: Document) -> str | None:
        """Note the place of a document; if its id was there before, where (``file:line``)."""
        digest = digest_of_id(document.doc_id)
        first = self._first.get(digest)
        if first is None:
            number = self._files.setdefault(document.path, len(self._files))
            self._first[digest] = number << 40 | document.line
            return None
        return f"{list(self._files)[first >> 40]}:{first & ((1 << 40) - 1)}"


def digest_of_id(doc_id: str) -> int:
    """16 bytes of BLAKE2b as a number."""
    digest = hashlib.blake2b(doc_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest, "big")


def shown(body: Mapping[str, Any]) -> str | None:
    """A body for the list of rejects, or None when it cannot be written."""
    try:
        return json.dumps(dict(body), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return None

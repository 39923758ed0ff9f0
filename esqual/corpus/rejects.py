"""Documents that could not be used: what is kept of one, and how many a run tolerates."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from esqual.errors import CorpusError

__all__ = ["Reject", "Rejects"]


@dataclass(frozen=True, slots=True)
class Reject:
    """One document that was not indexed, and why.

    ``line`` is 1-based; ``doc_id`` is None when the line shows none; ``raw`` is the line as it
    stands in the file, or the document as JSON when the engine refused it, or None when the line
    cannot be shown as text.
    """

    path: str
    line: int
    reason: str
    doc_id: str | None = None
    raw: str | None = None

    def error(self) -> CorpusError:
        """The same as an exception."""
        return CorpusError(self.reason, path=self.path, line=self.line)


class Rejects:
    """Counts rejects, writes them to a file, and ends the run at the first one too many.

    ``file`` gets NDJSON, one object a reject with the fields of :class:`Reject`; it is written
    under a temporary name and takes its own name in :meth:`close`, however the run ended.
    """

    def __init__(self, limit: int = 0, file: str | Path | None = None) -> None:
        if limit < 0:
            raise ValueError("limit must not be negative")
        self.limit = limit
        self.count = 0
        self.file = None if file is None else Path(file)
        self._out: IO[str] | None = None
        if self.file is not None:
            # opened at once: a folder that is not there shows before the corpus is read
            self._out = self._temporary().open("w", encoding="utf-8", errors="backslashreplace")

    def add(self, reject: Reject) -> None:
        """Count and list one reject. Raises CorpusError when it is one more than the limit."""
        self.count += 1
        if self._out is not None:
            self._out.write(json.dumps(asdict(reject), ensure_ascii=False) + "\n")
        if self.count <= self.limit:
            return
        if self.limit == 0:
            raise reject.error()
        raise CorpusError(
            f"{reject.reason} (bad document {self.count}, and --max-errors is {self.limit})",
            path=reject.path,
            line=reject.line,
        )

    def close(self) -> None:
        """Put the file in its place."""
        if self._out is not None and self.file is not None:
            self._out.close()
            self._out = None
            os.replace(self._temporary(), self.file)

    def __enter__(self) -> Rejects:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _temporary(self) -> Path:
        assert self.file is not None
        return self.file.with_name(f".{self.file.name}.{os.getpid()}.tmp")

"""The error tree: everything esqual raises on purpose.

A message has three parts: what happened, where (file and line), what to try. The command line
turns an :class:`EsqualError` into exit code 3. A failed gate is a verdict, not an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "ConfigError",
    "CorpusError",
    "DataError",
    "EngineError",
    "EngineUnavailableError",
    "EnrichmentError",
    "EsqualError",
    "IndexingError",
    "JudgmentsError",
    "MeasureError",
    "TopicMismatchError",
    "UnsupportedByEngineError",
]


class EsqualError(Exception):
    """Raised on purpose; the command line prints the message and exits with 3."""


class ConfigError(EsqualError):
    """A mapping, template, setting or gate file is wrong."""


class DataError(EsqualError):
    """Input cannot be used; knows the file and the line (1-based) where that shows."""

    def __init__(
        self, message: str, *, path: str | Path | None = None, line: int | None = None
    ) -> None:
        self.path = None if path is None else str(path)
        self.line = line
        where = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        super().__init__(where + message)


class CorpusError(DataError):
    """A document line cannot be read, or an id stands twice."""


class JudgmentsError(DataError):
    """A qrels or topics file cannot be used."""


class TopicMismatchError(DataError):
    """Two things that must cover the same topics do not."""


class EnrichmentError(EsqualError):
    """A model is missing or failed on a document."""


class EngineError(EsqualError):
    """The engine answered no, or answered something that cannot be trusted."""


class EngineUnavailableError(EngineError):
    """The engine could not be reached, or the JVM did not start."""


class UnsupportedByEngineError(EngineError):
    """The engine at hand cannot do what was asked; another one can."""


class IndexingError(EngineError):
    """The engine refused documents; ``failures`` lists (doc_id, reason)."""

    def __init__(self, message: str, failures: Sequence[tuple[str, str]] = ()) -> None:
        self.failures = tuple(failures)
        super().__init__(message)


class MeasureError(EsqualError):
    """Unknown measure or parameter; the message lists the known ones."""

"""The embedded engine: official Lucene in this process, behind the real client.

``docs/engine.md`` draws the house: how a request travels and which file answers what.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["connect_embedded"]


def connect_embedded(path: str | Path) -> Elasticsearch:
    """Return a client whose requests are answered by Lucene in this process, kept under ``path``.

    Raises :class:`esqual.errors.EngineUnavailableError` when the JVM or its jars are not to be had.
    """
    from esqual.engine.lucene.node import connect

    return connect(Path(path))

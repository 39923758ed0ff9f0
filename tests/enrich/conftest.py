"""The kind of these tests, declared as a mapping file declares it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from esqual.enrich import Enrichment, read_enrichments
from esqual.enrich.kinds import KINDS
from tests.enrich import letters

TABLE = {**KINDS, letters.NAME: letters.IMPLEMENTATION}


def declared(*entries: dict[str, Any]) -> dict[str, Any]:
    """The part of a mapping file that declares enrichments."""
    base = {"name": "pairs", "kind": letters.NAME, "source": "text", "target": "dep"}
    return {
        "mappings": {"_meta": {"esqual": {"enrich": [{**base, **e} for e in entries or ({},)]}}}
    }


def read(*entries: dict[str, Any]) -> tuple[Enrichment, ...]:
    """The enrichments of such a file."""
    return read_enrichments(declared(*entries), kinds=TABLE)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing was seen yet, and version 1 is installed."""
    letters.SEEN.clear()
    letters.LOADS.clear()
    letters.VERSION.update(version="1")
    yield
    letters.VERSION.update(version="1")


@pytest.fixture
def other_version() -> Callable[[], None]:
    """Make the installed version another one."""
    return lambda: letters.VERSION.update(version="2")

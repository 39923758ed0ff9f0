"""GiNZA, loaded once for all tests that need it: the worker that the enrichment itself uses."""

from __future__ import annotations

import pytest

from esqual.enrich.dependency.kind import DependencyWorker
from esqual.enrich.kinds import KINDS, load_worker


@pytest.fixture(scope="session")
def worker() -> DependencyWorker:
    loaded = load_worker(KINDS["dependency"], {})
    assert isinstance(loaded, DependencyWorker)
    return loaded

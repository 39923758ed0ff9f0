"""GiNZA, loaded once for all tests that need it."""

from __future__ import annotations

import pytest

from esqual.enrich.dependency.kind import KIND, DependencyWorker


@pytest.fixture(scope="session")
def worker() -> DependencyWorker:
    return KIND.load({})

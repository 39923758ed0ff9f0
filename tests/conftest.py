"""Shared fixtures: one embedded engine per test, one JVM per process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# the hooks and fixtures of the real servers
from tests.servers.fixtures import (  # noqa: F401
    clusters,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_generate_tests,
)

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

# what one test enriched must not be found by another, nor stay on the machine
os.environ["ESQUAL_CACHE"] = "off"
os.environ["ESQUAL_HISTORY"] = "off"
# a shell has what it starts in the background ignore Ctrl-C, which the commands here would inherit
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """With ESQUAL_NO_SKIP set, what would be skipped fails with the same reason."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("ESQUAL_NO_SKIP") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def shared() -> Path:
    """The folder of the real collections beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the real collections are not there (../shared beside the checkout)")
    return SHARED


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Elasticsearch]:
    """A client of an embedded engine with an empty folder of its own."""
    import esqual

    client = esqual.connect(f"lucene:{tmp_path / 'engine'}")
    yield client
    client.close()

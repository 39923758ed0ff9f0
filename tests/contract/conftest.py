"""A client of each engine that a test can run on; see ``tests/servers/capabilities.py``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

import esqual
from tests.servers.client import client_of, wipe
from tests.servers.running import Clusters

_FOLDER = pytest.StashKey[Path]()


@contextmanager
def _empty(name: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    """An engine without indices, wiped or thrown away afterwards."""
    if name == "embedded":
        client = esqual.connect(f"lucene:{folder}")
        yield client
        client.close()
        return
    clusters: Clusters = request.getfixturevalue("clusters")
    client = client_of(name, clusters.url(name))
    wipe(client)
    yield client
    wipe(client)
    client.close()


@pytest.fixture
def engine(
    engine_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Elasticsearch]:
    """An empty engine of each test's own."""
    with _empty(engine_name, tmp_path / "engine", request) as client:
        yield client


@pytest.fixture(scope="module")
def module_engine(
    engine_name: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Elasticsearch]:
    """One for all tests of a module, empty before the first; not to be mixed with ``engine``."""
    folder = tmp_path_factory.mktemp("engine")
    request.config.stash[_FOLDER] = folder
    with _empty(engine_name, folder, request) as client:
        yield client


@pytest.fixture(scope="module")
def engine_url(
    engine_name: str, module_engine: Elasticsearch, request: pytest.FixtureRequest
) -> str:
    """The address of ``module_engine``, as a user would name it."""
    del module_engine
    if engine_name == "embedded":
        return f"lucene:{request.config.stash[_FOLDER]}"
    clusters: Clusters = request.getfixturevalue("clusters")
    return clusters.url(engine_name)

"""Two real OpenSearch nodes; the second may be killed, the next test finds it alive again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

import esqual
from tests.servers.client import wipe
from tests.servers.nodes import Node
from tests.servers.running import Clusters


@pytest.fixture
def pair(clusters: Clusters) -> list[Node]:
    """Both nodes alive and of one cluster. Only the first can be the master."""
    nodes = clusters.nodes("opensearch-2")
    for node in nodes:
        if not node.alive():
            # one of `make servers` goes on after the tests
            node.start(bound=node.process is not None)
    for node in nodes:
        # what a killed node alone had makes the cluster red until it is wiped
        node.wait(nodes=2, status="red")
    return nodes


@pytest.fixture
def client(pair: list[Node]) -> Iterator[Elasticsearch]:
    """A client that knows both, on an empty cluster."""
    made = esqual.connect([node.url for node in pair]).options(request_timeout=60)
    wipe(made)
    yield made
    made.close()
    first = esqual.connect(pair[0].url).options(request_timeout=60)
    wipe(first)
    first.close()

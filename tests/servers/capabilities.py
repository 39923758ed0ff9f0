"""The one table of which engine can run which contract test.

A contract test says with ``@pytest.mark.needs(...)`` what it needs beyond the plain document,
index and search APIs. It runs on every engine of the table that has all of that; the embedded
engine and at least one real engine must be among them, or the test is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ENGINES", "FEATURES", "SELECTABLE", "Engine", "engines_for"]

#: feature -> what an engine that has it does
FEATURES = {
    "kuromoji": "the official kuromoji components",
    "completion": "kuromoji_completion, hiragana_uppercase and katakana_uppercase",
    "rank_eval": "`_rank_eval`",
    "templates": "stored and inline search templates",
    "k1+1": "BM25 with the factor k1 + 1, as in Elasticsearch, unless told otherwise",
    "dense_vector": "`dense_vector` fields, top-level `knn` and the `knn` query as of 8.x",
    "vectors": "`dense_vector` of type hnsw and the `knn` query, as they are or translated",
    "es9": "answers and refusals in the words of Elasticsearch 9",
    "lucene10": "the tokens and scores of Lucene 10, and the answers of its time",
    "rrf": "the retrievers `rrf` and `linear`",
}


@dataclass(frozen=True, slots=True)
class Engine:
    """``build``: its row in ``homes.BUILDS``, none for the embedded one; ``nodes``: how many."""

    title: str
    build: str | None
    features: frozenset[str]
    nodes: int = 1
    contract: bool = True


ENGINES = {
    "embedded": Engine("the embedded engine, Lucene 10.4.0", None, frozenset(FEATURES)),
    "opensearch": Engine(
        "OpenSearch 3.6.0, Lucene 10.4.0",
        "opensearch",
        frozenset({"kuromoji", "completion", "lucene10", "rank_eval", "templates", "vectors"}),
    ),
    # no rank-eval and no mustache module are published for 8 and 9; rrf asks for a licence
    "elasticsearch-9": Engine(
        "Elasticsearch 9.4.3, Lucene 10.4.0",
        "elasticsearch-9",
        frozenset({"kuromoji", "completion", "lucene10", "k1+1", "dense_vector", "vectors", "es9"}),
    ),
    # no analysis at all, as its build for tests comes: for the connection
    "elasticsearch-8": Engine(
        "Elasticsearch 8.19.9, Lucene 9.12",
        "elasticsearch-8",
        frozenset({"k1+1", "dense_vector", "vectors"}),
    ),
    # Elastic's own `_rank_eval`; Lucene 8 gives compounds and full-width numbers other tokens
    "elasticsearch-7": Engine(
        "Elasticsearch 7.17.15, Lucene 8.11.1",
        "elasticsearch-7",
        frozenset({"kuromoji", "rank_eval", "templates", "k1+1"}),
    ),
    # not for the contract, which the single nodes run: for what happens when a node dies
    "opensearch-2": Engine(
        "OpenSearch 3.6.0, two nodes",
        "opensearch",
        frozenset(),
        nodes=2,
        contract=False,
    ),
}
#: what ``--engines`` can name
SELECTABLE = tuple(name for name, engine in ENGINES.items() if engine.build)


def engines_for(needs: Iterable[str]) -> list[str]:
    """The engines that can run a contract test with these needs, in the order of the table.

    Raises ValueError for an unknown need, and for needs that leave no real engine to compare with.
    """
    wanted = frozenset(needs)
    if unknown := wanted - FEATURES.keys():
        raise ValueError(f"no such feature: {', '.join(sorted(unknown))}; see {__name__}")
    able = [
        name for name, engine in ENGINES.items() if engine.contract and wanted <= engine.features
    ]
    if "embedded" not in able or len(able) < 2:
        raise ValueError(f"only {able} can run a test that needs {sorted(wanted)}")
    return able

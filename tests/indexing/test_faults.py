"""A server behind a proxy that breaks what it carries: a load ends complete, or says what is not.

The server is the embedded engine over HTTP, or with ``--engines`` a real one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import esqual
from esqual.errors import EngineError
from esqual.indexing import IndexBody, LoadOptions, index_corpus, read_index_body
from esqual.indexing import sending as sending_module
from esqual.indexing.loading import loading_of
from esqual.models import Document
from esqual.patience import Patience
from tests.contract.conftest import engine
from tests.servers.proxy import FAULTS, FaultProxy, upstream_of

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["engine"]

# a longer night: ESQUAL_FAULT_SEEDS=200
SEEDS = int(os.environ.get("ESQUAL_FAULT_SEEDS", "6"))
INDEX = "notes"
BODY = {
    "settings": {"number_of_replicas": 0, "refresh_interval": "7s"},
    "mappings": {"properties": {"text": {"type": "text"}, "n": {"type": "integer"}}},
}
DOCUMENTS = [
    Document(f"d{n}", {"id": f"d{n}", "text": f"朝から雨が降る。{n}", "n": n}, "c.ndjson", n + 1)
    for n in range(120)
]
IDS = {document.doc_id for document in DOCUMENTS}


@pytest.fixture
def body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IndexBody:
    monkeypatch.setattr(sending_module, "BATCH_DOCUMENTS", 10)
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(BODY), encoding="utf-8")
    return read_index_body(path)


def _load(
    proxy: FaultProxy,
    body: IndexBody,
    patience: Patience,
    documents: Sequence[Document],
    **how: bool,
) -> int:
    client = esqual.connect(proxy.url)
    options = LoadOptions(writers=3, save_every_s=0.0, patience=patience)
    try:
        report = index_corpus(client, iter(documents), INDEX, body, options=options, **how)
    finally:
        client.close()
    return report.retried


def _ids(client: Elasticsearch) -> set[str]:
    client.indices.refresh(index=INDEX)
    answer = client.search(index=INDEX, query={"match_all": {}}, size=1000, source=False)
    return {hit["_id"] for hit in answer["hits"]["hits"]}


def _state(client: Elasticsearch) -> tuple[bool, str]:
    """Whether the index says that it is being loaded, and its refresh interval."""
    mappings = client.indices.get_mapping(index=INDEX).body[INDEX]["mappings"]
    settings = client.indices.get_settings(index=INDEX, flat_settings=True).body[INDEX]
    return loading_of(mappings) is not None, settings["settings"]["index.refresh_interval"]


@pytest.fixture
def wipe(engine: Elasticsearch) -> Iterator[None]:
    yield
    engine.indices.delete(index=INDEX, ignore_unavailable=True)


@pytest.mark.usefixtures("wipe")
class TestFaults:
    def test_a_patient_load_ends_complete_whatever_breaks(
        self, engine: Elasticsearch, body: IndexBody
    ) -> None:
        met: set[str] = set()
        for seed in range(SEEDS):
            # the client's own first question fails with the request behind it, so spare it: a
            # server of which nothing is heard in three attempts is taken for one that is not there
            faults = FaultProxy(
                upstream_of(engine), seed=seed, rate=0.35, most=2, only=lambda _, path: path != "/"
            )
            with faults as proxy:
                _load(proxy, body, Patience(first_wait_s=0.002, seed=seed), DOCUMENTS)
            met |= set(proxy.met)
            assert _ids(engine) == IDS, seed
            assert _state(engine) == (False, "7s"), seed
            engine.indices.delete(index=INDEX)
        assert met == set(FAULTS)

    def test_an_impatient_load_says_what_is_missing_and_resume_finishes_it(
        self, engine: Elasticsearch, body: IndexBody
    ) -> None:
        stopped = 0
        for seed in range(SEEDS):
            bulks = FaultProxy(
                upstream_of(engine),
                seed=seed,
                rate=0.5,
                only=lambda method, path: path.endswith("/_bulk"),
            )
            with bulks as proxy:
                patience = Patience(retries=1, first_wait_s=0.001, seed=seed)
                try:
                    _load(proxy, body, patience, DOCUMENTS)
                except EngineError as error:
                    stopped += 1
                    self._check_said(engine, error)
                else:
                    assert _ids(engine) == IDS, seed
            with FaultProxy(upstream_of(engine), seed=seed, rate=0) as proxy:
                _load(proxy, body, Patience(), DOCUMENTS, resume=True)
            assert _ids(engine) == IDS, seed
            assert _state(engine) == (False, "7s"), seed
            engine.indices.delete(index=INDEX)
        assert stopped > SEEDS // 3

    def _check_said(self, engine: Elasticsearch, error: EngineError) -> None:
        # what stands before the first document that it names is in the index
        found = re.search(r"documents at c\.ndjson:(\d+) \(.*, and what stands after", str(error))
        assert found is not None, error
        first = int(found[1]) - 1
        assert {document.doc_id for document in DOCUMENTS[:first]} <= _ids(engine)
        assert _state(engine) == (True, "7s")

    def test_a_run_after_a_kill_puts_back_what_was_switched(
        self, engine: Elasticsearch, body: IndexBody
    ) -> None:
        """A kill is played by a server that is gone for good in the middle of the load."""
        with FaultProxy(upstream_of(engine), seed=1, rate=0) as proxy:

            def documents() -> Iterator[Document]:
                yield from DOCUMENTS[:60]
                proxy.break_everything()
                yield from DOCUMENTS[60:]

            with pytest.raises(Exception) as caught:  # noqa: PT011 (either kind of failure)
                _load(proxy, body, Patience(retries=0), documents())  # type: ignore[arg-type]
        assert any("could not be put back" in note for note in caught.value.__notes__)
        assert _state(engine) == (True, "-1")
        with FaultProxy(upstream_of(engine), seed=1, rate=0) as proxy:
            _load(proxy, body, Patience(), DOCUMENTS, resume=True)
        assert _ids(engine) == IDS
        assert _state(engine) == (False, "7s")

    def test_a_large_request_is_cut_into_halves(
        self, engine: Elasticsearch, body: IndexBody
    ) -> None:
        long = Document("long", {"id": "long", "text": "雨" * 2_000}, "c.ndjson", 999)
        upstream = upstream_of(engine)
        with FaultProxy(upstream, seed=1, rate=0, largest=1_000) as proxy:
            _load(proxy, body, Patience(retries=0), DOCUMENTS)
            assert _ids(engine) == IDS
            with pytest.raises(EngineError, match=r"c.ndjson:999: .*more than the server takes"):
                _load(proxy, body, Patience(retries=0), [*DOCUMENTS, long])
        assert _ids(engine) == IDS

"""An alias whose builds are cut off at any moment always serves one complete index."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from elasticsearch import ApiError, TransportError

import esqual
from esqual.errors import ConfigError, EsqualError
from esqual.indexing import (
    AliasReport,
    IndexBody,
    LoadOptions,
    build_behind_alias,
    read_index_body,
)
from esqual.indexing import sending as sending_module
from esqual.indexing.loading import loading_of
from esqual.models import Document
from esqual.patience import Patience
from tests.contract.conftest import engine
from tests.fakes import scripted_client
from tests.servers.proxy import FaultProxy, upstream_of

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["engine"]

KILLS = int(os.environ.get("ESQUAL_KILLS", "20"))
SEED = 20261121
ALIAS = "notes"
SIZE = 30
MAPPING = {
    "settings": {"number_of_replicas": 0},
    "mappings": {"properties": {"text": {"type": "text"}, "build": {"type": "integer"}}},
}


def _documents(build: int) -> list[Document]:
    return [
        Document(f"d{n}", {"id": f"d{n}", "text": f"雨が降る {n}", "build": build}, "c", n + 1)
        for n in range(SIZE)
    ]


@pytest.fixture
def body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IndexBody:
    monkeypatch.setattr(sending_module, "BATCH_DOCUMENTS", 7)
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(MAPPING), encoding="utf-8")
    return read_index_body(path)


@pytest.fixture
def wipe(engine: Elasticsearch) -> Iterator[None]:
    yield
    if names := _indices(engine):
        engine.indices.delete(index=names)


def _indices(client: Elasticsearch) -> list[str]:
    return sorted(client.indices.get(index=f"{ALIAS}-*").body)


def _build(client: Elasticsearch, body: IndexBody, build: int, *, keep: int = 1) -> AliasReport:
    options = LoadOptions(save_every_s=0.0, patience=Patience(retries=0))
    return build_behind_alias(client, _documents(build), ALIAS, body, keep=keep, options=options)


def _served(client: Elasticsearch) -> tuple[str, int]:
    """The one index behind the alias, and the build that all of its documents come from."""
    [name] = client.indices.get_alias(name=ALIAS).body
    answer = client.search(index=ALIAS, query={"match_all": {}}, size=1000)
    hits = answer["hits"]["hits"]
    assert len(hits) == SIZE
    [build] = {hit["_source"]["build"] for hit in hits}
    return name, build


def _requests_of_a_build(engine: Elasticsearch, body: IndexBody) -> int:
    with FaultProxy(upstream_of(engine), seed=0, rate=0) as proxy:
        client = esqual.connect(proxy.url)
        _build(client, body, 0)
        client.close()
        return proxy.seen


@pytest.mark.usefixtures("wipe")
def test_a_build_cut_off_at_any_moment_leaves_a_complete_index_and_the_next_one_cleans_up(
    engine: Elasticsearch, body: IndexBody
) -> None:
    _build(engine, body, -1)
    last = _requests_of_a_build(engine, body)
    dice = random.Random(SEED)
    # and every moment around the swap, where most could go wrong
    moments = [dice.randrange(1, last) for _ in range(KILLS)] + list(range(last - 8, last))
    swapped = 0
    for build, moment in enumerate(moments, start=1):
        before = _served(engine)
        with FaultProxy(upstream_of(engine), seed=build, rate=0, gone_after=moment) as proxy:
            client = esqual.connect(proxy.url)
            with pytest.raises((EsqualError, ApiError, TransportError)):
                _build(client, body, build)
            client.close()
        after = _served(engine)
        assert after == before or after[1] == build, moment
        swapped += after != before
        if build % 3 == 0:
            report = _build(engine, body, 100 + build)
            assert _served(engine) == (report.load.index, 100 + build)
            assert _indices(engine) == sorted({*report.replaced, report.load.index}), moment
            answer = engine.indices.get_mapping(index=f"{ALIAS}-*").body
            assert not any(loading_of(entry["mappings"]) for entry in answer.values())
    assert 0 < swapped < len(moments) / 2


@pytest.mark.usefixtures("wipe")
def test_a_resumed_build_takes_up_the_half_made_one(engine: Elasticsearch, body: IndexBody) -> None:
    def documents() -> Iterator[Document]:
        yield from _documents(1)[:20]
        raise KeyboardInterrupt

    options = LoadOptions(save_every_s=0.0)
    with pytest.raises(KeyboardInterrupt):
        build_behind_alias(engine, documents(), ALIAS, body, options=options)
    [half] = _indices(engine)
    report = build_behind_alias(
        engine, _documents(1), ALIAS, body, resume=True, options=LoadOptions()
    )
    assert report.load.index == half
    assert report.load.skipped == 14
    assert _served(engine) == (half, 1)


@pytest.mark.usefixtures("wipe")
def test_as_many_old_ones_are_kept_as_was_said(engine: Elasticsearch, body: IndexBody) -> None:
    names = [_build(engine, body, build, keep=2).load.index for build in range(4)]
    assert _indices(engine) == sorted(names[1:])
    _build(engine, body, 9, keep=0)
    assert len(_indices(engine)) == 1


@pytest.mark.usefixtures("wipe")
def test_an_index_that_nobody_made_here_is_never_deleted(
    engine: Elasticsearch, body: IndexBody
) -> None:
    theirs = [f"{ALIAS}-20200101-000000", f"{ALIAS}-archive"]
    for name in theirs:
        engine.indices.create(index=name, settings={"number_of_replicas": 0})
    for build in range(3):
        _build(engine, body, build, keep=0)
    assert set(theirs) < set(_indices(engine))


@pytest.mark.usefixtures("wipe")
def test_an_old_build_that_another_alias_names_is_kept(
    engine: Elasticsearch, body: IndexBody
) -> None:
    first = _build(engine, body, 0).load.index
    engine.indices.put_alias(index=first, name="pinned")
    notes: list[str] = []
    for build in (1, 2):
        build_behind_alias(engine, _documents(build), ALIAS, body, keep=0, on_note=notes.append)
    assert first in _indices(engine)
    assert f"{first} is kept: it is behind pinned" in notes


def test_an_alias_with_a_filter_is_refused(body: IndexBody) -> None:
    filtered = {"aliases": {ALIAS: {"filter": {"term": {"build": 0}}}}}
    asked: list[tuple[str, str]] = []

    def answer(method: str, path: str, sent: Any) -> tuple[int, Any]:
        asked.append((method, path))
        return 200, {f"{ALIAS}-20260101-000000": filtered}

    with pytest.raises(ConfigError, match="'filter' on the index"):
        _build(scripted_client(answer), body, 1)
    assert {method for method, _ in asked} == {"GET"}


@pytest.mark.usefixtures("wipe")
def test_an_alias_that_was_moved_meanwhile_is_left_where_it_is(
    engine: Elasticsearch, body: IndexBody
) -> None:
    first = _build(engine, body, 0).load.index

    def documents() -> Iterator[Document]:
        yield from _documents(1)
        engine.indices.create(index=f"{ALIAS}-manual", settings={"number_of_replicas": 0})
        engine.indices.update_aliases(
            actions=[
                {"remove": {"index": first, "alias": ALIAS}},
                {"add": {"index": f"{ALIAS}-manual", "alias": ALIAS}},
            ]
        )

    with pytest.raises(EsqualError, match="moved by someone else"):
        build_behind_alias(engine, documents(), ALIAS, body)
    assert list(engine.indices.get_alias(name=ALIAS).body) == [f"{ALIAS}-manual"]

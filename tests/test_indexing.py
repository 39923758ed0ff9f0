"""A corpus into an index: order, counts, repeated ids, bad documents, other mappings."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from esqual.corpus import Corpus, Rejects
from esqual.errors import ConfigError, CorpusError, EngineError, IndexingError
from esqual.indexing import IndexBody, LoadOptions, Progress, index_corpus, read_index_body
from esqual.indexing import sending as sending_module
from esqual.indexing.entries import Places
from esqual.indexing.loading import unfinished_notes
from esqual.models import Document
from esqual.patience import Patience
from tests.fakes import scripted_client

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

INDEX = "articles"
BODY = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "id": {"type": "keyword"},
            "text": {"type": "text", "analyzer": "kuromoji"},
            "stars": {"type": "integer"},
        },
    },
}
SENTENCES = ["朝から雨が降っている。", "麺が固くておいしい。", "部屋が狭いが清潔だった。"]


def _body(folder: Path, body: Any = BODY, name: str = "mapping.json") -> IndexBody:
    path = folder / name
    path.write_text(json.dumps(body), encoding="utf-8")
    return read_index_body(path)


def _corpus(folder: Path, *records: dict[str, Any] | str, name: str = "c.ndjson") -> Path:
    path = folder / name
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def _records(count: int) -> list[dict[str, Any]]:
    return [{"id": f"d{n}", "text": SENTENCES[n % 3]} for n in range(count)]


def _ids(client: Elasticsearch) -> list[str]:
    answer = client.search(index=INDEX, query={"match_all": {}}, size=1000)
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def _total(client: Elasticsearch) -> int:
    client.indices.refresh(index=INDEX)
    return int(client.count(index=INDEX)["count"])


class TestLoading:
    def test_everything_is_indexed_in_corpus_order_whatever_the_size_of_a_batch(
        self, engine: Elasticsearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending_module, "BATCH_DOCUMENTS", 7)
        path = _corpus(tmp_path, *_records(50))
        report = index_corpus(engine, Corpus([path]), INDEX, _body(tmp_path))
        assert (report.read, report.indexed, report.failed, report.total) == (50, 50, 0, 50)
        assert _ids(engine) == [f"d{n}" for n in range(50)]

    def test_a_batch_ends_at_its_limit_of_bytes(
        self, engine: Elasticsearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending_module, "BATCH_BYTES", 300)
        seen: list[Progress] = []
        index_corpus(
            engine,
            Corpus([_corpus(tmp_path, *_records(20))]),
            INDEX,
            _body(tmp_path),
            on_progress=seen.append,
        )
        steps = [b.acknowledged - a.acknowledged for a, b in pairwise(seen)]
        assert max(steps) <= 6
        assert seen[-1].acknowledged == 20

    def test_flushes_are_told_and_cover_what_was_acknowledged(
        self, engine: Elasticsearch, tmp_path: Path
    ) -> None:
        seen: list[Progress] = []
        index_corpus(
            engine,
            Corpus([_corpus(tmp_path, *_records(30))]),
            INDEX,
            _body(tmp_path),
            options=LoadOptions(flush_every=10),
            on_progress=seen.append,
        )
        assert [p.flushed for p in seen] == [10, 20, 30]

    def test_an_interrupt_leaves_what_was_sent_and_goes_on_upwards(
        self, engine: Elasticsearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending_module, "BATCH_DOCUMENTS", 2)

        def documents() -> Iterator[Document]:
            for n in range(6):
                yield Document(f"d{n}", {"id": f"d{n}"}, "c.ndjson", n + 1)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            index_corpus(engine, documents(), INDEX, _body(tmp_path))
        assert _total(engine) == 4


class TestRepeatedIds:
    def test_a_repeated_id_names_both_places(self, engine: Elasticsearch, tmp_path: Path) -> None:
        first = _corpus(tmp_path, "", {"id": 7}, name="a.ndjson")
        second = _corpus(tmp_path, {"id": "8"}, {"id": "7"}, name="b.ndjson")
        with pytest.raises(CorpusError, match=r"b.ndjson:2: .*'7' stands already at .*a.ndjson:2"):
            index_corpus(engine, Corpus([first, second]), INDEX, _body(tmp_path))

    def test_the_last_one_wins_when_told(self, engine: Elasticsearch, tmp_path: Path) -> None:
        path = _corpus(tmp_path, {"id": "a", "stars": 1}, {"id": "b"}, {"id": "a", "stars": 2})
        report = index_corpus(engine, Corpus([path]), INDEX, _body(tmp_path), on_duplicate="last")
        assert (report.read, report.indexed, report.total) == (3, 2, 2)
        assert engine.get(index=INDEX, id="a")["_source"]["stars"] == 2

    def test_repeated_ids_are_found_in_documents_without_a_place(
        self, engine: Elasticsearch, tmp_path: Path
    ) -> None:
        twice = [Document("a", {"id": "a"}), Document("a", {"id": "a"})]
        with pytest.raises(CorpusError, match="'a' stands already"):
            index_corpus(engine, twice, INDEX, _body(tmp_path))

    @pytest.mark.parametrize(
        ("stars", "present"),
        [(["x", 1], 1), ([1, "x"], 1), (["x", "y"], 0), (["x", 1, "y"], 1), ([1, "x", 2], 1)],
    )
    def test_an_id_counts_when_any_of_its_lines_was_taken(
        self, engine: Elasticsearch, tmp_path: Path, stars: list[Any], present: int
    ) -> None:
        path = _corpus(tmp_path, *({"id": "a", "stars": star} for star in stars))
        report = index_corpus(
            engine,
            Corpus([path]),
            INDEX,
            _body(tmp_path),
            on_duplicate="last",
            rejects=Rejects(9),
        )
        assert (report.indexed, report.total) == (present, present)

    def test_finding_them_takes_less_than_160_bytes_a_document(self) -> None:
        places = Places()
        tracemalloc.start()
        try:
            for n in range(50_000):
                places.add(Document(f"記事-{n}", {}, "c.ndjson", n + 1))
            taken = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert taken / 50_000 < 160


class TestBadDocuments:
    def test_the_first_one_stops_the_run_and_the_error_says_what_is_in_the_index(
        self, engine: Elasticsearch, tmp_path: Path
    ) -> None:
        path = _corpus(tmp_path, *_records(3), "{", *_records(1))
        with pytest.raises(CorpusError, match=r"c.ndjson:4: not JSON") as caught:
            index_corpus(engine, Corpus([path]), INDEX, _body(tmp_path))
        assert _ids(engine) == ["d0", "d1", "d2"]
        assert "holds 3 of the corpus's documents" in caught.value.__notes__[0]

    def test_what_the_engine_refuses_has_its_file_line_and_reason(
        self, engine: Elasticsearch, tmp_path: Path
    ) -> None:
        path = _corpus(tmp_path, {"id": "a"}, {"id": "b", "stars": "三つ"})
        with pytest.raises(IndexingError, match=r"c.ndjson:2: .*\[stars\]") as caught:
            index_corpus(engine, Corpus([path]), INDEX, _body(tmp_path))
        [(doc_id, reason)] = caught.value.failures
        assert doc_id == "b"
        assert "[stars]" in reason
        assert _ids(engine) == ["a"]

    def test_tolerated_ones_are_listed_and_the_rest_is_indexed(
        self, engine: Elasticsearch, tmp_path: Path
    ) -> None:
        path = _corpus(
            tmp_path,
            {"id": "a"},
            "[]",
            {"id": "b", "stars": "三つ"},
            {"id": "a"},
            '{"id": "c", "text": "\\ud83d"}',
            {"id": "d"},
        )
        listed = tmp_path / "rejects.ndjson"
        with Rejects(4, listed) as rejects:
            report = index_corpus(
                engine,
                Corpus([path], on_reject=rejects.add),
                INDEX,
                _body(tmp_path),
                rejects=rejects,
            )
        assert (report.read, report.indexed, report.failed, report.total) == (6, 2, 4, 2)
        rows = [json.loads(line) for line in listed.read_text(encoding="utf-8").splitlines()]
        assert {(row["line"], row["doc_id"]) for row in rows} == {
            (2, None),
            (3, "b"),
            (4, "a"),
            (5, "c"),
        }
        assert all(row["path"] == str(path) and row["reason"] and row["raw"] for row in rows)
        assert [f.name for f in tmp_path.glob(".*")] == []

    def test_one_more_than_tolerated_stops_the_run_and_the_list_is_kept(
        self, engine: Elasticsearch, tmp_path: Path
    ) -> None:
        listed = tmp_path / "rejects.ndjson"
        path = _corpus(tmp_path, "1", {"id": "a"}, "2", {"id": "b"})
        rejects = Rejects(1, listed)
        corpus = Corpus([path], on_reject=rejects.add)
        with pytest.raises(CorpusError, match=r":3: .*bad document 2, and --max-errors is 1"):
            index_corpus(engine, corpus, INDEX, _body(tmp_path), rejects=rejects)
        rejects.close()
        assert len(listed.read_text(encoding="utf-8").splitlines()) == 2
        assert _ids(engine) == ["a"]


OTHER = {"mappings": {"properties": {"id": {"type": "keyword"}, "text": {"type": "text"}}}}


class TestExistingIndex:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return _corpus(tmp_path, {"id": "a", "text": "雨"}, {"id": "b", "text": "雪"})

    @pytest.fixture
    def existing(self, engine: Elasticsearch, tmp_path: Path, path: Path) -> Elasticsearch:
        index_corpus(engine, Corpus([path]), INDEX, _body(tmp_path))
        return engine

    def test_the_same_mapping_in_another_spelling_is_the_same(
        self, existing: Elasticsearch, tmp_path: Path, path: Path
    ) -> None:
        backwards = dict(reversed(BODY["mappings"].items()))
        again = {"aliases": {}, "mappings": backwards, "settings": BODY["settings"]}
        report = index_corpus(existing, Corpus([path]), INDEX, _body(tmp_path, again))
        assert (report.indexed, report.replaced, report.total) == (2, 2, 2)

    def test_another_mapping_is_refused_with_the_ways_out(
        self, existing: Elasticsearch, tmp_path: Path, path: Path
    ) -> None:
        with pytest.raises(ConfigError, match=r"another mapping file than .*--recreate.*--append"):
            index_corpus(existing, Corpus([path]), INDEX, _body(tmp_path, OTHER))
        settings = {**BODY, "settings": {"number_of_shards": 1}}
        with pytest.raises(ConfigError, match="another mapping file"):
            index_corpus(existing, Corpus([path]), INDEX, _body(tmp_path, settings))

    def test_an_index_of_unknown_origin_is_refused(
        self, engine: Elasticsearch, tmp_path: Path, path: Path
    ) -> None:
        engine.indices.create(index=INDEX, body=dict(BODY))
        with pytest.raises(ConfigError, match="was not made by esqual index"):
            index_corpus(engine, Corpus([path]), INDEX, _body(tmp_path))

    def test_appending_keeps_the_mapping_and_replaces_known_ids(
        self, existing: Elasticsearch, tmp_path: Path
    ) -> None:
        more = _corpus(tmp_path, {"id": "b", "text": "霧"}, {"id": "c"}, name="more.ndjson")
        report = index_corpus(existing, Corpus([more]), INDEX, None, mode="append")
        assert (report.indexed, report.replaced, report.total) == (2, 1, 3)
        assert existing.get(index=INDEX, id="b")["_source"]["text"] == "霧"

    def test_appending_to_nothing_needs_a_mapping(self, engine: Elasticsearch, path: Path) -> None:
        with pytest.raises(ConfigError, match=r"no index 'articles'.*--mapping"):
            index_corpus(engine, Corpus([path]), INDEX, None, mode="append")

    def test_recreating_leaves_nothing_of_the_old_index(
        self, existing: Elasticsearch, tmp_path: Path
    ) -> None:
        other = _corpus(tmp_path, {"id": "z"}, name="z.ndjson")
        index_corpus(existing, Corpus([other]), INDEX, _body(tmp_path, OTHER), mode="recreate")
        assert _ids(existing) == ["z"]
        assert set(existing.indices.get(index=f"{INDEX}*")) == {INDEX}

    def test_a_mapping_that_the_engine_refuses_does_not_cost_the_old_index(
        self, existing: Elasticsearch, tmp_path: Path, path: Path
    ) -> None:
        bad = {"mappings": {"properties": {"text": {"type": "tekst"}}}}
        with pytest.raises(ConfigError, match=r"mapping.json: the engine refuses .*\[tekst\]"):
            index_corpus(existing, Corpus([path]), INDEX, _body(tmp_path, bad), mode="recreate")
        assert _ids(existing) == ["a", "b"]

    @pytest.mark.parametrize("name", ["*", "art*", "a,b", "_all", "-x", "A", "", "..", "a b"])
    def test_what_an_engine_would_read_as_several_indices_is_no_name(
        self, engine: Elasticsearch, tmp_path: Path, path: Path, name: str
    ) -> None:
        with pytest.raises(ConfigError, match="is not an index name"):
            index_corpus(engine, Corpus([path]), name, _body(tmp_path), mode="recreate")


class _Server:
    """Documents in a dict behind the real client; ``statuses`` are handed out per item first."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.statuses: list[int] = []
        self.bulks: list[list[str]] = []
        self.mappings: dict[str, Any] | None = None
        self.settings: dict[str, Any] = {}
        self.lost = 0
        self.under_way = self.most_under_way = 0
        self.pause_s = 0.0
        self.client = scripted_client(self._answer)

    def _answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "HEAD":
            return (404 if self.mappings is None else 200), {}
        if path.endswith("/_bulk"):
            return 200, self._bulk([action["index"]["_id"] for action in body[::2]])
        if path.endswith("/_count"):
            return 200, {"count": max(0, len(self.documents) - self.lost), "_shards": {"failed": 0}}
        if path.endswith("/_mapping"):
            if method == "PUT":
                assert self.mappings is not None
                self.mappings.update(body)
            return 200, {INDEX: {"mappings": self.mappings}}
        if path.endswith("/_settings"):
            if method == "PUT":
                self.settings.update(body)
            kept = {name: value for name, value in self.settings.items() if value is not None}
            return 200, {INDEX: {"settings": {"index.uuid": "u1", **kept}}}
        if method == "PUT":
            self.mappings = body["mappings"]
            self.settings = {f"index.{k}": str(v) for k, v in body.get("settings", {}).items()}
        return 200, {}

    def _bulk(self, doc_ids: list[str]) -> dict[str, Any]:
        self.bulks.append(doc_ids)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        time.sleep(self.pause_s)
        items = [self._index(doc_id) for doc_id in doc_ids]
        self.under_way -= 1
        return {"errors": True, "items": items}

    def _index(self, doc_id: str) -> dict[str, Any]:
        status = self.statuses.pop(0) if self.statuses else 201
        item: dict[str, Any] = {"_id": doc_id, "status": status}
        if status == 201:
            item["result"] = "updated" if doc_id in self.documents else "created"
            self.documents[doc_id] = True
        else:
            item["error"] = {"type": "es_rejected_execution_exception", "reason": "queue is full"}
        return {"index": item}


class TestServers:
    DOCUMENTS = tuple(Document(f"d{n}", {"id": f"d{n}"}, "c.ndjson", n + 1) for n in range(6))
    QUICK = LoadOptions(patience=Patience(first_wait_s=0.001, seed=1))

    def test_a_busy_server_is_asked_again_for_what_it_did_not_take_and_for_nothing_else(
        self, tmp_path: Path
    ) -> None:
        server = _Server()
        server.statuses = [201, 429, 429, 201, 201, 201, 429, 201]
        report = index_corpus(
            server.client, self.DOCUMENTS, INDEX, _body(tmp_path), options=self.QUICK
        )
        assert report.indexed == 6
        assert server.bulks == [[f"d{n}" for n in range(6)], ["d1", "d2"], ["d1"]]
        assert report.retried == 3

    def test_a_server_that_stays_busy_is_no_bad_document(self, tmp_path: Path) -> None:
        server = _Server()
        server.statuses = [201, *[429] * 1000]
        with pytest.raises(EngineError, match=r"c.ndjson:2 .status 429, .*queue is full") as caught:
            index_corpus(
                server.client,
                self.DOCUMENTS,
                INDEX,
                _body(tmp_path),
                rejects=Rejects(100),
                options=self.QUICK,
            )
        assert not isinstance(caught.value, IndexingError)
        assert "5 documents from c.ndjson:2 to c.ndjson:6 ('d1', 'd2', 'd3' …" in str(caught.value)

    def test_a_document_that_got_lost_is_an_error(self, tmp_path: Path) -> None:
        server = _Server()
        server.lost = 1
        with pytest.raises(IndexingError, match="holds 5 documents, where 6 were expected"):
            index_corpus(server.client, self.DOCUMENTS, INDEX, _body(tmp_path))

    def _overlapping(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writers: int
    ) -> tuple[_Server, bool]:
        monkeypatch.setattr(sending_module, "BATCH_DOCUMENTS", 2)
        server = _Server()
        server.pause_s = 0.05
        overlapped = threading.Event()

        def documents() -> Iterator[Document]:
            for document in self.DOCUMENTS:
                yield document
                if server.under_way:
                    overlapped.set()

        options = LoadOptions(writers=writers)
        index_corpus(server.client, documents(), INDEX, _body(tmp_path), options=options)
        return server, overlapped.is_set()

    def test_the_corpus_is_read_on_while_one_request_is_under_way(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, overlapped = self._overlapping(tmp_path, monkeypatch, writers=1)
        assert overlapped
        assert server.most_under_way == 1
        assert list(server.documents) == [f"d{n}" for n in range(6)]

    def test_several_writers_are_under_way_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server, _ = self._overlapping(tmp_path, monkeypatch, writers=3)
        assert server.most_under_way == 3
        assert sorted(server.documents) == [f"d{n}" for n in range(6)]

    def test_two_lines_of_one_id_are_never_under_way_together(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending_module, "BATCH_DOCUMENTS", 1)
        server = _Server()
        server.pause_s = 0.02
        twice = [Document("a", {"id": "a", "n": n}) for n in range(4)]
        options = LoadOptions(writers=3)
        index_corpus(
            server.client, twice, INDEX, _body(tmp_path), on_duplicate="last", options=options
        )
        assert server.most_under_way == 1
        assert len(server.bulks) == 4

    def test_refresh_and_replicas_are_switched_for_the_load_and_put_back(
        self, tmp_path: Path
    ) -> None:
        server = _Server()
        seen: list[dict[str, Any]] = []

        def documents() -> Iterator[Document]:
            seen.append(dict(server.settings))
            yield from self.DOCUMENTS

        body = {**BODY, "settings": {"number_of_replicas": 2}}
        index_corpus(server.client, documents(), INDEX, _body(tmp_path, body))
        assert seen == [{"index.number_of_replicas": "0", "index.refresh_interval": "-1"}]
        assert server.settings == {"index.number_of_replicas": "2", "index.refresh_interval": None}

    def test_an_interrupt_puts_the_settings_back_and_leaves_the_mark(self, tmp_path: Path) -> None:
        server = _Server()

        def documents() -> Iterator[Document]:
            yield from self.DOCUMENTS
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            index_corpus(server.client, documents(), INDEX, _body(tmp_path))
        assert server.settings["index.refresh_interval"] is None
        assert server.mappings is not None
        [note] = unfinished_notes({INDEX: {"mappings": server.mappings}})
        assert "'articles' is not completely loaded" in note

    def test_an_interrupt_ends_the_waits_for_a_busy_server(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending_module, "BATCH_DOCUMENTS", 2)
        server = _Server()
        server.statuses = [429] * 1000
        patience = Patience(first_wait_s=60)

        def documents() -> Iterator[Document]:
            yield from self.DOCUMENTS
            while not server.bulks:
                time.sleep(0.001)
            raise KeyboardInterrupt

        start = time.perf_counter()
        with pytest.raises(KeyboardInterrupt):
            index_corpus(
                server.client,
                documents(),
                INDEX,
                _body(tmp_path),
                options=LoadOptions(patience=patience),
            )
        assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", r"mapping.json:1: not JSON"),
        ('{\n "settings": {},\n}', r"mapping.json:3: not JSON"),
        ("[]", "a mapping file is an object"),
        ('{"properties": {}}', 'unknown key "properties".*put it under "mappings"'),
        ('{"mapping": {}}', 'unknown key "mapping"'),
        ('{"mappings": []}', '"mappings" must be an object'),
        ('{"mappings": {}, "mappings": {}}', '"mappings" stands twice'),
        ('{"mappings": {"_meta": {"esqual": 1}}}', '"esqual" in it are objects'),
        ('{"mappings": {"_meta": {"esqual": {"mapping_digest": "x"}}}}', "is written by esqual"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 8"),
        ("[" * 100_000, "not usable JSON"),
    ],
)
def test_a_mapping_file_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    path = tmp_path / "mapping.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError, match=reason):
        read_index_body(path)

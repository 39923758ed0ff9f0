"""``_bulk``: every document has its outcome, whoever writes at the same time."""

from __future__ import annotations

import threading

from elasticsearch import Elasticsearch, helpers


def test_one_bad_document_does_not_stop_the_others(engine: Elasticsearch) -> None:
    engine.indices.create(index="a", mappings={"properties": {"n": {"type": "long"}}})
    actions = [{"_index": "a", "_id": str(i), "n": "悪い" if i == 7 else i} for i in range(20)]
    done, errors = helpers.bulk(engine, actions, raise_on_error=False, refresh=True)
    assert (done, len(errors)) == (19, 1)
    assert errors[0]["index"]["status"] == 400
    assert engine.count(index="a")["count"] == 19


def test_a_term_too_long_for_lucene_fails_its_document_only(engine: Elasticsearch) -> None:
    engine.indices.create(
        index="a", mappings={"properties": {"t": {"type": "text", "analyzer": "keyword"}}}
    )
    actions = [
        {"_index": "a", "_id": str(i), "t": "あ" * (20000 if i == 1 else 2)} for i in range(3)
    ]
    done, errors = helpers.bulk(engine, actions, raise_on_error=False, refresh=True)
    assert (done, len(errors)) == (2, 1)
    assert "immense term" in errors[0]["index"]["error"]["reason"]
    assert engine.count(index="a")["count"] == 2


def test_threads_write_at_the_same_time_and_nothing_is_lost(engine: Elasticsearch) -> None:
    actions = ({"_index": "a", "_id": str(i % 700), "n": i} for i in range(1000))
    results = list(helpers.parallel_bulk(engine, actions, thread_count=4, chunk_size=50))
    assert all(ok for ok, _ in results)
    engine.indices.refresh(index="a")
    assert engine.count(index="a")["count"] == 700


def test_searches_go_on_while_another_thread_writes(engine: Elasticsearch) -> None:
    engine.indices.create(index="a", settings={"refresh_interval": "0s"})
    failures: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                hits = engine.search(index="a", query={"match_all": {}}, size=50)["hits"]["hits"]
                assert all(hit["_source"]["n"] == int(hit["_id"]) for hit in hits)
                engine.indices.stats(index="a")
            except Exception as error:
                failures.append(error)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(2)]
    for reader in readers:
        reader.start()
    for start in range(0, 900, 30):
        numbers = (n % 300 for n in range(start, start + 30))
        helpers.bulk(engine, ({"_index": "a", "_id": str(n), "n": n} for n in numbers))
    done.set()
    for reader in readers:
        reader.join(timeout=60)
    assert failures == []
    engine.indices.refresh(index="a")
    assert engine.count(index="a")["count"] == 300


def test_indexing_and_deleting_indices_at_once_neither_hangs_nor_breaks(
    engine: Elasticsearch,
) -> None:
    def work(name: str) -> None:
        for _ in range(5):
            helpers.bulk(engine, ({"_index": name, "n": i} for i in range(20)))
            engine.indices.delete(index=name)

    threads = [threading.Thread(target=work, args=(f"i{n}",), daemon=True) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert engine.indices.get(index="*") == {}

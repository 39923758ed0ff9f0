from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from esqual.enrich import Enrichment
from esqual.enrich.cache import Cache
from esqual.enrich.stream import Progress, enrich_documents
from esqual.errors import EnrichmentError
from esqual.models import Document
from tests.enrich import letters, moody

ROOT = Path(__file__).parent.parent.parent
LETTERS = Enrichment("l", "letters", "text", "l", letters.IMPLEMENTATION, {"least": 1})


def _moody(**parameters: Any) -> Enrichment:
    complete = moody.KIND.defaults(parameters)
    return Enrichment("m", "moody", "text", "m", moody.IMPLEMENTATION, complete)


def _documents(count: int) -> list[Document]:
    return [Document(f"d{i}", {"id": f"d{i}", "text": f"{i}番の胃が痛い"}) for i in range(count)]


def _failures(list_: list[tuple[str, str]]) -> Any:
    return lambda document, _enrichment, reason: list_.append((document.doc_id, reason))


def _no_failure(document: Document, _enrichment: Enrichment, reason: str) -> None:
    pytest.fail(f"{document.doc_id}: {reason}")


@pytest.mark.parametrize("processes", [1, 2])
def test_documents_come_out_in_order_with_their_fields(processes: int) -> None:
    documents = _documents(700)
    enrichments = [LETTERS, _moody()]
    made = list(enrich_documents(documents, enrichments, on_error=_no_failure, processes=processes))
    assert [d.doc_id for d in made] == [d.doc_id for d in documents]
    assert made[699].body["l"] == {
        "pairs": ["69", "99", "9番", "番の", "の胃", "胃が", "が痛", "痛い"]
    }
    assert [d.body["m"][2] for d in made] == [d.body["text"] for d in documents]
    assert {d.body["m"][0] == os.getpid() for d in made} == {processes == 1}


def test_little_work_and_a_kind_that_asks_for_none_stay_in_this_process() -> None:
    for enrichment, count in ((_moody(pool_from=10**6), 50), (_moody(pool_from=None), 700)):
        made = enrich_documents(_documents(count), [enrichment], on_error=_no_failure, processes=2)
        assert {d.body["m"][0] for d in made} == {os.getpid()}


@pytest.mark.parametrize("processes", [1, 2])
def test_a_document_that_fails_is_named_and_comes_out_without_the_field(processes: int) -> None:
    documents = _documents(200)
    documents[70] = Document("bad", {"text": "fail"})
    documents[80] = Document("odd", {"text": {"an": "object"}})
    documents[90] = Document("empty", {"text": ""})
    documents[91] = Document("none", {"id": "none"})
    failures: list[tuple[str, str]] = []
    made = list(
        enrich_documents(documents, [_moody()], on_error=_failures(failures), processes=processes)
    )
    assert [doc_id for doc_id, _ in failures] == ["bad", "odd"]
    assert failures[0][1] == "no mood for this one"
    assert len(made) == 200
    assert [d.doc_id for d in made if "m" not in d.body] == ["bad", "odd", "none"]


def test_a_field_that_is_there_is_left_as_it_is() -> None:
    document = Document("d", {"text": "胃", "m": "kept"})
    (made,) = enrich_documents([document], [_moody()], on_error=_no_failure, processes=1)
    assert made.body["m"] == "kept"


@pytest.mark.parametrize("processes", [1, 2])
def test_the_second_run_computes_nothing(tmp_path: Path, processes: int) -> None:
    documents = _documents(300)
    documents[3] = Document("bad", {"text": "fail"})
    runs = []
    for _ in range(2):
        said: list[Progress] = []
        with Cache(tmp_path / "c.sqlite") as cache:
            made = enrich_documents(
                documents,
                [_moody()],
                on_error=lambda *_: None,
                cache=cache,
                processes=processes,
                on_progress=said.append,
            )
            runs.append([d.body for d in made])
    assert runs[0] == runs[1]
    # what failed is tried again
    assert (said[-1].made, said[-1].cached) == (1, 299)


def test_another_source_field_finds_the_same_values(tmp_path: Path) -> None:
    said: list[Progress] = []
    with Cache(tmp_path / "c.sqlite") as cache:
        for source in ("text", "body"):
            enrichment = Enrichment(
                "l", "letters", source, "l", letters.IMPLEMENTATION, {"least": 1}
            )
            documents = [Document("d", {source: "胃が痛い"})]
            stream = enrich_documents(
                documents, [enrichment], on_error=_no_failure, cache=cache, on_progress=said.append
            )
            assert next(stream).body["l"]["pairs"] == ["胃が", "が痛", "痛い"]
            list(stream)
    assert said[-1].cached == 1


@pytest.mark.parametrize(
    ("processes", "pool_from", "ahead"), [(1, 1, 64), (2, None, 64), (2, 1, 512)]
)
def test_a_corpus_without_end_is_read_only_a_little_ahead(
    processes: int, pool_from: int | None, ahead: int
) -> None:
    read = 0

    def endless() -> Iterator[Document]:
        nonlocal read
        for read in itertools.count(1):
            yield Document(str(read), {"text": f"{read}番の胃が痛い"})

    enrichments = [_moody(pool_from=pool_from)]
    stream = enrich_documents(endless(), enrichments, on_error=_no_failure, processes=processes)
    for place in range(1, 2001):
        assert next(stream).doc_id == str(place)
    assert read - 2000 <= ahead
    stream.close()  # type: ignore[attr-defined]


def test_what_is_in_the_cache_does_not_wait_for_a_pool(tmp_path: Path) -> None:
    with Cache(tmp_path / "c.sqlite") as cache:
        options: Any = {"on_error": _no_failure, "cache": cache, "processes": 2}
        little = [_moody(pool_from=10**9)]
        list(enrich_documents(_documents(640), little, **options))
        read = 0

        def counted() -> Iterator[Document]:
            nonlocal read
            for document in _documents(640):
                read += 1
                yield document

        next(enrich_documents(counted(), little, **options))
    assert read == 64


def test_progress_counts_and_gives_the_time_left() -> None:
    said: list[Progress] = []
    documents = [Document(str(i), {"text": "sleep"}) for i in range(192)]
    stream = enrich_documents(
        documents,
        [_moody()],
        on_error=_no_failure,
        processes=1,
        total=192,
        on_progress=said.append,
    )
    for _ in stream:
        if said:
            break
    assert said[0].documents == 64
    assert said[0].per_second == pytest.approx(64 / said[0].elapsed_s, rel=0.01)
    assert said[0].eta_s == pytest.approx(128 / said[0].per_second)


def test_notes_of_the_workers_come_once() -> None:
    for processes in (1, 2):
        notes: list[str] = []
        stream = enrich_documents(
            _documents(300),
            [_moody()],
            on_error=_no_failure,
            processes=processes,
            on_note=notes.append,
        )
        list(stream)
        assert notes == ["moody today"]


@pytest.mark.parametrize(("text", "message"), [("die", "died twice"), ("raise", "out of sorts")])
def test_a_batch_that_fails_as_a_whole_names_enrichment_and_documents(
    text: str, message: str
) -> None:
    documents = _documents(100)
    documents[70] = Document("bad", {"text": text})
    with pytest.raises(EnrichmentError, match=rf"{message}.*'m', documents 'd64' to 'd99'"):
        list(enrich_documents(documents, [_moody()], on_error=_no_failure, processes=2))


def test_without_enrichments_documents_pass_untouched() -> None:
    documents = _documents(3)
    assert list(enrich_documents(documents, [], on_error=_no_failure)) == documents


_INTERRUPTED = """
import itertools, sys
from esqual.enrich import Enrichment
from esqual.enrich.stream import enrich_documents
from esqual.models import Document
moody = Enrichment("m", "moody", "text", "m", "tests.enrich.moody:KIND",
                   {"missing": False, "pool_from": 1})
documents = (Document(str(i), {"text": "sleep"}) for i in itertools.count())
try:
    for document in enrich_documents(documents, [moody], on_error=print, processes=2):
        print(document.body["m"][0], flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a group of processes")
def test_ctrl_c_ends_the_workers_without_a_word() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == ""
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)

"""A corpus goes through in order; what cannot be enriched or proved is told in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from esqual.enrich.documents import EnrichedDocuments, EnrichOptions, FieldCount
from esqual.enrich.origin import MARKER
from esqual.errors import CorpusError
from esqual.models import Document
from tests.enrich import letters
from tests.enrich.conftest import read


def _documents(*bodies: dict[str, Any]) -> list[Document]:
    return [Document(f"d{n}", {"id": f"d{n}", **b}, "c", n) for n, b in enumerate(bodies, start=1)]


def _run(
    documents: Any, *entries: dict[str, Any], marked: bool = False, **options: Any
) -> tuple[list[dict[str, Any]], list[tuple[str, str]], EnrichedDocuments]:
    told: list[tuple[str, str]] = []
    run = EnrichedDocuments(
        documents,
        read(*entries),
        on_reject=lambda document, reason: told.append((document.doc_id, reason)),
        options=EnrichOptions(**options),
        marked=marked,
    )
    return [dict(document.body) for document in run], told, run


def test_fields_are_added_last_in_the_order_of_the_declaration() -> None:
    [body], told, run = _run(
        _documents({"text": "胃痛", "title": "頭痛"}),
        {"name": "b", "target": "z"},
        {"name": "a", "target": "y", "source": "title"},
    )
    assert list(body) == ["id", "text", "title", "z", "y"]
    assert body["y"] == {"pairs": ["頭痛"]}
    assert told == []
    assert run.counts == {"z": FieldCount(made=1), "y": FieldCount(made=1)}


def test_a_document_without_the_text_stays_without_the_field_and_is_counted() -> None:
    bodies, told, run = _run(_documents({"text": "胃痛"}, {"title": "x"}, {"text": None}))
    assert ["dep" in body for body in bodies] == [True, False, False]
    assert run.counts["dep"] == FieldCount(made=1, without=2)
    assert told == []


def test_a_failure_is_rejected_in_its_place_or_kept_and_named() -> None:
    corpus = _documents({"text": "胃痛"}, {"text": "a\0"}, {"text": 3}, {"text": "頭痛"})
    bodies, told, run = _run(corpus)
    assert [body["id"] for body in bodies] == ["d1", "d4"]
    assert told == [
        ("d2", "no 'dep' (enrichment 'pairs'): a NUL is not text"),
        ("d3", "no 'dep' (enrichment 'pairs'): the field 'text' holds 3, where text is needed"),
    ]
    named: list[str] = []
    bodies, told, run = _run(
        corpus, on_error="keep", on_kept=lambda document, _: named.append(document.doc_id)
    )
    assert [(body["id"], "dep" in body) for body in bodies] == [
        ("d1", True),
        ("d2", False),
        ("d3", False),
        ("d4", True),
    ]
    assert (named, told, run.failed) == (["d2", "d3"], [], 2)
    assert run.counts["dep"] == FieldCount(made=2, without=2)


def test_what_was_enriched_before_is_kept_and_not_made_again() -> None:
    marked, _, _ = _run(_documents({"text": "胃痛"}, {}), marked=True)
    assert [list(body) for body in marked] == [["id", "text", "dep", MARKER], ["id", MARKER]]
    letters.SEEN.clear()
    again, told, run = _run(_documents(*marked))
    assert letters.SEEN == []
    assert again == [{"id": "d1", "text": "胃痛", "dep": {"pairs": ["胃痛"]}}, {"id": "d2"}]
    assert told == []
    assert run.counts["dep"] == FieldCount(kept=1, without=1)


def test_the_order_of_fields_is_the_same_whether_they_were_made_before_or_now() -> None:
    both = ({"name": "b", "target": "z"}, {})
    [raw], _, _ = _run(_documents({"text": "胃痛"}), *both)
    [half], _, _ = _run(_documents({"text": "胃痛"}), marked=True)
    [made], told, run = _run(_documents(half), *both)
    assert list(made) == list(raw) == ["id", "text", "z", "dep"]
    assert run.counts == {"z": FieldCount(made=1), "dep": FieldCount(kept=1)}
    assert told == []


def test_documents_without_a_place_and_of_one_id_are_told_apart() -> None:
    bad = [
        Document("x", {"text": "\0"}),
        Document("x", {"text": "胃痛"}),
        Document("x", {"text": 1}),
    ]
    bodies, told, _ = _run(bad)
    assert bodies == [{"text": "胃痛", "dep": {"pairs": ["胃痛"]}}]
    assert [reason.split(": ")[1][:5] for _, reason in told] == ["a NUL", "the f"]


def test_a_field_of_unknown_origin_is_rejected_even_when_failures_are_kept() -> None:
    [marked], _, _ = _run(_documents({"text": "胃痛"}), marked=True)
    foreign = {"text": "胃痛", "dep": {"pairs": ["x"]}}
    edited = {**marked, "text": "胃痛。"}
    older = {**marked, MARKER: {"dep": "0" * 64 + "/" + marked[MARKER]["dep"].split("/")[1]}}
    broken = {**marked, MARKER: 5}
    bodies, told, _ = _run(_documents(foreign, edited, older, broken), on_error="keep")
    assert bodies == []
    assert [doc_id for doc_id, _ in told] == ["d1", "d2", "d3", "d4"]
    for (_, reason), words in zip(
        told, ["no marker", "another text", "another version", "no marker"], strict=True
    ):
        assert words in reason
        assert "run esqual enrich on the corpus again" in reason


def test_a_null_field_is_made_as_if_it_were_not_there() -> None:
    [body], _, _ = _run(_documents({"dep": None, "text": "胃痛"}))
    assert list(body) == ["id", "text", "dep"]
    assert body["dep"] == {"pairs": ["胃痛"]}


def test_without_enrichments_the_marker_is_still_taken_out() -> None:
    [marked], _, _ = _run(_documents({"text": "胃痛"}), marked=True)
    run = EnrichedDocuments(_documents(marked), (), on_reject=lambda *_: None)
    assert [list(document.body) for document in run] == [["id", "text", "dep"]]


def test_what_was_read_before_a_bad_line_comes_first() -> None:
    def corpus() -> Iterator[Document]:
        yield from _documents({"text": "胃痛"}, {"text": "頭痛"})
        raise CorpusError("cannot be read", path="c", line=3)

    seen: list[str] = []
    run = EnrichedDocuments(corpus(), read(), on_reject=lambda *_: None)
    with pytest.raises(CorpusError, match="c:3: cannot be read"):
        seen.extend(document.doc_id for document in run)
    assert seen == ["d1", "d2"]


def test_a_reject_too_many_ends_it_after_what_stood_before() -> None:
    def refuse(document: Document, reason: str) -> None:
        raise CorpusError(reason, path=document.path, line=document.line)

    seen: list[str] = []
    run = EnrichedDocuments(
        _documents({"text": "胃痛"}, {"text": "\0"}, {"text": "頭痛"}), read(), on_reject=refuse
    )
    with pytest.raises(CorpusError, match="c:2: no 'dep'"):
        seen.extend(document.doc_id for document in run)
    assert seen == ["d1"]

"""What counts as a change of an index between two looks, and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from esqual.comparison.state import Copy, IndexState, changes_between, check_unchanged, state_of
from esqual.errors import EngineError

COPIES = {
    ("part-1", "0", "n1"): Copy(9, 10, 2),
    ("part-1", "0", "n2"): Copy(9, 10, 0),
    ("part-2", "0", "n1"): Copy(4, 5, 0),
}
THEN = IndexState({"part-1": "u1", "part-2": "u2"}, 15, 2, "d", COPIES)


def copies(**changed: Any) -> dict[tuple[str, str, str], Copy]:
    return COPIES | {("part-1", "0", "n1"): replace_copy(**changed)}


def replace_copy(**changed: Any) -> Copy:
    return Copy(9, 10, 2)._replace(**changed)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"uuids": {"part-1": "u1", "part-3": "u3"}}, "stood for part-1, part-2, now for part-1"),
        ({"uuids": {"part-1": "u1", "part-2": "u9"}}, "part-2 was made anew"),
        ({"documents": 16}, "15 documents before, 16 after"),
        ({"definition": "e"}, "mapping, analysis or similarity"),
        ({"copies": copies(max_seq_no=12)}, "part-1 shard 0: sequence number 9 before, 12 after"),
        ({"copies": copies(deleted=3)}, "2 deleted before, 10 and 3 after"),
        ({"copies": copies(deleted=0)}, "a refresh or a merge"),
        ({"copies": copies(documents=9)}, "10 documents and 2 deleted before, 9 and 2 after"),
    ],
)
def test_a_change_is_named(now: dict[str, Any], said: str) -> None:
    with pytest.raises(EngineError, match=said) as caught:
        check_unchanged("live", THEN, replace(THEN, **now))
    assert "the index live changed during the comparison" in str(caught.value)


@pytest.mark.parametrize(
    "now",
    [
        {},
        # a replica went, or came, or moved to another node
        {"copies": {key: copy for key, copy in COPIES.items() if key[2] == "n1"}},
        {"copies": COPIES | {("part-2", "0", "n3"): Copy(4, 5, 1)}},
        {"copies": {(i, s, "n7"): copy for (i, s, n), copy in COPIES.items() if n == "n1"}},
        {"copies": None, "unseen": "no right"},
    ],
)
def test_what_moves_no_score_is_no_change(now: dict[str, Any]) -> None:
    assert list(changes_between(THEN, replace(THEN, **now))) == []


def fill(client: Elasticsearch) -> None:
    client.indices.create(
        index="articles",
        settings={"number_of_shards": 1, "refresh_interval": "-1"},
        mappings={"_meta": {"made": "today"}, "properties": {"text": {"type": "text"}}},
    )
    for number in range(3):
        client.index(index="articles", id=str(number), document={"text": "胃が痛い"})
    client.indices.refresh(index="articles")


def test_an_index_that_rests_has_one_state(engine: Elasticsearch) -> None:
    fill(engine)
    state = state_of(engine, "articles")
    assert (state.documents, state.n_shards, state.has_several_copies) == (3, 1, False)
    assert list((state.copies or {}).values()) == [Copy(2, 3, 0)]
    engine.indices.flush(index="articles")
    engine.indices.put_mapping(index="articles", meta={"made": "yesterday"})
    assert state_of(engine, "articles") == state


def test_every_write_shows_even_where_the_number_of_documents_stays(
    engine: Elasticsearch,
) -> None:
    fill(engine)
    before = state_of(engine, "articles")
    engine.index(index="articles", id="0", document={"text": "頭が痛い"})
    written = state_of(engine, "articles")
    assert written.documents == before.documents
    assert "sequence number 2 before, 3 after" in next(changes_between(before, written))
    # the write is seen later: nothing is written in between, and the answers change
    engine.indices.refresh(index="articles")
    shown = state_of(engine, "articles")
    assert "another" in next(changes_between(written, shown))


def test_a_field_that_comes_into_the_mapping_is_a_change(engine: Elasticsearch) -> None:
    fill(engine)
    before = state_of(engine, "articles")
    engine.indices.put_mapping(index="articles", properties={"title": {"type": "text"}})
    assert list(changes_between(before, state_of(engine, "articles"))) != []

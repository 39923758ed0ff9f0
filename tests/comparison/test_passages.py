"""What documents say: fetched once, bounded, with the query's words set apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from esqual.comparison import Comparison, impact_of
from esqual.comparison.passages import passages_of
from esqual.models import Topic

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

MAPPING = {
    "properties": {
        "title": {"type": "text", "analyzer": "kuromoji"},
        "text": {"type": "text", "analyzer": "kuromoji"},
        "place": {"type": "keyword"},
    }
}
TOPICS = [Topic("q1", "胃が痛い"), Topic("q2", "桜の名所")]
FILLER = "天気の話が長く続きます。" * 30


def made(engine: Elasticsearch) -> Comparison:
    engine.indices.create(index="i", mappings=MAPPING)
    for doc_id, body in {
        "a": {"title": "夫の胃", "text": "😀先週から胃が痛くて眠れない。", "place": "東京"},
        "b": {"title": "花見", "text": f"{FILLER}京都の桜は見事でした。{FILLER}"},
        "c": {"title": "題だけ"},
    }.items():
        engine.index(index="i", id=doc_id, document=body)
    engine.indices.refresh(index="i")
    before = {"q1": ["a"], "q2": ["b", "gone"]}
    after = {"q1": ["a"], "q2": ["c"]}
    rows, results = impact_of(TOPICS, before, after, 10)
    return Comparison("impact", "i", "i", 10, rows, results)


def test_words_of_the_query_are_set_apart_beyond_the_basic_plane_too(engine: Elasticsearch) -> None:
    passages = passages_of(engine, [made(engine)])
    found = passages.by_key["i", "q1", "a"]
    assert found.title == ("夫の", "胃", "")
    assert found.text == ("😀先週から", "胃", "が", "痛く", "て眠れない。")
    assert passages.notes == ()


def test_a_long_text_is_cut_to_where_the_words_are(engine: Elasticsearch) -> None:
    found = passages_of(engine, [made(engine)]).by_key["i", "q2", "b"]
    assert "桜" in found.text[1::2]
    assert found.text[0].startswith("…")
    assert found.text[-1].endswith("…")
    assert sum(map(len, found.text)) <= 142


def test_what_no_index_holds_and_what_has_no_text_is_no_passage(engine: Elasticsearch) -> None:
    by_key = passages_of(engine, [made(engine)]).by_key
    assert ("i", "q2", "gone") not in by_key
    assert by_key["i", "q2", "c"].text == ()


def test_the_topics_that_moved_most_have_the_room(engine: Elasticsearch) -> None:
    passages = passages_of(engine, [made(engine)], limit=3)
    assert {query_id for _, query_id, _ in passages.by_key} == {"q2"}
    assert "1 topics that moved least" in passages.notes[0]


def test_an_index_that_does_not_answer_has_a_note(engine: Elasticsearch) -> None:
    comparison = made(engine)
    engine.indices.delete(index="i")
    passages = passages_of(engine, [comparison])
    assert passages.by_key == {}
    assert "shown by id alone" in passages.notes[0]

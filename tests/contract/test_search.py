"""Searches through the client: several indices, batches, and what needs a server."""

from __future__ import annotations

from typing import Any

import pytest
from elasticsearch import Elasticsearch, NotFoundError

pytestmark = pytest.mark.needs("kuromoji")

SENTENCES = [
    "胃が痛いので早く寝た。",
    "ずっと胃がキリキリと痛い。",
    "頭が痛い。胃がむかむかする。",
    "駅前の喫茶店で本を読んだ。",
    "雨の朝は電車が混む。",
]
MAPPINGS = {"properties": {"text": {"type": "text", "analyzer": "kuromoji"}}}


@pytest.fixture(scope="module")
def client(module_engine: Elasticsearch) -> Elasticsearch:
    client = module_engine
    for name in ("朝日", "夕日", "many"):
        client.indices.create(index=name, mappings=MAPPINGS)
    for number, sentence in enumerate(SENTENCES):
        client.index(index="朝日", id=f"a{number}", document={"text": sentence, "n": number})
        client.index(index="夕日", id=f"y{number}", document={"text": sentence, "n": number})
    for number in range(20):
        client.index(index="many", id=f"d{number:02}", document={"text": "毎日同じ文を書く。"})
    client.indices.put_alias(index="朝日", name="新聞")
    client.indices.put_alias(index="夕日", name="新聞")
    client.indices.refresh(index="_all")
    return client


def ids(answer: Any) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def test_equal_scores_come_in_indexing_order(client: Elasticsearch) -> None:
    answer = client.search(index="many", query={"match": {"text": "文"}}, size=20)
    assert ids(answer) == [f"d{number:02}" for number in range(20)]


@pytest.mark.parametrize("index", ["夕日,朝日", "新聞", "*日"])
def test_several_indices_are_merged_by_score_then_name_then_document(
    client: Elasticsearch, index: str
) -> None:
    query = {"match": {"text": "胃 キリキリ"}}
    answer = client.search(index=index, query=query, size=5)
    one = client.search(index="夕日", query=query)
    assert ids(one) == ["y1", "y0", "y2"]
    # the other two score alike; 夕 sorts before 朝
    assert ids(answer) == ["y1", "a1", "y0", "y2", "a0"]
    assert answer["hits"]["total"] == {"value": 6, "relation": "eq"}
    assert answer["_shards"]["total"] == 2
    assert answer["hits"]["max_score"] == one["hits"]["max_score"]


def test_several_indices_are_merged_by_sort_values(client: Elasticsearch) -> None:
    answer = client.search(index="新聞", sort=[{"n": "desc"}], size=3, from_=1)
    assert ids(answer) == ["a4", "y3", "a3"]
    assert [hit["sort"] for hit in answer["hits"]["hits"]] == [[4], [3], [3]]


def test_an_index_that_refuses_is_reported_beside_the_answers_of_the_others(
    client: Elasticsearch,
) -> None:
    answer = client.search(index="朝日,many", query={"match_all": {}}, sort=["n"])
    assert ids(answer) == [f"a{number}" for number in range(5)]
    assert answer["_shards"]["failed"] == 1
    (failure,) = answer["_shards"]["failures"]
    assert failure["index"] == "many"
    assert failure["reason"]["reason"] == "No mapping found for [n] in order to sort on"


def test_a_pattern_that_fits_no_index_finds_nothing(client: Elasticsearch) -> None:
    answer = client.search(index="none*")
    assert answer["hits"] == {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []}


def test_indices_boost_reorders_what_several_indices_found(client: Elasticsearch) -> None:
    boosts = [{"朝日": 3.0}]
    answer = client.search(
        index="新聞", query={"match": {"text": "胃"}}, size=3, indices_boost=boosts
    )
    assert {doc[0] for doc in ids(answer)} == {"a"}


def test_a_large_batch_answers_as_one_search_after_another(client: Elasticsearch) -> None:
    words = ["胃", "頭", "痛い", "電車", "本", "何もない語"]
    bodies: list[Any] = []
    for word in words * 5:
        bodies += [{"index": "朝日"}, {"query": {"match": {"text": word}}, "size": 3}]
    batch = client.msearch(searches=bodies)["responses"]
    for word, answer in zip(words * 5, batch, strict=True):
        alone = client.search(index="朝日", query={"match": {"text": word}}, size=3)
        assert answer["hits"] == alone["hits"]


@pytest.mark.needs("rank_eval")
def test_the_practice_figure_comes_through_the_client(client: Elasticsearch) -> None:
    ratings = [{"_index": "many", "_id": f"d{rank - 1:02}", "rating": 1} for rank in (2, 5, 10)]
    ratings += [{"_index": "many", "_id": f"x{n}", "rating": 1} for n in range(17)]
    request = {"id": "q", "request": {"query": {"match": {"text": "文"}}}, "ratings": ratings}
    metric = {"dcg": {"k": 20, "normalize": True}}
    answer = client.rank_eval(index="many", requests=[request], metric=metric)
    assert answer["metric_score"] == pytest.approx(0.1856246546622184, abs=1e-12)


@pytest.mark.needs("templates", "lucene10")
def test_a_stored_template_searches_until_it_is_deleted(client: Elasticsearch) -> None:
    source = {"query": {"match": {"text": "{{語}}"}}, "size": "{{n}}{{^n}}1{{/n}}"}
    client.put_script(id="語", script={"lang": "mustache", "source": source})
    assert client.get_script(id="語")["script"]["lang"] == "mustache"
    params = {"語": "胃"}
    assert ids(client.search_template(index="朝日", id="語", params=params)) == ["a0"]
    items = [{"index": "朝日"}, {"id": "語", "params": {**params, "n": 3}}]
    items += [{"index": "朝日"}, {"id": "ない"}]
    good, bad = client.msearch_template(search_templates=items)["responses"]
    assert len(ids(good)) == 3
    assert bad["status"] == 404
    client.delete_script(id="語")
    with pytest.raises(NotFoundError):
        client.search_template(index="朝日", id="語", params=params)

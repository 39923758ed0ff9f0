"""Arms whose query files fuse several bodies, on the embedded engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch, helpers

from esqual.comparison import Arm, Comparison, compare_queries
from esqual.errors import ConfigError
from esqual.measures import parse_measure
from esqual.models import Qrels, Topic
from esqual.templates import QueryTemplate, read_template

TEXTS = {
    "d1": "ずっと胃がキリキリと痛い。",
    "d2": "頭が痛い。胃がむかむかする。",
    "d3": "胃カメラの予約をしました。",
    "d4": "桜の下で弁当を食べた。",
}
VECTORS = {"d1": [0, 1], "d2": [1, 0], "d3": [1, 1], "d4": [-1, 0.1]}
TOPICS = [
    Topic("t1", "胃が痛い", {"vector": "[0.1, 1]"}),
    Topic("t2", "頭痛", {"vector": "[1, 0.1]"}),
]
QRELS: Qrels = {"t1": {"d1": 2, "d2": 0}, "t2": {"d2": 1}}
WORDS = '{"query": {"match": {"text": "{{query}}"}}}'
NEAR = '{"knn": {"field": "vector", "query_vector": {{vector}}, "k": 4, "num_candidates": 4}}'
RRF = f'{{"fuse": {{"method": "rrf"}}, "queries": {{"words": {WORDS}, "near": {NEAR}}}}}'
MEASURES = [parse_measure("nDCG(dcg='exp-log2')@10"), parse_measure("RR@10")]


@pytest.fixture
def articles(engine: Elasticsearch) -> Elasticsearch:
    properties = {
        "text": {"type": "text", "analyzer": "kuromoji"},
        "vector": {"type": "dense_vector", "dims": 2, "index_options": {"type": "hnsw"}},
    }
    engine.indices.create(index="articles", mappings={"properties": properties})
    actions = [
        {"_index": "articles", "_id": doc_id, "text": text, "vector": VECTORS[doc_id]}
        for doc_id, text in TEXTS.items()
    ]
    helpers.bulk(engine, actions, refresh=True)
    return engine


@pytest.fixture
def template(tmp_path: Path) -> Any:
    def write(text: str, name: str) -> QueryTemplate:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_template(path)

    return write


def compare(client: Elasticsearch, baseline: Any, candidate: Any, **options: Any) -> Any:
    arms = Arm("baseline", "articles", baseline), Arm("candidate", "articles", candidate)
    return compare_queries(client, TOPICS, *arms, **options)


def test_figures_come_from_the_fused_run_and_rank_eval_is_null(
    articles: Elasticsearch, template: Any
) -> None:
    result, own, other = compare(
        articles,
        template(WORDS, "words.json"),
        template(RRF, "rrf.json"),
        qrels=QRELS,
        measures=MEASURES,
    )
    # words: d1 d2 d3 by score; near: d1 d3 d2 d4
    assert own.pages["t1"].doc_ids == ("d1", "d2", "d3")
    assert other.pages["t1"].doc_ids == ("d1", "d2", "d3", "d4")
    assert other.pages["t1"].scores[0] == pytest.approx(2 / 61)
    assert other.pages["t1"].scores[1] == pytest.approx(1 / 62 + 1 / 63)
    # 頭痛 is one word that no text has; its vector is that of d2
    assert own.pages["t2"].doc_ids == ()
    assert other.pages["t2"].doc_ids[0] == "d2"
    ndcg, rr = result.measures
    assert (ndcg.baseline, ndcg.candidate) == (0.5, 1.0)
    assert (rr.baseline, rr.candidate) == (0.5, 1.0)
    assert ndcg.rank_eval is None
    assert any("candidate fused on this side" in note for note in result.notes)


def test_the_arm_that_is_not_fused_keeps_its_figures(
    articles: Elasticsearch, template: Any
) -> None:
    words, fused = template(WORDS, "words.json"), template(RRF, "rrf.json")
    as_baseline, *_ = compare(articles, fused, words, qrels=QRELS, measures=MEASURES)
    plain, *_ = compare(articles, words, words, qrels=QRELS, measures=MEASURES)
    assert [row.candidate for row in as_baseline.measures] == [
        row.candidate for row in plain.measures
    ]
    assert plain.measures[0].rank_eval is not None


def test_impact_is_measured_of_a_fused_arm(articles: Elasticsearch, template: Any) -> None:
    words, fused = template(WORDS, "words.json"), template(RRF, "rrf.json")
    same, *_ = compare(articles, fused, fused, depth=3)
    assert same.identical
    assert same.measures[0].candidate == 1.0
    assert same.measures[0].rank_eval is None
    other: Comparison
    other, *_ = compare(articles, words, fused, depth=3)
    assert other.measures[0].candidate == 0.5  # t1 keeps its three, t2 had none


def test_a_page_that_ends_inside_equal_fused_scores_is_counted(
    articles: Elasticsearch, template: Any
) -> None:
    # d1 leads one list and d2 the other
    one = '{"query": {"ids": {"values": ["d1"]}}}'
    two = '{"query": {"ids": {"values": ["d2"]}}}'
    fused = template(f'{{"fuse": {{}}, "queries": {{"one": {one}, "two": {two}}}}}', "tie.json")
    result, own, _ = compare(articles, fused, fused, depth=1)
    assert own.pages["t1"].doc_ids == ("d1",)
    assert result.tied_pages == (2, 2)


def test_a_query_that_drops_out_is_named_with_its_topics(
    articles: Elasticsearch, template: Any
) -> None:
    near = "{{#has}}" + NEAR + "{{/has}}{{^has}}false{{/has}}"
    text = f'{{"fuse": {{}}, "queries": {{"words": {WORDS}, "near": {near}}}}}'
    result, _, other = compare(
        articles, template(WORDS, "words.json"), template(text, "some.json"), depth=3
    )
    assert other.pages["t1"].doc_ids == ("d1", "d2", "d3")
    assert "candidate: query near dropped out for 2 of 2 topics: t1, t2" in result.notes
    text = f'{{"fuse": {{}}, "queries": {{"near": {near}}}}}'
    _, _, nothing = compare(
        articles, template(WORDS, "words.json"), template(text, "none.json"), depth=3
    )
    assert nothing.pages["t1"].doc_ids == ()


def test_linear_and_stable_order_reach_every_body(articles: Elasticsearch, template: Any) -> None:
    text = f'{{"fuse": {{"method": "linear"}}, "queries": {{"words": {WORDS}, "near": {NEAR}}}}}'
    fused = template(text, "linear.json")
    result, own, _ = compare(articles, fused, fused, depth=3, stable_order="_doc")
    assert own.pages["t1"].doc_ids[0] == "d1"
    assert own.pages["t1"].scores[0] == pytest.approx(2.0)
    assert result.identical


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (RRF.replace('"rrf"', '"borda"'), "topic t1.*known: linear, rrf"),
        (RRF.replace('"method": "rrf"', '"window": 2'), "window.* is 2, and 3 hits"),
        (RRF.replace('"match"', '"mach"'), r"rrf.json:1: the engine refuses.*unknown query \[mach"),
        (RRF.replace('"k": 4', '"k": 0'), r"\[k\] must be greater than 0"),
        (RRF.replace('{"query": {"m', '{"timeout": "1s", "query": {"m'), "timeout"),
    ],
)
def test_what_is_wrong_is_said_before_any_figure(
    articles: Elasticsearch, template: Any, text: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason) as found:
        compare(articles, template(WORDS, "words.json"), template(text, "rrf.json"), depth=3)
    assert "rrf.json" in str(found.value)


def test_the_record_names_the_file_of_a_fused_arm(articles: Elasticsearch, template: Any) -> None:
    fused = template(RRF, "rrf.json")
    result, *_ = compare(articles, fused, fused, depth=3)
    assert result.record["baseline_template_sha256"] == fused.digest

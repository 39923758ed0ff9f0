"""Comparisons end to end on the embedded engine, with a corpus small enough to follow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch, helpers

from esqual.comparison import Arm, Comparison, RunOptions, compare_queries
from esqual.errors import ConfigError, EngineError, EsqualError, JudgmentsError, TopicMismatchError
from esqual.measures import parse_measure
from esqual.models import Qrels, Topic
from esqual.templates import QueryTemplate, read_template

BIGRAM = {
    "analyzer": {"bigram": {"type": "custom", "tokenizer": "bigram", "filter": ["lowercase"]}},
    "tokenizer": {"bigram": {"type": "ngram", "min_gram": 2, "max_gram": 2}},
}
BODY: dict[str, Any] = {
    "settings": {"analysis": BIGRAM},
    "mappings": {
        "properties": {
            "id": {"type": "keyword"},
            "text": {
                "type": "text",
                "analyzer": "kuromoji",
                "fields": {"ngram": {"type": "text", "analyzer": "bigram"}},
            },
        }
    },
}
TEXTS = {
    "d1": "ずっと胃がキリキリと痛い。",
    "d2": "頭が痛い。胃がむかむかする。",
    "d3": "胃カメラの予約をしました。",
    "d4": "時々、佐々木さんと関西国際空港へ行く。",
    "d5": "成田国際空港からバスで帰った。",
    "d6": "サーバーが落ちて、ﾒｰﾙが届かない。",
}
TOPICS = [Topic("t1", "胃が痛い"), Topic("t2", "関西国際空港"), Topic("t3", "メールサーバ")]
QRELS: Qrels = {"t1": {"d1": 3, "d2": 0, "d3": 1}, "t2": {"d4": 2, "d5": 0}, "t3": {"d6": 1}}
NDCG = parse_measure("nDCG(dcg='exp-log2')@10")
MATCH: dict[str, Any] = {"query": {"match": {"text": "{{query}}"}}}
NGRAM: dict[str, Any] = {"query": {"match": {"text.ngram": "{{query}}"}}}


def fill(client: Elasticsearch, index: str, texts: dict[str, str], body: Any = None) -> None:
    client.indices.create(index=index, body=body or BODY)
    actions = [
        {"_index": index, "_id": doc_id, "id": doc_id, "text": text}
        for doc_id, text in texts.items()
    ]
    helpers.bulk(client, actions, refresh=True)


@pytest.fixture
def articles(engine: Elasticsearch) -> Elasticsearch:
    fill(engine, "articles", TEXTS)
    return engine


@pytest.fixture
def template(tmp_path: Path) -> Any:
    def write(body: Any, name: str = "query.json") -> QueryTemplate:
        path = tmp_path / name
        path.write_text(json.dumps(body, ensure_ascii=False, indent=2), encoding="utf-8")
        return read_template(path)

    return write


def compare(
    client: Elasticsearch,
    baseline: QueryTemplate,
    candidate: QueryTemplate,
    topics: Sequence[Topic] = TOPICS,
    indices: tuple[str, str] = ("articles", "articles"),
    **options: Any,
) -> Comparison:
    arms = (
        Arm("baseline", indices[0], baseline),
        Arm("candidate", indices[1], candidate),
    )
    comparison, _, _ = compare_queries(client, topics, *arms, **options)
    return comparison


def test_the_same_query_twice_changes_nothing_and_says_so(articles: Any, template: Any) -> None:
    for options in ({}, {"qrels": QRELS, "measures": [NDCG]}):
        result = compare(articles, template(MATCH), template(MATCH), **options)
        assert result.identical
        assert [topic.delta() for topic in result.topics] == [0.0, 0.0, 0.0]
        assert result.measures[0].delta == 0.0
        assert result.measures[0].ties == 3


def test_quality_is_ours_and_the_servers_own_figure_stands_beside_it(
    articles: Any, template: Any
) -> None:
    measures = [NDCG, parse_measure("RR@10"), parse_measure("AP@10"), parse_measure("P@5")]
    options = {"qrels": QRELS, "measures": measures, "run": RunOptions(rank_eval="all")}
    result = compare(articles, template(MATCH), template(NGRAM), **options)
    assert result.mode == "quality"
    ndcg, rr, ap, p = result.measures
    assert ndcg.rank_eval is not None
    assert rr.rank_eval is not None
    # fewer than ten hits come back, so the server's ideal list is cut there
    assert ndcg.rank_eval.candidate >= ndcg.candidate
    assert rr.rank_eval.baseline == pytest.approx(rr.baseline, abs=1e-12)
    assert ap.rank_eval is None
    assert p.rank_eval is not None
    assert p.rank_eval.parted_baseline


def test_impact_needs_no_judgments_and_its_server_figure_is_the_same(
    articles: Any, template: Any
) -> None:
    result = compare(articles, template(MATCH), template(NGRAM))
    assert result.mode == "impact"
    assert result.depth == 20
    assert result.measures[0].baseline == 1.0
    assert 0.0 < result.measures[0].candidate < 1.0
    kept = {t.query_id: len(t.candidate_ids) - len(t.entered) for t in result.topics}
    assert kept["t1"] > 0


def test_a_mapping_change_is_compared_through_two_indices(articles: Any, template: Any) -> None:
    body = json.loads(json.dumps(BODY))
    body["settings"]["analysis"]["filter"] = {
        "names": {"type": "synonym_graph", "synonyms": ["胃, おなか"]}
    }
    body["settings"]["analysis"]["analyzer"]["with_names"] = {
        "type": "custom",
        "tokenizer": "kuromoji_tokenizer",
        "filter": ["kuromoji_baseform", "names"],
    }
    body["mappings"]["properties"]["text"]["search_analyzer"] = "with_names"
    fill(articles, "articles-v2", TEXTS, body)
    topics = [Topic("t1", "おなか"), Topic("t2", "空港"), Topic("t3", "佐々木")]
    result = compare(
        articles, template(MATCH), template(MATCH), topics, ("articles", "articles-v2")
    )
    touched = [topic.query_id for topic in result.topics if not topic.identical]
    assert touched == ["t1"]
    assert set(result.topics[0].entered) == {"d1", "d2", "d3"}


def test_indices_of_other_documents_are_refused_unless_told(articles: Any, template: Any) -> None:
    fill(articles, "fewer", {k: v for k, v in TEXTS.items() if k != "d4"} | {"d9": "新しい文書"})
    pair = ("articles", "fewer")
    with pytest.raises(TopicMismatchError, match=r"d4.*d9"):
        compare(articles, template(MATCH), template(MATCH), indices=pair)
    result = compare(
        articles, template(MATCH), template(MATCH), indices=pair, allow_different_corpora=True
    )
    assert len(result.topics) == 3


def test_an_alias_does_not_make_the_judgments_unknown(articles: Any, template: Any) -> None:
    articles.indices.put_alias(index="articles", name="live")
    options = {"qrels": QRELS, "measures": [NDCG]}
    direct = compare(articles, template(MATCH), template(NGRAM), **options)
    behind = compare(articles, template(MATCH), template(NGRAM), indices=("live",) * 2, **options)
    assert behind.measures == direct.measures
    assert behind.measures[0].candidate > 0


def test_behind_an_alias_over_two_indices_each_rating_goes_to_the_index_that_holds_it(
    engine: Any, template: Any
) -> None:
    names = list(TEXTS)
    fill(engine, "part-1", {name: TEXTS[name] for name in names[:3]})
    fill(engine, "part-2", {name: TEXTS[name] for name in names[3:]})
    for part in ("part-1", "part-2"):
        engine.indices.put_alias(index=part, name="live")
    options = {"qrels": QRELS, "measures": [parse_measure("RR@10")]}
    result = compare(engine, template(MATCH), template(NGRAM), indices=("live",) * 2, **options)
    assert result.measures[0].rank_eval is not None
    assert result.measures[0].rank_eval.baseline == pytest.approx(result.measures[0].baseline)
    engine.index(index="part-2", id="d1", document={"text": "胃"}, refresh=True)
    for more in (options, {}, {"run": RunOptions(rank_eval="none")}):
        with pytest.raises(EngineError, match="d1 is in part-1 and in part-2"):
            compare(engine, template(MATCH), template(NGRAM), indices=("live",) * 2, **more)


def test_judgments_whose_documents_are_not_in_the_index_are_an_error(
    articles: Any, template: Any
) -> None:
    wrong = {"t1": {"DOC-1": 1}, "t2": {"DOC-2": 1}}
    with pytest.raises(JudgmentsError, match="none of the 2 judged documents"):
        compare(articles, template(MATCH), template(NGRAM), qrels=wrong, measures=[NDCG])


def test_judged_documents_that_were_only_not_found_are_no_error(
    articles: Any, template: Any
) -> None:
    unfound = {"t1": {"d5": 1, "gone": 1}}
    result = compare(articles, template(MATCH), template(NGRAM), qrels=unfound, measures=[NDCG])
    assert result.measures[0].baseline == 0.0
    assert "1 of 2 judged documents are not in articles" in result.notes


def test_an_index_that_changes_during_the_run_voids_it(articles: Any, template: Any) -> None:
    def write(_: int) -> None:
        articles.index(index="articles", document={"text": "胃が痛い"}, refresh=True)

    with pytest.raises(EngineError, match="changed during the comparison"):
        compare(articles, template(MATCH), template(NGRAM), on_progress=write)


@pytest.mark.parametrize("options", [{}, {"qrels": QRELS, "measures": [NDCG]}])
def test_a_refused_clause_names_file_and_line_before_any_figure(
    articles: Any, template: Any, options: dict[str, Any]
) -> None:
    wrong = {"query": {"match": {"text": {"query": "{{query}}", "operatr": "and"}}}}
    seen: list[int] = []
    with pytest.raises(ConfigError, match=r"wrong\.json:6: .*operatr"):
        compare(
            articles,
            template(MATCH),
            template(wrong, "wrong.json"),
            on_progress=seen.append,
            **options,
        )
    assert seen == []


def test_parts_beside_the_ranking_are_left_out_and_named(articles: Any, template: Any) -> None:
    with_parts = {
        **MATCH,
        "size": 3,
        "highlight": {"fields": {"text": {}}},
        "aggs": {"n": {"value_count": {"field": "id"}}},
    }
    result = compare(articles, template(MATCH), template(with_parts, "parts.json"))
    assert result.identical
    assert sum("left out" in note for note in result.notes) == 2


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"timeout": "1ms"}, "timeout"),
        ({"terminate_after": 1}, "terminate_after"),
        ({"from": 10}, "from"),
    ],
)
def test_what_makes_a_partial_answer_is_refused(
    articles: Any, template: Any, extra: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        compare(articles, template(MATCH), template({**MATCH, **extra}, "partial.json"))


def test_pages_that_end_inside_equal_scores_are_counted_for_both_arms(
    engine: Any, template: Any
) -> None:
    fill(engine, "articles", {f"d{i}": "胃が痛い" for i in range(5)})
    topics = [Topic("t1", "胃が痛い"), Topic("t2", "空港")]
    result = compare(engine, template(MATCH), template(NGRAM), topics, depth=3)
    assert result.tied_pages == (1, 1)
    judged = {"qrels": {"t1": {"d0": 1}}, "measures": [parse_measure("RR@3")]}
    assert compare(engine, template(MATCH), template(NGRAM), topics, **judged).tied_pages == (1, 1)
    unranked = compare(engine, template(MATCH), template(NGRAM), topics, depth=5)
    assert unranked.tied_pages == (0, 0)


def test_a_stable_order_orders_equal_scores_by_the_field_and_says_so(
    engine: Any, template: Any
) -> None:
    fill(engine, "articles", {f"d{i}": "胃が痛い" for i in (3, 1, 2)})
    topics = [Topic("t1", "胃が痛い")]
    result = compare(engine, template(MATCH), template(MATCH), topics)
    assert result.topics[0].baseline_ids == ("d3", "d1", "d2")
    result = compare(engine, template(MATCH), template(MATCH), topics, stable_order="id")
    assert result.topics[0].baseline_ids == ("d1", "d2", "d3")
    assert any("production" in note for note in result.notes)
    own = {**MATCH, "sort": ["_score"]}
    with pytest.raises(ConfigError, match="sort"):
        compare(engine, template(own, "own.json"), template(MATCH), topics, stable_order="id")


@pytest.mark.parametrize("text", ['彼は"胃"が\\痛い', "{{query}} {}", "胃\t\x01\n痛", "痛い}}]"])
def test_query_text_arrives_unharmed(articles: Any, template: Any, text: str) -> None:
    result = compare(articles, template(MATCH), template(NGRAM), [Topic("t1", text)])
    expected = articles.search(index="articles", query={"match": {"text": text}})
    assert list(result.topics[0].baseline_ids) == [h["_id"] for h in expected["hits"]["hits"]]


def test_a_missing_index_is_the_engines_404(engine: Any, template: Any) -> None:
    from elasticsearch import NotFoundError

    with pytest.raises((NotFoundError, EsqualError)):
        compare(engine, template(MATCH), template(NGRAM))

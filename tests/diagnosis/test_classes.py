"""Kinds of topics, what is to be won with them, and a split that is fair to each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from esqual.cli import main
from esqual.comparison import Comparison, quality_of
from esqual.diagnosis.classes import classes_by_trait
from esqual.diagnosis.splitting import split_by
from esqual.diagnosis.traits import topics_with_unknown_words, traits_of
from esqual.judgments import read_topics
from esqual.measures import parse_measure
from esqual.models import Topic
from esqual.patience import Patience
from esqual.stats import holm


@pytest.mark.parametrize(
    ("text", "trait", "value"),
    [
        ("温泉", "length", "1-5"),
        ("雨の日の過ごし方", "length", "6-15"),
        ("子どもと一緒に週末に行ける動物園を探す", "length", "16+"),
        ("京都　観光", "script", "kanji"),
        ("さくら", "script", "hiragana"),
        ("プリンター", "script", "katakana"),
        ("ｶﾒﾗ", "script", "katakana"),
        ("Ｗｅｂ設計", "script", "latin or digits"),
        ("駅の本屋", "script", "mixed"),
        ("胃が痛い", "form", "sentence"),
        ("空港までどう行きますか", "form", "sentence"),
        ("パンの焼き方", "form", "keyword"),
        ("京都 観光", "form", "keyword"),
        ("眠れない夜", "negation", "yes"),
        ("砂糖なしのおやつ", "negation", "yes"),
        ("少ない荷物", "negation", "no"),
        ("危ない道", "negation", "no"),
    ],
)
def test_a_trait_is_seen_from_the_text(text: str, trait: str, value: str) -> None:
    assert traits_of(text)[trait] == value


def test_unknown_words_are_those_of_the_dictionary(engine: Elasticsearch) -> None:
    topics = [Topic("a", "山の温泉"), Topic("b", "ズゴネバ の 話"), Topic("c", "𠮟る 2026年の Web")]
    many = [Topic(f"n{n}", "図書館で静かに本を読む") for n in range(400)]
    found = topics_with_unknown_words(engine, [*topics, *many, Topic("z", "ゴゲザバ")], Patience(0))
    assert found is not None
    assert set(found) - {"c"} == {"b", "z"}


def compared() -> tuple[Comparison, dict[str, dict[str, int]]]:
    texts = ["京都", "奈良", "胃が痛い", "海が見える"]
    topics = [Topic(f"t{n}", text) for n, text in enumerate(texts)]
    qrels = {topic.query_id: {"x": 1, "y": 1} for topic in topics}
    own = {topic.query_id: ("x", "y") for topic in topics}
    other = {"t0": ("x", "y"), "t1": ("x", "q"), "t2": ("q", "r"), "t3": ("x", "q")}
    rows, results, left_out = quality_of(
        topics, qrels, [parse_measure("P@10")], own, other, 10, None, 0.05, None
    )
    return Comparison("quality", "i", "i", 10, rows, results, left_out), qrels


def test_the_ceiling_is_what_a_perfect_page_would_add_to_the_mean_of_all() -> None:
    comparison, qrels = compared()
    rows = {(row.trait, row.value): row for row in classes_by_trait(comparison, qrels)}
    # P@10 with two relevant documents is at best 0.2: t1 lacks 0.1, t2 0.2, t3 0.1, of 4 topics
    assert rows["form", "keyword"].ceiling == pytest.approx(0.1 / 4)
    assert rows["form", "sentence"].ceiling == pytest.approx(0.3 / 4)
    assert rows["form", "sentence"].delta == pytest.approx(-0.15)
    assert ("negation", "no") not in rows, "what all topics share divides nothing"


def test_the_p_values_of_all_rows_are_corrected_together() -> None:
    topics = [Topic(f"t{n}", "京都" if n % 2 else "胃が痛い") for n in range(60)]
    qrels = {topic.query_id: {"x": 1} for topic in topics}
    own = {topic.query_id: ("x",) for topic in topics}
    other = {t.query_id: ("q", "x") if n % 4 else ("x",) for n, t in enumerate(topics)}
    rows, results, _ = quality_of(
        topics, qrels, [parse_measure("RR@10")], own, other, 10, None, 0.05, None
    )
    found = classes_by_trait(Comparison("quality", "i", "i", 10, rows, results), qrels)
    p_values = [row.statistics.p_value for row in found]
    assert len(found) >= 4
    assert all(p is not None for p in p_values)
    assert [row.adjusted_p_value for row in found] == list(holm([p or 0.0 for p in p_values]))


def test_a_split_shares_every_stratum_out_alike_and_forgets_the_order() -> None:
    topics = [Topic(f"t{n}", "京都") for n in range(101)]
    strata = {topic.query_id: "abc"[n % 3] for n, topic in enumerate(topics)}
    dev, test = split_by(topics, strata, dev_share=0.3, seed=5)
    assert {t.query_id for t in dev} | {t.query_id for t in test} == set(strata)
    assert len(dev) + len(test) == 101
    assert len(dev) == 30
    for name, n in Counter(strata[t.query_id] for t in dev).items():
        assert abs(n - 0.3 * list(strata.values()).count(name)) < 1.5
    again = split_by(topics[::-1], strata, dev_share=0.3, seed=5)
    assert {t.query_id for t in again[0]} == {t.query_id for t in dev}
    assert split_by(topics, strata, dev_share=0.3, seed=6)[0] != dev


def test_the_command_writes_two_sets(tmp_path: Path) -> None:
    path = tmp_path / "topics.tsv"
    path.write_text("".join(f"t{n}\t胃が痛い{n}\n" for n in range(9)), encoding="utf-8")
    files = str(tmp_path / "dev.tsv"), str(tmp_path / "test.tsv")
    run = CliRunner().invoke(
        main, ["topics", "split", str(path), "--dev", files[0], "--test", files[1], "--seed", "3"]
    )
    assert run.exit_code == 0, run.output
    ids = [{topic.query_id for topic in read_topics(each)} for each in files]
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) == 9
    assert {len(each) for each in ids} == {4, 5}


def test_the_command_shows_and_writes_classes(tmp_path: Path) -> None:
    path = tmp_path / "topics.tsv"
    path.write_text("a\t胃が痛い\nb\t京都\n", encoding="utf-8")
    out = tmp_path / "classed.tsv"
    run = CliRunner().invoke(
        main, ["topics", "classify", str(path), "--by", "form", "--output", str(out)]
    )
    assert run.exit_code == 0, run.output
    assert [topic.topic_class for topic in read_topics(out)] == ["sentence", "keyword"]
    assert "form: sentence 1, keyword 1" in run.output

"""From a text to a hit: the demo corpus with ja-dependency.json through the embedded engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.labelled import Pair, read_pairs, verdicts
from esqual.corpus import Corpus
from esqual.enrich.dependency.kind import DependencyWorker
from esqual.indexing import enrich_topics, index_corpus, read_index_body
from esqual.judgments import read_qrels, read_topics
from esqual.measures import join, parse_measure
from esqual.models import Topic
from esqual.templates import read_template
from tests.conftest import ROOT
from tests.enrich.dependency.test_labelled import REACHED

MAPPING = ROOT / "mappings/ja-dependency.json"
Search = Callable[[str, str], list[str]]


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory, worker: DependencyWorker) -> Iterator[Search]:
    import esqual
    from esqual.enrich import read_enrichments

    folder: Path = tmp_path_factory.mktemp("dependency")
    client = esqual.connect(f"lucene:{folder}/engine")
    body = read_index_body(MAPPING)
    index_corpus(client, Corpus([ROOT / "demo/corpus.ndjson"]), "demo", body)
    enrichments = read_enrichments(json.loads(MAPPING.read_text(encoding="utf-8")))

    def ask(template: str, text: str) -> list[str]:
        query, topic = read_template(ROOT / "queries/templates" / template), Topic("1", text)
        enriched = enrich_topics(client, "demo", query, [topic], enrichments, {})
        found: dict[str, Any] = client.search(
            index="demo", size=400, **query.body(topic, enriched.of(topic))
        ).body
        return [hit["_id"] for hit in found["hits"]["hits"]]

    yield ask
    client.close()


STRICT, BOOST = "dependency-strict.json", "dependency.json"
STOMACH_HURTS = "d001"  # ずっと胃がキリキリと痛い。
HEAD_HURTS = "d002"  # 頭が痛い。胃がむかむかする。
HURTING_STOMACH = "d005"  # 痛い胃をいたわるには…
NO_STOMACH_ACHE = "d006"  # 胃は痛くないのに…


def test_the_aching_stomach_is_first_and_the_aching_head_is_not_there(search: Search) -> None:
    hits = search(STRICT, "胃が痛い")
    assert hits[0] == STOMACH_HURTS
    assert HEAD_HURTS not in hits
    assert HURTING_STOMACH in hits
    assert NO_STOMACH_ACHE not in hits


def test_what_does_not_hurt_is_found_alone(search: Search) -> None:
    assert search(STRICT, "胃が痛くない") == [NO_STOMACH_ACHE]


def test_words_and_pairs_find_what_words_find_in_a_better_order(search: Search) -> None:
    words, both = search("match.json", "胃が痛い"), search(BOOST, "胃が痛い")
    assert set(words) <= set(both)
    assert both[0] == STOMACH_HURTS
    assert both.index(HURTING_STOMACH) < both.index(HEAD_HURTS)
    assert words.index(HURTING_STOMACH) > words.index(HEAD_HURTS)


def test_words_between_blanks_lose_no_hit_and_gain_an_order(search: Search) -> None:
    for template in (STRICT, BOOST):
        hits = search(template, "胃 痛い")
        assert set(hits) == set(search("match.json", "胃 痛い"))
        assert hits[0] == STOMACH_HURTS


@pytest.mark.parametrize("template", [STRICT, BOOST])
def test_the_queries_readme_shows_the_figures_on_the_demo_topics(
    search: Search, template: str
) -> None:
    topics = read_topics(ROOT / "queries/topics/demo.tsv")
    qrels = read_qrels(ROOT / "queries/qrels/demo.txt")
    measure = parse_measure("nDCG(dcg='exp-log2')@10")
    per_topic = {
        arm: [
            measure.of(join(search(arm, topic.text)[:10], qrels[topic.query_id]))
            for topic in topics
        ]
        for arm in ("match.json", template)
    }
    words, ours = per_topic.values()
    wins = sum(a > b + 1e-9 for a, b in zip(ours, words, strict=True))
    losses = sum(a < b - 1e-9 for a, b in zip(ours, words, strict=True))
    name, mean = Path(template).stem, sum(ours) / len(ours)
    ties = len(ours) - wins - losses
    row = f"| {name} | {mean:.4f} | {wins} wins, {ties} ties, {losses} losses |"
    assert row in (ROOT / "queries/README.md").read_text(encoding="utf-8")


def test_the_strict_template_finds_what_the_labels_are_scored_by(
    tmp_path: Path, worker: DependencyWorker
) -> None:
    """Every labelled query on its own sentence, and two that must not be told apart wrongly."""
    import esqual

    both = Pair("both", "", "", "犬が猫を追う", "猫が犬を追い、犬が猫を追う。", True)
    turned = Pair("turned", "", "", "犬が猫を追う", "猫が犬を追う。", False)
    labelled = [pair for split in REACHED for pair in read_pairs(split)]
    rows = [both, turned, *labelled]
    asked = worker.topics("pairs", [pair.query for pair in rows])
    said = worker.documents([pair.sentence for pair in rows])
    body = json.loads(MAPPING.read_text(encoding="utf-8"))
    del body["mappings"]["_meta"]
    client = esqual.connect(f"lucene:{tmp_path}/engine")
    client.indices.create(index="labelled", **body)
    lines: list[Any] = []
    for pair, document in zip(rows, said, strict=True):
        lines += [{"index": {"_id": pair.pair_id}}, {"text": pair.sentence, "dep": document}]
    assert not client.bulk(index="labelled", operations=lines, refresh=True)["errors"]
    template = read_template(ROOT / "queries/templates" / STRICT)
    searches: list[Any] = []
    for pair, parameters in zip(rows, asked, strict=True):
        query = template.body(Topic("1", pair.query), parameters)["query"]
        own = {"bool": {"must": query, "filter": {"ids": {"values": [pair.pair_id]}}}}
        searches += [{}, {"query": own, "_source": False}]
    answers = client.msearch(index="labelled", searches=searches)["responses"]
    found = {
        pair.pair_id: bool(answer["hits"]["hits"])
        for pair, parameters, answer in zip(rows, asked, answers, strict=True)
        if parameters["pairs_required"]
    }
    client.close()
    expected = dict(zip([pair.pair_id for pair in rows], verdicts(worker, rows), strict=True))
    assert found == {pair_id: expected[pair_id] for pair_id in found}
    assert (found["both"], found["turned"]) == (True, False)
    assert len(found) > 400


@pytest.mark.parametrize("text", ["頭痛", "頭痛 吐き気", "関西国際空港"])
def test_without_a_pair_the_words_decide(search: Search, text: str) -> None:
    words = search("match.json", text)
    assert search(STRICT, text) == search(BOOST, text) == words != []


@pytest.mark.parametrize("text", ["", "😀", "\x00", '"胃" \\ {{pairs}}', "胃>痛い¬"])
def test_hostile_topics_render_and_are_answered(search: Search, text: str) -> None:
    for template in (STRICT, BOOST):
        assert isinstance(search(template, text), list)

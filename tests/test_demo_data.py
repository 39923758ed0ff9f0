"""The demo collection is what its READMEs say, and every file of it can be used as it stands."""

from __future__ import annotations

import datetime
import json
import math
import re
from collections import Counter, defaultdict
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from esqual import mustache
from tests.conftest import ROOT

TEMPLATES = sorted((ROOT / "queries/templates").glob("*.json"))
MAPPINGS = sorted((ROOT / "mappings").glob("*.json"))
FIELDS = {"id", "title", "text", "category", "date", "rating"}
# what an enrichment gives to a template, from sources that need no model here
ENRICHED = {
    "pairs": "胃>痛い",
    "pairs_optional": "病院>痛い",
    "pairs_roles": "胃が>痛い",
    "pairs_required": [{"spellings": "胃>痛い 胃>イタイ"}, {"spellings": "歯>痛い"}],
    "pairs_swapped": [{"own": "犬が>追う 猫を>追う", "swapped": "犬を>追う 猫が>追う"}],
    "vector": [0.5, -0.5],
    "has_vector": True,
}
PLAIN = [
    path
    for path in TEMPLATES
    if not ENRICHED.keys() & set(mustache.parse(path.read_text(encoding="utf-8")).names())
]


def _lines(path: str) -> list[str]:
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def corpus() -> dict[str, dict[str, Any]]:
    documents = [json.loads(line) for line in _lines("demo/corpus.ndjson")]
    by_id = {document["id"]: document for document in documents}
    assert len(by_id) == len(documents)
    return by_id


@pytest.fixture(scope="module")
def topics() -> dict[str, tuple[str, str]]:
    """query_id → (text, class)."""
    header, *rows = (line.split("\t") for line in _lines("queries/topics/demo.tsv"))
    assert header == ["query_id", "text", "class"]
    by_id = {query_id: (text, kind) for query_id, text, kind in rows}
    assert len(by_id) == len(rows)
    return by_id


@pytest.fixture(scope="module")
def qrels() -> dict[str, dict[str, int]]:
    """query_id → doc_id → relevance."""
    by_topic: dict[str, dict[str, int]] = defaultdict(dict)
    for line in _lines("queries/qrels/demo.txt"):
        query_id, iteration, doc_id, relevance = line.split()
        assert iteration == "0"
        assert doc_id not in by_topic[query_id]
        by_topic[query_id][doc_id] = int(relevance)
    return dict(by_topic)


def _table(path: str) -> dict[str, str]:
    """First column → second column, of every table row in a README."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", (ROOT / path).read_text(encoding="utf-8"), re.M)
    return {first.strip("`"): second for first, second in rows}


def test_the_corpus_is_large_enough_and_pinned_at_both_ends_and_the_middle(
    corpus: dict[str, dict[str, Any]],
) -> None:
    assert len(corpus) >= 300
    assert list(corpus) == [f"d{number:03}" for number in range(1, len(corpus) + 1)]
    assert corpus["d001"]["text"] == "ずっと胃がキリキリと痛い。"
    assert corpus["d176"]["title"] == "あさりの砂抜き"
    assert corpus["d352"]["title"] == "カレンダー作り"


def test_every_document_has_the_fields_of_its_readme(corpus: dict[str, dict[str, Any]]) -> None:
    for document in corpus.values():
        assert document.keys() <= FIELDS
        assert all(document[name].strip() for name in ("id", "title", "text", "category"))
        assert 10 <= len(document["text"]) <= 120
        if "date" in document:
            datetime.date.fromisoformat(document["date"])
        assert document.get("rating", 1) in range(1, 6)


def test_the_motivating_case_is_there_and_judged(
    corpus: dict[str, dict[str, Any]],
    topics: dict[str, tuple[str, str]],
    qrels: dict[str, dict[str, int]],
) -> None:
    query_id = next(key for key, (text, _) in topics.items() if text == "胃が痛い")
    ids = {document["text"]: doc_id for doc_id, document in corpus.items()}
    assert qrels[query_id][ids["ずっと胃がキリキリと痛い。"]] == 3
    assert qrels[query_id][ids["頭が痛い。胃がむかむかする。"]] == 0


@pytest.mark.parametrize(
    "spellings",
    [
        ["申し込み", "申込み", "申込は"],
        ["引っ越し", "引越し"],
        ["りんご", "リンゴ", "林檎"],
        ["バイオリン", "ヴァイオリン"],
        ["サーバー", "古いサーバ", "ｻｰﾊﾞｰ"],
        ["ごみ", "ゴミ"],
        ["ＰＣ", "PC"],
        ["佐々木", "時々"],
        ["関西国際空港", "東京都知事選挙", "携帯電話料金"],
        ["推し活", "サブスク", "置き配"],
        ["届いていません", "痛くない", "止まらない"],
        ["😣", "🍎"],
    ],
)
def test_what_the_readme_promises_is_written_somewhere(
    corpus: dict[str, dict[str, Any]], spellings: list[str]
) -> None:
    everything = "\n".join(document["text"] for document in corpus.values())
    assert [word for word in spellings if word not in everything] == []


def test_no_two_documents_are_nearly_the_same(corpus: dict[str, dict[str, Any]]) -> None:
    texts = [document["text"] for document in corpus.values()]
    trigrams = [{text[i : i + 3] for i in range(len(text) - 2)} for text in texts]
    largest = max(len(a & b) / len(a | b) for a, b in combinations(trigrams, 2))
    assert largest < 0.5
    assert f"character trigrams is {largest:.2f} " in "\n".join(_lines("demo/README.md"))


def test_judgments_are_of_known_topics_and_documents_in_range(
    corpus: dict[str, dict[str, Any]],
    topics: dict[str, tuple[str, str]],
    qrels: dict[str, dict[str, int]],
) -> None:
    assert len(topics) == 30
    assert qrels.keys() == topics.keys()
    for relevance in qrels.values():
        assert relevance.keys() <= corpus.keys()
        assert set(relevance.values()) <= {0, 1, 2, 3}


def test_every_topic_has_relevant_documents_and_hard_negatives(
    qrels: dict[str, dict[str, int]],
) -> None:
    for query_id, relevance in qrels.items():
        grades = list(relevance.values())
        assert 3 in grades, query_id
        assert 0 in grades, query_id
    assert sum(map(len, qrels.values())) >= 8 * len(qrels)


def test_hard_negatives_share_characters_with_their_topic(
    corpus: dict[str, dict[str, Any]],
    topics: dict[str, tuple[str, str]],
    qrels: dict[str, dict[str, int]],
) -> None:
    negatives = [
        bool(
            {a + b for a, b in pairwise(topics[query_id][0])}
            & {a + b for a, b in pairwise(corpus[doc_id]["title"] + corpus[doc_id]["text"])}
        )
        for query_id, relevance in qrels.items()
        for doc_id, grade in relevance.items()
        if grade == 0
    ]
    assert sum(negatives) > 0.8 * len(negatives)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
@pytest.mark.parametrize("query", ["胃が痛い", '彼は「"胃"」 & {頭} \\ が\t<痛い>'])
def test_templates_render_to_json_that_holds_the_query_unharmed(path: Path, query: str) -> None:
    template = mustache.parse(path.read_text(encoding="utf-8"))
    for enriched in (ENRICHED, dict.fromkeys(ENRICHED, False)):
        body = template.render({"query": query, **enriched})
        if path in PLAIN:
            assert json.loads(body).keys() == {"query"}
        assert isinstance(json.loads(body), dict)
        assert f'"query": {json.dumps(query, ensure_ascii=False)}' in body


def test_a_parameter_with_a_default_can_be_given_or_left_out() -> None:
    source = (ROOT / "queries/templates/phrase-boost.json").read_text(encoding="utf-8")

    def slop(params: dict[str, Any]) -> int:
        body = json.loads(mustache.render(source, {"query": "胃が痛い", **params}))
        value = body["query"]["bool"]["should"][0]["match_phrase"]["text"]["slop"]
        assert isinstance(value, int)
        return value

    assert (slop({}), slop({"slop": 0}), slop({"slop": "5"})) == (2, 0, 5)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_mappings_name_every_field_of_the_corpus_and_define_what_they_use(path: Path) -> None:
    body = json.loads(path.read_text(encoding="utf-8"))
    properties = body["mappings"]["properties"]
    esqual = body["mappings"].get("_meta", {}).get("esqual", {"enrich": []})
    assert properties.keys() == FIELDS | {declared["target"] for declared in esqual["enrich"]}
    assert properties["text"].keys() == properties["title"].keys()
    assert "ngram" in properties["text"]["fields"]

    analysis = body["settings"]["analysis"]
    text = json.dumps(properties, ensure_ascii=False)
    used = set(re.findall(r'"(?:search_)?analyzer": "(\w+)"', text)) - {"kuromoji", "whitespace"}
    assert used == analysis["analyzer"].keys()
    defined = {name for part in ("char_filter", "filter") for name in analysis.get(part, ())}
    chains = analysis["analyzer"].values()
    steps = {name for c in chains for name in [*c.get("char_filter", ()), *c["filter"]]}
    assert defined <= steps
    assert {chain["tokenizer"] for chain in chains} == analysis["tokenizer"].keys()


def test_mapping_rules_are_not_given_twice() -> None:
    text = (ROOT / "mappings/ja-normalized-synonyms.json").read_text(encoding="utf-8")
    char_filters = json.loads(text)["settings"]["analysis"]["char_filter"]
    rules = [rule for part in char_filters.values() for rule in part.get("mappings", ())]
    assert [source for source, n in Counter(r.split("=>")[0] for r in rules).items() if n > 1] == []


def test_the_corpus_readme_counts_what_is_there(corpus: dict[str, dict[str, Any]]) -> None:
    table = _table("demo/README.md")
    readme = "\n".join(_lines("demo/README.md"))
    categories = Counter(document["category"] for document in corpus.values())
    assert {name: int(table[name]) for name in categories} == categories
    for field in ("date", "rating"):
        assert int(table[field]) == sum(field in document for document in corpus.values())
    lengths = [len(document["text"]) for document in corpus.values()]
    assert f"{len(corpus)} short Japanese documents" in readme
    assert f"{min(lengths)} to {max(lengths)} characters" in readme


def test_the_queries_readme_counts_what_is_there(
    topics: dict[str, tuple[str, str]], qrels: dict[str, dict[str, int]]
) -> None:
    table = _table("queries/README.md")
    readme = "\n".join(_lines("queries/README.md"))
    sizes = [len(relevance) for relevance in qrels.values()]
    mean = sum(sizes) / len(sizes)
    assert f"{sum(sizes)} judgments, {min(sizes)} to {max(sizes)} a topic, {mean:.1f} on" in readme
    grades = Counter(grade for relevance in qrels.values() for grade in relevance.values())
    assert {grade: int(table[str(grade)]) for grade in grades} == grades
    classes = sorted(Counter(kind for _, kind in topics.values()).items())
    assert ", ".join(f"{n} {kind}" for kind, n in classes) + " (of spelling)" in readme


def test_every_template_and_mapping_stands_in_its_readme() -> None:
    for path in TEMPLATES:
        assert f"`{path.name}`" in "\n".join(_lines("queries/README.md"))
    for path in MAPPINGS:
        assert f"`{path.name}`" in "\n".join(_lines("mappings/README.md"))


def _ndcg(doc_ids: list[str], relevance: dict[str, int]) -> float:
    """Exponential gain, cut at 10, ideal list cut at 10: written here a second time, on purpose."""

    def dcg(grades: list[int]) -> float:
        return sum((2**g - 1) / math.log2(rank + 1) for rank, g in enumerate(grades[:10], start=1))

    found = [relevance.get(doc_id, 0) for doc_id in doc_ids]
    return dcg(found) / dcg(sorted(relevance.values(), reverse=True))


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    """mapping → template → query_id → [[doc_id, score], …], as Elasticsearch answered."""
    record = json.loads((ROOT / "tests/fixtures/demo.json").read_text(encoding="utf-8"))
    answers: dict[str, Any] = record["runs"]
    return answers


def _deltas(
    baseline: dict[str, Any], candidate: dict[str, Any], qrels: dict[str, dict[str, int]]
) -> dict[str, float]:
    def ndcg(run: dict[str, Any], query_id: str) -> float:
        return _ndcg([doc_id for doc_id, _ in run[query_id]], qrels[query_id])

    return {query_id: ndcg(candidate, query_id) - ndcg(baseline, query_id) for query_id in qrels}


def _outcome(deltas: dict[str, float]) -> str:
    wins = sum(delta > 1e-9 for delta in deltas.values())
    losses = sum(delta < -1e-9 for delta in deltas.values())
    return f"{wins} wins, {len(deltas) - wins - losses} ties, {losses} losses"


def test_the_queries_readme_shows_the_figures_of_the_recorded_runs(
    runs: dict[str, Any], qrels: dict[str, dict[str, int]]
) -> None:
    readme = "\n".join(_lines("queries/README.md"))
    for template in (path.stem for path in PLAIN):
        means = []
        for mapping in ("ja-text", "ja-normalized-synonyms"):
            run = runs[mapping][template]
            values = [
                _ndcg([doc_id for doc_id, _ in run[query_id]], relevance)
                for query_id, relevance in qrels.items()
            ]
            means.append(f"{sum(values) / len(values):.4f}")
        assert f"| {template} | {means[0]} | {means[1]} |" in readme
    words = runs["ja-text"]
    assert _outcome(_deltas(words["match"], words["bigram-boost"], qrels)) in readme


def test_the_mappings_readme_shows_the_outcome_of_the_recorded_runs(
    runs: dict[str, Any], qrels: dict[str, dict[str, int]]
) -> None:
    before, after = (runs[name]["match"] for name in ("ja-text", "ja-normalized-synonyms"))
    outcome = _outcome(_deltas(before, after, qrels))
    assert outcome in "\n".join(_lines("mappings/README.md"))


def test_the_quick_start_helps_some_topics_and_hurts_others(
    runs: dict[str, Any], qrels: dict[str, dict[str, int]]
) -> None:
    deltas = _deltas(runs["ja-text"]["match"], runs["ja-text"]["bigram-boost"], qrels)
    assert deltas["q03"] > 0.1
    assert deltas["q01"] < -0.1


def test_the_queries_readme_counts_the_hits_without_judgment(
    runs: dict[str, Any], qrels: dict[str, dict[str, int]]
) -> None:
    readme = "\n".join(_lines("queries/README.md"))
    for template in ("match", "bigram-boost"):
        hits = [
            doc_id in qrels[query_id]
            for query_id, top in runs["ja-text"][template].items()
            for doc_id, _ in top
        ]
        assert f"{hits.count(False)} of {len(hits)}" in readme

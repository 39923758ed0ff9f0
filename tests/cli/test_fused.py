"""`esqual search` with a query file that fuses, and `esqual recall`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DOCUMENTS, MAPPING, Esqual, parsed

VECTOR = {
    "type": "dense_vector",
    "dims": 64,
    "similarity": "cosine",
    "index_options": {"type": "hnsw", "m": 16, "ef_construction": 100},
}
ENRICH = [
    {
        "name": "near",
        "kind": "vector",
        "source": "text",
        "target": "vector",
        "parameters": {"encoder": "char-ngram", "dims": 64},
    }
]
TOPICS = "query_id\ttext\nt1\t胃が痛い\nt2\t海が見える窓\nt3\t。。。\n"
WORDS = '{"query": {"match": {"text": "{{query}}"}}}'
NEAR = """{"knn": {"field": "vector", "query_vector": {{#toJson}}near{{/toJson}},
                   "k": 3, "num_candidates": 3}}"""
FUSED = f"""{{"fuse": {{}}, "queries": {{
  "words": {WORDS},
  "near": {{{{#has_near}}}}{NEAR}{{{{/has_near}}}}{{{{^has_near}}}}false{{{{/has_near}}}}
}}}}"""
HYBRID = ("--index", "articles", "--mapping", "hybrid.json")
RECALL = ("recall", *HYBRID, "--topics", "topics.tsv")


def write_mapping(index_options: dict[str, Any]) -> None:
    mappings: dict[str, Any] = {
        **MAPPING["mappings"],  # type: ignore[dict-item]
        "_meta": {"esqual": {"enrich": ENRICH}},
    }
    # only one of the documents has it
    place = {"type": "keyword"}
    vector = {**VECTOR, "index_options": index_options}
    mappings["properties"] = {**mappings["properties"], "vector": vector, "place": place}
    Path("hybrid.json").write_text(json.dumps({**MAPPING, "mappings": mappings}), encoding="utf-8")


@pytest.fixture
def hybrid(esqual: Esqual) -> Esqual:
    write_mapping({"type": "hnsw"})
    Path("fused.json").write_text(FUSED, encoding="utf-8")
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    Path("qrels.txt").write_text("t1 0 d1 2\nt2 0 d3 1\n", encoding="utf-8")
    result = esqual("index", "c.ndjson", *HYBRID)
    assert result.exit_code == 0, result.output
    return esqual


def test_search_shows_the_rank_that_each_query_gave(hybrid: Esqual) -> None:
    result = hybrid("search", *HYBRID, "--query", "fused.json", "胃が痛い")
    assert result.exit_code == 0, result.output
    header, first, *_ = result.stdout.splitlines()
    assert header.split() == ["rank", "score", "id", "words", "near", "text"]
    assert first.split()[0] == "1"
    assert first.split()[2] == "d1"
    report = parsed(hybrid("search", *HYBRID, "--query", "fused.json", "胃が痛い", "--json"))
    assert report["hits"][0]["ranks"] == {"words": 1, "near": 2}
    assert report["hits"][0]["score"] == pytest.approx(1 / 61 + 1 / 62)
    assert {"doc_id": "d3", "rank": 3}.items() <= report["hits"][2].items()
    assert report["hits"][2]["ranks"] == {"words": None, "near": 3}


def test_search_says_which_query_dropped_out(hybrid: Esqual) -> None:
    # punctuation has no vector
    result = hybrid("search", *HYBRID, "--query", "fused.json", "。。。")
    assert result.exit_code == 0, result.output
    assert "left out: near" in result.stderr
    assert "no hits" in result.stdout


def test_search_refuses_a_window_smaller_than_the_page(hybrid: Esqual) -> None:
    Path("small.json").write_text(FUSED.replace("{}", '{"window": 2}', 1), encoding="utf-8")
    query = ("search", *HYBRID, "--query", "small.json", "胃が痛い")
    result = hybrid(*query)
    assert result.exit_code == 3
    assert "small.json: [fuse.window] is 2" in result.stderr
    assert len(parsed(hybrid(*query, "--size", "2", "--json"))["hits"]) == 2


def test_recall_compares_graph_and_exact_search(hybrid: Esqual) -> None:
    result = hybrid(*RECALL, "--k", "2", "--num-candidates", "1,2,3", "--qrels", "qrels.txt")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "recall@2" in lines[0]
    assert "cost" in lines[0]
    # no filter and three filters: the exact search, 2 and 3 candidates each
    assert len([line for line in lines if "1.0000" in line]) == 12
    assert "1 topics without a vector left out: t3" in result.stdout


def test_recall_as_json_has_the_documented_keys(hybrid: Esqual) -> None:
    options = ("--k", "1", "--num-candidates", "3", "--selectivity", "50", "--json")
    report = parsed(hybrid(*RECALL, *options))
    assert set(report) == {
        *("schema", "index", "similarity", "index_options", "k", "seed", "n_topics"),
        *("measure", "rows", "notes"),
    }
    assert report["n_topics"] == 2
    assert report["measure"] is None
    assert [(row["filter_percent"], row["num_candidates"]) for row in report["rows"]] == [
        (None, None),
        (None, 3),
        (50.0, None),
        (50.0, 3),
    ]
    assert [row["documents"] for row in report["rows"]] == [3, 3, 2, 2]
    assert {row["recall"] for row in report["rows"]} == {1.0}
    assert all(row["quality"] is None for row in report["rows"])


def test_recall_says_that_a_flat_field_has_no_graph(esqual: Esqual) -> None:
    write_mapping({"type": "flat"})
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    assert esqual("index", "c.ndjson", *HYBRID).exit_code == 0
    result = esqual(*RECALL)
    assert result.exit_code == 3
    assert "is mapped flat" in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--num-candidates", "5"), 2, "none is 10 (--k) or more"),
        (("--num-candidates", "x"), 2, "'x' is no number"),
        (("--selectivity", "100"), 2, "100 is not between"),
        (("--measure", "P@5"), 2, "--measure needs judgments"),
        (("--filter-field", "text"), 3, "the field text is text"),
        (("--filter-field", "place"), 3, "no value or share one"),
        (("--vector", "far"), 3, "it has: near"),
    ],
)
def test_recall_refuses_what_it_cannot_do(
    hybrid: Esqual, options: tuple[str, ...], code: int, reason: str
) -> None:
    result = hybrid(*RECALL, *options)
    assert result.exit_code == code, result.output
    assert reason in result.stderr


def test_recall_filters_by_a_field_that_tells_documents_apart(hybrid: Esqual) -> None:
    options = ("--k", "1", "--num-candidates", "3", "--filter-field", "id", "--json")
    assert len(DOCUMENTS) == 3
    report = parsed(hybrid(*RECALL, *options, "--selectivity", "34"))
    assert report["rows"][2]["documents"] == 1
    assert report["rows"][3]["recall"] == 1.0

"""The options of `compare-queries` for clusters, on the embedded engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Esqual, parsed

COMPARE = ("compare-queries", "--index", "articles", "--topics", "topics.tsv")
ARMS = ("--baseline", "match.json", "--candidate", "plain.json")
QRELS = "t1 0 d1 2\nt1 0 d2 0\nt2 0 d3 1\n"


@pytest.fixture
def ready(indexed: Esqual) -> Esqual:
    plain = '{"query": {"match": {"text.plain": "{{query}}"}}}'
    Path("plain.json").write_text(plain, encoding="utf-8")
    Path("topics.tsv").write_text("t1\t胃が痛い\nt2\t海が見える\n", encoding="utf-8")
    Path("qrels.txt").write_text(QRELS, encoding="utf-8")
    return indexed


def test_a_point_in_time_is_refused_by_the_embedded_engine_in_one_sentence(ready: Esqual) -> None:
    result = ready(*COMPARE, *ARMS, "--pit")
    assert result.exit_code == 3
    assert "no point in time" in result.stderr
    assert result.stdout == ""


def test_the_search_type_is_recorded_and_one_shard_has_no_drift(ready: Esqual) -> None:
    report = parsed(ready(*COMPARE, *ARMS, "--json"))
    assert (report["record"]["search_type"], report["drift"]) == ("query_then_fetch", None)
    report = parsed(
        ready(*COMPARE, *ARMS, "--search-type", "dfs_query_then_fetch", "--drift", "--json")
    )
    assert report["record"]["search_type"] == "dfs_query_then_fetch"
    assert report["drift"]["delta_change"] == 0.0
    assert report["drift"]["changed_baseline"] == report["drift"]["changed_candidate"] == 0


def test_dfs_over_several_indices_is_refused_not_answered_wrongly(ready: Esqual) -> None:
    body = json.loads(Path("mapping.json").read_text(encoding="utf-8"))
    del body["settings"]
    Path("more.json").write_text(json.dumps(body), encoding="utf-8")
    Path("more.ndjson").write_text('{"id": "d9", "text": "海が見える"}\n', encoding="utf-8")
    made = ready("index", "more.ndjson", "--index", "articles-2", "--mapping", "more.json")
    assert made.exit_code == 0, made.output
    both = ("compare-queries", "--index", "articles,articles-2", "--topics", "topics.tsv", *ARMS)
    report = parsed(ready(*both, "--json"))
    assert report["drift"] is None
    assert any("drift" in note and "several indices" in note for note in report["notes"])
    result = ready(*both, "--search-type", "dfs_query_then_fetch")
    assert result.exit_code == 3
    assert "several indices" in result.stderr


def test_server_figures_of_all_measures_or_none(ready: Esqual) -> None:
    judged = ("--qrels", "qrels.txt", "--measure", "RR@10", "--measure", "P@5", "--json")
    for how, there in ((), (True, False)), (("all",), (True, True)), (("none",), (False, False)):
        given = ("--rank-eval", *how) if how else ()
        rows = parsed(ready(*COMPARE, *ARMS, *judged, *given))["measures"]
        assert tuple(row["rank_eval"] is not None for row in rows) == there
        assert all((row["rank_eval"] is None) == bool(row["rank_eval_reason"]) for row in rows)


def test_concurrent_requests_give_the_same_bytes(ready: Esqual) -> None:
    answers = {ready(*COMPARE, *ARMS, "--concurrency", str(n), "--json").stdout for n in (1, 4)}
    assert len(answers) == 1


def test_the_paired_difference_of_latencies_has_an_interval(ready: Esqual) -> None:
    seen = parsed(ready(*COMPARE, *ARMS, "--latency", "--json"))["latency"]
    low, middle, high = (seen[f"difference_{name}_ms"] for name in ("low", "p50", "high"))
    assert low <= middle <= high


def test_a_steady_engine_is_called_steady_and_needs_no_candidate(ready: Esqual) -> None:
    result = ready(*COMPARE, "--baseline", "match.json", "--check-determinism")
    assert result.exit_code == 0, result.output
    assert "steady" in result.stdout
    document = parsed(
        ready(*COMPARE, *ARMS, "--check-determinism", "--qrels", "qrels.txt", "--json")
    )
    assert document["schema"] == 1
    assert [arm["tag"] for arm in document["arms"]] == ["baseline", "candidate"]
    assert document["steady"] is True


@pytest.mark.parametrize("option", [("--max-drop", "0.1"), ("--latency",), ("--no-drift",)])
def test_an_option_that_would_be_ignored_is_refused(ready: Esqual, option: tuple[str, ...]) -> None:
    result = ready(*COMPARE, *ARMS, "--qrels", "qrels.txt", "--check-determinism", *option)
    assert result.exit_code == 2
    assert "has no meaning with --check-determinism" in result.stderr

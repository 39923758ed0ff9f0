"""`esqual replay` from the outside: same files, same bytes; other files are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Esqual, parsed

PLAIN = '{"query": {"match": {"text.plain": "{{query}}"}}}'
NOTHING = '{"query": {"match_none": {}}}'
TOPICS = "query_id\ttext\tclass\tweight\nt1\t胃が痛い\tsentence\t2\nt2\t海が見える\tsentence\t\n"
TOPICS += "t3\t窓と電話\tword\t\nt4\t冷蔵庫の音\tword\t0.1\n"
QRELS = "t1 0 d1 2\nt1 0 d2 0\nt2 0 d3 1\nt3 0 d1 0\nt4 0 d2 1\n"
GATE = """alpha = 0.1
[measures."RR@10"]
margin = 0.3
bounds = true
[measures."RR@10".classes]
sentence = 0.5
[limits]
max_zero_hit_share = 0.9
max_latency_p95_ms = 60000
"""
QUALITY = ("--qrels", "qrels.txt", "--gate", "gate.toml", "--measure", "nDCG@5")


@pytest.fixture
def ready(indexed: Esqual) -> Esqual:
    for name, text in (
        ("plain.json", PLAIN),
        ("nothing.json", NOTHING),
        ("topics.tsv", TOPICS),
        ("qrels.txt", QRELS),
        ("gate.toml", GATE),
    ):
        Path(name).write_text(text, encoding="utf-8")
    return indexed


def _compare(esqual: Esqual, *more: str) -> tuple[str, int]:
    result = esqual(
        *("compare-queries", "--index", "articles", "--topics", "topics.tsv"),
        *("--baseline", "match.json", "--save", "saved", "--json", "--diagnose", "0"),
        *more,
    )
    assert result.exit_code in (0, 1, 4), result.output
    return result.stdout, result.exit_code


@pytest.mark.parametrize(
    "options",
    [
        ("--candidate", "plain.json"),
        ("--candidate", "plain.json", "--min-similarity", "0.9999"),
        ("--candidate", "plain.json", *QUALITY),
        ("--candidate", "plain.json", *QUALITY, "--allow-inconclusive", "--top-grade", "3"),
        ("--candidate", "plain.json", "--candidate", "nothing.json", *QUALITY),
        ("--candidate", "nothing.json", *QUALITY),
        ("--candidate", "plain.json", *QUALITY, "--stable-order", "id", "--latency"),
    ],
    ids=["impact", "impact-gate", "quality", "flags", "several", "nothing found", "sorted"],
)
def test_a_replay_gives_the_stored_report_byte_for_byte_and_its_exit_code(
    ready: Esqual, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    said, code = _compare(ready, *options)
    # no engine is asked: there is none at this address
    monkeypatch.setenv("ESQUAL_ENGINE", "http://127.0.0.1:9")
    again = ready("replay", "saved", "--json")
    assert (again.stdout, again.exit_code) == (said, code)
    assert Path("saved/report.json").read_text(encoding="utf-8") == said
    assert "byte for byte" in again.stderr


@pytest.mark.parametrize(
    ("name", "was", "becomes"),
    [
        ("qrels.txt", "t1 0 d2 0", "t1 0 d2 1"),
        ("topics.tsv", "窓と電話", "窓と電報"),
        ("gate.toml", "margin = 0.3", "margin = 0.9"),
        ("candidate.run", "t1 Q0 d2", "t1 Q0 d9"),
        ("baseline.run", "t1 Q0 d2", "t1 Q0 d9"),
        ("report.json", '"verdict": "', '"verdict": "X'),
    ],
)
def test_a_changed_file_is_named_and_refused(
    ready: Esqual, name: str, was: str, becomes: str
) -> None:
    _compare(ready, "--candidate", "plain.json", *QUALITY)
    path = Path("saved") / name
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes), encoding="utf-8")
    result = ready("replay", "saved")
    assert result.exit_code == 3
    assert f"not as it was saved: {name}" in result.stderr
    accepted = ready("replay", "saved", "--accept-changes", "--json")
    assert accepted.exit_code in (0, 1, 4), accepted.output
    assert name in accepted.stderr
    assert any(name in note for note in json.loads(accepted.stdout)["notes"])


def test_a_report_that_the_files_do_not_give_is_refused_though_its_digest_was_made_to_fit(
    ready: Esqual,
) -> None:
    import hashlib

    _compare(ready, "--candidate", "plain.json", *QUALITY)
    report, record = Path("saved/report.json"), Path("saved/record.json")
    content = json.loads(report.read_text(encoding="utf-8"))
    content["verdict"] = "FAIL" if content["verdict"] == "PASS" else "PASS"
    report.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    kept = json.loads(record.read_text(encoding="utf-8"))
    kept["files"]["report.json"] = hashlib.sha256(report.read_bytes()).hexdigest()
    record.write_text(json.dumps(kept), encoding="utf-8")
    result = ready("replay", "saved")
    assert result.exit_code == 3
    assert "verdict was" in result.stderr


def test_other_judgments_and_another_gate_judge_the_runs_of_somebody_else(ready: Esqual) -> None:
    _compare(ready, "--candidate", "nothing.json")
    Path("strict.toml").write_text('[measures."RR@10"]\nmargin = 0.01\n', encoding="utf-8")
    result = ready("replay", "saved", "--qrels", "qrels.txt", "--gate", "strict.toml", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["mode"] == "quality"
    assert report["rules"][0]["rule"] == "hits"
    assert "judged with other judgments than the saved ones" in report["notes"]
    assert "judged by another gate than the saved one" in report["notes"]


def test_what_the_engine_said_is_left_out_where_the_judgments_are_others(ready: Esqual) -> None:
    _compare(ready, "--candidate", "plain.json", "--qrels", "qrels.txt", "--no-gate")
    same = parsed(ready("replay", "saved", "--qrels", "qrels.txt", "--json"))
    assert same["measures"][0]["rank_eval"] is not None
    Path("other.txt").write_text("t1 0 d2 3\n", encoding="utf-8")
    other = parsed(ready("replay", "saved", "--qrels", "other.txt", "--json"))
    assert other["measures"][0]["rank_eval"] is None


def test_topics_that_were_never_searched_are_refused(ready: Esqual) -> None:
    _compare(ready, "--candidate", "plain.json")
    path = Path("saved/topics.tsv")
    with path.open("a", encoding="utf-8") as file:
        file.write("t9\t知らない話\tword\t1.0\n")
    result = ready("replay", "saved", "--accept-changes")
    assert result.exit_code == 3
    assert "topic t9 was not searched" in result.stderr


def test_a_folder_whose_writing_was_cut_short_is_no_comparison(ready: Esqual) -> None:
    _compare(ready, "--candidate", "plain.json")
    Path("saved/record.json").unlink()
    result = ready("replay", "saved")
    assert result.exit_code == 3
    assert "there is no record.json" in result.stderr


@pytest.mark.parametrize(
    "record",
    ["[]", "{}", '{"schema": 2}', '{"schema": 1}', "not json", '{"schema": 1, "candidates": 3}'],
)
def test_a_record_that_does_not_fit_is_an_error_and_no_traceback(
    ready: Esqual, record: str
) -> None:
    _compare(ready, "--candidate", "plain.json")
    Path("saved/record.json").write_text(record, encoding="utf-8")
    result = ready("replay", "saved")
    assert result.exit_code == 3
    assert "record.json" in result.stderr
    assert "not expected" not in result.stderr


def test_a_folder_with_something_else_in_it_is_left_alone(ready: Esqual) -> None:
    Path("saved").mkdir()
    Path("saved/memo.txt").write_text("大事", encoding="utf-8")
    result = ready(
        *("compare-queries", "--index", "articles", "--topics", "topics.tsv", "--save", "saved"),
        *("--baseline", "match.json", "--candidate", "plain.json"),
    )
    assert result.exit_code == 3
    assert "memo.txt" in result.stderr
    assert Path("saved/memo.txt").read_text(encoding="utf-8") == "大事"

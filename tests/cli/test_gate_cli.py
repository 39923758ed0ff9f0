"""`esqual compare-queries` with a gate: files, several candidates, exit codes, and what is void."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Esqual, parsed

PLAIN = '{"query": {"match": {"text.plain": "{{query}}"}}}'
ONLY = '{"query": {"term": {"id": {"value": "d1", "boost": 9}}}}'
FIRST = (
    '{"query": {"bool": {"should": [{"term": {"id": {"value": "d1", "boost": 9}}}, '
    '{"match_all": {}}]}}}'
)
NOTHING = '{"query": {"match_none": {}}}'
TOPICS = (
    "query_id\ttext\tclass\nt1\t胃が痛い\tsentence\nt2\t海が見える\tsentence\nt3\t窓と電話\tword\n"
)
QRELS = "t1 0 d1 2\nt1 0 d2 0\nt2 0 d3 1\nt3 0 d1 0\n"
COMPARE = ("compare-queries", "--index", "articles", "--topics", "topics.tsv")
ARMS = ("--baseline", "match.json", "--candidate", "plain.json")
SAME = ("--baseline", "match.json", "--candidate", "match.json")
JUDGED = ("--qrels", "qrels.txt")


@pytest.fixture
def ready(indexed: Esqual) -> Esqual:
    Path("plain.json").write_text(PLAIN, encoding="utf-8")
    Path("nothing.json").write_text(NOTHING, encoding="utf-8")
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    Path("qrels.txt").write_text(QRELS, encoding="utf-8")
    return indexed


def gate(text: str, name: str = "gate.toml") -> tuple[str, str]:
    Path(name).write_text(text, encoding="utf-8")
    return "--gate", name


def test_the_margin_of_a_gate_file_and_the_flag_say_the_same(ready: Esqual) -> None:
    file = gate('[measures."RR@10"]\nmargin = 0.1\n')
    by_file = ready(*COMPARE, *ARMS, *JUDGED, *file, "--json")
    by_flag = ready(*COMPARE, *ARMS, *JUDGED, "--measure", "RR@10", "--max-drop", "0.1", "--json")
    assert by_file.exit_code == by_flag.exit_code == 4
    assert json.loads(by_file.stdout) == json.loads(by_flag.stdout)
    report = json.loads(by_file.stdout)
    assert report["verdict"] == "INCONCLUSIVE"
    rule = report["rules"][0]
    assert rule["rule"] == "margin"
    assert rule["measure"] == "RR@10"
    assert rule["limit"] == 0.1
    assert rule["lower"] < -0.1 < rule["upper"]
    assert rule["reason"] in report["reason"]


def test_identical_rankings_pass(ready: Esqual) -> None:
    report = parsed(ready(*COMPARE, *SAME, *JUDGED, "--max-drop", "0.01", "--json"))
    assert report["verdict"] == "PASS"
    assert report["decision"]["field"] == "more_traffic"
    assert report["overlap"]["identical_share"] == 1.0


def test_inconclusive_is_exit_code_4_and_may_be_allowed(ready: Esqual) -> None:
    asked = (*COMPARE, *ARMS, *JUDGED, "--max-drop", "0.1")
    assert ready(*asked).exit_code == 4
    allowed = ready(*asked, "--allow-inconclusive")
    assert allowed.exit_code == 0
    assert "INCONCLUSIVE (allowed): " in allowed.stdout


def test_a_table_of_the_settings_file_is_the_gate_unless_it_is_left_out(ready: Esqual) -> None:
    text = '[gate.measures."RR@10"]\nmargin = 0.1\n[gate.limits]\nmax_zero_hit_share = 0.0\n'
    Path("esqual.toml").write_text(text, encoding="utf-8")
    assert ready(*COMPARE, *ARMS, *JUDGED).exit_code == 4
    left_out = parsed(ready(*COMPARE, *ARMS, *JUDGED, "--no-gate", "--json"))
    assert left_out["verdict"] is None
    assert left_out["rules"] == []
    # forgotten judgments do not let a gate pass by
    assert ready(*COMPARE, *ARMS).exit_code == 3
    assert ready(*COMPARE, *ARMS, "--no-gate").exit_code == 0


def test_a_class_has_a_margin_and_a_table(ready: Esqual) -> None:
    Path("qrels.txt").write_text(QRELS + "t3 0 d3 1\n", encoding="utf-8")
    file = gate('[measures."RR@10".classes]\nword = 0.1\n')
    result = ready(*COMPARE, *ARMS, *JUDGED, *file, "--json")
    report = json.loads(result.stdout)
    assert [rule["class"] for rule in report["rules"]] == ["word"]
    classes = report["measures"][0]["classes"]
    assert [(row["class"], row["n_topics"]) for row in classes] == [("sentence", 2), ("word", 1)]
    assert all("adjusted_p_value" in row for row in classes)
    text = ready(*COMPARE, *ARMS, *JUDGED, *file).stdout
    assert "RR@10 by class" in text


def test_several_candidates_are_ranked_and_the_worst_is_the_exit_code(ready: Esqual) -> None:
    Path("other").mkdir()
    Path("other/plain.json").write_text(PLAIN, encoding="utf-8")
    Path("match2.json").write_text(Path("match.json").read_text(encoding="utf-8"), encoding="utf-8")
    arms = ("--baseline", "match.json", "--candidate", "match2.json", "--candidate", "plain.json")
    more = ("--candidate", "other/plain.json", "--candidate", "nothing.json")
    result = ready(*COMPARE, *arms, *more, *JUDGED, "--max-drop", "0.1", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["schema"] == 1
    each = {row["tag"]: row for row in report["candidates"]}
    assert list(each) == ["match2", "plain", "plain-2", "nothing"]
    assert report["ranking"][0] == "match2"
    assert report["ranking"][-1] == "nothing"
    assert report["verdict"] == "FAIL"
    assert report["reason"].startswith("nothing: ")
    assert each["match2"]["verdict"] == "PASS"
    # one candidate keeps the shape that it always had
    alone = json.loads(ready(*COMPARE, *arms[:4], *JUDGED, "--max-drop", "0.1", "--json").stdout)
    assert set(alone) == set(each["match2"])
    assert alone["tag"] == "candidate"
    text = ready(*COMPARE, *arms, *JUDGED, "--max-drop", "0.1", "--movers", "1").stdout
    table = text[text.index("=== all candidates, best first") :]
    assert [line.split()[0] for line in table.splitlines()[2:4]] == ["match2", "plain"]


def test_every_candidate_may_have_its_run_written(ready: Esqual) -> None:
    arms = (*ARMS, "--candidate", "nothing.json")
    runs = ("--run-candidate", "one.run", "--run-candidate", "two.run")
    assert ready(*COMPARE, *arms, *runs).exit_code == 0
    assert Path("one.run").read_text(encoding="utf-8").split()[5] == "plain"
    assert Path("two.run").read_text(encoding="utf-8") == ""


def test_latency_is_measured_when_asked_and_gates(ready: Esqual) -> None:
    assert parsed(ready(*COMPARE, *SAME, "--json"))["latency"] is None
    timed = parsed(ready(*COMPARE, *SAME, "--latency", "--json"))["latency"]
    assert timed["searches"] >= 100
    assert 0 < timed["candidate_p50_ms"] <= timed["candidate_p95_ms"]
    slow = gate("[limits]\nmax_latency_p95_ms = 1e-6\n")
    result = ready(*COMPARE, *SAME, *slow)
    assert result.exit_code == 1
    assert "only indicative" in result.stdout


def test_other_formats_of_judgments_are_read(ready: Esqual) -> None:
    ranx = {"t1": {"d1": 2, "d2": 0}, "t2": {"d3": 1}, "t3": {"d1": 0}}
    Path("ranx.json").write_text(json.dumps(ranx), encoding="utf-8")
    Path("quepid.csv").write_text(
        "query,docid,rating\n胃が痛い,d1,2\n胃が痛い,d2,0\n海が見える,d3,1\n窓と電話,d1,0\n",
        encoding="utf-8",
    )
    wanted = parsed(ready(*COMPARE, *ARMS, *JUDGED, "--json"))
    for name, form in (("ranx.json", "ranx"), ("quepid.csv", "quepid-csv")):
        asked = ("--qrels", name, "--qrels-format", form)
        assert parsed(ready(*COMPARE, *ARMS, *asked, "--json")) == wanted


def test_weights_show_how_many_topics_they_leave(ready: Esqual) -> None:
    weighted = "query_id\ttext\tweight\nt1\t胃が痛い\t3\nt2\t海が見える\t1\n"
    Path("topics.tsv").write_text(weighted, encoding="utf-8")
    text = ready(*COMPARE, *ARMS, *JUDGED).stdout
    assert "as sure as 1.6 topics of equal weight" in text


def test_the_report_shows_overlap_condensed_twin_and_decision(ready: Esqual) -> None:
    text = ready(*COMPARE, *ARMS, *JUDGED).stdout
    assert "overlap over all 3 topics" in text
    assert "over judged hits alone: " in text
    assert "live A/B test? " in text
    report = parsed(ready(*COMPARE, *ARMS, *JUDGED, "--json"))
    assert set(report["measures"][0]["condensed"]) == {"baseline", "candidate", "delta"}
    assert report["overlap"]["n_topics"] == 3
    assert report["decision"]["live_test"]["sessions_per_arm"] > 0


# options, files written first, exit code, what is said
VOID: list[tuple[tuple[str, ...], dict[str, str], int, str]] = [
    ((*ARMS, *JUDGED), {"qrels.txt": "t1 0 DOC1 1\n"}, 3, "judged documents"),
    ((*ARMS, *JUDGED), {"topics.tsv": ""}, 3, "topics.tsv"),
    ((*ARMS, *JUDGED), {"topics.tsv": "query_id\ttext\n"}, 3, "topics.tsv"),
    ((*ARMS, *JUDGED), {"qrels.txt": "t1 0 d1 0\n"}, 3, "none of the 3 topics"),
    ((*ARMS, *JUDGED), {"match.json": NOTHING}, 3, "baseline found nothing"),
    ((*ARMS, *JUDGED), {"match.json": NOTHING, "plain.json": NOTHING}, 3, "found nothing"),
    ((*ARMS, *JUDGED), {"plain.json": NOTHING}, 1, ""),
    ((*ARMS, *JUDGED), {"topics.tsv": "t1\t胃が痛い\n"}, 4, ""),
    # all tied with other rankings: the others went, and d1 is on top in both
    (
        (*ARMS, *JUDGED),
        {"match.json": FIRST, "plain.json": ONLY, "qrels.txt": "t1 0 d1 1\nt2 0 d1 1\n"},
        4,
        "",
    ),
    ((*SAME, *JUDGED), {}, 0, ""),
]


@pytest.mark.parametrize(("options", "files", "code", "message"), VOID)
def test_a_gate_fails_closed(
    ready: Esqual, options: tuple[str, ...], files: dict[str, str], code: int, message: str
) -> None:
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    result = ready(*COMPARE, *options, "--max-drop", "0.1")
    assert result.exit_code == code, result.output
    assert message in result.stderr
    if code == 3:
        assert result.stdout == ""


MISUSE: list[tuple[tuple[str, ...], Any, int, str]] = [
    ((*ARMS, *JUDGED), '[measures."RR@10"]\nmarign = 0.1\n', 3, "gate.toml:2"),
    ((*ARMS, *JUDGED), '[measures."RR@10".classes]\nverb = 0.1\n', 3, "gate.toml:2: no topic has"),
    ((*ARMS,), '[measures."RR@10"]\nmargin = 0.1\n', 3, "--qrels"),
    ((*ARMS,), "[limits]\nmin_judged = 0.1\n", 3, "--qrels"),
    ((*ARMS, "--gate", "absent.toml"), None, 3, "no such gate file"),
    ((*ARMS, *JUDGED, "--gate", "gate.toml", "--no-gate"), None, 2, "--no-gate"),
    ((*ARMS, *JUDGED, "--max-drop", "1"), None, 2, "max-drop"),
    ((*ARMS, "--candidate", "plain.json"), None, 2, "twice"),
    ((*ARMS, "--candidate", "nothing.json", "--run-candidate", "x"), None, 2, "--run-candidate"),
    ((*ARMS, *JUDGED, "--qrels-format", "trek"), None, 2, "trek"),
    ((*ARMS, "--qrels-format", "trec"), None, 2, "--qrels"),
]


@pytest.mark.parametrize(("options", "file", "code", "message"), MISUSE)
def test_a_gate_that_cannot_be_used_is_named(
    ready: Esqual, options: tuple[str, ...], file: str | None, code: int, message: str
) -> None:
    given = () if file is None else gate(file)
    result = ready(*COMPARE, *options, *given)
    assert result.exit_code == code, result.output
    assert message in result.stderr
    assert result.stdout == ""

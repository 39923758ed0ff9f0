"""`esqual compare-queries` from the outside: JSON keys, exit codes, one message for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import pytrec_eval

from tests.cli.conftest import Esqual, parsed

PLAIN = '{"query": {"match": {"text.plain": "{{query}}"}}}'
TOPICS = (
    "query_id\ttext\tclass\nt1\t胃が痛い\tsentence\nt2\t海が見える\tsentence\nt3\t窓と電話\tword\n"
)
QRELS = "t1 0 d1 2\nt1 0 d2 0\nt2 0 d3 1\nt3 0 d1 0\n"
COMPARE = ("compare-queries", "--index", "articles", "--topics", "topics.tsv")
ARMS = ("--baseline", "match.json", "--candidate", "plain.json")


@pytest.fixture
def ready(indexed: Esqual) -> Esqual:
    Path("plain.json").write_text(PLAIN, encoding="utf-8")
    Path("nothing.json").write_text('{"query": {"match_none": {}}}', encoding="utf-8")
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    Path("qrels.txt").write_text(QRELS, encoding="utf-8")
    return indexed


def test_quality_as_json_has_the_documented_keys(ready: Esqual) -> None:
    report = parsed(ready(*COMPARE, *ARMS, "--qrels", "qrels.txt", "--json"))
    assert report["schema"] == 1
    assert report["mode"] == "quality"
    assert report["index"] == report["candidate_index"] == "articles"
    assert report["n_topics"] == 2
    measure = report["measures"][0]
    assert measure["measure"] == "nDCG(dcg='exp-log2')@10"
    assert set(measure) >= {
        *("measure", "baseline", "candidate", "delta", "wins", "ties", "losses", "rank_eval"),
        *("confidence_interval", "interval_method", "p_value", "test", "effect_size"),
        "minimum_detectable_effect",
    }
    assert measure["delta"] == pytest.approx(measure["candidate"] - measure["baseline"])
    assert {"baseline", "candidate"} <= set(measure["rank_eval"])
    assert [topic["query_id"] for topic in report["topics"]] == ["t1", "t2"]
    assert {"text", "baseline", "candidate", "delta", "rbo", "identical"} <= set(
        report["topics"][0]
    )
    assert report["left_out"] == [
        {"query_id": "t3", "text": "窓と電話", "reason": "no relevant document"}
    ]
    assert report["verdict"] is None


def test_impact_needs_only_topics_and_two_queries(ready: Esqual) -> None:
    report = parsed(ready(*COMPARE, *ARMS, "--json"))
    assert report["mode"] == "impact"
    assert report["depth"] == 20
    assert report["measures"][0]["baseline"] == 1.0
    assert report["measures"][0]["rank_eval"]["candidate"] is not None
    assert report["n_topics"] == 3


def test_the_same_query_twice_says_that_nothing_changes(ready: Esqual) -> None:
    result = ready(*COMPARE, "--baseline", "match.json", "--candidate", "match.json")
    assert result.exit_code == 0
    assert "the rankings are identical for all 3 topics" in result.stdout


@pytest.mark.parametrize(
    ("gate", "code", "verdict"),
    [
        (("--qrels", "qrels.txt", "--max-drop", "0.5"), 4, "INCONCLUSIVE"),
        (("--min-similarity", "0"), 0, "PASS"),
        (("--min-similarity", "1", "--candidate", "nothing.json"), 1, "FAIL"),
    ],
)
def test_a_gate_option_turns_the_answer_into_an_exit_code(
    ready: Esqual, gate: tuple[str, ...], code: int, verdict: str
) -> None:
    result = ready(*COMPARE, *ARMS, *gate, "--json")
    assert result.exit_code == code
    assert json.loads(result.stdout)["verdict"] == verdict


def test_a_fall_below_the_limit_fails(ready: Esqual) -> None:
    arms = ("--baseline", "match.json", "--candidate", "nothing.json")
    result = ready(*COMPARE, *arms, "--qrels", "qrels.txt", "--max-drop", "0.5")
    assert result.exit_code == 1
    assert "FAIL: " in result.stdout


def test_one_template_with_two_parameter_values_is_a_comparison(ready: Esqual) -> None:
    template = '{"query": {"match": {"text": {"query": "{{query}}", "operator": "{{op}}"}}}}'
    Path("operator.json").write_text(template, encoding="utf-8")
    options = ("--baseline-param", "op=or", "--candidate-param", "op=and", "--json")
    report = parsed(ready(*COMPARE, "--baseline", "operator.json", *options))
    assert not report["identical"]


def test_written_runs_give_trec_eval_the_same_figures(ready: Esqual) -> None:
    runs = ("--run-baseline", "own.run", "--run-candidate", "other.run")
    measures = ("--measure", "RR@10", "--measure", "P@5", "--measure", "nDCG@10")
    result = ready(*COMPARE, *ARMS, "--qrels", "qrels.txt", *measures, *runs, "--json")
    report = parsed(result)
    qrels = {"t1": {"d1": 2, "d2": 0}, "t2": {"d3": 1}}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank", "P.5", "ndcg_cut.10"})
    for arm, path in (("baseline", "own.run"), ("candidate", "other.run")):
        run: dict[str, dict[str, float]] = {}
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            query_id, _, doc_id, _, score, tag = line.split()
            assert tag == arm
            run.setdefault(query_id, {})[doc_id] = float(score)
        values = evaluator.evaluate({q: run.get(q, {}) for q in qrels})
        for row, name in zip(report["measures"], ("recip_rank", "P_5", "ndcg_cut_10"), strict=True):
            mean = sum(values[q][name] for q in qrels) / len(qrels)
            assert row[arm] == pytest.approx(mean, abs=1e-9), row["measure"]


def test_two_builds_of_one_corpus_give_the_same_bytes(
    ready: Esqual, root: Path, tmp_path: Path
) -> None:
    outputs = []
    for build in ("first", "second"):
        engine = ("--engine", f"lucene:{tmp_path / build}")
        index = ("index", str(root / "demo" / "corpus.ndjson"), "--index", "demo")
        made = ready(*index, "--mapping", str(root / "mappings" / "ja-text.json"), *engine)
        assert made.exit_code == 0, made.output
        queries = root / "queries"
        result = ready(
            *("compare-queries", "--index", "demo", "--json", *engine),
            *("--topics", str(queries / "topics" / "demo.tsv")),
            *("--baseline", str(queries / "templates" / "match.json")),
            *("--candidate", str(queries / "templates" / "bigram-boost.json")),
            *("--run-baseline", f"{build}.own", "--run-candidate", f"{build}.other"),
        )
        assert result.exit_code == 0, result.output
        runs = [Path(f"{build}.{arm}").read_bytes() for arm in ("own", "other")]
        outputs.append((result.stdout, *runs))
    assert outputs[0] == outputs[1]
    assert outputs[0][1].count(b"\n") > 300


# what is typed, the files written first, the exit code, what the message says
BAD_INPUT = [
    (("--candidate", "plain.json"), {}, 2, "--baseline"),
    (("--baseline", "match.json"), {}, 2, "--candidate"),
    ((*ARMS, "--measure", "RR@10"), {}, 2, "--qrels"),
    ((*ARMS, "--max-drop", "0.1"), {}, 2, "--min-similarity"),
    ((*ARMS, "--qrels", "qrels.txt", "--min-similarity", "0.5"), {}, 2, "--max-drop"),
    ((*ARMS, "--min-similarity", "nan"), {}, 2, "min-similarity"),
    ((*ARMS, "--qrels", "qrels.txt", "--max-drop", "-1"), {}, 2, "max-drop"),
    ((*ARMS, "--qrels", "qrels.txt", "--measure", "nDGC@10"), {}, 3, "nDGC"),
    ((*ARMS, "--qrels", "absent.txt"), {}, 3, "absent.txt"),
    ((*ARMS, "--qrels", "q.txt"), {"q.txt": "t1 0 d1\n"}, 3, "q.txt:1"),
    ((*ARMS, "--qrels", "q.txt"), {"q.txt": "t9 0 d1 1\n"}, 3, "none of the 3 topics"),
    ((*ARMS, "--qrels", "q.txt"), {"q.txt": "t1 0 DOC1 1\n"}, 3, "judged documents"),
    ((*ARMS,), {"topics.tsv": ""}, 3, "topics.tsv"),
    ((*ARMS,), {"topics.tsv": "t1\t胃\nt1\t頭\n"}, 3, "topics.tsv:2"),
    ((*ARMS,), {"plain.json": '{"query": {"match": {"text": "{{qurey}}"}}}'}, 3, "qurey"),
    ((*ARMS,), {"plain.json": '{"query": {"match": {"text": {{query}}}}}'}, 3, "plain.json:1"),
    ((*ARMS,), {"plain.json": '{"query": {"mtach": {"text": "{{query}}"}}}'}, 3, "mtach"),
    ((*ARMS,), {"plain.json": '{"aggs_": {}}'}, 3, "aggs_"),
    ((*ARMS, "--candidate-index", "absent"), {}, 3, "absent"),
    ((*ARMS, "--engine", "htp://x"), {}, 3, "htp://x"),
    ((*ARMS, "--param", "novalue"), {}, 2, "NAME=VALUE"),
    ((*ARMS, "--param", "boots=2"), {}, 3, "boots"),
    ((*ARMS, "--stable-order", "absent"), {}, 3, "absent"),
]


@pytest.mark.parametrize(("options", "files", "code", "message"), BAD_INPUT)
def test_bad_input_gets_one_clear_message_and_the_documented_code(
    ready: Esqual, options: tuple[str, ...], files: dict[str, str], code: int, message: str
) -> None:
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    result = ready(*COMPARE, *options)
    assert result.exit_code == code, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""

"""The action's steps and the examples of docs/ci.md, run here as a shell runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.report import junit_facts

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
DOCS = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")

MAPPING = {
    "settings": {"number_of_shards": 1, "number_of_replicas": 0},
    "mappings": {
        "properties": {
            "id": {"type": "keyword"},
            "text": {"type": "text", "analyzer": "kuromoji"},
        }
    },
}
MATCH = '{"query": {"match": {"text": "{{query}}"}}}'
# d2 first wherever it is a hit: that is one topic of twelve, and there d1 was right
WORSE = (
    '{"query": {"bool": {"must": {"match": {"text": "{{query}}"}}, '
    '"should": {"term": {"id": {"value": "d2", "boost": 50}}}}}}'
)
NOTHING = '{"query": {"match_none": {}}}'
WORDS = ["頭痛", "花粉", "歯車", "電池", "雨傘", "駅員", "弁当", "写真", "郵便", "水槽", "眼鏡"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a corpus, topics, judgments and templates."""
    documents = {"d1": "胃が痛い。", "d2": "胃の検査をした日に、駅前の店で痛い目にあった。"}
    documents |= {f"w{i}": f"{word}の話。" for i, word in enumerate(WORDS)}
    lines = [json.dumps({"id": k, "text": v}, ensure_ascii=False) for k, v in documents.items()]
    (tmp_path / "corpus.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    topics = ["t0\t胃が痛い", *(f"t{i + 1}\t{word}" for i, word in enumerate(WORDS))]
    (tmp_path / "topics.tsv").write_text("\n".join(topics) + "\n", encoding="utf-8")
    qrels = ["t0 0 d1 1", *(f"t{i + 1} 0 w{i} 1" for i in range(len(WORDS)))]
    (tmp_path / "qrels.txt").write_text("\n".join(qrels) + "\n", encoding="utf-8")
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING), encoding="utf-8")
    for name, text in (("match", MATCH), ("worse", WORSE), ("nothing", NOTHING)):
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    """This process's, with `esqual` and `python3` of the tests first on the path."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ESQUAL_", "GITHUB_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "ESQUAL_HISTORY": "off", **more}


def value_of(expression: str, inputs: dict[str, str]) -> str:
    """What a runner makes of the expressions that action.yml uses, and of no others."""
    known = {f"inputs.{name}": text for name, text in inputs.items()}
    known |= {"github.action_path": str(ROOT), "env.ESQUAL_ENGINE": ""}
    inner = re.fullmatch(r"\$\{\{ (.*) \}\}", expression)
    if inner is None:
        return expression
    return next((known[name] for name in inner[1].split(" || ") if known[name]), "")


def run_step(folder: Path, **given: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """The step `Compare` with these inputs, and its outputs."""
    inputs = {name: row.get("default", "") for name, row in ACTION["inputs"].items()}
    inputs |= {name.replace("_", "-"): text for name, text in given.items()}
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "gate")
    output, summary = folder / "output", folder / "step-summary"
    output.touch()
    run = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment(
            **{name: value_of(text, inputs) for name, text in step["env"].items()},
            GITHUB_ACTIONS="true",
            GITHUB_OUTPUT=str(output),
            GITHUB_STEP_SUMMARY=str(summary),
        ),
        capture_output=True,
        text=True,
    )
    pairs = (line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
    return run, dict(pairs)


BASE = {
    "index": "articles",
    "topics": "topics.tsv",
    "baseline": "match.json",
    "qrels": "qrels.txt",
    "measure": "RR@10",
    "max_drop": "0.9",
}


def test_a_regressed_topic_under_pass_is_annotated_and_leaves_junit_green(folder: Path) -> None:
    run, outputs = run_step(
        folder, **BASE, candidate="worse.json", corpus="corpus.ndjson", mapping="mapping.json"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert outputs["verdict"] == "PASS"
    assert outputs["exit-code"] == "0"
    report = json.loads((folder / "esqual-reports/comparison.json").read_text(encoding="utf-8"))
    assert outputs["decision"] == report["decision"]["field"]
    assert report["measures"][0]["losses"] == 1

    junit = junit_facts.check((folder / "esqual-reports/junit.xml").read_text(encoding="utf-8"))
    assert (junit[0].get("failures"), junit[0].get("errors")) == ("0", "0")
    assert "t0  胃が痛い" in (junit[0].findtext("system-out") or "")

    # commands are obeyed only outside the part that may quote queries
    stop, token = run.stdout.splitlines()[0].rsplit("::", 1)
    assert stop == "::stop-commands"
    quoted, _, after = run.stdout.partition(f"\n::{token}::\n")
    assert "## esqual: PASS" in quoted
    commands = [line for line in after.splitlines() if line.startswith("::")]
    assert len(commands) == 1
    assert commands[0].startswith("::warning file=worse.json,title=candidate%3A t0 lost 0.5000::")
    summary = (folder / "step-summary").read_text(encoding="utf-8")
    assert summary == (folder / "esqual-reports/summary.md").read_text(encoding="utf-8")
    assert (folder / "esqual-reports/ab-report.html").stat().st_size > 1000

    # the index is there now: a broken candidate, and judgments of other documents
    run, outputs = run_step(folder, **BASE, candidate="nothing.json")
    assert (run.returncode, outputs["verdict"], outputs["exit-code"]) == (1, "FAIL", "1")
    assert "::error file=nothing.json,title=candidate%3A FAIL::" in run.stdout

    (folder / "qrels.txt").write_text("t0 0 nowhere 1\n", encoding="utf-8")
    run, outputs = run_step(folder, **BASE, candidate="worse.json\nnothing.json")
    assert (run.returncode, outputs["verdict"], outputs["decision"]) == (3, "VOID", "none")
    summary = (folder / "step-summary").read_text(encoding="utf-8")
    assert summary.count("the comparison is void") == 1
    assert "::error title=esqual%3A the comparison is void::" in run.stdout
    junit = junit_facts.check((folder / "esqual-reports/junit.xml").read_text(encoding="utf-8"))
    assert junit[0].get("errors") == "1"
    assert not (folder / "esqual-reports/topics.csv").exists()


def test_every_input_of_the_action_is_used_and_every_use_is_an_input() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(ACTION["runs"])))
    assert used == set(ACTION["inputs"])
    script = (ROOT / "ci" / "gate.sh").read_text(encoding="utf-8")
    for step in ACTION["runs"]["steps"]:
        # what comes from a pull request is never part of a script's text
        assert "${{" not in step["run"]
        for name in step["env"]:
            assert name in script + step["run"] or name == "ESQUAL_ENGINE"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", DOCS, flags=re.S | re.M)


def test_gitlab_and_jenkins_run_the_commands_of_the_plain_shell() -> None:
    (plain,) = blocks("sh")
    commands = plain.splitlines()
    gitlab: Any = yaml.safe_load(blocks("yaml")[1])["search-quality"]
    assert gitlab["script"] == commands
    (jenkins,) = re.findall(r"'''\n(.*?)'''", blocks("groovy")[0], flags=re.S)
    assert textwrap.dedent(jenkins).strip().splitlines() == commands
    written = {word for word in plain.split() if word.startswith("esqual.")}
    assert written == set(gitlab["artifacts"]["paths"])
    assert gitlab["artifacts"]["reports"]["junit"] in written


def test_the_example_for_github_gives_inputs_that_the_action_has() -> None:
    steps = yaml.safe_load(blocks("yaml")[0])["jobs"]["search-quality"]["steps"]
    (given,) = [step["with"] for step in steps if step.get("id") == "gate"]
    assert set(given) <= set(ACTION["inputs"])
    required = {name for name, row in ACTION["inputs"].items() if row.get("required")}
    assert required <= set(given)
    for name in ("corpus", "mapping", "topics", "baseline", "candidate", "qrels"):
        assert (ROOT / given[name]).is_file()


def test_the_commands_of_the_plain_shell_run(tmp_path: Path) -> None:
    for name in ("demo", "mappings", "queries"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (plain,) = blocks("sh")
    run = subprocess.run(
        ["bash", "-e", "-c", plain], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    junit_facts.check((tmp_path / "esqual.xml").read_text(encoding="utf-8"))
    assert (tmp_path / "esqual.md").read_text(encoding="utf-8").startswith("## esqual: ")
    assert len((tmp_path / "esqual.csv").read_text(encoding="utf-8").splitlines()) == 31

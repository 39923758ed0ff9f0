"""Dependency pairs on the demo corpus, end to end: the default parser, mapping and templates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from esqual.cli import main
from tests.conftest import ROOT

MAPPING = str(ROOT / "mappings" / "ja-dependency.json")
STRICT = str(ROOT / "queries" / "templates" / "dependency-strict.json")
# the symptoms and a few others: enough to be confused by, little to parse
FIRST = 60


def _run(*arguments: str) -> Any:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result


pytestmark = pytest.mark.needs("kuromoji", "lucene10")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, engine_url: str) -> Iterator[Path]:
    """``raw`` is indexed from the text, ``made`` from what `esqual enrich` wrote of it."""
    folder = tmp_path_factory.mktemp("dependency")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESQUAL_ENGINE", engine_url)
        patch.chdir(folder)
        lines = (ROOT / "demo" / "corpus.ndjson").read_text(encoding="utf-8").splitlines(True)
        Path("raw.ndjson").write_text("".join(lines[:FIRST]), encoding="utf-8")
        _run("enrich", "raw.ndjson", "made.ndjson", "--mapping", MAPPING)
        for name in ("raw", "made"):
            done = _run("index", f"{name}.ndjson", "--index", name, "--mapping", MAPPING)
            Path(f"{name}.out").write_text(done.stdout, encoding="utf-8")
        yield folder


def _found(text: str) -> list[str]:
    arguments = ("--index", "raw", "--query", STRICT, "--mapping", MAPPING, "--json", text)
    return [hit["doc_id"] for hit in json.loads(_run("search", *arguments).stdout)["hits"]]


@pytest.mark.usefixtures("folder")
def test_whose_pain_it_is_decides() -> None:
    found = _found("胃が痛い")
    assert found[0] == "d001"  # ずっと胃がキリキリと痛い。
    assert "d005" in found  # 痛い胃をいたわるには
    assert "d002" not in found  # 頭が痛い。胃がむかむかする。
    assert "d014" not in _found("頭が痛い")
    assert _found("頭が痛くない") == ["d014"]  # 頭は痛くないし喉も平気


def test_the_report_says_what_the_pairs_cost(folder: Path) -> None:
    assert f"\nenriched: dep ({FIRST}); " in (folder / "raw.out").read_text(encoding="utf-8")


def test_parsed_elsewhere_is_the_same_index(folder: Path, module_engine: Elasticsearch) -> None:
    client = module_engine
    sources = []
    for index in ("raw", "made"):
        hits = client.search(index=index, query={"match_all": {}}, size=FIRST).body["hits"]["hits"]
        sources.append([(hit["_id"], json.dumps(hit["_source"])) for hit in hits])
    mappings = client.indices.get_mapping(index="raw,made").body
    assert sources[0] == sources[1]
    assert len(sources[0]) == FIRST
    assert json.dumps(mappings["raw"]) == json.dumps(mappings["made"])
    runs = []
    for index in ("raw", "made"):
        _run(
            *("compare-queries", "--index", index, "--mapping", MAPPING),
            *("--topics", str(ROOT / "queries" / "topics" / "demo.tsv")),
            *("--baseline", str(ROOT / "queries" / "templates" / "match.json")),
            *("--candidate", str(ROOT / "queries" / "templates" / "dependency.json")),
            *("--run-baseline", f"{index}.0.run", "--run-candidate", f"{index}.1.run"),
        )
        runs.append([(folder / f"{index}.{n}.run").read_bytes() for n in (0, 1)])
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]

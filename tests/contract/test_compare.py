"""esqual's own way through: index the demo, compare two queries, the same figures everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from esqual.cli import main
from tests.conftest import ROOT
from tests.servers.capabilities import ENGINES

pytestmark = pytest.mark.needs("kuromoji", "lucene10")


def _run(*arguments: str) -> Any:
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def url(module_engine: Elasticsearch, engine_url: str) -> str:
    """An engine that holds the demo corpus, put there by ``esqual index``."""
    assert not module_engine.indices.exists(index="demo")
    corpus, mapping = (str(ROOT / name) for name in ("demo/corpus.ndjson", "mappings/ja-text.json"))
    _run("index", corpus, "--index", "demo", "--mapping", mapping, "--engine", engine_url)
    return engine_url


def _compared(url: str, *more: str) -> dict[str, Any]:
    templates = ROOT / "queries" / "templates"
    answer = _run(
        *("compare-queries", "--engine", url, "--index", "demo"),
        *("--topics", str(ROOT / "queries" / "topics" / "demo.tsv")),
        *("--baseline", str(templates / "match.json")),
        *("--candidate", str(templates / "bigram-boost.json")),
        *("--json", *more),
    )
    compared: dict[str, Any] = json.loads(answer.stdout)
    return compared


def test_impact_has_the_same_figures_on_every_engine(url: str) -> None:
    found = _compared(url)
    (measure,) = found["measures"]
    assert measure["candidate"] == pytest.approx(0.976569193802282, abs=1e-12)
    assert (measure["wins"], measure["ties"], measure["losses"]) == (0, 22, 8)
    first = found["topics"][0]
    assert first["rbo"] == pytest.approx(0.7434727831775853, abs=1e-12)
    assert (first["entered"], first["left"]) == (["d340", "d123"], ["d032", "d122"])


def test_quality_has_the_same_figures_on_every_engine(url: str, engine_name: str) -> None:
    qrels = str(ROOT / "queries" / "qrels" / "demo.txt")
    (measure,) = _compared(url, "--qrels", qrels, "--measure", "RR@10")["measures"]
    assert measure["baseline"] == pytest.approx(0.7811111111111111, abs=1e-12)
    assert measure["candidate"] == pytest.approx(0.8111111111111111, abs=1e-12)
    assert (measure["wins"], measure["ties"], measure["losses"]) == (5, 22, 3)
    assert measure["p_value"] == pytest.approx(0.5703125, abs=1e-12)
    if "rank_eval" in ENGINES[engine_name].features:
        assert measure["rank_eval"]["candidate"] == pytest.approx(measure["candidate"], abs=1e-12)
    else:
        assert measure["rank_eval"] is None

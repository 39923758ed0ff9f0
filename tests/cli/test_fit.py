"""`esqual fit`: artefacts of a mapping file's encoders, and what needs them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Esqual


def _mapping(folder: Path, **more: Any) -> None:
    enrichment = {
        "name": "vector",
        "kind": "vector",
        "source": "text",
        "target": "vector",
        "parameters": {"encoder": "ginza", "artefact": "three"},
        **more,
    }
    body = {
        "mappings": {
            "_meta": {"esqual": {"enrich": [enrichment]}},
            "properties": {
                "text": {"type": "text"},
                "vector": {"type": "dense_vector", "dims": 300, "index_options": {"type": "flat"}},
            },
        }
    }
    (folder / "fit.json").write_text(json.dumps(body), encoding="utf-8")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESQUAL_ARTEFACTS", raising=False)
    _mapping(tmp_path)


def test_a_fitted_artefact_is_a_file_and_its_digest_a_pin(esqual: Esqual, tmp_path: Path) -> None:
    result = esqual("fit", "c.ndjson", "--mapping", "fit.json", "--json")
    assert result.exit_code == 0
    made = json.loads(result.stdout)["fitted"]["vector"]
    path = tmp_path / ".esqual-artefacts" / "three.npz"
    assert made == {
        "path": ".esqual-artefacts/three.npz",
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "documents": 3,
    }
    _mapping(tmp_path, digest=made["digest"])
    enriched = esqual("enrich", "c.ndjson", "out.ndjson", "--mapping", "fit.json")
    assert enriched.exit_code == 0, enriched.output
    lines = (tmp_path / "out.ndjson").read_text(encoding="utf-8").splitlines()
    assert [len(json.loads(line)["vector"]) for line in lines] == [300] * 3


def test_the_text_says_where_and_how_to_pin(esqual: Esqual) -> None:
    result = esqual("fit", "c.ndjson", "--mapping", "fit.json")
    assert result.stdout.startswith("vector: .esqual-artefacts/three.npz, from 3 documents\n")
    assert 'to pin it: "digest": "' in result.stdout


def test_without_the_artefact_enriching_says_how_to_make_it(esqual: Esqual) -> None:
    result = esqual("enrich", "c.ndjson", "out.ndjson", "--mapping", "fit.json")
    assert result.exit_code == 3
    assert "no artefact 'three' here" in result.output
    assert "make it with esqual fit" in result.output


def test_another_file_than_the_pinned_one_is_refused(esqual: Esqual, tmp_path: Path) -> None:
    esqual("fit", "c.ndjson", "--mapping", "fit.json")
    _mapping(tmp_path, digest="0" * 64)
    result = esqual("enrich", "c.ndjson", "out.ndjson", "--mapping", "fit.json")
    assert result.exit_code == 3
    assert "pinned to digest" in result.output


def test_nothing_to_fit_is_an_error(esqual: Esqual) -> None:
    result = esqual("fit", "c.ndjson", "--mapping", "mapping.json")
    assert result.exit_code == 3
    assert "there is nothing to fit" in result.output


def test_standard_input_cannot_be_read_twice(esqual: Esqual) -> None:
    assert esqual("fit", "-", "--mapping", "fit.json").exit_code == 2

"""The report names the cause of a constructed regression in its first line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from esqual.comparison import Arm, compare_queries
from esqual.diagnosis import ANALYSIS, Diagnosis, cause_line, diagnose
from esqual.measures import parse_measure
from esqual.models import Topic
from esqual.templates import read_template
from tests.diagnosis.regressions import CONTROLS, REGRESSIONS, Regression

ENRICHED = {
    "_meta": {
        "esqual": {
            "enrich": [{"name": "p", "kind": "dependency", "source": "text", "target": "dep"}]
        }
    }
}


def build(engine: Elasticsearch, row: Regression, index: str, *, candidate: bool) -> None:
    own = row.candidate_chain if candidate else row.baseline_chain
    analysis: dict[str, Any] = {**row.analysis}
    analyzers = {**analysis.get("analyzer", {}), "own": {"type": "custom", **(own or {})}}
    text: dict[str, Any] = {"type": "text", "analyzer": "own"}
    settings: dict[str, Any] = {"analysis": {**analysis, "analyzer": analyzers}}
    if row.similarity is not None:
        own_b = 1.0 if candidate else 0.0
        settings["similarity"] = {row.similarity: {"type": "BM25", "b": own_b}}
        text["similarity"] = row.similarity
    fields = {**row.fields, **(row.candidate_fields if candidate else {})}
    for analyzer in analyzers.values():
        analyzer.setdefault("type", "custom")
    mappings = {**(ENRICHED if "dep" in fields else {}), "properties": {"text": text, **fields}}
    engine.indices.create(index=index, settings=settings, mappings=mappings)
    documents = [(f"a{n}", body, row.more) for n, body in enumerate(row.first)]
    documents += [(f"b{n}", body, row.other_more) for n, body in enumerate(row.others)]
    if candidate and "new" in row.candidate_only:
        documents.append(("new", row.candidate_only["new"], {}))
    for doc_id, body, more in documents:
        if candidate and doc_id == "a0":
            if row.candidate_only.get("missing"):
                continue
            body = row.candidate_only.get("text", body)
        document = {"text": body, **more}
        if "text2" in fields:
            document["text2"] = body
        engine.index(index=index, id=doc_id, document=document)
    engine.indices.refresh(index=index)


def diagnosed(engine: Elasticsearch, row: Regression, folder: Path) -> Diagnosis:
    build(engine, row, "old", candidate=False)
    other = "old"
    if row.candidate_chain is not None:
        other = "new"
        build(engine, row, other, candidate=True)
    arms = []
    for tag, index, body in (
        ("baseline", "old", row.baseline),
        ("candidate", other, row.candidate or row.baseline),
    ):
        path = folder / f"{tag}.json"
        path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
        arms.append(Arm(tag, index, read_template(path)))
    qrels = {"t": {f"a{n}": 2 for n in range(len(row.first))}}
    comparison, own, cand = compare_queries(
        engine,
        [Topic("t", row.query)],
        *arms,
        qrels=qrels,
        measures=[parse_measure("nDCG@10")],
        allow_different_corpora=True,
    )
    assert comparison.topics[0].delta() < 0, "the regression is none"
    (diagnosis,) = diagnose(engine, comparison, own, cand, qrels=qrels)
    return diagnosis


@pytest.mark.parametrize("row", REGRESSIONS, ids=lambda row: row.name)
def test_the_first_line_names_the_cause(
    engine: Elasticsearch, row: Regression, tmp_path: Path
) -> None:
    diagnosis = diagnosed(engine, row, tmp_path)
    assert diagnosis.cause is not None
    assert diagnosis.cause.kind in row.kinds, (cause_line(diagnosis), diagnosis)


@pytest.mark.parametrize("row", CONTROLS, ids=lambda row: row.name)
def test_a_change_without_a_cause_in_the_analysis_is_not_blamed_on_it(
    engine: Elasticsearch, row: Regression, tmp_path: Path
) -> None:
    diagnosis = diagnosed(engine, row, tmp_path)
    assert diagnosis.cause is not None
    assert diagnosis.cause.kind not in ANALYSIS, (cause_line(diagnosis), diagnosis)
    assert diagnosis.cause.kind in row.kinds, (cause_line(diagnosis), diagnosis)

"""A/A: a steady engine is called steady, and what wobbles is counted by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from esqual.comparison import RunOptions
from esqual.comparison.determinism import Wobble, check_determinism
from esqual.measures import parse_measure
from esqual.report.determinism import render_wobble_json, render_wobble_text
from tests.comparison.cluster import TOPICS, Cluster, arms
from tests.fakes import scripted_client

QRELS = {"t1": {"d1": 1}, "t2": {"d2": 1}}


def steady(_: str, text: str, header: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [("d1" if text == TOPICS[0].text else "d2", 2.0), ("d3", 2.0), ("d4", 1.0)]


def wobbly(field: str, text: str, header: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The copies on n2 turn two equal scores of t1 round, and score t2 anew."""
    hits = steady(field, text, header)
    if header.get("preference") != "_prefer_nodes:n2":
        return hits
    return [hits[1], hits[0], hits[2]] if text == TOPICS[0].text else [hits[2], *hits[:2]]


def check(cluster: Cluster, folder: Path, **options: Any) -> Wobble:
    client = scripted_client(cluster)
    given = {"qrels": QRELS, "measures": [parse_measure("RR@3")], **options}
    return check_determinism(client, TOPICS, arms(folder)[:1], **given)[0]


def test_a_steady_engine_is_called_steady(tmp_path: Path) -> None:
    wobble = check(Cluster(steady), tmp_path)
    assert wobble.is_steady
    names = [row.name for row in wobble.rounds]
    assert names == [*(f"again {n}" for n in (1, 2, 3, 4)), "copies on n1", "copies on n2"]
    assert "steady" in render_wobble_text([wobble])


def test_copies_that_rank_otherwise_are_found_and_measured(tmp_path: Path) -> None:
    wobble = check(Cluster(wobbly), tmp_path, repeats=1)
    assert [row.changed for row in wobble.rounds] == [(), (), ("t1", "t2")]
    last = wobble.rounds[-1]
    # t1: 1 to 1/2, with the same scores; t2: 1 to 1/2, with others
    assert last.equal_scores == 1
    assert last.measure_delta == pytest.approx(-0.5)
    assert last.largest_delta == pytest.approx(0.5)
    assert wobble.wobbling == ("t1", "t2")
    text = render_wobble_text([wobble])
    assert "2 of 2 topics wobble (t1, t2)" in text
    assert "scores differ" in text
    document = json.loads(render_wobble_json([wobble]))
    assert document["steady"] is False
    assert document["arms"][0]["rounds"][-1]["changed"] == ["t1", "t2"]


def test_without_judgments_a_run_is_measured_against_the_first(tmp_path: Path) -> None:
    wobble = check(Cluster(wobbly), tmp_path, qrels=None, measures=(), depth=1, repeats=0)
    assert wobble.mean == 1.0
    assert wobble.rounds[-1].measure_delta == -1.0


def test_equal_scores_alone_get_the_advice_that_helps(tmp_path: Path) -> None:
    def turned(field: str, text: str, header: Mapping[str, Any]) -> list[tuple[str, float]]:
        return wobbly(field, TOPICS[0].text, header)

    text = render_wobble_text([check(Cluster(turned), tmp_path)])
    assert "--stable-order" in text
    assert "scores differ" not in text


def test_one_node_is_not_asked_twice(tmp_path: Path) -> None:
    wobble = check(Cluster(steady, nodes=["n1"]), tmp_path, run=RunOptions(concurrency=2))
    assert all(row.name.startswith("again") for row in wobble.rounds)

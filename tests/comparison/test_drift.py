"""The other search type beside the one that was compared, worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from esqual.comparison import Comparison, RunOptions, compare_queries
from esqual.measures import parse_measure
from tests.comparison.cluster import TOPICS, Cluster, arms
from tests.fakes import scripted_client

QRELS = {"t1": {"d1": 1}, "t2": {"d2": 1}}
RR = parse_measure("RR@2")


def ranking(field: str, text: str, header: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Under dfs the candidate finds the relevant document of t1 first, not second."""
    relevant = "d1" if text == TOPICS[0].text else "d2"
    hits = [(relevant, 2.0), ("d3", 1.0)]
    dfs = header.get("search_type") == "dfs_query_then_fetch"
    turned = field == "other" and text == TOPICS[0].text and not dfs
    return hits[::-1] if turned else hits


def compare(cluster: Cluster, folder: Path, judged: bool = True, **options: Any) -> Comparison:
    given = {"qrels": QRELS, "measures": [RR]} if judged else {"depth": 2}
    return compare_queries(
        scripted_client(cluster), TOPICS, *arms(folder), run=RunOptions(**options), **given
    )[0]


def test_production_is_judged_and_the_drift_stands_beside_it(tmp_path: Path) -> None:
    result = compare(Cluster(ranking), tmp_path)
    assert result.measures[0].candidate == pytest.approx(0.75)
    drift = result.drift
    assert drift is not None
    assert (drift.search_type, drift.other) == ("query_then_fetch", "dfs_query_then_fetch")
    assert (drift.n_topics, drift.changed_baseline, drift.changed_candidate) == (2, 0, 1)
    assert (drift.baseline, drift.candidate, drift.delta) == (1.0, 1.0, 0.0)
    assert drift.delta_change == pytest.approx(0.25)
    assert result.record["search_type"] == "query_then_fetch"


def test_asked_for_dfs_is_judged_and_production_is_the_drift(tmp_path: Path) -> None:
    result = compare(Cluster(ranking), tmp_path, search_type="dfs_query_then_fetch")
    assert result.measures[0].candidate == 1.0
    assert result.drift is not None
    assert result.drift.candidate == pytest.approx(0.75)
    assert result.record["search_type"] == "dfs_query_then_fetch"


def test_impact_drifts_where_both_arms_change(tmp_path: Path) -> None:
    def other_documents(field: str, text: str, header: Mapping[str, Any]) -> Any:
        dfs = header.get("search_type") == "dfs_query_then_fetch"
        return [("d1", 2.0), ("d9" if dfs and field == "other" else "d2", 1.0)]

    result = compare(Cluster(other_documents), tmp_path, judged=False)
    assert result.measures[0].candidate == 1.0
    assert result.drift is not None
    assert result.drift.changed_candidate == 2
    assert result.drift.candidate == pytest.approx(1 / (1 + 0.6309297535714575))


def test_one_pass_is_saved_where_it_is_not_wanted(tmp_path: Path) -> None:
    cluster = Cluster(ranking)
    assert compare(cluster, tmp_path, drift=False).drift is None
    assert cluster.asked.count("_msearch") == 2


def test_a_refused_search_type_is_a_note_and_no_figure(tmp_path: Path) -> None:
    class Refusing(Cluster):
        def __call__(self, method: str, path: str, body: Any) -> tuple[int, Any]:
            # the first body of each arm was tried by then
            if path.endswith("_search") and self.asked.count("_msearch"):
                cause = {"type": "x", "reason": "cannot set [search_type] when using [knn]"}
                return 400, {"error": {"root_cause": [cause], **cause}, "status": 400}
            return super().__call__(method, path, body)

    result = compare(Refusing(ranking), tmp_path, judged=False)
    assert result.drift is None
    assert any("drift" in note and "knn" in note for note in result.notes)

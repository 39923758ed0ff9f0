from __future__ import annotations

import ir_measures
import pandas as pd
import pytest

from esqual.errors import JudgmentsError
from esqual.judgments.frames import (
    judgments_from_frame,
    qrels_from_dict,
    qrels_from_frame,
    qrels_to_dict,
    qrels_to_frame,
    run_from_dict,
    run_from_frame,
    run_to_dict,
    run_to_frame,
)
from esqual.measures import iter_values, parse_measure
from esqual.models import ScoredDoc

QRELS = {"t1": {"胃1": 3, "胃2": 0}, "t2": {"胃1": 1}}
RUN = {
    "t1": [ScoredDoc("胃2", 2.5), ScoredDoc("x", 2.0), ScoredDoc("胃1", 1.0)],
    "t2": [ScoredDoc("胃1", 0.5)],
}


def test_frames_and_dicts_come_back_as_they_went() -> None:
    assert qrels_from_frame(qrels_to_frame(QRELS)) == QRELS
    assert qrels_from_dict(qrels_to_dict(QRELS)) == QRELS
    assert run_from_frame(run_to_frame(RUN)) == RUN
    assert run_from_dict(run_to_dict(RUN)) == RUN
    assert run_from_dict({"t1": {}}) == {"t1": []}


def test_ir_measures_takes_our_frames_and_finds_our_values() -> None:
    names = ["nDCG@10", "RR", "AP"]
    measures = [ir_measures.parse_measure(name) for name in names]
    theirs = {
        (metric.query_id, str(metric.measure)): metric.value
        for metric in ir_measures.iter_calc(measures, qrels_to_frame(QRELS), run_to_frame(RUN))
    }
    for topic in iter_values([parse_measure(name) for name in names], RUN, QRELS):
        for name, value in zip(names, topic.values, strict=True):
            assert theirs[topic.query_id, name] == pytest.approx(value, abs=1e-9)


def test_frames_of_ranx_have_other_column_names() -> None:
    frame = pd.DataFrame({"q_id": ["t1", "t1"], "doc_id": ["a", "b"], "score": [2, 0]})
    assert qrels_from_frame(frame) == {"t1": {"a": 2, "b": 0}}
    assert run_from_frame(frame) == {"t1": [ScoredDoc("a", 2.0), ScoredDoc("b", 0.0)]}


def test_equal_scores_keep_the_order_of_the_rows() -> None:
    frame = pd.DataFrame({"query_id": ["t"] * 3, "doc_id": list("bac"), "score": [1.0, 1.0, 2.0]})
    assert [hit.doc_id for hit in run_from_frame(frame)["t"]] == ["c", "b", "a"]


def test_the_column_rater_is_kept() -> None:
    frame = qrels_to_frame({"t1": {"a": 1, "b": 2}}).assign(rater=["花子", None])
    assert [j.rater for j in judgments_from_frame(frame).judgments] == ["花子", None]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"query_id": ["t"], "doc": ["d"], "relevance": [1]}, "no column doc_id; its columns are"),
        ({"query_id": [7], "doc_id": ["d"], "relevance": [1]}, "row 0: query_id is 7; .*dtype=str"),
        ({"query_id": ["t"], "doc_id": [None], "relevance": [1]}, "doc_id is"),
        ({"query_id": ["t"], "doc_id": ["d"], "relevance": [0.5]}, "row 0: relevance is '0.5'"),
        ({"query_id": ["t"], "doc_id": ["d"], "relevance": [-1]}, "relevance is -1"),
        ({"query_id": ["t", "t"], "doc_id": ["d", "d"], "relevance": [1, 2]}, "2 here, 1 else"),
    ],
)
def test_a_wrong_frame_is_refused(frame: dict[str, list[object]], message: str) -> None:
    with pytest.raises(JudgmentsError, match=message):
        qrels_from_frame(pd.DataFrame(frame))


def test_wrong_dicts_and_runs_are_refused() -> None:
    with pytest.raises(JudgmentsError, match="topic t1, document d: relevance is 'None'"):
        qrels_from_dict({"t1": {"d": None}})
    with pytest.raises(JudgmentsError, match="query_id is 1"):
        qrels_from_dict({1: {"d": 1}})  # type: ignore[dict-item]
    with pytest.raises(JudgmentsError, match="topic t1, document d: score is nan"):
        run_from_dict({"t1": {"d": float("nan")}})
    frame = pd.DataFrame({"query_id": ["t", "t"], "doc_id": ["d", "d"], "score": [1.0, 2.0]})
    with pytest.raises(JudgmentsError, match="row 1: document d stands twice"):
        run_from_frame(frame)

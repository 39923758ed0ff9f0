from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
import pytrec_eval

from esqual.errors import JudgmentsError
from esqual.judgments import read_run, write_run
from esqual.measures import parse_measure
from esqual.models import ScoredDoc


def hits(*pairs: tuple[str, float]) -> list[ScoredDoc]:
    return [ScoredDoc(doc_id, score) for doc_id, score in pairs]


def test_strictly_falling_scores_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    assert write_run(path, {"t1": hits(("b", 1.2039728), ("a", 0.5), ("c", -1.0))}, tag="base") == 0
    assert path.read_text() == (
        "t1 Q0 b 1 1.2039728 base\nt1 Q0 a 2 0.5 base\nt1 Q0 c 3 -1.0 base\n"
    )


@pytest.mark.parametrize(
    "scores",
    [
        (1.0, 1.0, 1.0),
        (1.0, 2.0, 0.5),
        # different in double, equal in single precision, in which trec_eval sorts
        (1.0, 1.0 - 1e-9, 0.5),
        (math.nan, 1.0, 0.5),
        (math.inf, 1.0, 0.5),
        (1e39, 1.0, 0.5),
    ],
)
def test_other_scores_become_ranks_topic_by_topic(
    tmp_path: Path, scores: tuple[float, float, float]
) -> None:
    path = tmp_path / "run.txt"
    run = {"t1": hits(*zip("bac", scores, strict=True)), "t2": hits(("a", 0.5))}
    assert write_run(path, run, tag="x") == 1
    assert path.read_text() == ("t1 Q0 b 1 3 x\nt1 Q0 a 2 2 x\nt1 Q0 c 3 1 x\nt2 Q0 a 1 0.5 x\n")


def test_trec_eval_sees_the_order_and_the_figures_of_the_written_run(tmp_path: Path) -> None:
    """Tied and tightly packed scores, read back by trec_eval's own rules."""
    random_ = random.Random(5)
    run, qrels = {}, {}
    for number in range(300):
        ids = random_.sample([f"d{i}" for i in range(30)], 20)
        base = random_.choice((0.0, 1.0, 7.5))
        step = random_.choice((0.0, 1e-9, 1e-6, 0.25))
        scores = [base - step * rank for rank in range(20)]
        run[f"t{number}"] = hits(*zip(ids, scores, strict=True))
        qrels[f"t{number}"] = {f"d{i}": random_.randint(0, 3) for i in range(0, 30, 2)}
    path = tmp_path / "run.txt"
    replaced = write_run(path, run, tag="x")
    assert 100 < replaced < 300
    read = read_run(path)
    assert {q: [h.doc_id for h in hs] for q, hs in read.items()} == {
        q: [h.doc_id for h in hs] for q, hs in run.items()
    }
    with path.open(encoding="utf-8") as file:
        figures = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recip_rank"}).evaluate(
            pytrec_eval.parse_run(file)
        )
    for query_id, page in run.items():
        ids = [hit.doc_id for hit in page]
        for name, key in (("nDCG@10", "ndcg_cut_10"), ("RR", "recip_rank")):
            value = parse_measure(name).value(ids, qrels[query_id])
            assert value == pytest.approx(figures[query_id][key], abs=1e-9)


def test_a_foreign_run_is_read_as_trec_eval_sorts_it(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    path.write_text(
        "t1 Q0 a 1 0.5 x\nt1 Q0 b 2 2e0 x\nt1 Q0 c 3 .5 x\nt2\tQ0\tz\t9\t-1\tx\n", encoding="utf-8"
    )
    assert read_run(path) == {"t1": hits(("b", 2.0), ("c", 0.5), ("a", 0.5)), "t2": hits(("z", -1))}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("t1 Q0 a 1 0.5\n", 1, "has 5 columns and needs six"),
        ("t1 Q0 a 1 0.5 x y\n", 1, "has 7 columns"),
        ("t1 Q0 a 1 0.5 x\nt1 Q0 a 2 0.4 x\n", 2, "document a stands in line 1 already"),
        ("t1 Q0 a 1 hoch x\n", 1, "score is 'hoch'"),
        ("t1 Q0 a 1 nan x\n", 1, "score is 'nan'"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = tmp_path / "run.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(JudgmentsError, match=message) as caught:
        read_run(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)


def test_an_empty_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    path.write_text("")
    with pytest.raises(JudgmentsError, match="holds no hit"):
        read_run(path)


@pytest.mark.parametrize(
    ("query_id", "doc_id", "tag"),
    [("t 1", "d", "x"), ("t1", "d 1", "x"), ("t1", "全角　空白", "x"), ("t1", "d", "a b"),
     ("t1", "", "x"), ("t1", "d", "")],
)  # fmt: skip
def test_an_id_that_the_format_cannot_hold_is_not_written(
    tmp_path: Path, query_id: str, doc_id: str, tag: str
) -> None:
    with pytest.raises(JudgmentsError, match="white space"):
        write_run(tmp_path / "run.txt", {query_id: hits((doc_id, 1.0))}, tag=tag)
    assert list(tmp_path.iterdir()) == []


def test_a_document_twice_in_a_topic_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(JudgmentsError, match="topic t1: a document stands twice"):
        write_run(tmp_path / "run.txt", {"t1": hits(("a", 2.0), ("a", 1.0))}, tag="x")


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("-", {"t1": hits(("胃", 2.0))}, tag="x")
    assert capsys.readouterr().out == "t1 Q0 胃 1 2.0 x\n"


def test_writing_replaces_the_file_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    path.write_text("older\n")
    with pytest.raises(JudgmentsError):
        write_run(path, {"t1": hits(("a", 2.0)), "t2": hits(("a b", 1.0))}, tag="x")
    assert path.read_text() == "older\n"
    write_run(path, {"t1": hits(("a", 2.0))}, tag="x")
    assert [file.name for file in tmp_path.iterdir()] == ["run.txt"]


def test_a_written_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    write_run(tmp_path / "run.txt", {"t1": hits(("a", 2.0))}, tag="x")
    assert (tmp_path / "run.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode

from __future__ import annotations

import itertools
import math
import random
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, replace

import ir_measures
import pytest
import pytrec_eval

from esqual.errors import MeasureError
from esqual.measures import MEASURES, Measure, iter_values, parse_measure
from esqual.measures.graded import RBP
from esqual.models import ScoredDoc

N_CASES = 1000


def cases(n: int, *, highest: int = 3) -> Iterator[tuple[str, list[str], dict[str, int]]]:
    """Seeded topics: short and long lists, unjudged documents, none or all relevant, grades."""
    random_ = random.Random(20261121)
    for number in range(n):
        pool = [f"d{i}" for i in range(random_.choice((3, 12, 40)))]
        judged = random_.sample(pool, random_.randint(1, len(pool)))
        grades = random_.choice(((0,), (0, 1), (0, 0, 0, 1), tuple(range(highest + 1))))
        judgments = {doc_id: random_.choice(grades) for doc_id in judged}
        hits = random_.sample(pool, random_.randint(0, len(pool)))
        yield str(number), hits, judgments


def scored(hits: list[str]) -> dict[str, float]:
    """Scores that fall with the rank, so that re-sorting by score cannot hide an error."""
    return {doc_id: float(len(hits) - place) for place, doc_id in enumerate(hits)}


def trec_figures(name: str, level: int) -> dict[str, dict[str, float]]:
    qrels = {q: judgments for q, _, judgments in cases(N_CASES)}
    run = {q: scored(hits) for q, hits, _ in cases(N_CASES)}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {name}, relevance_level=level)
    return evaluator.evaluate(run)


@pytest.mark.parametrize(
    ("measure", "trec", "level"),
    [
        *((f"nDCG@{k}", f"ndcg_cut.{k}", 1) for k in (1, 5, 10, 100)),
        ("nDCG", "ndcg", 1),
        *((f"P(rel={rel})@{k}", f"P.{k}", rel) for k in (1, 5, 10, 100) for rel in (1, 2)),
        *((f"R(rel={rel})@{k}", f"recall.{k}", rel) for k in (1, 5, 10, 100) for rel in (1, 2)),
        *((f"AP(rel={rel})@{k}", f"map_cut.{k}", rel) for k in (5, 10) for rel in (1, 2, 3)),
        *((f"AP(rel={rel})", "map", rel) for rel in (1, 2)),
        *((f"RR(rel={rel})", "recip_rank", rel) for rel in (1, 2)),
        *((f"Success(rel={rel})@{k}", f"success.{k}", rel) for k in (1, 3, 10) for rel in (1, 2)),
        *((f"Bpref(rel={rel})", "bpref", rel) for rel in (1, 2, 3)),
        *((f"infAP(rel={rel})", "infAP", rel) for rel in (1, 2)),
    ],
)
def test_equals_trec_eval_on_a_thousand_random_topics(measure: str, trec: str, level: int) -> None:
    figures = trec_figures(trec, level)
    key = trec.replace(".", "_")
    ours = parse_measure(measure)
    compared = 0
    for query_id, hits, judgments in cases(N_CASES):
        if not hits:  # trec_eval knows no empty list
            assert ours.value(hits, judgments) == 0.0
            continue
        expected = figures[query_id][key]
        assert ours.value(hits, judgments) == pytest.approx(expected, abs=1e-9), query_id
        compared += 1
    assert compared > 0.8 * N_CASES


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("RR@3", 1e-9),
        ("RR(rel=2)@3", 1e-9),
        ("Judged@5", 1e-9),
        ("Judged", 1e-9),
        *(
            (name, 1e-9)
            for name in (
                "nDCG(judged_only=True)@5",
                "nDCG(judged_only=True)",
                "P(judged_only=True)@5",
                "P(rel=2,judged_only=True)@3",
                "R(judged_only=True)@5",
                "RR(rel=2,judged_only=True)",
                "AP(judged_only=True)",
                "AP(rel=2,judged_only=True)@4",
                "Success(judged_only=True)@2",
                "Bpref",
            )
        ),
        # gdeval prints five decimals
        ("nDCG(dcg='exp-log2')@10", 5.1e-6),
        ("nDCG(dcg='exp-log2')@3", 5.1e-6),
        ("ERR@10", 5.1e-6),
        ("ERR@2", 5.1e-6),
    ],
)
def test_equals_ir_measures_where_that_is_the_definition(name: str, tolerance: float) -> None:
    if tolerance > 1e-6 and shutil.which("perl") is None:
        pytest.skip("gdeval, the oracle of this measure, needs perl")
    topics = [case for case in cases(N_CASES, highest=4) if case[1]]
    if "Judged" not in name:
        # gdeval sorts equal ids otherwise and skips topics without a relevant document
        topics = [case for case in topics if max(case[2].values()) > 0]
    theirs = ir_measures.parse_measure(name)
    figures = {
        metric.query_id: metric.value
        for metric in theirs.iter_calc(
            {q: judgments for q, _, judgments in topics}, {q: scored(h) for q, h, _ in topics}
        )
    }
    ours = parse_measure(name)
    for query_id, hits, judgments in topics:
        assert ours.value(hits, judgments) == pytest.approx(figures[query_id], abs=tolerance)
    assert len(topics) > 500


def test_inferred_ap_equals_trec_eval_where_pooled_documents_are_marked_as_not_judged() -> None:
    """-1 is trec_eval's mark; only such judgments tell infAP from AP."""
    random_ = random.Random(1614)
    differs = 0
    for number, (_, hits, judgments) in enumerate(cases(N_CASES)):
        sampled = {d: r if random_.random() < 0.6 else -1 for d, r in judgments.items()}
        if not hits:
            continue
        evaluator = pytrec_eval.RelevanceEvaluator({"t": sampled}, {"infAP"})
        expected = evaluator.evaluate({"t": scored(hits)})["t"]["infAP"]
        value = parse_measure("infAP").value(hits, sampled)
        assert value == pytest.approx(expected, abs=1e-9), number
        differs += abs(value - parse_measure("AP").value(hits, sampled)) > 1e-3
    assert differs > 200


def test_rbp_and_its_residual_equal_their_definition_on_a_thousand_random_topics() -> None:
    """Rank by rank to depth 3,000, every unjudged or unseen document at its worst and best."""
    for query_id, hits, judgments in cases(N_CASES):
        p = 0.5 + 0.45 * (int(query_id) % 10) / 10
        k = (1, 5, 100)[int(query_id) % 3]
        weights = [(1 - p) * p**i for i in range(3000)]
        lowest = highest = 0.0
        for place, weight in enumerate(weights):
            doc_id = hits[place] if place < min(k, len(hits)) else None
            gain = judgments.get(doc_id) if doc_id is not None else None
            lowest += weight * (gain or 0) / 3
            highest += weight * (1 if gain is None else gain / 3)
        measure = parse_measure(f"RBP(p={p!r},max_rel=3)@{k}")
        value = measure.value(hits, judgments)
        assert value == pytest.approx(lowest, abs=1e-9)
        assert value + measure.residual(hits, judgments) == pytest.approx(highest, abs=1e-9)  # type: ignore[attr-defined]


LOG3 = math.log2(3)
HITS = ["d3", "x", "d1", "d0", "d2"]
JUDGED = {"d0": 0, "d1": 1, "d2": 2, "d3": 3, "e2": 2}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # gains 3 0 1 0 2 (x is unjudged); discounts log2(2..6) = 1, log2 3, 2, log2 5, log2 6
        ("DCG", 3 + 1 / 2 + 2 / math.log2(6)),
        ("DCG@3", 3.5),
        ("DCG(dcg='exp-log2')", 7 + 1 / 2 + 3 / math.log2(6)),
        ("DCG(dcg='exp-log2')@3", 7.5),
        # ideal 3 2 2: the relevant document that was not found is part of it
        ("nDCG(dcg='exp-log2')@3", 7.5 / (7 + 3 / LOG3 + 3 / 2)),
        ("nDCG(dcg='exp-log2')", (7.5 + 3 / math.log2(6)) / (8.5 + 3 / LOG3 + 1 / math.log2(5))),
        ("nDCG@3", 3.5 / (3 + 2 / LOG3 + 1)),
        # R = 7/16 1/16 3/16 at ranks 1, 3, 5
        ("ERR", 7 / 16 + 9 / 16 / 16 / 3 + 9 / 16 * 15 / 16 * 3 / 16 / 5),
        ("ERR@2", 7 / 16),
        ("ERR(max_rel=3)@3", 7 / 8 + 1 / 8 / 8 / 3),
        ("Judged@2", 1 / 2),
        ("Judged@5", 4 / 5),
        ("Judged@10", 4 / 5),
        ("P@10", 3 / 10),
        ("P(rel=2)@2", 1 / 2),
        ("R@3", 2 / 4),
        ("R(rel=3)@1", 1.0),
        ("RR(rel=2)@5", 1.0),
        ("AP", (1 + 2 / 3 + 3 / 5) / 4),
        ("AP(rel=2)@4", 1 / 3),
        ("Success@1", 1.0),
        ("Success(rel=4)@5", 0.0),
        # gains 1 0 1 0 1 at p = 1/2: 1/2 (1 + 1/4 + 1/16)
        ("RBP(p=0.5,rel=1)", 1 / 2 * (1 + 1 / 4 + 1 / 16)),
        ("RBP(p=0.5,rel=2)@4", 1 / 2),
        ("RBP(p=0.5,max_rel=3)", 1 / 2 * (1 + 1 / 3 / 4 + 2 / 3 / 16)),
        ("RBP(rel=1)@1", 0.2),
        # relevant d3 and d1 stand above d0, the one judged non-relevant document, d2 below it
        ("Bpref", (1 + 1 + 0) / 4),
        ("Bpref@3", 2 / 4),
        # nothing below rel=2 stands above d3; d1 and d0 above d2: 1 - 2/min(3, 2)
        ("Bpref(rel=2)", 1 / 3),
        # AP but for 1e-5 in every quotient: x is not in the pool
        ("infAP", pytest.approx((1 + 2 / 3 + 3 / 5) / 4, abs=1e-5)),
        # without x: 3 1 0 2
        ("DCG(judged_only=True)@2", 3 + 1 / LOG3),
        ("nDCG(judged_only=True)@2", (3 + 1 / LOG3) / (3 + 2 / LOG3)),
        ("ERR(judged_only=True)@2", 7 / 16 + 9 / 16 / 16 / 2),
        ("RR(rel=1,judged_only=True)@1", 1.0),
        ("P(judged_only=True)@2", 1.0),
        ("P(judged_only=True)@10", 3 / 10),
        ("AP(judged_only=True)", (1 + 1 + 3 / 4) / 4),
        ("RBP(p=0.5,rel=1,judged_only=True)@2", 1 / 2 * (1 + 1 / 2)),
        # all four relevant documents make the ideal, whatever k: 3 2 2 1
        ("nDCG(ideal='all')@3", 3.5 / (3 + 2 / LOG3 + 1 + 1 / math.log2(5))),
        ("nDCG(ideal='all')", (3.5 + 2 / math.log2(6)) / (4 + 2 / LOG3 + 1 / math.log2(5))),
    ],
)
def test_worked_by_hand(name: str, value: float) -> None:
    assert parse_measure(name).value(HITS, JUDGED) == pytest.approx(value, abs=1e-12)


def test_what_rbp_does_not_know_is_the_weight_of_unjudged_and_unseen_ranks() -> None:
    rbp = RBP(p=0.5, rel=1)
    # rank 2 holds x, and ranks from 6 on are unseen: 1/4 + 1/32
    assert rbp.residual(HITS, JUDGED) == pytest.approx(1 / 4 + 1 / 32, abs=1e-12)
    assert replace(rbp, cutoff=1).residual(HITS, JUDGED) == 1 / 2
    assert rbp.condensed().residual(HITS, JUDGED) == 1 / 16
    assert rbp.residual([], JUDGED) == 1.0


def test_bpref_worked_by_hand_with_more_holes_than_judgments() -> None:
    """Two relevant and three non-relevant documents: each one above costs 1 / min(2, 3)."""
    judgments = {"胃潰瘍": 1, "胃炎": 2, "頭痛": 0, "腰痛": 0, "肩こり": 0}
    hits = ["x", "頭痛", "胃潰瘍", "y", "腰痛", "肩こり", "胃炎", "z"]
    assert parse_measure("Bpref").value(hits, judgments) == ((1 - 1 / 2) + (1 - 2 / 2)) / 2
    assert parse_measure("Bpref").value(["x", "胃炎"], judgments) == 1 / 2
    # pooled and not judged is not judged
    marked = judgments | {"x": -1, "y": -1}
    assert parse_measure("Bpref").value(hits, marked) == ((1 - 1 / 2) + (1 - 2 / 2)) / 2


def test_a_measure_and_its_condensed_twin() -> None:
    for name in MEASURES:
        measure = a_measure(name)
        twin = measure.condensed()
        if name in ("Judged", "Bpref", "infAP"):
            assert twin is None
            continue
        assert twin is not None
        assert "judged_only=True" in str(twin)
        assert parse_measure(str(twin)) == twin
        assert twin.value(HITS, JUDGED) == measure.value(["d3", "d1", "d0", "d2"], JUDGED)
        assert twin.rank_eval_metric(1) is None


def test_several_measures_take_one_look_at_the_hits() -> None:
    class Counted(dict[str, int]):
        looks = 0

        def get(self, key: str, default: int | None = None) -> int | None:  # type: ignore[override]
            Counted.looks += 1
            return super().get(key, default)

    measures = [parse_measure(n) for n in ("nDCG@10", "P@5", "RBP(rel=1)", "AP", "Judged@10")]
    run = {"t1": [ScoredDoc(doc_id, 1.0) for doc_id in HITS]}
    [values] = iter_values(measures, run, {"t1": Counted(JUDGED)})
    assert values.values == tuple(m.value(HITS, JUDGED) for m in measures)
    assert Counted.looks == len(HITS)


def test_the_offline_practice_gives_its_published_number() -> None:
    """Twenty hits, the baseline's twenty rated 1, kept at ranks 2, 5 and 10."""
    hits = [f"new{i}" for i in range(20)]
    hits[1], hits[4], hits[9] = "old1", "old2", "old3"
    judgments = {f"old{i}": 1 for i in range(20)}
    value = parse_measure("nDCG(dcg='exp-log2')@20").value(hits, judgments)
    assert value == pytest.approx(0.1856246546622184, abs=1e-12)


def test_gain_tells_apart_what_linear_and_exponential_call_a_swap() -> None:
    hits, judgments = ["a", "b"], {"a": 1, "b": 3}
    linear, exponential = (1 + 3 / LOG3) / (3 + 1 / LOG3), (1 + 7 / LOG3) / (7 + 1 / LOG3)
    assert parse_measure("nDCG@10").value(hits, judgments) == pytest.approx(linear, abs=1e-12)
    assert parse_measure("nDCG(dcg='exp-log2')@10").value(hits, judgments) == pytest.approx(
        exponential, abs=1e-12
    )
    assert (round(linear, 4), round(exponential, 4)) == (0.7967, 0.7098)


def test_the_ideal_is_cut_at_k_and_not_at_the_hits_returned() -> None:
    judgments = dict.fromkeys("abcde", 3)
    value = parse_measure("nDCG(dcg='exp-log2')@10").value(["a"], judgments)
    assert value == pytest.approx(0.3392, abs=5e-5)  # released Elasticsearch: 1.0


def a_measure(name: str) -> Measure:
    return MEASURES[name](cutoff=5, **({"rel": 1} if name == "RBP" else {}))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize(
    ("hits", "judgments"), [([], {"a": 1}), (["a"], {}), ([], {}), (["x"], {"a": 0})]
)
def test_nothing_to_find_or_nothing_found_is_zero(
    name: str, hits: list[str], judgments: Mapping[str, int]
) -> None:
    assert a_measure(name).value(hits, judgments) == 0.0


@pytest.mark.parametrize("name", MEASURES)
def test_a_repeated_document_is_a_misuse(name: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        a_measure(name).value(["a", "a"], {"a": 1})


def test_a_judgment_above_the_stated_scale_is_refused() -> None:
    with pytest.raises(MeasureError, match=r"judgment of 5 .* ERR\(max_rel=5\)"):
        parse_measure("ERR@5").value(["b"], {"a": 5})
    with pytest.raises(MeasureError, match=r"judgment of 4 .* RBP\(max_rel=4\)"):
        parse_measure("RBP(max_rel=3)@5").value(["b"], {"a": 4})


def test_a_measure_is_an_immutable_value() -> None:
    measure = parse_measure("P(rel=2)@5")
    assert measure == parse_measure("P(rel=2)@5")
    assert hash(measure) == hash(parse_measure("P(rel=2)@5"))
    assert str(replace(measure, cutoff=3)) == "P(rel=2)@3"
    with pytest.raises(FrozenInstanceError):
        measure.cutoff = 3  # type: ignore[misc]
    names = ["nDCG@5", "DCG@5", "P@5", "R@5", "nDCG@6", "nDCG(dcg='exp-log2')@5", "P(rel=2)@5"]
    assert all(parse_measure(a) != parse_measure(b) for a, b in itertools.combinations(names, 2))


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("nDCG(dcg='exp-log2')@7", {"dcg": {"k": 7, "normalize": True}}),
        ("DCG(dcg='exp-log2')@7", {"dcg": {"k": 7, "normalize": False}}),
        (
            "P(rel=2)@7",
            {"precision": {"k": 7, "relevant_rating_threshold": 2, "ignore_unlabeled": False}},
        ),
        ("R@7", {"recall": {"k": 7, "relevant_rating_threshold": 1}}),
        ("RR(rel=3)@7", {"mean_reciprocal_rank": {"k": 7, "relevant_rating_threshold": 3}}),
        ("ERR(max_rel=3)@7", {"expected_reciprocal_rank": {"k": 7, "maximum_relevance": 3}}),
        ("nDCG@7", None),
        ("DCG@7", None),
        ("AP@7", None),
        ("Success@7", None),
        ("RBP(rel=1)@7", None),
        ("Bpref@7", None),
        ("infAP@7", None),
        ("P(judged_only=True)@7", None),
        ("nDCG(dcg='exp-log2',judged_only=True)@7", None),
        ("nDCG(dcg='exp-log2',ideal='all')@7", None),
        ("Judged@7", None),
        ("RR", None),
        ("nDCG(dcg='exp-log2')", None),
        ("ERR", None),
    ],
)
def test_counterpart_in_rank_eval(name: str, metric: object) -> None:
    assert parse_measure(name).rank_eval_metric() == metric


def test_linear_gain_has_a_counterpart_only_for_binary_judgments() -> None:
    assert parse_measure("nDCG@7").rank_eval_metric(1) == {"dcg": {"k": 7, "normalize": True}}
    assert parse_measure("DCG@7").rank_eval_metric(1) == {"dcg": {"k": 7, "normalize": False}}
    assert parse_measure("nDCG@7").rank_eval_metric(2) is None
    for _, hits, judgments in cases(100, highest=1):
        linear, exponential = (
            parse_measure(f"nDCG({dcg})@7").value(hits, judgments) for dcg in ("", "dcg='exp-log2'")
        )
        assert linear == exponential


def test_iter_values_fills_the_unanswered_topic_with_zero_and_keeps_the_order_of_the_qrels() -> (
    None
):
    run = {"q2": [ScoredDoc("a", 1.0)], "only in the run": [ScoredDoc("a", 1.0)]}
    qrels = {"q1": {"a": 1}, "q2": {"a": 1, "b": 1}}
    measures = [parse_measure("RR@10"), parse_measure("R@10")]
    assert list(iter_values(measures, run, qrels)) == [("q1", (0.0, 0.0)), ("q2", (1.0, 0.5))]


def test_ten_thousand_topics_take_about_a_second() -> None:
    hits = [f"d{i}" for i in range(100)]
    run = {f"q{i}": [ScoredDoc(d, 1.0) for d in hits] for i in range(10_000)}
    qrels = {f"q{i}": {f"d{(i + j) % 150}": j % 4 for j in range(10)} for i in range(10_000)}
    start = time.perf_counter()
    assert len(list(iter_values([parse_measure("nDCG@10")], run, qrels))) == 10_000
    assert time.perf_counter() - start < 3  # 0.2 s on an idle machine

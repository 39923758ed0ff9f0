from __future__ import annotations

import ir_measures
import pytest

from esqual.errors import MeasureError
from esqual.measures import DEFAULT_MEASURE, MEASURES, parse_measure

NAMES = [
    "nDCG", "nDCG@10", "nDCG(dcg='exp-log2')@10", "P@5", "P(rel=2)@5", "R@100", "R(rel=2)@100",
    "RR", "RR@10", "RR(rel=2)@10", "AP", "AP@100", "AP(rel=2)", "ERR@20", "Judged@10", "Judged",
    "RBP(rel=1)@10", "RBP(p=0.95,rel=2)", "Success@1", "Success(rel=2,judged_only=True)@5", "Bpref",
    "Bpref(rel=2)", "infAP", "infAP(rel=2)", "nDCG(dcg='exp-log2',judged_only=True)@5",
    "P(judged_only=True)@5", "R(rel=2,judged_only=True)@5", "RR(judged_only=True)",
    "AP(rel=2,judged_only=True)@9",
]  # fmt: skip


OURS = [
    "DCG@10", "DCG(dcg='exp-log2',judged_only=True)@10", "ERR(max_rel=3)@10", "Bpref@10",
    "ERR(judged_only=True)", "RBP(p=0.5,max_rel=3)", "nDCG(dcg='exp-log2',ideal='all')@10",
    "nDCG(ideal='all',judged_only=True)@10",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_are_those_of_ir_measures(name: str) -> None:
    assert str(parse_measure(name)) == str(ir_measures.parse_measure(name)) == name


@pytest.mark.parametrize("name", [*NAMES, *OURS])
def test_a_measure_reads_back_from_its_own_name(name: str) -> None:
    measure = parse_measure(name)
    assert str(measure) == repr(measure) == name
    assert parse_measure(str(measure)) == measure


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ('nDCG(dcg="log2")@10', "nDCG@10"),
        (" P ( rel = 1 ) @ 5 ", "P@5"),
        ("NDCG@10", "nDCG@10"),
        ("MRR@10", "RR@10"),
        ("MAP", "AP"),
        ("Precision@3", "P@3"),
        ("Recall@3", "R@3"),
        ("BPref", "Bpref"),
        ("RBP(rel=1,p=0.8)@5", "RBP(rel=1)@5"),
        ("P(judged_only=True,rel=2)@5", "P(rel=2,judged_only=True)@5"),
        ("nDCG(ideal='cutoff',judged_only=False)@5", "nDCG@5"),
        ("ERR(max_rel=4)@10", "ERR@10"),
        ("P(rel=2, cutoff=3)", "P(rel=2)@3"),
    ],
)
def test_other_spellings_have_one_canonical_name(text: str, canonical: str) -> None:
    assert str(parse_measure(text)) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nDGC@10", r"nDGC is not known here\. Known: nDCG\(dcg='log2', .*P\(rel=1, .*\)@k"),
        ("P", "P needs a cutoff"),
        ("R(rel=2)", "R needs a cutoff"),
        ("nDCG(rel=2)@10", "has no parameter rel; it knows cutoff, judged_only, dcg, ideal"),
        ("RBP@10", "needs rel or max_rel"),
        ("RBP(rel=1,max_rel=3)@10", "not both"),
        ("RBP(rel=0)", "rel is 0"),
        ("RBP(rel=1,p=1.0)", r"p is 1\.0; it lies between 0 and 1"),
        ("RBP(rel=1,p=0)", "p is 0"),
        ("P(judged_only=1)@5", "judged_only is 1; it is True or False"),
        ("P(rel=None)@5", "rel is None"),
        ("Bpref(judged_only=True)", "no parameter judged_only"),
        ("Success", "needs a cutoff"),
        ("nDCG(ideal='k')@5", "'cutoff' .* and 'all'"),
        ("nDCG(dcg='exp')@10", "'log2' .* and 'exp-log2'"),
        ("nDCG(dcg=2)@10", "dcg is 2"),
        ("nDCG@0", "cutoff is 0"),
        ("nDCG@-1", "cutoff is -1"),
        ("nDCG@1.5", "cutoff is 1.5"),
        ("P@True", "cutoff is True"),
        ("P(rel='2')@3", "rel is '2'"),
        ("P(rel=0)@3", "rel is 0"),
        ("ERR(max_rel=0)@3", "max_rel is 0"),
        ("P(cutoff=3)@3", "two cutoffs"),
        *((text, "cannot be read") for text in (
            "", "@10", "nDCG@", "nDCG@ten", "nDCG@10@5", "P(2)@5", "P(**{})@5", "nDCG@None",
            "nDCG(dcg=exp-log2)@10", "a.b@3", "nDCG@10)", "nDCG\0@10", "(" * 10_000,
        )),
    ],
)  # fmt: skip
def test_a_wrong_name_is_refused_with_what_is_known(text: str, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        parse_measure(text)


def test_the_default_is_the_ndcg_of_elasticsearch() -> None:
    assert str(DEFAULT_MEASURE) == "nDCG(dcg='exp-log2')@10"


def test_every_measure_is_listed_under_its_own_name() -> None:
    assert all(name == kind.NAME for name, kind in MEASURES.items())

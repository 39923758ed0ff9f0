"""Published examples, and rows worked by hand."""

from __future__ import annotations

import random

import pytest

from esqual.judgments.agreement import (
    agreement_of,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
)
from esqual.judgments.records import Judgment, JudgmentSet


def units(*raters: str) -> list[list[int]]:
    """Columns of a reliability matrix, one row a rater, a dot where nothing was judged."""
    columns = zip(*(row.split() for row in raters), strict=True)
    return [[int(cell) for cell in column if cell != "."] for column in columns]


# Krippendorff 2011, example C: four observers, twelve units, missing values
FOUR = units(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_alpha_of_krippendorffs_example(level: str, alpha: float) -> None:
    assert krippendorff_alpha(FOUR, level) == pytest.approx(alpha, abs=5e-4)


def test_alpha_of_his_binary_example_is_the_same_on_both_levels() -> None:
    # example A: two observers, ten units
    two = units("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
    for level in ("nominal", "ordinal"):
        assert krippendorff_alpha(two, level) == pytest.approx(0.095, abs=5e-4)


def test_alpha_worked_by_hand() -> None:
    # values 0 0 / 0 1: n = 4, observed 2, expected 3*1*2 = 6; 1 - 3 * 2 / 6
    assert krippendorff_alpha([[0, 0], [0, 1]], "nominal") == pytest.approx(0.0)
    # 0 0 / 3 3: nothing differs
    assert krippendorff_alpha([[0, 0], [3, 3]], "ordinal") == 1.0
    # ordinal knows that 0 and 3 lie further apart than 2 and 3
    near, far = [[0, 0], [2, 3], [3, 3]], [[0, 0], [0, 3], [2, 2], [3, 3]]
    assert krippendorff_alpha(near, "ordinal") > krippendorff_alpha(near, "nominal")  # type: ignore[operator]
    assert krippendorff_alpha(far, "ordinal") < krippendorff_alpha(far, "nominal")  # type: ignore[operator]


def test_alpha_needs_something_to_agree_on() -> None:
    assert krippendorff_alpha([], "nominal") is None
    assert krippendorff_alpha([[1], [2]], "ordinal") is None
    assert krippendorff_alpha([[1, 1], [1, 1]], "nominal") is None


def test_alpha_equals_its_definition_over_all_pairs_on_random_ratings() -> None:
    random_ = random.Random(2011)
    for _ in range(200):
        made = [
            [random_.randint(0, 3) for _ in range(random_.randint(0, 4))]
            for _ in range(random_.randint(1, 12))
        ]
        paired = [unit for unit in made if len(unit) > 1]
        flat = [value for unit in paired for value in unit]
        within = sum(
            sum(a != b for i, a in enumerate(u) for j, b in enumerate(u) if i != j) / (len(u) - 1)
            for u in paired
        )
        across = sum(a != b for i, a in enumerate(flat) for j, b in enumerate(flat) if i != j)
        value = krippendorff_alpha(made, "nominal")
        if not across:
            assert value is None
            continue
        expected = 1 - (within / len(flat)) / (across / (len(flat) * (len(flat) - 1)))
        assert value == pytest.approx(expected, abs=1e-9)


def test_cohens_kappa_of_the_textbook_table() -> None:
    # 20 both yes, 15 both no, 5 and 10 apart: (0.7 - 0.5) / (1 - 0.5)
    pairs = [[1, 1]] * 20 + [[1, 0]] * 5 + [[0, 1]] * 10 + [[0, 0]] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4, abs=1e-12)
    assert cohen_kappa([[1, 1], [0, 0]]) == 1.0
    assert cohen_kappa([[1, 1], [1, 1]]) is None
    assert cohen_kappa([]) is None


def test_fleiss_kappa_of_the_textbook_table() -> None:
    """Ten subjects, fourteen raters, five categories; 0.210."""
    counts = [
        "0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1",
        "7 7 0 0 0", "3 2 6 3 0", "2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7",
    ]  # fmt: skip
    rated = [
        [level for level, n in enumerate(row.split()) for _ in range(int(n))] for row in counts
    ]
    assert fleiss_kappa(rated) == pytest.approx(0.210, abs=5e-4)
    assert fleiss_kappa([]) is None
    assert fleiss_kappa([[1, 1, 1]]) is None


def judged(**by_rater: str) -> JudgmentSet:
    return JudgmentSet(
        "x",
        tuple(
            Judgment("胃が痛い", f"d{place}", int(cell), rater)
            for rater, cells in by_rater.items()
            for place, cell in enumerate(cells.split())
            if cell != "."
        ),
    )


def test_two_raters_get_cohens_kappa_over_what_both_judged() -> None:
    agreement = agreement_of(judged(hanako="3 3 0 0 1", taro="3 2 0 0 ."))
    assert agreement is not None
    assert agreement.raters == ("hanako", "taro")
    assert (agreement.n_pairs, agreement.kappa, agreement.n_kappa_pairs) == (4, "cohen", 4)
    # 3/4 agree; by chance 2/4 * 1/4 + 2/4 * 2/4 = 3/8
    assert agreement.kappa_value == pytest.approx((3 / 4 - 3 / 8) / (1 - 3 / 8))
    both = [[3, 3], [3, 2], [0, 0], [0, 0]]
    assert agreement.alpha_ordinal == krippendorff_alpha(both, "ordinal")


def test_three_raters_get_fleiss_kappa_over_what_all_judged() -> None:
    agreement = agreement_of(judged(a="1 0 1 .", b="1 0 0 1", c="1 0 . 1"))
    assert agreement is not None
    assert (agreement.n_pairs, agreement.kappa, agreement.n_kappa_pairs) == (4, "fleiss", 2)
    assert agreement.kappa_value == pytest.approx(1.0)


def test_without_two_named_raters_there_is_no_agreement_to_speak_of() -> None:
    assert agreement_of(judged(a="1 0")) is None
    nameless = JudgmentSet("x", (Judgment("t", "d", 1), Judgment("t", "d", 0)))
    assert agreement_of(nameless) is None

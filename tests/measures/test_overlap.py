from __future__ import annotations

import random

import pytest

from esqual.measures.overlap import is_identical, jaccard, rbo


@pytest.mark.parametrize(
    ("a", "b", "p", "value"),
    [
        # agreements 0, 1, extrapolated with 1: (1-p)/p (0 + p^2) + p^2 = p
        ("ab", "ba", 0.9, 0.9),
        ("ab", "ba", 0.5, 0.5),
        # nothing shared
        ("ab", "cd", 0.9, 0.0),
        # agreements 1, 1/2, extrapolated with 1/2: (1-p)(1 + p/2) + p^2/2 = 1 - p/2
        ("ab", "ac", 0.9, 0.55),
        # a prefix is all that can be seen of the longer list: 1
        ("a", "ab", 0.9, 1.0),
        ("ab", "abcdef", 0.7, 1.0),
        # agreements 0, 1/2; the short list is assumed to go on with nothing: p/2
        ("b", "ab", 0.9, 0.45),
        # agreements 1, 1/2, (1 + 1/6)/3... s=2, l=3: overlaps 1 1 2, X_s=1, X_l=2
        # (1-p)/p (p + p^2/2 + (2/3 + 1/6) p^3) + (1/3 + 1/2) p^3 with p = 1/2
        ("ac", "abc", 0.5, (1 / 2 + 1 / 8 + 5 / 6 / 8) + 5 / 6 / 8),
        ("", "", 0.9, 1.0),
        ("", "a", 0.9, 0.0),
    ],
)
def test_rbo_worked_by_hand(a: str, b: str, p: float, value: float) -> None:
    assert rbo(list(a), list(b), p) == pytest.approx(value, abs=1e-12)
    assert rbo(list(b), list(a), p) == pytest.approx(value, abs=1e-12)


def by_equation_32(a: list[str], b: list[str], p: float) -> float:
    """Term by term as Webber, Moffat and Zobel write it, sets made anew at every depth."""
    short, long = sorted((a, b), key=len)
    s, n = len(short), len(long)
    x = [len(set(short[:d]) & set(long[:d])) for d in range(n + 1)]
    first = sum(x[d] / d * p**d for d in range(1, n + 1))
    second = sum(x[s] * (d - s) / (s * d) * p**d for d in range(s + 1, n + 1))
    return (1 - p) / p * (first + second) + ((x[n] - x[s]) / n + x[s] / s) * p**n


def test_rbo_equals_the_published_equation_on_random_lists_of_uneven_length() -> None:
    random_ = random.Random(32)
    pool = [f"d{i}" for i in range(30)]
    for _ in range(1000):
        a = random_.sample(pool, random_.randint(1, 30))
        b = random_.sample(pool, random_.randint(1, 30))
        p = random_.uniform(0.05, 0.98)
        assert rbo(a, b, p) == pytest.approx(by_equation_32(a, b, p), abs=1e-12)
        assert 0.0 <= rbo(a, b, p) <= 1.0


def test_identical_lists_are_exactly_one() -> None:
    for n in range(1, 60):
        ids = [f"d{i}" for i in range(n)]
        assert rbo(ids, tuple(ids)) == 1.0


def test_a_swap_at_the_top_weighs_more_than_one_below() -> None:
    ids = list("abcdefghij")
    top, bottom = list("bacdefghij"), list("abcdefghji")
    assert rbo(ids, top) < rbo(ids, bottom) < 1.0


@pytest.mark.parametrize("p", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_rbo_refuses_a_persistence_outside_its_range(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        rbo(["a"], ["a"], p)


def test_rbo_refuses_a_repeated_document() -> None:
    with pytest.raises(ValueError, match="twice"):
        rbo(["a", "a"], ["b"])


def test_identical_means_the_same_documents_in_the_same_order() -> None:
    assert is_identical(["a", "b"], ("a", "b"))
    assert is_identical([], [])
    assert not is_identical(["a", "b"], ["b", "a"])
    assert not is_identical(["a"], ["a", "b"])


def test_jaccard_worked_by_hand() -> None:
    assert jaccard("abcd", "cdef") == 2 / 6
    assert jaccard("abcd", "cdef", 2) == 0.0
    assert jaccard("ab", "ba", 2) == 1.0
    assert jaccard("ab", "b", 5) == 1 / 2
    assert jaccard("", "") == 1.0
    assert jaccard("", "a") == 0.0

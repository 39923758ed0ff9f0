from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

import pytest
from scipy.stats import kendalltau

from esqual.measures.overlap import (
    Move,
    identical_share,
    is_identical,
    jaccard,
    kendall_tau,
    largest_moves,
    rbo,
    rbo_bounds,
    tau_ap,
)


def rankings(n: int, seed: int) -> Iterator[tuple[list[str], list[str]]]:
    """Pairs of rankings of uneven length, from all shared to nothing shared."""
    random_ = random.Random(seed)
    for _ in range(n):
        pool = [f"d{i}" for i in range(random_.choice((3, 8, 30)))]
        yield tuple(  # type: ignore[misc]
            random_.sample(pool, random_.randint(0, len(pool))) for _ in range(2)
        )


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


ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("other", "p", "value"),
    [
        # what the authors' own program answers for these and the alphabet, as the tests of the
        # public repository mpetri/rbo record it (six decimals)
        ("cuxbflnmoj", 0.1, 0.003491),
        ("brlcvepdiy", 0.1, 0.048491),
        ("b", 0.2, 0.092574),
        ("bcflzvq", 0.2, 0.105201),
        ("afdqwtvehcpubinloygrs", 0.4, 0.782330),
        ("vufcastjyeniwdob", 0.4, 0.020497),
        ("karfvodcjmwgzlypebunq", 0.9, 0.468431),
        ("zhatsimjpnkvcfxwqgoeryubd", 0.9, 0.364444),
        ("f", 0.9, 0.053090),
        ("zclx", 0.9, 0.233312),
    ],
)
def test_rbo_gives_the_values_of_the_authors_program(other: str, p: float, value: float) -> None:
    assert rbo(ALPHABET, other, p) == pytest.approx(value, abs=5.1e-7)


@pytest.mark.parametrize("long", ["abcdefg", ALPHABET])
def test_the_residual_of_seven_agreeing_ranks_is_the_recorded_one(long: str) -> None:
    bounds = rbo_bounds("abcdefg", long, 0.9)
    assert bounds.residual == pytest.approx(0.232860, abs=1.1e-6)
    assert bounds.maximum == pytest.approx(1.0, abs=1e-12)


def residual_as_published(a: list[str], b: list[str], p: float) -> float:
    """RBO_RES of two lists of uneven length, term by term; s, l >= 1."""
    s, n = sorted((len(a), len(b)))
    shared = len(set(a) & set(b))
    f = n + s - shared
    sums = [sum(p**d / d for d in range(first, f + 1)) for first in (s + 1, n + 1, 1)]
    inner = s * sums[0] + n * sums[1] + shared * (math.log(1 / (1 - p)) - sums[2])
    return p**s + p**n - p**f - (1 - p) / p * inner


def test_rbo_bounds_equal_their_sums_and_hold_the_extrapolation_on_random_lists() -> None:
    for a, b in rankings(1000, seed=11):
        p = 0.3 + 0.6 * len(a) / 30
        bounds = rbo_bounds(a, b, p)
        seen = ((d, len(set(a[:d]) & set(b[:d]))) for d in range(1, 2000))
        minimum = sum((1 - p) * p ** (d - 1) * overlap / d for d, overlap in seen)
        assert bounds.minimum == pytest.approx(minimum, abs=1e-9)
        if a and b:
            assert bounds.residual == pytest.approx(residual_as_published(a, b, p), abs=1e-9)
            assert bounds.minimum - 1e-12 <= rbo(a, b, p) <= bounds.maximum + 1e-12
        assert rbo_bounds(b, a, p) == bounds


def test_no_continuation_of_the_lists_leaves_the_bounds_and_one_reaches_each() -> None:
    p = 0.7
    for a, b in [("", "x"), ("a", "a"), ("a", "b"), ("ab", "b"), ("ab", "ca"), ("a", "bca")]:
        bounds = rbo_bounds(a, b, p)
        full = len(a) + len(b) - len(set(a) & set(b))

        def continuations(head: str, other: str, fresh: str, full: int = full) -> Iterator[str]:
            new = [d for d in other if d not in head] + list(fresh)
            return (head + "".join(t) for t in itertools.permutations(new, full - len(head)))

        values = []
        for x in continuations(a, b, "123"):
            for y in continuations(b, a, "345"):
                # below, both lists go on alike if they hold the same documents, or with strangers
                overlap = [len(set(x[:d]) & set(y[:d])) for d in range(1, full + 1)]
                seen = sum((1 - p) * p ** (d - 1) * o / d for d, o in enumerate(overlap, 1))
                values.append(seen + (p**full if overlap[-1:] == [full] else 0.0))
        assert max(values) == pytest.approx(bounds.maximum, abs=1e-12)
        assert bounds.minimum <= min(values) + p**full


def test_two_empty_lists_can_still_agree_in_everything_or_in_nothing() -> None:
    assert rbo_bounds("", "") == (0.0, 1.0)


def test_tau_b_equals_scipy_on_the_union_of_a_thousand_random_pairs() -> None:
    compared = 0
    for a, b in rankings(1000, seed=1945):
        union = sorted({*a, *b})
        ranks = [[r.index(d) if d in r else len(r) for d in union] for r in (a, b)]
        expected = kendalltau(*ranks).statistic if len(union) > 1 else math.nan
        value = kendall_tau(a, b)
        if math.isnan(expected):
            assert value is None
        else:
            assert value == pytest.approx(expected, abs=1e-9)
            compared += 1
    assert compared > 700


def test_tau_worked_by_hand() -> None:
    assert kendall_tau("abcd", "abcd") == 1.0
    assert kendall_tau("abcd", "dcba") == -1.0
    assert kendall_tau("abcd", "bacd") == pytest.approx(4 / 6)
    # union a b c; b lacks c and a lacks none of its own: ranks 1 2 3 and 1 2 3
    assert kendall_tau("abc", "ab") == 1.0
    # d1 d2 against d3: pairs (1,2) (2,2) (3,1): one tie in b; 0 - 2 of sqrt(3 * 2)
    assert kendall_tau(["胃1", "胃2"], ["頭3"]) == pytest.approx(-2 / math.sqrt(6))
    assert kendall_tau("a", "a") is None
    assert kendall_tau("ab", "") is None
    assert kendall_tau("", "") is None


def test_tau_ap_equals_its_definition_on_a_thousand_random_pairs() -> None:
    for a, b in rankings(1000, seed=2008):
        x, y = ([d for d in r if d in a and d in b] for r in (a, b))
        value = tau_ap(a, b)
        if len(y) < 2:
            assert value is None
            continue
        right = [sum(x.index(y[j]) < x.index(y[i]) for j in range(i)) / i for i in range(1, len(y))]
        assert value == pytest.approx(2 / (len(y) - 1) * sum(right) - 1, abs=1e-9)


def test_tau_ap_punishes_the_top_and_is_kendalls_tau_where_errors_are_spread_evenly() -> None:
    ids = "abcdefgh"
    assert tau_ap(ids, ids) == 1.0
    assert tau_ap(ids, ids[::-1]) == -1.0
    top, bottom = "bacdefgh", "abcdefhg"
    # one pair of 28 is wrong: C(2)/1 = 0, or C(8)/7 = 6/7
    assert tau_ap(ids, top) == pytest.approx(2 / 7 * 6 - 1)
    assert tau_ap(ids, bottom) == pytest.approx(2 / 7 * (6 + 6 / 7) - 1)
    assert kendall_tau(ids, top) == kendall_tau(ids, bottom) == pytest.approx(1 - 2 / 28)
    # over all permutations its mean is tau's mean, 0
    values = [tau_ap("abcd", p) for p in itertools.permutations("abcd")]
    assert math.fsum(v for v in values if v is not None) == pytest.approx(0, abs=1e-12)


def test_largest_moves_come_first_and_a_missing_document_stands_below_the_last() -> None:
    before, after = ["胃潰瘍", "胃炎", "頭痛", "腰痛"], ["腰痛", "胃炎", "発熱", "胃潰瘍", "頭痛"]
    assert largest_moves(before, after) == [
        Move("胃潰瘍", 1, 4),
        Move("腰痛", 4, 1),
        Move("発熱", None, 3),
        Move("頭痛", 3, 5),
    ]
    assert largest_moves(before, after, 1) == [Move("胃潰瘍", 1, 4)]
    assert largest_moves(before, after, 0) == []
    assert largest_moves(before, before) == []
    assert largest_moves(["a"], []) == [Move("a", 1, None)]
    # all by one rank: the better of both ranks first, then the id
    assert [move.doc_id for move in largest_moves("dcba", "cdab")] == ["c", "d", "a", "b"]


def test_the_share_of_identical_rankings() -> None:
    assert identical_share([("ab", "ab"), ("ab", "ba"), ("", ""), ("a", "")]) == 1 / 2
    with pytest.raises(ValueError, match="no rankings"):
        identical_share([])


@pytest.mark.parametrize("function", [rbo, rbo_bounds, kendall_tau, tau_ap, largest_moves])
def test_a_repeated_document_is_a_misuse(function: object) -> None:
    for pair in (("aa", "ab"), ("ab", "aa")):
        with pytest.raises(ValueError, match="twice"):
            function(*pair)  # type: ignore[operator]

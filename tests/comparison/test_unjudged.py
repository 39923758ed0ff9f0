"""Bounds of the delta against every assignment tried by brute force, and against hidden truth."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest

from esqual.comparison.unjudged import (
    Pages,
    PageTable,
    mean_bounds,
    measure_bounds,
    no_bound,
    precisions,
    topic_bounds,
)
from esqual.comparison.unjudged.precisions import PAIRED
from esqual.errors import JudgmentsError, MeasureError
from esqual.measures import parse_measure

EXACT = [
    "nDCG@3",
    "nDCG(dcg='exp-log2')@3",
    "nDCG(dcg='exp-log2')",
    "nDCG(ideal='all')@3",
    "nDCG(dcg='exp-log2',ideal='all')@2",
    "DCG(dcg='exp-log2')@3",
    "P@3",
    "P(rel=2)@3",
    "R@3",
    "R(rel=2)@3",
    "RR@3",
    "RR(rel=2)",
    "Success@2",
    "Success(rel=3)@3",
    "ERR(max_rel=3)@3",
    "ERR@4",
    "RBP(rel=1)@3",
    "RBP(max_rel=3)",
]
SOUND = ["AP@3", "AP", "AP(rel=2)@4"]
UNSEEN = 2


def case(seed: int, unjudged: int = 4) -> tuple[Pages, int]:
    """Two lists over few documents, of which at most ``unjudged`` have no judgment."""
    rng = random.Random(seed)
    documents = [f"d{i}" for i in range(6)]
    lists = [rng.sample(documents, rng.randint(0, 5)) for _ in range(2)]
    if rng.random() < 0.3:
        lists[1] = rng.sample(lists[0], len(lists[0]))
    top = rng.choice([1, 2, 3])
    shown = sorted({*lists[0], *lists[1]})
    rng.shuffle(shown)
    levels = [0, 0, *range(1, top + 1)] if rng.random() < 0.8 else [0]
    judgments = {d: rng.choice(levels) for d in shown[unjudged:] if d}
    judgments |= {d: rng.choice(levels) for d in shown[:unjudged] if rng.random() < 0.4}
    judgments |= {f"e{i}": rng.choice(levels) for i in range(rng.randint(0, 2))}
    return Pages(f"t{seed}", lists[0], lists[1], judgments), top


def assignments(page: Pages, top: int, unseen: int) -> Iterator[Mapping[str, int]]:
    """The judgments completed in every way the bounds are over."""
    open_ = [d for d in dict.fromkeys([*page.baseline, *page.candidate]) if d not in page.judgments]
    for grades in itertools.product(range(top + 1), repeat=len(open_)):
        for extra in itertools.combinations_with_replacement(range(top + 1), unseen):
            unseen_documents = {f"unseen{i}": grade for i, grade in enumerate(extra)}
            yield {**page.judgments, **dict(zip(open_, grades, strict=True)), **unseen_documents}


def extremes(name: str, page: Pages, top: int) -> tuple[float, float]:
    measure = parse_measure(name)
    deltas = [
        measure.value(page.candidate, judgments) - measure.value(page.baseline, judgments)
        for judgments in assignments(page, top, UNSEEN)
    ]
    return min(deltas), max(deltas)


@pytest.mark.parametrize("name", EXACT)
def test_no_assignment_leaves_the_bounds_and_some_assignment_reaches_either_end(name: str) -> None:
    for seed in range(60):
        page, top = case(seed)
        low, high, method = topic_bounds(parse_measure(name), PageTable.of([page], top), UNSEEN)
        assert method == "exact"
        assert (low[0], high[0]) == pytest.approx(extremes(name, page, top), abs=1e-9), page


@pytest.mark.parametrize("paired", [0, PAIRED])
@pytest.mark.parametrize("name", SOUND)
def test_no_assignment_leaves_a_sound_bound_and_one_unjudged_document_makes_it_exact(
    name: str, paired: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # few documents take the way of many too
    monkeypatch.setattr(precisions, "PAIRED", paired)
    for seed in range(60):
        for unjudged in (1, 4):
            page, top = case(seed, unjudged)
            table = PageTable.of([page], top)
            low, high, method = topic_bounds(parse_measure(name), table, UNSEEN)
            least, most = extremes(name, page, top)
            assert low[0] <= least + 1e-9
            assert high[0] >= most - 1e-9
            assert low[0] > -1 - 1e-9
            if method == "exact":
                assert (low[0], high[0]) == pytest.approx((least, most), abs=1e-9), page
        assert method == "exact" or len(table.unjudged[0]) > 1


@pytest.mark.parametrize("name", [*EXACT, *SOUND])
def test_topics_together_have_the_bounds_that_each_has_alone(name: str) -> None:
    measure = parse_measure(name)
    pages = [case(seed)[0] for seed in range(60)]
    together = topic_bounds(measure, PageTable.of(pages, 3), UNSEEN)
    for place, page in enumerate(pages):
        alone = topic_bounds(measure, PageTable.of([page], 3), UNSEEN)
        assert together[0][place] == pytest.approx(alone[0][0], abs=1e-12)
        assert together[1][place] == pytest.approx(alone[1][0], abs=1e-12)


@pytest.mark.parametrize("name", ["nDCG(dcg='exp-log2')@3", "R@3", "RR@3", "ERR@3", "AP@3", "P@3"])
def test_one_judgment_more_is_the_table_of_the_pages_that_have_it(name: str) -> None:
    measure = parse_measure(name)
    for seed in range(60):
        page, top = case(seed)
        table = PageTable.of([page], top)
        for column, doc_id in enumerate(table.unjudged[0]):
            for grade in [0, *table.levels.tolist()]:
                more = page._replace(judgments={**page.judgments, doc_id: grade})
                added = topic_bounds(measure, table.judged(np.array([column]), grade), UNSEEN)
                looked_up = topic_bounds(measure, PageTable.of([more], top), UNSEEN)
                assert added[:2] == (pytest.approx(looked_up[0]), pytest.approx(looked_up[1]))


def test_a_judgment_at_a_level_that_the_table_does_not_know_is_refused() -> None:
    table = PageTable.of([Pages("t", ["a"], ["b"], {"c": 1})], 3)
    with pytest.raises(ValueError, match="grade 2"):
        table.judged(np.array([0]), 2)


@pytest.mark.parametrize("paired", [0, PAIRED])
def test_two_equal_pages_cannot_part_whatever_the_judgments(
    paired: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precisions, "PAIRED", paired)
    pages = [Pages("t1", list("abcdefghijkl"), list("abcdefghijkl"), {"z": 1})]
    for name in [*EXACT, *SOUND]:
        low, high, _ = topic_bounds(parse_measure(name), PageTable.of(pages, 3))
        assert (low[0], high[0]) == (0.0, 0.0), name


def test_err_of_many_shared_documents_is_sound_and_says_so() -> None:
    rng = random.Random(5)
    documents = [f"d{i}" for i in range(9)]
    for _ in range(3):
        page = Pages("t", documents, rng.sample(documents, 9), {})
        low, high, method = topic_bounds(
            parse_measure("ERR(max_rel=1)@9"), PageTable.of([page], 1), 0
        )
        assert method == "sound"
        least, most = np.inf, -np.inf
        measure = parse_measure("ERR(max_rel=1)@9")
        for bits in itertools.product((0, 1), repeat=9):
            judgments = dict(zip(documents, bits, strict=True))
            delta = measure.value(page.candidate, judgments) - measure.value(
                page.baseline, judgments
            )
            least, most = min(least, delta), max(most, delta)
        assert low[0] <= least + 1e-12
        assert high[0] >= most - 1e-12


def test_a_scale_of_a_hundred_levels_keeps_small_gains_apart() -> None:
    page = Pages("t", ["a", "b"], ["b", "a"], {"a": 1, "b": 0})
    low, high, _ = topic_bounds(parse_measure("nDCG(dcg='exp-log2')@2"), PageTable.of([page], 100))
    # an unseen document of grade 100 makes any delta next to nothing
    assert low[0] == pytest.approx(1 / np.log2(3) - 1, abs=1e-9)
    assert high[0] == pytest.approx(0.0, abs=1e-9)


def test_the_mean_takes_left_out_topics_in_where_that_moves_it_further() -> None:
    low = np.array([-0.2, -0.1, -0.6, 0.0])
    high = np.array([0.1, 0.3, 0.5, 0.0])
    weights = np.array([1.0, 1.0, 2.0, 1.0])
    counted = np.array([True, True, False, False])
    least, most = mean_bounds(low, high, weights, counted)
    assert most == pytest.approx((0.1 + 0.3 + 2 * 0.5) / 4)
    assert least == pytest.approx((-0.2 - 0.1 + 2 * -0.6) / 4)
    for name, pick in (("low", least), ("high", most)):
        every = [
            sum(weights[i] * values[i] for i in (0, 1, *extra))
            / sum(weights[i] for i in (0, 1, *extra))
            for extra in ((), (2,), (3,), (2, 3))
            for values in (low, high)
        ]
        assert pick == pytest.approx(min(every) if name == "low" else max(every))


def test_a_left_out_topic_is_a_tie_that_pulls_a_losing_mean_up() -> None:
    low, high = np.array([-0.4, 0.0]), np.array([-0.4, 0.0])
    assert mean_bounds(low, high, np.ones(2), np.array([True, False])) == pytest.approx(
        (-0.4, -0.2)
    )


HIDDEN = ["nDCG(dcg='exp-log2')@5", "nDCG@10", "AP@10", "R@5", "RR@10", "P@5", "ERR@5", "DCG@5"]


def _truth(rng: random.Random) -> tuple[list[Pages], int]:
    pages = []
    for number in range(8):
        documents = [f"d{i}" for i in range(14)]
        relevant = rng.sample(documents, rng.randint(0, 5))
        judgments = {d: rng.randint(1, 3) if d in relevant else 0 for d in documents}
        lists = [rng.sample(documents, rng.randint(0, 10)) for _ in range(2)]
        pages.append(Pages(f"t{number}", lists[0], lists[1], judgments))
    return pages, 3


def _mean(name: str, pages: Sequence[Pages], weights: Sequence[float]) -> float | None:
    measure = parse_measure(name)
    counted = [(p, w) for p, w in zip(pages, weights, strict=True) if max(p.judgments.values()) > 0]
    if not counted:
        return None
    total = sum(w for _, w in counted)
    return (
        sum(
            w * (measure.value(p.candidate, p.judgments) - measure.value(p.baseline, p.judgments))
            for p, w in counted
        )
        / total
    )


def test_hidden_judgments_never_put_the_true_delta_outside_the_bounds() -> None:
    """1,000 times: topics with 0 to 5 relevant documents, judgments hidden at random."""
    rng = random.Random(20261121)
    emptied = 0
    for _ in range(1000):
        pages, top = _truth(rng)
        weights = [rng.choice([1.0, 1.0, 3.0]) for _ in pages]
        share = rng.random()
        hidden = [
            page._replace(
                judgments={d: g for d, g in page.judgments.items() if rng.random() > share}
            )
            for page in pages
        ]
        order = sorted(
            range(len(pages)), key=lambda t: max(hidden[t].judgments.values(), default=0) < 1
        )
        counted = sum(max(p.judgments.values(), default=0) >= 1 for p in hidden)
        emptied += sum(
            max(hidden[t].judgments.values(), default=0) < 1 <= max(pages[t].judgments.values())
            for t in order
        )
        table = PageTable.of([hidden[t] for t in order], top)
        name = rng.choice(HIDDEN)
        bounds = measure_bounds(parse_measure(name), table, [weights[t] for t in order], counted)
        assert bounds is not None
        for place, t in enumerate(order[:counted]):
            delta = _mean(name, [pages[t]], [1.0])
            assert delta is not None
            low, high = bounds.topics[place]
            assert low - 1e-9 <= delta <= high + 1e-9
        truth = _mean(name, pages, weights)
        if truth is not None:
            assert bounds.low - 1e-9 <= truth <= bounds.high + 1e-9, (name, share)
    assert emptied > 1000  # the case that left-out topics come back is not a rare one here


def test_measures_without_a_sound_bound_say_so_instead_of_guessing() -> None:
    table = PageTable.of([Pages("t", ["a"], ["b"], {"a": 1})], 1)
    for name in ("Bpref@5", "infAP", "Judged@5", "nDCG(judged_only=True)@5"):
        assert no_bound(parse_measure(name))
        assert measure_bounds(parse_measure(name), table, [1.0], 1) is None
        with pytest.raises(ValueError, match=r"bound|plain"):
            topic_bounds(parse_measure(name), table)


def test_a_scale_that_ends_below_a_judgment_or_above_the_measure_is_refused() -> None:
    page = Pages("t", ["a"], ["b"], {"a": 3})
    with pytest.raises(JudgmentsError, match="a judgment of 3 is above the top grade 2"):
        PageTable.of([page], 2)
    for name in ("ERR(max_rel=3)@5", "RBP(max_rel=3)@5"):
        with pytest.raises(MeasureError, match="max_rel"):
            topic_bounds(parse_measure(name), PageTable.of([page], 5))

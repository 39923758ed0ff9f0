"""Since when a topic is broken, on series written by hand."""

from __future__ import annotations

from esqual.history import Break, find_breaks


def _series(**topics: list[float]) -> list[tuple[int, dict[str, float]]]:
    length = len(next(iter(topics.values())))
    return [(i + 1, {q: values[i] for q, values in topics.items()}) for i in range(length)]


def test_a_topic_broke_after_the_last_time_it_was_better_than_now() -> None:
    assert find_breaks(_series(t1=[1.0, 1.0, 0.5, 0.5])) == [Break("t1", 2, 3, 1.0, 0.5, 0.5)]


def test_a_dip_that_was_mended_is_no_break_and_a_later_one_is() -> None:
    assert find_breaks(_series(t1=[1.0, 0.2, 1.0])) == []
    assert find_breaks(_series(t1=[1.0, 0.2, 1.0, 0.9]))[0].first_bad == 4


def test_a_slow_fall_broke_at_its_last_step() -> None:
    (row,) = find_breaks(_series(t1=[1.0, 0.8, 0.6]))
    assert (row.last_good, row.first_bad, round(row.drop, 9)) == (2, 3, 0.2)


def test_a_fall_that_does_not_count_is_passed_over() -> None:
    assert find_breaks(_series(t1=[1.0, 0.95]), least=0.1) == []
    (row,) = find_breaks(_series(t1=[1.0, 0.95, 0.5]), least=0.1)
    assert row.last_good == 2


def test_the_deepest_break_comes_first_and_a_topic_that_is_gone_is_left_out() -> None:
    series = [(1, {"b": 1.0, "a": 1.0, "c": 1.0}), (2, {"a": 0.5, "b": 0.0})]
    assert [row.query_id for row in find_breaks(series)] == ["b", "a"]
    assert find_breaks([]) == []

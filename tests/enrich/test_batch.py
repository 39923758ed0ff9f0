"""A frame in, a frame out: pure, and the same in another process."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

import pandas as pd
import pytest

from esqual.enrich.batch import enrich_frame
from esqual.errors import EnrichmentError
from tests.enrich import letters
from tests.enrich.conftest import read


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"id": ["d1", "d2", "d3"], "text": ["胃が痛い", None, ""]}, index=[7, 3, 5])


def test_every_row_gets_its_field_and_nothing_else_changes() -> None:
    frame = _frame()
    before = frame.copy(deep=True)
    made = enrich_frame(frame, read())
    assert list(made["dep"]) == [{"pairs": ["胃が", "が痛", "痛い"]}, None, {"pairs": []}]
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(made[["id", "text"]], frame)


def test_a_spawned_process_makes_the_same() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        theirs = pool.apply(enrich_frame, (_frame(), read()))
    pd.testing.assert_frame_equal(theirs, enrich_frame(_frame(), read()))


def test_the_model_is_loaded_once_per_process_and_parameters() -> None:
    for _ in range(3):
        enrich_frame(_frame(), read({"parameters": {"least": 41}}))
    enrich_frame(_frame(), read({"parameters": {"least": 42}}))
    assert [load["least"] for load in letters.LOADS] == [41, 42]


def test_a_second_run_keeps_what_is_proved_and_computes_nothing() -> None:
    made = enrich_frame(_frame(), read())
    letters.SEEN.clear()
    again = enrich_frame(made, read())
    assert letters.SEEN == []
    pd.testing.assert_frame_equal(again, made)


def test_an_edited_text_and_another_version_are_refused_with_the_row(
    other_version: Callable[[], None],
) -> None:
    made = enrich_frame(_frame(), read())
    edited = made.copy()
    edited.loc[7, "text"] = "胃は痛くない"
    with pytest.raises(EnrichmentError, match=r"row 7: .*made of another text"):
        enrich_frame(edited, read())
    with pytest.raises(EnrichmentError, match=r"row 7: .*no marker '_esqual'"):
        enrich_frame(made.drop(columns="_esqual"), read())
    other_version()
    with pytest.raises(EnrichmentError, match=r"row 7: .*made by another version"):
        enrich_frame(made, read())


def test_a_text_that_fails_raises_with_its_row_or_is_kept_without() -> None:
    frame = pd.DataFrame({"text": ["胃痛", "胃\0痛", 5]})
    with pytest.raises(EnrichmentError, match="row 2: the field 'text' holds 5"):
        enrich_frame(frame, read())
    with pytest.raises(EnrichmentError, match="row 1: no 'dep': a NUL is not text"):
        enrich_frame(frame[:2], read())
    kept = enrich_frame(frame, read(), on_error="keep")
    assert list(kept["dep"]) == [{"pairs": ["胃痛"]}, None, None]
    assert [list(marks) for marks in kept["_esqual"]] == [["dep"], [], []]


def test_two_enrichments_of_one_frame() -> None:
    both = read({}, {"name": "title", "source": "meta.title", "target": "t"})
    frame = pd.DataFrame({"text": ["胃痛"], "meta": [{"title": "頭痛"}]})
    made = enrich_frame(frame, both)
    assert made.loc[0, "dep"] == {"pairs": ["胃痛"]}
    assert made.loc[0, "t"] == {"pairs": ["頭痛"]}


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(EnrichmentError, match=r"no column 'text'.* it has 本文"):
        enrich_frame(pd.DataFrame({"本文": ["胃痛"]}), read())


def test_an_empty_frame_stays_empty() -> None:
    made = enrich_frame(_frame()[:0], read())
    assert list(made.columns) == ["id", "text", "dep", "_esqual"]
    assert len(made) == 0
    assert letters.LOADS == []

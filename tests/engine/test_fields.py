"""Fields one by one: dates and date math worked by hand, numbers at their edges, analyzers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from esqual.engine.lucene.analysis import Analysis
from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fields.base import Environment, FieldType, RangeBounds, java_double
from esqual.engine.lucene.fields.date_format import civil, date_format, millis_of, zone
from esqual.engine.lucene.fields.date_math import parse_date_math
from esqual.engine.lucene.fields.similarity import Similarities
from esqual.engine.lucene.mapping import Mapping

MAX_LONG = 2**63 - 1


def field(declared: dict[str, Any], settings: dict[str, Any] | None = None) -> FieldType:
    settings = {"index.provided_name": "品質", **(settings or {})}
    environment = Environment(Analysis(settings), Similarities(settings), settings)
    found = Mapping({"properties": {"f": declared}}, environment).field("f")
    assert found is not None
    return found


def moment(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


# ---------------------------------------------------------------------- dates


def test_the_calendar_agrees_with_pythons_over_its_whole_range() -> None:
    for year in (1, 4, 100, 400, 1582, 1899, 1900, 1970, 2000, 2023, 2024, 2100, 9999):
        for month, day in ((1, 1), (2, 28), (3, 1), (12, 31)):
            there = datetime(year, month, day, 23, 59, 58, 7000, tzinfo=UTC)
            millis = millis_of(year, month, day, 23, 59, 58, 7)
            seconds = (there - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
            assert millis == round(seconds * 1000)
            assert civil(millis) == (year, month, day, 23, 59, 58, 7)


def test_leap_days_exist_in_leap_years_only() -> None:
    assert date_format("yyyy-MM-dd").parse("2024-02-29") == moment("2024-02-29")
    for text in ("2023-02-29", "1900-02-29", "2024-04-31"):
        with pytest.raises(ApiError):
            date_format("yyyy-MM-dd").parse(text)


@pytest.mark.parametrize(
    ("text", "down", "up"),
    [
        ("2024", "2024-01-01T00:00:00", "2024-01-01T23:59:59.999"),
        ("2024-05", "2024-05-01T00:00:00", "2024-05-01T23:59:59.999"),
        ("2024-05-03T10", "2024-05-03T10:00:00", "2024-05-03T10:59:59.999"),
        ("2024-05-03T10:20:30.5", "2024-05-03T10:20:30.500", "2024-05-03T10:20:30.500"),
        ("2024-05-03||/M", "2024-05-01", "2024-05-31T23:59:59.999"),
        ("2024-05-03||/y", "2024-01-01", "2024-12-31T23:59:59.999"),
        ("2024-05-05||/w", "2024-04-29", "2024-05-05T23:59:59.999"),  # a Sunday
        ("2024-05-06||/w", "2024-05-06", "2024-05-12T23:59:59.999"),  # a Monday
        ("2024-05-03T10:20:30||/h", "2024-05-03T10:00:00", "2024-05-03T10:59:59.999"),
        ("2024-01-31||+1M", "2024-02-29", "2024-02-29"),
        ("2023-01-31||+1M", "2023-02-28", "2023-02-28"),
        ("2024-02-29||+1y", "2025-02-28", "2025-02-28"),
        ("2024-03-31||-1M", "2024-02-29", "2024-02-29"),
        ("2024-05-03||-2d+3h-4m+5s", "2024-05-01T02:56:05", "2024-05-01T02:56:05"),
        ("2024-12-30||+1w/M", "2025-01-01", "2025-01-31T23:59:59.999"),
        ("now", "2024-05-03T10:20:30", "2024-05-03T10:20:30"),
        ("now-1d/d", "2024-05-02", "2024-05-02T23:59:59.999"),
        ("now+13M/M", "2025-06-01", "2025-06-30T23:59:59.999"),
    ],
)
def test_date_math_walks_the_calendar(text: str, down: str, up: str) -> None:
    def now() -> float:
        return moment("2024-05-03T10:20:30") / 1000

    written = date_format("strict_date_optional_time")
    assert parse_date_math(text, written, now=now) == moment(down)
    assert parse_date_math(text, written, round_up=True, now=now) == moment(up)


def test_rounding_happens_in_the_zone_asked_for() -> None:
    written = date_format("strict_date_optional_time")
    for name in ("+09:00", "Asia/Tokyo"):
        got = parse_date_math("2024-05-03T20:00:00Z||/d", written, zone=zone(name))
        assert got == moment("2024-05-03T15:00:00")
    # on the day when New York's clocks spring forward, the next day begins 23 hours later
    york = zone("America/New_York")
    day = parse_date_math("2024-03-10", written, zone=york)
    assert day == moment("2024-03-10T05:00:00")
    assert parse_date_math("2024-03-10||+1d", written, zone=york) - day == 23 * 3_600_000
    assert parse_date_math("2024-03-10||+24h", written, zone=york) - day == 24 * 3_600_000
    # 02:30 does not exist that day: java.time moves it on by the hour that is missing
    assert york.to_utc(moment("2024-03-10T02:30:00")) == moment("2024-03-10T07:30:00")


def test_japanese_patterns_are_read_and_written() -> None:
    written = date_format("yyyy年M月d日 H時m分||yyyy年M月")
    assert written.parse("2024年5月3日 9時5分") == moment("2024-05-03T09:05:00")
    assert written.parse("2024年12月") == moment("2024-12-01")
    assert written.format(moment("2024-05-03T09:05:00")) == "2024年5月3日 9時5分"
    assert date_format("''yyyy 'o''clock'").format(0) == "'1970 o'clock"


@pytest.mark.parametrize(
    "text", ["MMM", "yyyy-MM-dd[ HH:mm]", "hh:mm a", "yyyyMd", "YYYY-ww", "date_time", "yyyy yyyy"]
)
def test_a_format_that_is_not_followed_exactly_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="not supported by the embedded engine"):
        date_format(text)


def test_an_unknown_zone_is_refused() -> None:
    for text in ("zzz", "+19:00", "9", ""):
        with pytest.raises(ApiError, match="Unknown time-zone ID"):
            zone(text)


# ---------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("byte", -128, 127),
        ("short", -32768, 32767),
        ("integer", -(2**31), 2**31 - 1),
        ("long", -(2**63), MAX_LONG),
    ],
)
def test_whole_numbers_end_where_their_type_ends(kind: str, low: int, high: int) -> None:
    number = field({"type": kind})
    assert number.fetch([low, high, str(high), f"{high}.9"]) == [low, high, high, high]
    for beyond in (low - 1, high + 1, str(high + 1)):
        assert number.fetch([beyond]) == []
        with pytest.raises(ApiError, match="out of range"):
            number.range_query(RangeBounds(gte=beyond))
        assert str(number.term_query(beyond)).startswith("MatchNoDocs")


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (RangeBounds(gte=1.5, lt=5.1), "[2 TO 5]"),
        (RangeBounds(gt=1.5, lte=5.9), "[2 TO 5]"),
        (RangeBounds(gt=1, lt=5), "[2 TO 4]"),
        (RangeBounds(gt=-1.5, lt="-0.5"), "[-1 TO -1]"),
        (RangeBounds(gte=5, gt=1), f"[5 TO {MAX_LONG}]"),
        (RangeBounds(), f"[{-MAX_LONG - 1} TO {MAX_LONG}]"),
    ],
)
def test_fractional_bounds_of_whole_numbers_move_inwards(
    bounds: RangeBounds, expected: str
) -> None:
    assert f"f:{expected}" in str(field({"type": "long"}).range_query(bounds))


def test_an_empty_range_finds_nothing() -> None:
    for bounds in (RangeBounds(gt=MAX_LONG), RangeBounds(gte=2, lte=1), RangeBounds(gt=1, lt=2)):
        assert str(field({"type": "long"}).range_query(bounds)).startswith("MatchNoDocs")


def test_floats_are_shown_as_short_as_they_can_be_told_apart() -> None:
    number = field({"type": "float"})
    assert number.fetch([1.1, "0.1", 16777217, 3]) == [1.1, 0.1, 16777216.0, 3.0]
    assert number.sort_value(1.100000023841858) == 1.1
    assert number.sort_value(float("inf")) == "Infinity"
    assert field({"type": "double"}).sort_value(1.100000023841858) == 1.100000023841858


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e30, "1.0E30"), (1.5e-5, "1.5E-5"), (123456789.0, "1.23456789E8"), (0.001, "0.001"),
     (-1e7, "-1.0E7"), (5.0, "5.0"), (float("-inf"), "-Infinity"), (0.0, "0.0")],
)  # fmt: skip
def test_doubles_are_printed_as_java_prints_them(value: float, text: str) -> None:
    assert java_double(value) == text


# ---------------------------------------------------------------------- text and keyword

SETTINGS = {
    "index.analysis.normalizer.和.type": "custom",
    "index.analysis.normalizer.和.filter": ["cjk_width", "lowercase"],
    "index.analysis.analyzer.default_search.type": "whitespace",
}


def test_a_keyword_is_normalized_in_documents_queries_and_answers() -> None:
    keyword = field({"type": "keyword", "normalizer": "和"}, SETTINGS)
    assert keyword.normalize("ＡＢＣ１２３ｶﾀｶﾅ") == "abc123カタカナ"
    assert str(keyword.term_query("ＡＢＣ")) == "f:abc"
    assert keyword.fetch(["ＡＢＣ", None]) == ["abc"]
    assert field({"type": "keyword"}).normalize("ＡＢＣ") == "ＡＢＣ"


def test_the_analyzers_of_a_text_fall_back_one_on_the_other() -> None:
    plain = field({"type": "text", "analyzer": "kuromoji"}, SETTINGS)
    assert plain.search_analyzer is plain.index_analyzer
    assert plain.search_quote_analyzer is plain.search_analyzer
    other = field({"type": "text", "analyzer": "kuromoji", "search_analyzer": "standard"}, SETTINGS)
    assert other.search_analyzer is not other.index_analyzer
    assert other.search_quote_analyzer is other.search_analyzer
    unnamed = field({"type": "text"}, SETTINGS)
    analysis = unnamed.environment.analysis
    assert unnamed.search_analyzer is analysis.analyzer("default_search")
    assert unnamed.index_analyzer is analysis.analyzer("default")


def test_the_gap_between_values_is_the_fields_own_or_a_hundred() -> None:
    assert field({"type": "text"}).index_analyzer.getPositionIncrementGap("f") == 100
    near = field({"type": "text", "position_increment_gap": 3})
    assert near.index_analyzer.getPositionIncrementGap("f") == 3


@pytest.mark.parametrize(
    ("declared", "positions"),
    [
        ({"type": "text"}, True),
        ({"type": "text", "index_options": "offsets"}, True),
        ({"type": "text", "index_options": "freqs"}, False),
        ({"type": "text", "index": False}, False),
        ({"type": "keyword"}, False),
        ({"type": "long"}, False),
    ],
)
def test_phrases_need_positions(declared: dict[str, Any], positions: bool) -> None:
    assert field(declared).positions is positions


def test_a_case_insensitive_term_ignores_ascii_case_only_for_strings() -> None:
    assert "Automaton" in str(field({"type": "keyword"}).term_query("Abc", case_insensitive=True))
    for kind in ("long", "boolean", "date", "double"):
        with pytest.raises(ApiError, match="does not support case insensitive"):
            field({"type": kind}).term_query("1", case_insensitive=True)


# ---------------------------------------------------------------------- refusals

REFUSED: list[tuple[dict[str, Any], Callable[[FieldType], Any], str]] = [
    ({"type": "text"}, lambda f: f.sort_field(False), "Fielddata is disabled on [f] in [品質]"),
    ({"type": "text"}, lambda f: f.double_values(), "Fielddata is disabled"),
    ({"type": "keyword"}, lambda f: f.double_values(), "Expected numeric type on field [f]"),
    ({"type": "keyword"}, lambda f: f.sort_field(False, "あ"), "is not supported by the embedded"),
    ({"type": "long"}, lambda f: f.sort_field(False, mode="avg"), "is not supported by the emb"),
    ({"type": "long"}, lambda f: f.sort_field(False, mode="zz"), "Unknown SortMode [zz]"),
    ({"type": "long", "doc_values": False}, lambda f: f.double_values(), "Can't load fielddata"),
    ({"type": "long", "doc_values": False}, lambda f: f.sort_field(False), "Can't load fielddata"),
    ({"type": "boolean"}, lambda f: f.fetch([True], "yyyy"), "doesn't support formats"),
    ({"type": "text", "index": False}, lambda f: f.terms_query(["a"]), "Cannot search on field"),
]


@pytest.mark.parametrize(("declared", "action", "reason"), REFUSED)
def test_what_a_field_cannot_do_is_refused(
    declared: dict[str, Any], action: Callable[[FieldType], Any], reason: str
) -> None:
    with pytest.raises(ApiError) as refused:
        action(field(declared))
    assert reason in refused.value.reason


def test_function_values_are_the_smallest_of_a_document() -> None:
    for kind in ("long", "integer", "short", "byte", "double", "float", "date", "boolean"):
        assert "MIN" in str(field({"type": kind}).double_values())

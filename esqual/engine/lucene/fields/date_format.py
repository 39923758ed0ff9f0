"""Date formats: texts of ``format`` to and from milliseconds since 1970 (UTC).

A format is one or more alternatives joined by ``||``: a name (``strict_date_optional_time``,
``epoch_millis`` ...) or a pattern of java.time letters. Reading is strict:
``2024-02-30`` is refused. Letters and names that are not known here are refused as unsupported,
never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.jvm import J

__all__ = ["UTC", "DateFormat", "Zone", "civil", "date_format", "millis_of", "month_length", "zone"]

DAY_MS = 86_400_000
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS = "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER"
MONTHS = tuple(_MONTHS.split())


# ---------------------------------------------------------------------- the calendar


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the proleptic Gregorian calendar, any year."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def millis_of(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, ms: int = 0
) -> int:
    """Milliseconds from 1970 to a UTC time; 400 ``date_time_exception`` for a day that is none."""
    if not 1 <= month <= 12:
        raise _not_a_time(f"Invalid value for MonthOfYear (valid values 1 - 12): {month}")
    if not 1 <= day <= 31:
        raise _not_a_time(f"Invalid value for DayOfMonth (valid values 1 - 28/31): {day}")
    if day > 28 and day > month_length(year, month):
        if month == 2 and day == 29:
            raise _not_a_time(f"Invalid date 'February 29' as '{year}' is not a leap year")
        raise _not_a_time(f"Invalid date '{MONTHS[month - 1]} {day}'")
    if hour > 23:
        raise _not_a_time(f"Invalid value for HourOfDay (valid values 0 - 23): {hour}")
    if minute > 59:
        raise _not_a_time(f"Invalid value for MinuteOfHour (valid values 0 - 59): {minute}")
    if second > 59:
        raise _not_a_time(f"Invalid value for SecondOfMinute (valid values 0 - 59): {second}")
    days = days_of(year, month, day)
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms


def month_length(year: int, month: int) -> int:
    """Days in a month."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else MONTH_DAYS[month - 1]


def civil(millis: int) -> tuple[int, int, int, int, int, int, int]:
    """Year, month, day, hour, minute, second, millisecond of a UTC time."""
    days, rest = divmod(millis, DAY_MS)
    days += 719468
    era = days // 146097
    of_era = days - era * 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + (3 if shifted < 10 else -9)
    year += era * 400 + (month <= 2)
    seconds, ms = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return year, month, day, hour, minute, second, ms


def _not_a_time(reason: str) -> ApiError:
    return ApiError(400, "date_time_exception", reason)


# ---------------------------------------------------------------------- zones


class Zone:
    """A fixed offset from UTC, in milliseconds."""

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms

    def to_utc(self, local_ms: int) -> int:
        """A local time as UTC."""
        return local_ms - self.offset_ms

    def to_local(self, utc_ms: int) -> int:
        """A UTC time as local."""
        return utc_ms + self.offset_ms


class RegionZone(Zone):
    """A zone with rules, from the Java runtime's time zone data."""

    def __init__(self, zone_id: Any) -> None:
        super().__init__()
        self._rules = zone_id.getRules()

    def to_utc(self, local_ms: int) -> int:
        """A local time as UTC; in a gap or an overlap, as java.time decides."""
        seconds, ms = divmod(local_ms, 1000)
        local = J.LocalDateTime.ofEpochSecond(seconds, 0, J.ZoneOffset.UTC)
        offsets = self._rules.getValidOffsets(local)
        if offsets.isEmpty():  # in a gap the clock has jumped: java.time keeps the earlier offset
            offset = self._rules.getTransition(local).getOffsetBefore()
        else:
            offset = offsets.get(0)
        return int(seconds - offset.getTotalSeconds()) * 1000 + ms

    def to_local(self, utc_ms: int) -> int:
        """A UTC time as local."""
        instant = J.Instant.ofEpochMilli(utc_ms)
        return utc_ms + int(self._rules.getOffset(instant).getTotalSeconds()) * 1000


UTC = Zone()
OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?")


@lru_cache(maxsize=256)
def zone(text: str) -> Zone:
    """``Z``, ``UTC``, ``+09:00`` or a region such as ``Asia/Tokyo``; 400 for an unknown one."""
    if text in ("Z", "UTC", "GMT", "UT"):
        return UTC
    match = OFFSET.fullmatch(text)
    if match:
        sign, hours, minutes, seconds = match.groups()
        total = (int(hours) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
        if total <= 18 * 3600 and int(minutes or 0) < 60 and int(seconds or 0) < 60:
            return Zone((-total if sign == "-" else total) * 1000)
    elif text[:1].isalpha() and J.ZoneId.getAvailableZoneIds().contains(text):
        return RegionZone(J.ZoneId.of(text))
    raise illegal_argument(
        f"java.time.zone.ZoneRulesException: Unknown time-zone ID: {text}",
        caused_by=ApiError(400, "zone_rules_exception", f"Unknown time-zone ID: {text}"),
    )


# ---------------------------------------------------------------------- one alternative

Reader = Callable[[str, Zone, bool], "int | None"]
Printer = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """``read(text, zone, round_up)`` gives None where the text is of another shape."""

    read: Reader
    print: Printer


PARTS = ("y", "M", "d", "H", "m", "s", "f", "z")


def _regex_reader(expression: str) -> Reader:
    """A reader by a regular expression whose groups have the names of :data:`PARTS`."""
    absent = (name for name in PARTS if f"(?P<{name}>" not in expression)
    # a group that never matches is None, so that one call gives all eight
    find = re.compile(expression + "".join(f"(?P<{name}>(?!))?" for name in absent)).fullmatch

    def read(text: str, zone_of_text: Zone, round_up: bool) -> int | None:
        match = find(text)
        if match is None:
            return None
        year, month, day, hour, minute, second, fraction, written = match.group(*PARTS)
        if round_up:
            hour = hour or "23"
            minute = minute or "59"
            second = second or "59"
            fraction = fraction or "999"
        local = millis_of(
            int(year or 1970),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int(fraction[:3].ljust(3, "0")) if fraction else 0,
        )
        if written is None:
            return zone_of_text.to_utc(local)
        if written == "Z":
            return local
        try:
            return zone(written).to_utc(local)
        except ApiError:  # no such zone: the text is of another shape
            return None

    return read


def _year(year: int, width: int = 4) -> str:
    if width == 4 and year > 9999:
        return f"+{year}"
    return f"-{-year:0{width}d}" if year < 0 else f"{year:0{width}d}"


def _print_iso(millis: int) -> str:
    year, month, day, hour, minute, second, ms = civil(millis)
    return f"{_year(year)}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{ms:03d}Z"


EPOCH = re.compile(r"(-?)(\d{1,19})(?:\.(\d{1,9}))?", re.ASCII)


def _epoch(unit_ms: int) -> _Pattern:
    def read(text: str, _: Zone, round_up: bool) -> int | None:
        match = EPOCH.fullmatch(text)
        if match is None:
            return None
        sign, whole, fraction = match.groups()
        nanos = int((fraction or "").ljust(9, "0")) * unit_ms
        value = int(whole) * unit_ms * 10**9 + nanos
        return (-value if sign else value) // 10**9

    def show(millis: int) -> str:
        whole, rest = divmod(abs(millis), unit_ms)
        sign = "-" if millis < 0 else ""
        return f"{sign}{whole}.{rest:03d}".rstrip("0") if rest else f"{sign}{whole}"

    return _Pattern(read, show)


ZONE = r"(?P<z>Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?|[A-Za-z][A-Za-z0-9~/._+-]+)"


def _optional_time(year: str, month: str, day: str, hour: str, minute: str) -> str:
    """``yyyy[-MM[-dd['T'[HH[:mm[:ss[.S]]]][zone]]]]``"""
    return (
        rf"(?P<y>{year})(?:-(?P<M>{month})(?:-(?P<d>{day})(?:T(?:(?P<H>{hour})(?::(?P<m>{minute})"
        rf"(?::(?P<s>{minute})(?:[.,](?P<f>[0-9]{{1,9}}))?)?)?{ZONE}?)?)?)?)?"
    )


# what is beyond a month or an hour is of another shape; a 30th of February is refused later
STRICT_OPTIONAL = _optional_time(
    "-?[0-9]{4}", "0[1-9]|1[0-2]", "0[1-9]|[12][0-9]|3[01]", "[01][0-9]|2[0-3]", "[0-5][0-9]"
)
LOOSE_OPTIONAL = _optional_time(
    "-?[0-9]{1,9}", "[0-9]{1,2}", "[0-9]{1,2}", "[0-9]{1,2}", "[0-9]{1,2}"
)

# names that stand for a pattern of letters
NAMED_PATTERNS = {
    "basic_date": "yyyyMMdd",
    "strict_date": "yyyy-MM-dd",
    "strict_year": "yyyy",
    "strict_year_month": "yyyy-MM",
    "strict_year_month_day": "yyyy-MM-dd",
    "strict_date_hour": "yyyy-MM-dd'T'HH",
    "strict_date_hour_minute": "yyyy-MM-dd'T'HH:mm",
    "strict_date_hour_minute_second": "yyyy-MM-dd'T'HH:mm:ss",
}

# the letters of java.time; `_letters` says which are followed here
LETTERS = frozenset("GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZp")


def _letters(letter: str, count: int, fixed: bool) -> tuple[str, Callable[[tuple[int, ...]], str]]:
    """Regular expression and printer of a run of one pattern letter."""
    if letter in "yu" and count == 4:
        return r"(?P<y>[0-9]{4})", lambda t: _year(t[0])
    if letter == "S" and 1 <= count <= 9:
        return rf"(?P<f>[0-9]{{{count}}})", lambda t: f"{t[6]:03d}".ljust(9, "0")[:count]
    if letter in "MdHms" and count <= 2:
        place = "yMdHms".index(letter)
        if count == 2:
            return rf"(?P<{letter}>[0-9]{{2}})", lambda t: f"{t[place]:02d}"
        if not fixed:
            return rf"(?P<{letter}>[0-9]{{1,2}})", lambda t: str(t[place])
    if letter == "X" and count == 3:
        return r"(?P<z>Z|[+-][0-9]{2}:[0-9]{2})", lambda t: "Z"
    if letter == "X" and count == 2:
        return r"(?P<z>Z|[+-][0-9]{4})", lambda t: "Z"
    if letter == "Z" and count <= 3:
        return r"(?P<z>[+-][0-9]{4})", lambda t: "+0000"
    raise unsupported(f"date format letters {letter * count}")


def _tokens(pattern: str) -> list[tuple[str, str]]:
    """``(letter run, "")`` or ``("", literal)`` in order; the refusals are java.time's."""
    answer: list[tuple[str, str]] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        end = at + 1
        if char.isascii() and char.isalpha():
            while end < len(pattern) and pattern[end] == char:
                end += 1
            if char not in LETTERS:
                raise illegal_argument(f"Unknown pattern letter: {char}")
            answer.append((pattern[at:end], ""))
        elif char == "'":
            while end < len(pattern) and (pattern[end] != "'" or pattern[end : end + 2] == "''"):
                end += 2 if pattern[end] == "'" else 1
            if end >= len(pattern):
                raise illegal_argument(f"Pattern ends with an incomplete string literal: {pattern}")
            answer.append(("", pattern[at + 1 : end].replace("''", "'") or "'"))
            end += 1
        elif char in "{}#":
            raise illegal_argument(f"Pattern includes reserved character: '{char}'")
        else:
            answer.append(("", char))
        at = end
    return answer


def _compile_pattern(pattern: str) -> _Pattern:
    try:
        tokens = _tokens(pattern)
    except ApiError as cause:
        reason = f"Invalid format: [{pattern}]: {cause.reason}"
        raise illegal_argument(reason, caused_by=cause) from cause
    expression = ""
    printers: list[Callable[[tuple[int, ...]], str]] = []
    seen: set[str] = set()
    for place, (run, literal) in enumerate(tokens):
        if literal in ("[", "]"):
            raise unsupported("date format with optional parts")
        if not run:
            expression += re.escape(literal)
            printers.append(lambda _, text=literal: text)  # type: ignore[misc]
            continue
        group = "y" if run[0] == "u" else run[0]
        if group in seen:
            raise unsupported(f"date format with {group} twice")
        seen.add(group)
        # M next to digits has no border: java.time then reads greedily, which is not done here
        beside = tokens[max(0, place - 1) : place] + tokens[place + 1 : place + 2]
        part, printer = _letters(run[0], len(run), any(other for other, _ in beside))
        expression += part
        printers.append(printer)

    def show(millis: int) -> str:
        parts = civil(millis)
        return "".join(printer(parts) for printer in printers)

    return _Pattern(_regex_reader(expression), show)


def _compile(text: str) -> _Pattern:
    if text == "strict_date_optional_time":
        return _Pattern(_regex_reader(STRICT_OPTIONAL), _print_iso)
    if text == "date_optional_time":
        return _Pattern(_regex_reader(LOOSE_OPTIONAL), _print_iso)
    if text == "epoch_millis":
        return _epoch(1)
    if text == "epoch_second":
        return _epoch(1000)
    if text in NAMED_PATTERNS:
        return _compile_pattern(NAMED_PATTERNS[text])
    if text in SERVER_NAMES:
        raise unsupported(f"date format {text}")
    if not text:
        raise illegal_argument("No date pattern provided")
    return _compile_pattern(text)


_SERVER_NAMES = """iso8601 strict_date_optional_time_nanos basic_date_time basic_date_time_no_millis
    basic_ordinal_date basic_ordinal_date_time basic_ordinal_date_time_no_millis basic_time
    basic_time_no_millis basic_t_time basic_t_time_no_millis basic_week_date basic_week_date_time
    basic_week_date_time_no_millis date date_hour date_hour_minute date_hour_minute_second
    date_hour_minute_second_fraction date_hour_minute_second_millis date_time date_time_no_millis
    hour hour_minute hour_minute_second hour_minute_second_fraction hour_minute_second_millis
    ordinal_date ordinal_date_time ordinal_date_time_no_millis time time_no_millis t_time
    t_time_no_millis week_date week_date_time week_date_time_no_millis weekyear weekyear_week
    weekyear_week_day year year_month year_month_day strict_basic_week_date
    strict_basic_week_date_time strict_basic_week_date_time_no_millis
    strict_date_hour_minute_second_fraction strict_date_hour_minute_second_millis strict_date_time
    strict_date_time_no_millis strict_hour strict_hour_minute strict_hour_minute_second
    strict_hour_minute_second_fraction strict_hour_minute_second_millis strict_ordinal_date
    strict_ordinal_date_time strict_ordinal_date_time_no_millis strict_time strict_time_no_millis
    strict_t_time strict_t_time_no_millis strict_week_date strict_week_date_time
    strict_week_date_time_no_millis strict_weekyear strict_weekyear_week
    strict_weekyear_week_day"""
SERVER_NAMES = frozenset(_SERVER_NAMES.split())


ISO_NAMES = ("strict_date_optional_time", "date_optional_time")


class DateFormat:
    """A ``format``: its alternatives are tried in order, the first one prints.

    Raises :class:`~esqual.engine.lucene.api_error.ApiError` for a format that cannot be followed.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._patterns = [_compile(part) for part in text.split("||")]

    def parse(self, text: str, *, round_up: bool = False, zone: Zone = UTC) -> int:
        """Milliseconds since 1970; with ``round_up``, what is missing of a day is its end.

        Raises ``illegal_argument_exception``, or ``date_time_exception`` for a day that is none.
        """
        cause = None
        try:
            for pattern in self._patterns:
                millis = pattern.read(text, zone, round_up)
                if millis is not None:
                    return millis
        except ApiError as error:
            # one pattern of letters says it in its own way
            if len(self._patterns) > 1 or self.text in ISO_NAMES:
                raise
            cause = error
        if text == "":
            raise illegal_argument("cannot parse empty datetime")
        reason = "Failed to parse with all enclosed parsers"
        if len(self._patterns) == 1:
            reason = f"Text '{text}' could not be parsed" + (f": {cause.reason}" if cause else "")
        cause = ApiError(400, "date_time_parse_exception", reason, caused_by=cause)
        raise illegal_argument(
            f"failed to parse date field [{text}] with format [{self.text}]", caused_by=cause
        )

    def format(self, millis: int) -> str:
        """A time as the first alternative writes it, in UTC."""
        return self._patterns[0].print(millis)


@lru_cache(maxsize=256)
def date_format(text: str) -> DateFormat:
    """The format of this text, compiled once."""
    return DateFormat(text)

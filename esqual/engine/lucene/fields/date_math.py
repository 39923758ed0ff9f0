"""Date math of queries: ``now-1d/d``, ``2024-01-01||+1M/d``.

Units y M w d h H m s; ``/unit`` rounds down, or up to the unit's last millisecond where the bound
of a range asks for it. Calendar units count in the zone given, hours and less in elapsed time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fields.date_format import (
    DAY_MS,
    UTC,
    DateFormat,
    Zone,
    civil,
    millis_of,
    month_length,
)

__all__ = ["parse_date_math"]

ELAPSED_MS = {"h": 3_600_000, "H": 3_600_000, "m": 60_000, "s": 1000}


def parse_date_math(
    text: str,
    date_format: DateFormat,
    *,
    round_up: bool = False,
    zone: Zone = UTC,
    now: Callable[[], float] = time.time,
) -> int:
    """Milliseconds since 1970 of a date, or of an anchor followed by steps.

    Raises 400 ``parse_exception`` for an unknown operator or unit, or a date of another format.
    """
    if text.startswith("now"):
        anchor, steps = int(now() * 1000), text[3:]
    else:
        date, mark, steps = text.partition("||")
        # with steps behind it the date itself is exact: only a rounding step may round up
        try:
            anchor = date_format.parse(date, round_up=round_up and not mark, zone=zone)
        except ApiError as cause:
            raise ApiError(
                400,
                "parse_exception",
                f"failed to parse date field [{date}] with format [{date_format.text}]: "
                f"[{cause.reason}]",
                caused_by=cause,
            ) from cause
    return _walk(anchor, steps, round_up, zone)


STEP = re.compile(r"[0-9]*")


def _walk(millis: int, steps: str, round_up: bool, zone: Zone) -> int:
    at = 0
    while at < len(steps):
        operator = steps[at]
        if operator not in "+-/":
            raise _refusal(f"operator not supported for date math [{steps}]")
        number = STEP.match(steps, at + 1)
        digits = number.group() if number else ""
        at += 1 + len(digits)
        if at >= len(steps):
            raise _refusal(f"truncated date math [{steps}]")
        unit = steps[at]
        at += 1
        if unit not in "yMwdhHms":
            raise _refusal(f"unit [{unit}] not supported for date math [{steps}]")
        count = int(digits) if digits else 1
        if operator == "/":
            if count != 1:
                raise _refusal(f"rounding `/` can only be used on single unit types [{steps}]")
            millis = _floor(millis, unit, zone)
            if round_up:
                millis = _add(millis, 1, unit, zone) - 1
        else:
            millis = _add(millis, count if operator == "+" else -count, unit, zone)
    return millis


def _add(millis: int, count: int, unit: str, zone: Zone) -> int:
    if unit in ELAPSED_MS:
        return millis + count * ELAPSED_MS[unit]
    local = zone.to_local(millis)
    if unit in "wd":
        return zone.to_utc(local + count * DAY_MS * (7 if unit == "w" else 1))
    year, month, day, *_ = civil(local)
    months = year * 12 + month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    day = min(day, month_length(year, month + 1))
    return zone.to_utc(millis_of(year, month + 1, day) + local % DAY_MS)


def _floor(millis: int, unit: str, zone: Zone) -> int:
    local = zone.to_local(millis)
    if unit in ELAPSED_MS:
        return zone.to_utc(local - local % ELAPSED_MS[unit])
    local -= local % DAY_MS
    if unit == "w":  # 1970-01-01 was a Thursday; a week begins on Monday
        return zone.to_utc(local - (local // DAY_MS + 3) % 7 * DAY_MS)
    if unit == "d":
        return zone.to_utc(local)
    year, month, *_ = civil(local)
    return zone.to_utc(millis_of(year, month if unit == "M" else 1, 1))


def _refusal(reason: str) -> ApiError:
    return ApiError(400, "parse_exception", reason)

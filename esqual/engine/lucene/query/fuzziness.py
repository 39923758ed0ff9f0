"""The values of ``fuzziness``: 0, 1, 2, ``AUTO``, ``AUTO:low,high``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name
from esqual.engine.lucene.query.parameters import integer, number_format

__all__ = ["AUTO", "Fuzziness", "fuzziness"]

_NEVER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Fuzziness:
    """Terms shorter than ``low`` code points allow no edit, shorter than ``high`` one, else two."""

    low: int = 3
    high: int = 6

    def bounds(self) -> tuple[int, int]:
        """``(low, high)``."""
        return self.low, self.high

    def edits(self, term: str) -> int:
        """Allowed edits of ``term``."""
        return 0 if len(term) < self.low else 1 if len(term) < self.high else 2


AUTO = Fuzziness()
_FIXED = (Fuzziness(_NEVER, _NEVER), Fuzziness(0, _NEVER), Fuzziness(0, 0))


def fuzziness(value: Any) -> Fuzziness:
    """Read the parameter; refusals in Elasticsearch's words."""
    if isinstance(value, bool):
        raise illegal_argument(f"Can't parse fuzziness on token: [{token_name(value)}]")
    if isinstance(value, int | float):
        return _fixed(integer(value))
    word = str(value).upper()
    if word == "AUTO":
        return AUTO
    if word.startswith("AUTO:"):
        return _auto(word)
    try:
        return _fixed(int(float(word)))
    except (ValueError, OverflowError):
        raise illegal_argument(
            f"fuzziness cannot be [{value}].", caused_by=number_format(word)
        ) from None


def _fixed(edits: int) -> Fuzziness:
    if edits not in (0, 1, 2):
        raise illegal_argument(f"Valid edit distances are [0, 1, 2] but was [{edits}]")
    return _FIXED[edits]


def _auto(word: str) -> Fuzziness:
    parts = word[len("AUTO:") :].split(",")
    if len(parts) != 2:
        raise ApiError(400, "parse_exception", "failed to find low and high distance values")
    try:
        low, high = int(parts[0]), int(parts[1])
    except ValueError:
        wrong = next(part for part in parts if not part.strip("+-").isdigit())
        raise ApiError(
            400,
            "parse_exception",
            f'failed to parse [{word}] as a "auto:int,int"',
            caused_by=number_format(wrong),
        ) from None
    if low < 0 or high < 0 or low > high:
        raise ApiError(
            400,
            "parse_exception",
            f"fuzziness wrongly configured [{word}]. Must be 0 < lower value <= higher value.",
        )
    return Fuzziness(low, high)

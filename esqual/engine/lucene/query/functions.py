"""The functions of function_score: JSON → ``esqual.ScoreFunction``."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.fields.date import DateField
from esqual.engine.lucene.fields.date_format import zone
from esqual.engine.lucene.fields.date_math import parse_date_math
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import QueryContext
from esqual.engine.lucene.query.parameters import enum, number, number_format, text_of

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType

__all__ = ["FUNCTIONS", "BuildFunction"]

BuildFunction = Callable[[QueryContext], Any]


def _encoding(field: FieldType) -> int:
    """How the doc values of ``field`` hold a number: whole, float or double."""
    kind = getattr(getattr(field, "encoding", None), "kind", "long")
    return {"float": 1, "double": 2}.get(kind, 0)


def _java_hash(text: str) -> int:
    """``String.hashCode``."""
    units = text.encode("utf-16-be", "surrogatepass")
    code = 0
    for i in range(0, len(units), 2):
        code = (31 * code + int.from_bytes(units[i : i + 2], "big")) & 0xFFFFFFFF
    return code


def _signed(bits: int) -> int:
    bits &= 0xFFFFFFFF
    return bits - 0x1_0000_0000 if bits >= 0x8000_0000 else bits


# ---- field_value_factor

_MODIFIER = enum(
    "common.lucene.search.function.FieldValueFactorFunction.Modifier",
    "none",
    "log",
    "log1p",
    "log2p",
    "ln",
    "ln1p",
    "ln2p",
    "square",
    "sqrt",
    "reciprocal",
)


def _field_value_factor(body: dict[str, Any]) -> BuildFunction:
    kinds = {"field": text_of, "factor": number, "modifier": _MODIFIER, "missing": number}
    values: dict[str, Any] = {}
    for key, value in body.items():
        if key not in kinds or value is None or isinstance(value, dict | list):
            raise parsing_error(f"field_value_factor query does not support [{key}]")
        values[key] = kinds[key](value)
    if "field" not in values:
        raise parsing_error("[field_value_factor] required field 'field' missing")
    name, missing = values["field"], values.get("missing")

    def build(context: QueryContext) -> Any:
        field = context.mapping.field(name)
        if field is None:
            if missing is None:
                raise ApiError(
                    400,
                    "exception",
                    f"Unable to find a field mapper for field [{name}]. No 'missing' value "
                    "defined.",
                )
        else:
            field.double_values()  # refuses what holds no numbers
        return J.ScoreFunctions.fieldValue(
            name,
            0 if field is None else _encoding(field),
            values.get("modifier", "none"),
            values.get("factor", 1.0),
            None if missing is None else J.Double.valueOf(missing),
        )

    return build


# ---- random_score


def _random_score(body: dict[str, Any]) -> BuildFunction:
    seed: int | None = None
    name: str | None = None
    for key, value in body.items():
        if key == "seed":
            seed = _seed(value)
        elif key == "field" and not isinstance(value, dict | list):
            name = text_of(value)
        else:
            raise parsing_error(f"random_score query does not support [{key}]")

    def build(context: QueryContext) -> Any:
        field_name = "_seq_no" if name is None and seed is not None else name
        kind = 0
        if field_name not in (None, "_seq_no"):
            field = context.mapping.field(field_name)
            if field is None:
                place = f"[{context.index.name}/{context.index.uuid}]"
                raise illegal_argument(
                    f"Field [{field_name}] is not mapped on [{place}] and cannot be used as a "
                    "source of random numbers."
                )
            if field.is_text:
                field.double_values()  # refuses
            kind = _encoding(field)
        salt = _signed(_java_hash(context.index.name) << 10)
        start = secrets.randbits(31) if seed is None else seed
        return J.ScoreFunctions.random(start, salt, field_name, kind)

    return build


def _seed(value: Any) -> int:
    if isinstance(value, str):
        return _signed(_java_hash(value))
    if isinstance(value, int) and not isinstance(value, bool):
        if -(2**31) <= value < 2**31:
            return value
        return _signed(value ^ (value >> 32))  # Long.hashCode
    words = "int, long or string" if isinstance(value, float) else "int/long or string"
    raise parsing_error(f"random_score seed must be an {words}, not '{token_name(value)}'")


# ---- gauss, exp, linear

_MODES = ("min", "max", "sum", "avg", "median")
_TIME = re.compile(r"(-?\d+(?:\.\d+)?)\s*(d|h|m|s|ms|micros|nanos)", re.IGNORECASE)
_MILLIS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


def _millis(parameter: str, value: Any) -> float:
    """A time value such as ``10d`` in milliseconds."""
    match = _TIME.fullmatch(text_of(value).strip())
    if match is None:
        raise illegal_argument(
            f"failed to parse setting [DecayFunctionParser.{parameter}] with value "
            f"[{text_of(value)}] as a time value: unit is missing or unrecognized"
        )
    unit = match[2].lower()
    scale = {"micros": 1e-3, "nanos": 1e-6}.get(unit) or _MILLIS[unit]
    return float(int(float(match[1]) * scale))


def _decay(shape: str) -> Callable[[dict[str, Any]], BuildFunction]:
    def read(body: dict[str, Any]) -> BuildFunction:
        mode, name, given = "min", None, None
        for key, value in body.items():
            if isinstance(value, dict):
                name, given = key, value
            elif key == "multi_value_mode":
                mode = text_of(value).lower()
                if mode not in _MODES:
                    raise illegal_argument(f"Illegal sort mode: {text_of(value)}")
            else:
                raise parsing_error("malformed score function score parameters.")
        if name is None or given is None:
            raise parsing_error("malformed score function score parameters.")
        return _decay_builder(shape, name, given, mode)

    return read


def _decay_builder(shape: str, name: str, given: dict[str, Any], mode: str) -> BuildFunction:
    def build(context: QueryContext) -> Any:
        field = context.mapping.field(name)
        if field is None:
            raise parsing_error(f"unknown field [{name}]")
        for key in given:
            if key not in ("origin", "scale", "offset", "decay"):
                raise ApiError(400, "parse_exception", f"parameter [{key}] not supported!")
        if isinstance(field, DateField):
            origin, scale, offset = _date_parameters(field, given)
        else:
            origin, scale, offset = _number_parameters(given)
        decay = _java_number(given.get("decay", 0.5))
        field.double_values()  # refuses what holds no numbers
        if scale <= 0:
            raise illegal_argument("function_score : scale must be > 0.0.")
        if not 0 < decay < 1:
            raise illegal_argument("function_score : decay must be in the range [0..1].")
        if offset < 0:
            raise illegal_argument("function_score : offset must be > 0.0")
        return J.ScoreFunctions.decay(
            name, _encoding(field), shape, origin, scale, offset, decay, mode
        )

    return build


def _java_number(value: Any) -> float:
    if isinstance(value, dict | list) or value is None:
        raise number_format(token_name(value))
    return number(value)


def _number_parameters(given: dict[str, Any]) -> tuple[float, float, float]:
    if "origin" not in given or "scale" not in given:
        raise ApiError(
            400, "parse_exception", "both [scale] and [origin] must be set for numeric fields."
        )
    return (
        _java_number(given["origin"]),
        _java_number(given["scale"]),
        _java_number(given.get("offset", 0)),
    )


def _date_parameters(field: DateField, given: dict[str, Any]) -> tuple[float, float, float]:
    if "scale" not in given:
        raise ApiError(400, "parse_exception", "[scale] must be set for date fields.")
    moment = time.time() * 1000
    if given.get("origin") is not None:
        origin = text_of(given["origin"])
        moment = float(parse_date_math(origin, field.date_format, round_up=False, zone=zone("UTC")))
    offset = _millis("offset", given["offset"]) if "offset" in given else 0.0
    return moment, _millis("scale", given["scale"]), offset


def _script_score(body: dict[str, Any]) -> BuildFunction:
    raise unsupported("script_score function")


FUNCTIONS: dict[str, Callable[[dict[str, Any]], BuildFunction]] = {
    "field_value_factor": _field_value_factor,
    "random_score": _random_score,
    "gauss": _decay("gauss"),
    "exp": _decay("exp"),
    "linear": _decay("linear"),
    "script_score": _script_score,
}

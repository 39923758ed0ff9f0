"""``long integer short byte double float``: points, and doc values to sort by."""

from __future__ import annotations

import math
import re
import sys
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.fields.base import (
    FIELD_NAMES,
    UNSET,
    Adder,
    Declaration,
    FieldSpec,
    FieldType,
    MalformedValueError,
    Parameter,
    RangeBounds,
    Rows,
    java_text,
)
from esqual.engine.lucene.fields.encoding import (
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    MAX_FLOAT,
    MAX_LONG,
    MIN_LONG,
    Encoding,
    round_float,
)
from esqual.engine.lucene.fields.parameters import flag, server_only

__all__ = ["NUMERIC_FIELDS", "NumberField", "number_format"]

# what Java's parsers read: no blanks inside, no underscores
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def number_format(reason: str) -> ApiError:
    """400 ``number_format_exception``."""
    return ApiError(400, "number_format_exception", reason)


def _null_value(value: Any, declaration: Declaration) -> Any:
    if value is None:
        return None
    return NUMERIC_FIELDS[declaration.type].read_query(value, whole=True)


class NumberField(FieldType):
    """A number. The subclasses are one per type: its encoding and its range."""

    encoding: ClassVar[Encoding]
    low: ClassVar[float] = MIN_LONG
    high: ClassVar[float] = MAX_LONG
    # the words of Elasticsearch's messages
    words: ClassVar[tuple[str, str]] = ("a long", "Long")
    PARAMETERS: ClassVar = {
        "index": flag(True),
        "doc_values": flag(True),
        "store": server_only("store", False),
        "ignore_malformed": flag(False, updateable=True),
        "coerce": flag(True, updateable=True),
        "null_value": Parameter(_null_value),
        "script": server_only("script", None),
        "on_script_error": server_only("on_script_error", "fail"),
        "time_series_dimension": server_only("time_series_dimension", False),
        "time_series_metric": server_only("time_series_metric", None),
    }

    def _indexed_setting(self, name: str, default: bool) -> bool:
        value = self.given.get(name, UNSET)
        return bool(
            self.environment.flag(f"index.mapping.{name}", default) if value is UNSET else value
        )

    # ------------------------------------------------------------------ reading values

    @classmethod
    def read_query(cls, value: Any, *, whole: bool = False) -> Any:
        """A number of this type from a query's or mapping's JSON.

        Raises ``number_format_exception``, or ``illegal_argument_exception`` out of range. With
        ``whole`` a fraction is cut off; without, a fractional number of an integer type is returned
        as a ``Decimal`` (no document has it).
        """
        raise NotImplementedError

    def read_document(self, value: Any, coerce: bool) -> Any:
        """A number from a document's JSON value, ``None`` for an empty text under ``coerce``."""
        raise NotImplementedError

    def adder(self) -> Adder:
        """One row per value."""
        number, name = self.environment.number, self.name
        spec = number(
            FieldSpec(
                name, self.encoding.kind, indexed=self.indexed, doc_values=self.has_doc_values
            )
        )
        written = self.indexed or self.has_doc_values
        names = number(FIELD_NAMES) if self.indexed and not self.has_doc_values else None
        coerce = self._indexed_setting("coerce", True)
        null_value = self.setting("null_value")
        low, high = self.low, self.high
        # a value of the type itself needs no reading; Java rounds a float's
        plain = int if self.encoding.is_whole else float
        read = self.read_document

        def add(value: Any, rows: Rows) -> None:
            if type(value) is not plain or not low <= value <= high:
                value = null_value if value is None else read(value, coerce)
                if value is None:
                    value = null_value
                if value is None:
                    return
            if written:
                rows.append((spec, value))
                if names is not None:
                    rows.append((names, name))

        return self.skipper(add) if self._indexed_setting("ignore_malformed", False) else add

    def malformed(self, value: Any, cause: ApiError) -> MalformedValueError:
        """The refusal of a document's value."""
        return MalformedValueError(self, value, cause)

    def _refuse_token(self, value: Any) -> None:
        if isinstance(value, dict):
            raise self.malformed(value, illegal_argument("Cannot parse object as number"))
        if isinstance(value, bool):
            cause = ApiError(
                400,
                "x_content_parse_exception",
                f"Current token (VALUE_{str(value).upper()}) not numeric, can not use numeric "
                "value accessors",
            )
            raise self.malformed(value, cause)

    # ------------------------------------------------------------------ queries

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """Documents with this number, constant score 1.0."""
        if case_insensitive:
            raise self.refuse_case_insensitive()
        return self.terms_query([value])

    def terms_query(self, values: list[Any]) -> Any:
        """Documents with any of these numbers, constant score 1.0."""
        self.require_searchable()
        return self.encoding.exact(
            self.name, self._exact_values(values), self.indexed, self.has_doc_values
        )

    def _exact_values(self, values: list[Any]) -> list[Any]:
        raise NotImplementedError

    def range_query(self, bounds: RangeBounds) -> Any:
        """Documents with a number within the bounds, constant score 1.0."""
        self.require_searchable()
        low, high = self._limits(bounds)
        return self.encoding.range(self.name, low, high, self.indexed, self.has_doc_values)

    def _limits(self, bounds: RangeBounds) -> tuple[Any, Any]:
        raise NotImplementedError

    # ------------------------------------------------------------------ sorting, functions, answers

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """By number; documents without a value last, or first, or as ``missing``."""
        self.require_doc_values()
        return self.encoding.sort_field(
            self.name, reverse, missing, mode, lambda value: self.read_query(value, whole=True)
        )

    def sort_value(self, raw: Any) -> Any:
        """The number; an infinity (no value) as the text Elasticsearch gives."""
        if self.encoding.is_whole:
            return int(raw)
        value = float(raw)
        if math.isinf(value):
            return java_text(value)
        return shortest_float(value) if self.encoding.kind == "float" else value

    def double_values(self) -> Any:
        """The smallest number of a document."""
        self.require_doc_values()
        return self.encoding.double_values(self.name)

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """The numbers as indexed; malformed ones that were ignored are left out."""
        self.refuse_format(format)
        coerce = self._indexed_setting("coerce", True)
        null_value = self.setting("null_value")
        answer = []
        for value in values:
            try:
                number = None if value is None else self.read_document(value, coerce)
            except MalformedValueError:
                continue
            if number is None:
                number = null_value
            if number is not None:
                answer.append(shortest_float(number) if self.encoding.kind == "float" else number)
        return answer


class WholeField(NumberField):
    """``long integer short byte``."""

    @classmethod
    def read_query(cls, value: Any, *, whole: bool = False) -> Any:
        """See :meth:`NumberField.read_query`."""
        number = _decimal(value)
        if number != number.to_integral_value():
            if not whole:
                return number
            number = Decimal(int(number))
        if not cls.low <= number <= cls.high:
            raise cls.out_of_range(value)
        return int(number)

    @classmethod
    def out_of_range(cls, value: Any) -> ApiError:
        """The refusal of a number beyond the type."""
        return illegal_argument(f"Value [{java_text(value)}] is out of range for {cls.words[0]}")

    def read_document(self, value: Any, coerce: bool) -> Any:
        """See :meth:`NumberField.read_document`."""
        self._refuse_token(value)
        if isinstance(value, str):
            if not coerce:
                raise self.malformed(
                    value, illegal_argument(f"{self.words[1]} value passed as String")
                )
            if value == "":
                return None
        try:
            number = _decimal(value, document=True)
            if not coerce and number != number.to_integral_value():
                raise illegal_argument(
                    f"{java_text(value)} cannot be converted to {self.words[1]} without data loss"
                )
            if not self.low <= int(number) <= self.high:
                raise self._refuse_range(value)
            return int(number)
        except ApiError as cause:
            raise self.malformed(value, cause) from cause

    def _refuse_range(self, value: Any) -> ApiError:
        # the JSON reader itself refuses a bare number beyond int and long
        if isinstance(value, str) or self.type in ("short", "byte"):
            return self.out_of_range(value)
        kind = "int" if self.encoding is INT else "long"
        return ApiError(
            400,
            "x_content_parse_exception",
            f"Numeric value ({value}) out of range of {kind} ({self.low} - {self.high})",
        )

    def _exact_values(self, values: list[Any]) -> list[Any]:
        # a fraction, or a number beyond the type, is no document's value
        numbers = {_decimal(value) for value in values}
        return sorted(
            int(n) for n in numbers if n == n.to_integral_value() and self.low <= n <= self.high
        )

    def _limits(self, bounds: RangeBounds) -> tuple[Any, Any]:
        low, high = self.low, self.high
        if bounds.gte is not None or bounds.gt is not None:
            number = self._bound(bounds.gt if bounds.gte is None else bounds.gte)
            # 1.5 < x and 1.5 <= x both begin at 2
            low = math.floor(number) + 1 if bounds.gte is None else math.ceil(number)
        if bounds.lte is not None or bounds.lt is not None:
            number = self._bound(bounds.lt if bounds.lte is None else bounds.lte)
            high = math.ceil(number) - 1 if bounds.lte is None else math.floor(number)
        return low, high

    def _bound(self, value: Any) -> Decimal:
        number = _decimal(value)
        if not self.low <= int(number) <= self.high:
            raise self.out_of_range(value)
        return number


class RealField(NumberField):
    """``double float``."""

    low: ClassVar[float] = -sys.float_info.max
    high: ClassVar[float] = sys.float_info.max
    words: ClassVar[tuple[str, str]] = ("a double", "Double")

    @classmethod
    def narrow(cls, value: float) -> float:
        """The value in the type's precision."""
        return value

    @classmethod
    def read_query(cls, value: Any, *, whole: bool = False) -> Any:
        """See :meth:`NumberField.read_query`."""
        return cls._finite(_real(value))

    @classmethod
    def _finite(cls, number: float) -> float:
        number = cls.narrow(number)
        if not math.isfinite(number):
            raise illegal_argument(
                f"[{cls.type}] supports only finite values, but got [{java_text(number)}]"
            )
        return number

    def read_document(self, value: Any, coerce: bool) -> Any:
        """See :meth:`NumberField.read_document`."""
        if type(value) is float or type(value) is int:
            number = float(value) if abs(value) < 2**1000 else math.inf
        else:
            self._refuse_token(value)
            if not coerce:
                raise self.malformed(
                    value, illegal_argument(f"{self.words[1]} value passed as String")
                )
            if value == "":
                return None
            try:
                number = _real(value)
            except ApiError as cause:
                raise self.malformed(value, cause) from cause
        try:
            return self._finite(number)
        except ApiError as cause:
            shown = value if isinstance(value, str) else self.narrow(number)
            raise self.malformed(shown, cause) from cause

    def _exact_values(self, values: list[Any]) -> list[Any]:
        return sorted({self._finite(_real(value)) for value in values})

    def _limits(self, bounds: RangeBounds) -> tuple[Any, Any]:
        low, high = self.encoding.low, self.encoding.high
        if bounds.gte is not None:
            low = self._finite(_real(bounds.gte))
        elif bounds.gt is not None:
            low = self.encoding.next_up(self._finite(_real(bounds.gt)))
        if bounds.lte is not None:
            high = self._finite(_real(bounds.lte))
        elif bounds.lt is not None:
            high = self.encoding.next_down(self._finite(_real(bounds.lt)))
        return low, high


def shortest_float(value: float) -> float:
    """The double whose text is the shortest that names this 32-bit float: 1.1, not 1.10000002."""
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if round_float(float(text)) == value:
            return float(text)
    return value


def _decimal(value: Any, *, document: bool = False) -> Decimal:
    if isinstance(value, bool):
        raise number_format(
            f"Character {str(value).lower()[0]} is neither a decimal digit number, decimal point, "
            'nor "e" notation exponential mark.'
        )
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise number_format(f'For input string: "{java_text(value)}"')
        return Decimal(repr(value))
    text = str(value)
    try:
        if DECIMAL.fullmatch(text):
            return Decimal(text)
    except InvalidOperation:
        pass
    if document:
        raise illegal_argument(f'For input string: "{text}"')
    raise number_format("empty String" if text == "" else f'For input string: "{text}"')


def _real(value: Any) -> float:
    if isinstance(value, bool):
        return _real(str(value).lower())
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < 2**1000 else math.copysign(math.inf, value)
    text = str(value).strip()
    if text in ("NaN", "Infinity", "-Infinity", "+Infinity"):
        return float(text.replace("Infinity", "inf"))
    if DECIMAL.fullmatch(text):
        return float(text)
    raise number_format("empty String" if text == "" else f'For input string: "{text}"')


class LongField(WholeField):
    """64 bits."""

    type = "long"
    encoding = LONG


class IntegerField(WholeField):
    """32 bits."""

    type = "integer"
    encoding = INT
    low, high = -(2**31), 2**31 - 1
    words = ("an integer", "Integer")


class ShortField(WholeField):
    """16 bits."""

    type = "short"
    encoding = INT
    low, high = -(2**15), 2**15 - 1
    words = ("a short", "Short")


class ByteField(WholeField):
    """8 bits."""

    type = "byte"
    encoding = INT
    low, high = -(2**7), 2**7 - 1
    words = ("a byte", "Byte")


class DoubleField(RealField):
    """A 64-bit float."""

    type = "double"
    encoding = DOUBLE


class FloatField(RealField):
    """A 32-bit float."""

    type = "float"
    encoding = FLOAT
    low, high = -MAX_FLOAT, MAX_FLOAT
    words = ("a float", "Float")

    @classmethod
    def narrow(cls, value: float) -> float:
        """The nearest 32-bit float."""
        return round_float(value)


NUMERIC_FIELDS: dict[str, type[NumberField]] = {
    cls.type: cls
    for cls in (LongField, IntegerField, ShortField, ByteField, DoubleField, FloatField)
}

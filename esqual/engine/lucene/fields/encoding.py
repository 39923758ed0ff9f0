"""How numbers lie in Lucene: points to search, SORTED_NUMERIC doc values to sort and compute by."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.fields.base import sort_mode
from esqual.engine.lucene.jvm import J

__all__ = [
    "DOUBLE",
    "FLOAT",
    "INT",
    "LONG",
    "MAX_FLOAT",
    "MAX_LONG",
    "MIN_LONG",
    "Encoding",
    "doc_values_exact",
    "doc_values_range",
    "round_float",
]

MAX_LONG = 2**63 - 1
MIN_LONG = -(2**63)
MAX_FLOAT = (2 - 2**-23) * 2.0**127


def round_float(value: float) -> float:
    """The nearest 32-bit float, infinite beyond its range."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def doc_values_range(name: str, low: int, high: int) -> Any:
    """A query over SORTED_NUMERIC doc values, both bounds included."""
    return J.SortedNumericDocValuesField.newSlowRangeQuery(name, low, high)


def doc_values_exact(name: str, values: list[int]) -> Any:
    """A query over SORTED_NUMERIC doc values for any of ``values``."""
    return J.SortedNumericDocValuesField.newSlowSetQuery(name, *values)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a kind of number lies in Lucene: its points, its doc values, its sort."""

    kind: str
    point: str
    source: str
    low: float
    high: float

    @property
    def is_whole(self) -> bool:
        """Whether the numbers are integers."""
        return self.kind in ("long", "int")

    def point_class(self) -> Any:
        """The Java class of the points."""
        return getattr(J, self.point)

    def encode(self, value: Any) -> int:
        """The value in doc values: floats in an order-preserving integer."""
        if self.kind == "double":
            return int(J.NumericUtils.doubleToSortableLong(value))
        if self.kind == "float":
            return int(J.NumericUtils.floatToSortableInt(value))
        return int(value)

    def next_up(self, value: Any) -> Any:
        """The smallest number above ``value``."""
        return value + 1 if self.is_whole else float(self.point_class().nextUp(value))

    def next_down(self, value: Any) -> Any:
        """The largest number below ``value``."""
        return value - 1 if self.is_whole else float(self.point_class().nextDown(value))

    def exact(self, name: str, values: list[Any], indexed: bool, doc_values: bool) -> Any:
        """Documents with any of ``values``, constant score."""
        if not values:
            return J.MatchNoDocsQuery()
        if indexed:
            points = self.point_class()
            return J.ConstantScoreQuery(
                points.newExactQuery(name, values[0])
                if len(values) == 1
                else points.newSetQuery(name, *values)
            )
        return J.ConstantScoreQuery(doc_values_exact(name, [self.encode(v) for v in values]))

    def range(self, name: str, low: Any, high: Any, indexed: bool, doc_values: bool) -> Any:
        """Documents with a value from ``low`` to ``high``, both included, constant score."""
        if low > high:
            return J.MatchNoDocsQuery()
        by_values = None
        if doc_values:
            by_values = doc_values_range(name, self.encode(low), self.encode(high))
            if not indexed:
                return J.ConstantScoreQuery(by_values)
        query = self.point_class().newRangeQuery(name, low, high)
        if by_values is not None:
            query = J.IndexOrDocValuesQuery(query, by_values)
        return J.ConstantScoreQuery(query)

    def sort_field(
        self,
        name: str,
        reverse: bool,
        missing: Any,
        mode: str | None,
        read: Callable[[Any], Any] | None = None,
    ) -> Any:
        """A Lucene sort; ``missing`` may be a value that ``read`` understands."""
        selector = getattr(J.SortedNumericSelectorType, sort_mode(mode, reverse, numeric=True))
        kind = getattr(J.SortFieldType, self.kind.upper())
        field = J.SortedNumericSortField(name, kind, reverse, selector)
        # a doc-values-only field of this name (a boolean) has no points to skip by
        field.setOptimizeSortWithIndexedData(False)
        if missing in (None, "_last", "_first"):
            value = self.high if (missing != "_first") != reverse else self.low
        else:
            value = (read or int)(missing)
        boxes = {"long": "Long", "int": "Integer", "double": "Double", "float": "Float"}
        field.setMissingValue(getattr(J, boxes[self.kind]).valueOf(value))
        return field

    def double_values(self, name: str) -> Any:
        """The smallest value as a Lucene ``DoubleValuesSource``."""
        source = getattr(J, self.source)
        return source(name, J.SortedNumericSelectorType.MIN).asDoubleValuesSource()


INT = Encoding("int", "IntPoint", "MultiValuedIntFieldSource", -(2**31), 2**31 - 1)
LONG = Encoding("long", "LongPoint", "MultiValuedLongFieldSource", MIN_LONG, MAX_LONG)
FLOAT = Encoding("float", "FloatPoint", "MultiValuedFloatFieldSource", -math.inf, math.inf)
DOUBLE = Encoding("double", "DoublePoint", "MultiValuedDoubleFieldSource", -math.inf, math.inf)

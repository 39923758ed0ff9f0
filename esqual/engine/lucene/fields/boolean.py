"""``boolean``: the terms ``T`` and ``F``, and doc values 1 and 0."""

from __future__ import annotations

from typing import Any, ClassVar

from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.fields.base import (
    FIELD_NAMES,
    Adder,
    FieldSpec,
    FieldType,
    MalformedValueError,
    Parameter,
    RangeBounds,
    Rows,
)
from esqual.engine.lucene.fields.encoding import LONG, doc_values_exact, doc_values_range
from esqual.engine.lucene.fields.parameters import flag, server_only, to_boolean
from esqual.engine.lucene.jvm import J

__all__ = ["BooleanField"]


class BooleanField(FieldType):
    """True or false. A ``term`` is scored by its idf, as a keyword's is."""

    type = "boolean"
    PARAMETERS: ClassVar = {
        "index": flag(True),
        "doc_values": flag(True),
        "store": server_only("store", False),
        "null_value": Parameter(lambda value, _: None if value is None else to_boolean(value)),
        "ignore_malformed": flag(False, updateable=True),
        "script": server_only("script", None),
        "on_script_error": server_only("on_script_error", "fail"),
        "time_series_dimension": server_only("time_series_dimension", False),
    }

    def adder(self) -> Adder:
        """Two rows per value: the term and the doc value."""
        environment, name = self.environment, self.name
        number = environment.number
        term = number(FieldSpec(name, "string", indexed=True, doc_values=False))
        doc_value = number(FieldSpec(name, "long", indexed=False, doc_values=True))
        names = number(FIELD_NAMES)
        indexed, has_doc_values = self.indexed, self.has_doc_values
        null_value = self.setting("null_value")

        def add(value: Any, rows: Rows) -> None:
            if value is None or value == "":
                value = null_value if value is None else False
                if value is None:
                    return
            elif value is not True and value is not False:
                value = self._read(value)
            if indexed:
                rows.append((term, "T" if value else "F"))
                if not has_doc_values:
                    rows.append((names, name))
            if has_doc_values:
                rows.append((doc_value, 1 if value else 0))

        careful = self.given.get(
            "ignore_malformed", environment.flag("index.mapping.ignore_malformed", False)
        )
        return self.skipper(add) if careful else add

    def _read(self, value: Any) -> bool:
        if isinstance(value, str):
            try:
                return to_boolean(value)
            except ApiError as error:
                raise MalformedValueError(self, value, error) from error
        token = {dict: "START_OBJECT", int: "VALUE_NUMBER_INT"}.get(
            type(value), "VALUE_NUMBER_FLOAT"
        )
        cause = ApiError(
            400, "x_content_parse_exception", f"Current token ({token}) not of boolean type"
        )
        raise MalformedValueError(self, value, cause)

    @staticmethod
    def _term(value: Any) -> str:
        if value is True or value == "true":
            return "T"
        if value is False or value == "false":
            return "F"
        raise illegal_argument(f"Can't parse boolean value [{value}], expected [true] or [false]")

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """A scored ``TermQuery``; constant 1.0 where only doc values stand."""
        if case_insensitive:
            raise self.refuse_case_insensitive()
        self.require_searchable()
        term = self._term(value)
        if self.indexed:
            return J.TermQuery(J.Term(self.name, term))
        return J.ConstantScoreQuery(doc_values_exact(self.name, [1 if term == "T" else 0]))

    def terms_query(self, values: list[Any]) -> Any:
        """Any of the values, constant score."""
        self.require_searchable()
        terms = [self._term(value) for value in values]
        if self.indexed:
            refs = J.Arrays.asList(*[J.BytesRef(term) for term in terms])
            return J.ConstantScoreQuery(J.TermInSetQuery(self.name, refs))
        numbers = sorted({1 if term == "T" else 0 for term in terms})
        return J.ConstantScoreQuery(doc_values_exact(self.name, numbers))

    def range_query(self, bounds: RangeBounds) -> Any:
        """False is less than true; constant score."""
        self.require_searchable()
        low, high = 0, 1
        if bounds.gte is not None:
            low = int(self._term(bounds.gte) == "T")
        elif bounds.gt is not None:
            low = int(self._term(bounds.gt) == "T") + 1
        if bounds.lte is not None:
            high = int(self._term(bounds.lte) == "T")
        elif bounds.lt is not None:
            high = int(self._term(bounds.lt) == "T") - 1
        if low > high:
            return J.MatchNoDocsQuery()
        if not self.indexed:
            return J.ConstantScoreQuery(doc_values_range(self.name, low, high))
        return J.ConstantScoreQuery(
            J.TermRangeQuery(self.name, J.BytesRef("FT"[low]), J.BytesRef("FT"[high]), True, True)
        )

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """False before true; documents without a value last, or first, or as ``missing``."""
        self.require_doc_values()
        return LONG.sort_field(self.name, reverse, missing, mode)

    def sort_value(self, raw: Any) -> Any:
        """0, 1, or the largest (smallest) long where there is no value, as Elasticsearch gives."""
        return int(raw)

    def double_values(self) -> Any:
        """0.0 or 1.0."""
        self.require_doc_values()
        return LONG.double_values(self.name)

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """True and false."""
        self.refuse_format(format)
        null_value = self.setting("null_value")
        answer = []
        for value in values:
            if value is None:
                value = null_value
            elif value == "":
                value = False
            if value is not None:
                answer.append(to_boolean(value))
        return answer

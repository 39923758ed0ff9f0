"""``date``: milliseconds since 1970, written and read by formats."""

from __future__ import annotations

from typing import Any, ClassVar

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
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
    scalar_text,
)
from esqual.engine.lucene.fields.date_format import DateFormat, date_format, zone
from esqual.engine.lucene.fields.date_math import parse_date_math
from esqual.engine.lucene.fields.encoding import LONG, MAX_LONG, MIN_LONG
from esqual.engine.lucene.fields.parameters import flag, server_only, to_integer

__all__ = ["DEFAULT_FORMAT", "DateField"]

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"


def _format(value: Any, declaration: Declaration) -> str:
    text = scalar_text(value)
    try:
        date_format(text)
    except ApiError as cause:
        raise illegal_argument(
            f"Error parsing [format] on field [{declaration.path}]: {cause.reason}",
            caused_by=cause,
        ) from cause
    return text


def _locale(value: Any, _: Declaration) -> str:
    # every format that is read here is made of digits, which no locale changes
    if value not in ("", "en", "ROOT", "root", "ja", "en_US", "en-US", "ja_JP", "ja-JP"):
        raise unsupported(f"date locale {value}")
    return str(value)


class DateField(FieldType):
    """A moment. Queries may use date math, another format and a time zone."""

    type = "date"
    PARAMETERS: ClassVar = {
        "index": flag(True),
        "doc_values": flag(True),
        "store": server_only("store", False),
        "format": Parameter(_format, DEFAULT_FORMAT),
        "locale": Parameter(_locale, "en"),
        "null_value": Parameter(lambda value, _: None if value is None else scalar_text(value)),
        "ignore_malformed": flag(False, updateable=True),
        "script": server_only("script", None),
        "on_script_error": server_only("on_script_error", "fail"),
    }

    @classmethod
    def check(cls, given: dict[str, Any], declaration: Declaration) -> None:
        """Refuse a ``null_value`` that the format does not read."""
        null_value = given.get("null_value")
        if null_value is None:
            return
        try:
            date_format(given.get("format", DEFAULT_FORMAT)).parse(null_value)
        except ApiError as cause:
            reason = f"Error parsing [null_value] on field [{declaration.path}]: {cause.reason}"
            raise ApiError(400, "mapper_parsing_exception", reason, caused_by=cause) from cause

    @property
    def date_format(self) -> DateFormat:
        """The field's own format."""
        return date_format(self.setting("format"))

    def adder(self) -> Adder:
        """One row per value: milliseconds."""
        number, name, environment = self.environment.number, self.name, self.environment
        spec = number(FieldSpec(name, "long", indexed=self.indexed, doc_values=self.has_doc_values))
        written = self.indexed or self.has_doc_values
        names = number(FIELD_NAMES) if self.indexed and not self.has_doc_values else None
        parse = self.date_format.parse
        null_text = self.setting("null_value")
        null_value = None if null_text is None else parse(null_text)

        def add(value: Any, rows: Rows) -> None:
            if value is None:
                millis = null_value
                if millis is None:
                    return
            elif type(value) is dict:
                cause = illegal_argument("Cannot parse object or array as a date value")
                raise MalformedValueError(self, value, cause)
            else:
                try:
                    millis = parse(value if type(value) is str else scalar_text(value))
                except ApiError as cause:
                    raise MalformedValueError(self, value, cause) from cause
            if written:
                rows.append((spec, millis))
                if names is not None:
                    rows.append((names, name))

        careful = self.given.get("ignore_malformed", UNSET)
        if careful is UNSET:
            careful = environment.flag("index.mapping.ignore_malformed", False)
        return self.skipper(add, objects=True) if careful else add

    # ------------------------------------------------------------------ queries

    def _moment(self, value: Any, bounds: RangeBounds, *, round_up: bool) -> int:
        written = self.date_format if bounds.format is None else date_format(bounds.format)
        where = zone("UTC" if bounds.time_zone is None else bounds.time_zone)
        return parse_date_math(scalar_text(value), written, round_up=round_up, zone=where)

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """Documents within the moment: ``2024-05-03`` is the whole day. Constant score 1.0."""
        if case_insensitive:
            raise self.refuse_case_insensitive()
        return self.range_query(RangeBounds(gte=value, lte=value))

    def terms_query(self, values: list[Any]) -> Any:
        """Documents at exactly any of the moments, constant score 1.0."""
        self.require_searchable()
        moments = sorted({self._moment(v, RangeBounds(), round_up=False) for v in values})
        return LONG.exact(self.name, moments, self.indexed, self.has_doc_values)

    def range_query(self, bounds: RangeBounds) -> Any:
        """Documents from a moment to a moment, constant score 1.0."""
        self.require_searchable()
        low, high = MIN_LONG, MAX_LONG
        if bounds.gte is not None:
            low = self._moment(bounds.gte, bounds, round_up=False)
        elif bounds.gt is not None:
            low = self._moment(bounds.gt, bounds, round_up=True) + 1
        if bounds.lte is not None:
            high = self._moment(bounds.lte, bounds, round_up=True)
        elif bounds.lt is not None:
            high = self._moment(bounds.lt, bounds, round_up=False) - 1
        return LONG.range(self.name, low, high, self.indexed, self.has_doc_values)

    # ------------------------------------------------------------------ sorting, functions, answers

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """By time; ``missing`` may be milliseconds."""
        self.require_doc_values()
        return LONG.sort_field(self.name, reverse, missing, mode, to_integer)

    def sort_value(self, raw: Any) -> Any:
        """Milliseconds; the largest (smallest) long where there is no value."""
        return int(raw)

    def double_values(self) -> Any:
        """The earliest value of a document in milliseconds."""
        self.require_doc_values()
        return LONG.double_values(self.name)

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """The moments in ``format``, or in the field's own; malformed ones are left out."""
        written = self.date_format if format is None else date_format(format)
        answer = []
        for value in values:
            if value is None:
                value = self.setting("null_value")
            if value is None or isinstance(value, (dict, list)):
                continue
            try:
                answer.append(written.format(self.date_format.parse(scalar_text(value))))
            except ApiError:
                continue
        return answer

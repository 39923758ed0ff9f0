"""``keyword``: strings as they are, or as a normalizer writes them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

from esqual.engine.lucene.api_error import illegal_argument, unsupported
from esqual.engine.lucene.fields.base import (
    FIELD_NAMES,
    IGNORED,
    Adder,
    Declaration,
    FieldSpec,
    MalformedValueError,
    Parameter,
    RangeBounds,
    Rows,
    java_text,
    scalar_text,
    sort_mode,
)
from esqual.engine.lucene.fields.parameters import (
    choice,
    flag,
    mapper_parsing,
    non_negative,
    server_only,
)
from esqual.engine.lucene.fields.string import StringField
from esqual.engine.lucene.fields.text import similarity
from esqual.engine.lucene.jvm import J

__all__ = ["KeywordField"]

MAX_INT = 2**31 - 1
# the longest term Lucene writes, in UTF-8 bytes
MAX_TERM_BYTES = 32766
# the longest text, in UTF-16 units, that is surely shorter than that
SURELY_SHORT = MAX_TERM_BYTES // 4


def _normalizer(value: Any, declaration: Declaration) -> str:
    name = scalar_text(value)
    if not declaration.environment.analysis.has_normalizer(name):
        raise mapper_parsing(f"normalizer [{name}] not found for field [{declaration.path}]")
    return name


class KeywordField(StringField):
    """An exact string: norms and frequencies are left out unless asked for."""

    type = "keyword"
    PARAMETERS: ClassVar = {
        "index": flag(True),
        "doc_values": flag(True),
        "store": server_only("store", False),
        "null_value": Parameter(lambda value, _: None if value is None else scalar_text(value)),
        "eager_global_ordinals": server_only("eager_global_ordinals", False),
        "ignore_above": non_negative("ignore_above", MAX_INT, illegal_argument, updateable=True),
        "index_options": choice("index_options", ("docs", "freqs"), "docs"),
        "norms": flag(False, updateable=True),
        "similarity": Parameter(similarity, None, shown=True),
        "normalizer": Parameter(_normalizer),
        "split_queries_on_whitespace": server_only("split_queries_on_whitespace", False),
        "script": server_only("script", None),
        "on_script_error": server_only("on_script_error", "fail"),
        "time_series_dimension": server_only("time_series_dimension", False),
    }

    @property
    def positions(self) -> bool:
        """Never: a keyword is one term."""
        return False

    @property
    def index_analyzer(self) -> Any:
        """The normalizer as a Java ``Analyzer``, or the one that keeps the text whole."""
        normalizer = self.setting("normalizer")
        analysis = self.environment.analysis
        return (
            analysis.analyzer("keyword") if normalizer is None else analysis.normalizer(normalizer)
        )

    def normalize(self, text: str) -> str:
        """``text`` as the normalizer writes it."""
        if self.setting("normalizer") is None:
            return text
        return str(self.index_analyzer.normalize(self.name, text).utf8ToString())

    def adder(self) -> Adder:
        """One row per value; longer ones than ``ignore_above`` are only noted in ``_ignored``."""
        number = self.environment.number
        name = self.name
        indexed, doc_values = self.indexed, self.has_doc_values
        spec = number(
            FieldSpec(
                name,
                "string",
                indexed=indexed,
                doc_values=doc_values,
                norms=self.has_norms,
                index_options=self.setting("index_options"),
            )
        )
        needs_name = indexed and not doc_values and not self.has_norms
        names = number(FIELD_NAMES) if needs_name else None
        ignored = number(IGNORED)
        written = indexed or doc_values
        null_value = self.setting("null_value")
        limit = self.setting("ignore_above")
        # UTF-16 units, as Java counts; no text has more of them than twice its characters
        half = limit // 2
        # a call into Java for every value is slow, and keywords repeat themselves
        normalize = None
        if self.setting("normalizer") is not None:
            normalize = lru_cache(maxsize=10_000)(self.normalize)

        def add(value: Any, rows: Rows) -> None:
            if type(value) is not str:
                if value is None:
                    if null_value is None:
                        return
                    value = null_value
                elif type(value) is dict:
                    cause = illegal_argument("Expected text but found START_OBJECT")
                    raise MalformedValueError(self, value, cause)
                else:
                    value = scalar_text(value)
            length = len(value)
            if length > half and (length > limit or _utf16_length(value) > limit):
                rows.append((ignored, name))
                return
            if normalize is not None:
                value = normalize(value)
            if not written:
                return
            if length > SURELY_SHORT and indexed:
                self._refuse_immense(value)
            rows.append((spec, value))
            if names is not None:
                rows.append((names, name))

        return add

    def _refuse_immense(self, value: str) -> None:
        data = value.encode("utf-8", "surrogatepass")
        if len(data) > MAX_TERM_BYTES:
            prefix = ", ".join(str(b - 256 if b > 127 else b) for b in data[:30])
            cause = illegal_argument(
                f'Document contains at least one immense term in field="{self.name}" (whose UTF8 '
                f"encoding is longer than the max length {MAX_TERM_BYTES}), all of which were "
                "skipped. Please correct the analyzer to not produce such terms. The prefix of "
                f"the first immense term is: '[{prefix}]...'"
            )
            raise MalformedValueError(self, value, cause)

    def _text(self, value: Any) -> str:
        return self.normalize(scalar_text(value))

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """A scored ``TermQuery`` (idf for a single value); with doc values alone, constant 1.0."""
        self.require_searchable()
        text = self._text(value)
        if self.indexed:
            return self.index_term_query(text, case_insensitive)
        if case_insensitive:
            raise unsupported("case_insensitive on a keyword with index false")
        return J.ConstantScoreQuery(
            J.SortedSetDocValuesField.newSlowExactQuery(self.name, J.BytesRef(text))
        )

    def terms_query(self, values: list[Any]) -> Any:
        """Any of the values, constant score."""
        self.require_searchable()
        texts = [self._text(value) for value in values]
        if self.indexed:
            return self.index_terms_query(texts)
        bytes_refs = J.Arrays.asList(*[J.BytesRef(text) for text in texts])
        return J.ConstantScoreQuery(
            J.SortedSetDocValuesField.newSlowSetQuery(self.name, bytes_refs)
        )

    def range_query(self, bounds: RangeBounds) -> Any:
        """Values between the bounds, by UTF-8 bytes, constant score."""
        self.require_searchable()
        if self.indexed:
            return self.index_range_query(bounds, self._text)
        return J.ConstantScoreQuery(
            J.SortedSetDocValuesField.newSlowRangeQuery(
                self.name, *self._limits(bounds, self._text)
            )
        )

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """By UTF-8 bytes; documents without a value last, or first."""
        self.require_doc_values()
        selector = getattr(J.SortedSetSelectorType, sort_mode(mode, reverse, numeric=False))
        field = J.SortedSetSortField(self.name, reverse, selector)
        if missing in (None, "_last", "_first"):
            first = (missing == "_first") != reverse
            field.setMissingValue(J.SortField.STRING_FIRST if first else J.SortField.STRING_LAST)
            return field
        raise unsupported(f"sort by keyword with missing {java_text(missing)}")

    def sort_value(self, raw: Any) -> Any:
        """The text, or ``None`` where there is no value."""
        return None if raw is None else str(raw.utf8ToString())

    def double_values(self) -> Any:
        """Always refused."""
        raise illegal_argument(
            f"Expected numeric type on field [{self.name}], but got [{self.type}]"
        )

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """The values as indexed; those beyond ``ignore_above`` are left out."""
        self.refuse_format(format)
        limit, null_value = self.setting("ignore_above"), self.setting("null_value")
        texts = [null_value if value is None else scalar_text(value) for value in values]
        return [self.normalize(t) for t in texts if t is not None and _utf16_length(t) <= limit]


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

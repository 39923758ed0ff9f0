"""``text``: analysed strings."""

from __future__ import annotations

from typing import Any, ClassVar

from esqual.engine.lucene.api_error import illegal_argument
from esqual.engine.lucene.fields.base import (
    FIELD_NAMES,
    Adder,
    Declaration,
    FieldSpec,
    MalformedValueError,
    Parameter,
    RangeBounds,
    Rows,
    scalar_text,
)
from esqual.engine.lucene.fields.parameters import (
    choice,
    flag,
    mapper_parsing,
    non_negative,
    server_only,
)
from esqual.engine.lucene.fields.string import StringField

__all__ = ["TextField"]

INDEX_OPTIONS = ("positions", "docs", "freqs", "offsets")
GAP = 100


def _analyzer(value: Any, declaration: Declaration) -> str:
    name = scalar_text(value)
    if name != "default" and not declaration.environment.analysis.has(name):
        raise illegal_argument(f"analyzer [{name}] has not been configured in mappings")
    return name


def similarity(value: Any, declaration: Declaration) -> str:
    """The name of a similarity that the index has."""
    name = scalar_text(value)
    if not declaration.environment.similarities.has(name):
        raise mapper_parsing(f"Unknown Similarity type [{name}] for field [{declaration.path}]")
    return name


class TextField(StringField):
    """An analysed string. Values of an array lie ``position_increment_gap`` positions apart."""

    type = "text"
    is_text = True
    PARAMETERS: ClassVar = {
        "index": flag(True),
        "store": server_only("store", False),
        "analyzer": Parameter(_analyzer, "default", shown=True),
        "search_analyzer": Parameter(_analyzer, None, updateable=True),
        "search_quote_analyzer": Parameter(_analyzer, None, updateable=True),
        "similarity": Parameter(similarity, None, shown=True),
        "norms": flag(True, updateable=True),
        "index_options": choice("index_options", INDEX_OPTIONS, "positions"),
        "position_increment_gap": non_negative("position_increment_gap", GAP, mapper_parsing),
        "term_vector": server_only("term_vector", "no"),
        "fielddata": server_only("fielddata", False),
        "fielddata_frequency_filter": server_only("fielddata_frequency_filter", None),
        "eager_global_ordinals": server_only("eager_global_ordinals", False),
        "index_prefixes": server_only("index_prefixes", None),
        "index_phrases": server_only("index_phrases", False),
    }

    @classmethod
    def check(cls, given: dict[str, Any], declaration: Declaration) -> None:
        """Refuse parameters that contradict each other."""
        if "position_increment_gap" in given and given.get("index_options") in ("docs", "freqs"):
            raise illegal_argument(
                f"Cannot set position_increment_gap on field [{declaration.path}] without "
                "positions enabled"
            )

    def to_json(self) -> dict[str, Any]:
        """As :meth:`FieldType.to_json`; an analyzer that equals its fallback is left out."""
        answer = super().to_json()
        index, search, quote = self._analyzers()
        for name in ("analyzer", "search_analyzer", "search_quote_analyzer"):
            answer.pop(name, None)
        if index != "default" or search != index or quote != search:
            answer["analyzer"] = index
        if search != index or quote != search:
            answer["search_analyzer"] = search
        if quote != search:
            answer["search_quote_analyzer"] = quote
        return answer

    def _analyzers(self) -> tuple[str, str, str]:
        index = self.setting("analyzer")
        search = self.setting("search_analyzer") or index
        return index, search, self.setting("search_quote_analyzer") or search

    @property
    def has_doc_values(self) -> bool:
        """Never: a text is not sorted by."""
        return False

    @property
    def positions(self) -> bool:
        """Whether phrases work."""
        return self.indexed and self.setting("index_options") in ("positions", "offsets")

    @property
    def index_analyzer(self) -> Any:
        """The Java ``Analyzer`` for documents, with the field's gap between array values."""
        return self._analyzer(0)

    @property
    def search_analyzer(self) -> Any:
        """The Java ``Analyzer`` for queries."""
        return self._analyzer(1)

    @property
    def search_quote_analyzer(self) -> Any:
        """The Java ``Analyzer`` for phrases."""
        return self._analyzer(2)

    def _analyzer(self, which: int) -> Any:
        analysis = self.environment.analysis
        name = self._analyzers()[which]
        if which > 0 and name == "default" and self.setting("analyzer") == "default":
            name = analysis.search_default
        # without a gap of the field's own the analyzer's counts, 100 by default
        return analysis.analyzer(name, self.given.get("position_increment_gap"))

    def adder(self) -> Adder:
        """One row per value; a name for ``_field_names`` where there are no norms."""
        if not self.indexed:
            return self._check_only
        number = self.environment.number
        spec = number(
            FieldSpec(
                self.name,
                "text",
                indexed=True,
                doc_values=False,
                norms=self.has_norms,
                index_options=self.setting("index_options"),
            )
        )
        names = None if self.has_norms else number(FIELD_NAMES)
        name = self.name

        def add(value: Any, rows: Rows) -> None:
            if type(value) is not str:
                if value is None:
                    return
                if type(value) is dict:
                    self._check_only(value, rows)
                value = scalar_text(value)
            rows.append((spec, value))
            if names is not None:
                rows.append((names, name))

        return add

    def _check_only(self, value: Any, rows: Rows) -> None:
        if type(value) is dict:
            cause = illegal_argument("Expected text but found START_OBJECT")
            raise MalformedValueError(self, value, cause)

    def require_searchable(self) -> None:
        """Raise where the field is not indexed."""
        if not self.indexed:
            raise illegal_argument(
                f"Cannot search on field [{self.name}] since it is not indexed nor has doc values."
            )

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """A scored ``TermQuery`` of the value as it stands; constant 1.0 without regard to case."""
        self.require_searchable()
        return self.index_term_query(scalar_text(value), case_insensitive)

    def terms_query(self, values: list[Any]) -> Any:
        """Any of the terms, unanalysed, constant score."""
        self.require_searchable()
        return self.index_terms_query([scalar_text(value) for value in values])

    def range_query(self, bounds: RangeBounds) -> Any:
        """Terms within bounds of their UTF-8 bytes, constant score."""
        self.require_searchable()
        return self.index_range_query(bounds, scalar_text)

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """Always refused, as Elasticsearch refuses a text without fielddata."""
        raise self._no_fielddata()

    def double_values(self) -> Any:
        """Always refused."""
        raise self._no_fielddata()

    def _no_fielddata(self) -> Exception:
        return illegal_argument(
            f"Fielddata is disabled on [{self.name}] in [{self.environment.index_name}]. Text "
            "fields are not optimised for operations that require per-document field data like "
            "aggregations and sorting, so these operations are disabled by default. Please use a "
            "keyword field instead. Alternatively, set fielddata=true on "
            f"[{self.name}] in order to load field data by uninverting the inverted index. Note "
            "that this can use significant memory."
        )

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """The values as text."""
        if format is not None:
            raise illegal_argument(f"Field [{self.name}] doesn't support formats.")
        return [scalar_text(value) for value in values if value is not None]

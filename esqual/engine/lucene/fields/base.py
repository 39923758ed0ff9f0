"""What every mapped field has in common: how it is declared, written, searched, sorted, fetched.

A field is declared by JSON (``{"type": "keyword", "ignore_above": 256}``). Its parameters stand in
the table ``PARAMETERS`` of its class; :mod:`esqual.engine.lucene.fields.build` reads them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.jvm import J

if TYPE_CHECKING:
    from esqual.engine.lucene.analysis import Analysis
    from esqual.engine.lucene.fields.similarity import Similarities

__all__ = [
    "FIELD_NAMES",
    "IGNORED",
    "UNSET",
    "Adder",
    "Declaration",
    "Environment",
    "FieldSpec",
    "FieldType",
    "MalformedValueError",
    "Parameter",
    "RangeBounds",
    "Row",
    "Rows",
    "VectorError",
    "java_text",
    "query_shard_error",
    "scalar_text",
]

UNSET: Any = object()

# one value of one Lucene field: (place of the FieldSpec in Mapping.specs, value)
Row = tuple[int, "str | int | float | bytes"]


class Rows(list[Row]):
    """The rows of one document, and the values whose fields the mapping does not know yet."""

    __slots__ = ("doc_id", "unknown", "vectors")

    def __init__(self, doc_id: str = "") -> None:
        super().__init__()
        self.doc_id = doc_id
        self.unknown: list[tuple[str, Any]] = []
        #: arrays of vector fields outside of objects, as they were sent
        self.vectors: dict[str, Any] = {}


Adder = Callable[[Any, Rows], None]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """How one Lucene field is written; the place of a spec in ``Mapping.specs`` is its number.

    ``kind``: ``text`` (analysed), ``string`` (exact; indexed and/or SORTED_SET doc values),
    ``long``, ``int``, ``double``, ``float`` (points and/or SORTED_NUMERIC doc values, float and
    double in Lucene's sortable encoding), ``name`` (a value of ``_field_names``: exact, indexed),
    ``floats``, ``octets`` (a vector, as little-endian float32 or as bytes; ``index_options`` is
    Lucene's similarity).
    A boolean has two specs of one name: ``string`` (indexed ``T``/``F``) and ``long`` (doc values).
    """

    name: str
    kind: str
    indexed: bool
    doc_values: bool
    norms: bool = False
    index_options: str = "docs"


# how a field without norms and doc values is found by `exists`
FIELD_NAMES = FieldSpec("_field_names", "name", indexed=True, doc_values=False)
# fields of which a value was skipped (ignore_above, ignore_malformed)
IGNORED = FieldSpec("_ignored", "string", indexed=True, doc_values=True)


@dataclass(frozen=True, slots=True)
class RangeBounds:
    """The bounds of a range query as its JSON gives them; ``None`` is open."""

    gte: Any = None
    gt: Any = None
    lte: Any = None
    lt: Any = None
    format: str | None = None
    time_zone: str | None = None
    relation: str | None = None


@dataclass(slots=True)
class Environment:
    """What fields need of their index; ``specs`` only ever grows."""

    analysis: Analysis
    similarities: Similarities
    settings: Mapping[str, Any]
    specs: list[FieldSpec] = field(default_factory=list)
    _numbers: dict[FieldSpec, int] = field(default_factory=dict)

    def number(self, spec: FieldSpec) -> int:
        """The place of ``spec`` in :attr:`specs`, appended when it is new."""
        number = self._numbers.get(spec)
        if number is None:
            number = self._numbers[spec] = len(self.specs)
            self.specs.append(spec)
        return number

    def flag(self, name: str, default: bool) -> bool:
        """A boolean index setting, given as a boolean or as its text."""
        value = self.settings.get(name)
        return default if value is None else str(value).lower() == "true"

    def integer(self, name: str, default: int) -> int:
        """An integer index setting, given as a number or as its text."""
        value = self.settings.get(name)
        return default if value is None else int(value)

    @property
    def index_name(self) -> str:
        """The name of the index, as far as its settings tell."""
        return str(self.settings.get("index.provided_name", "_unknown_"))


@dataclass(frozen=True, slots=True)
class Declaration:
    """The field that is being read from its JSON: ``name`` is its last part, ``path`` the whole."""

    name: str
    path: str
    type: str
    environment: Environment


@dataclass(frozen=True, slots=True)
class Parameter:
    """One mapping parameter: how its JSON is read, its default, whether put_mapping may change it.

    ``shown`` prints it in ``get_mapping`` whenever it was given, even when it equals the default.
    """

    read: Callable[[Any, Declaration], Any]
    default: Any = None
    updateable: bool = False
    shown: bool = False


class MalformedValueError(Exception):
    """A value that its field does not take."""

    def __init__(self, field_type: FieldType, value: Any, cause: ApiError) -> None:
        super().__init__(cause.reason)
        self.field_type = field_type
        self.value = value
        self.cause = cause


class VectorError(Exception):
    """A value that is no vector of its field; ``element`` is its place, None the array's end."""

    def __init__(self, field_type: FieldType, cause: ApiError, element: int | None = None) -> None:
        super().__init__(cause.reason)
        self.field_type = field_type
        self.cause = cause
        self.element = element


class FieldType:
    """One mapped field. The subclasses say what its type does.

    A refusal is an :class:`~esqual.engine.lucene.api_error.ApiError` in Elasticsearch's words; a
    query's caller wraps it where Elasticsearch does (``failed to create query: ...``).
    """

    type: ClassVar[str] = ""
    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}
    is_text: ClassVar[bool] = False
    is_string: ClassVar[bool] = False
    #: an array is one value, not several
    takes_arrays: ClassVar[bool] = False

    def __init__(self, name: str, given: Mapping[str, Any], environment: Environment) -> None:
        self.name = name
        self.given = dict(given)
        self.environment = environment
        self.fields: dict[str, FieldType] = {}
        self.copy_to: tuple[str, ...] = ()
        self.meta: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<{self.type} field {self.name}>"

    def setting(self, parameter: str) -> Any:
        """The value of a mapping parameter, given or default."""
        value = self.given.get(parameter, UNSET)
        return self.PARAMETERS[parameter].default if value is UNSET else value

    def to_json(self) -> dict[str, Any]:
        """The declaration as ``get_mapping`` shows it: only what departs from the defaults."""
        answer: dict[str, Any] = {"type": self.type}
        for name, parameter in self.PARAMETERS.items():
            if name in self.given and (parameter.shown or self.given[name] != parameter.default):
                answer[name] = self.given[name]
        if self.fields:
            answer["fields"] = {name: self.fields[name].to_json() for name in sorted(self.fields)}
        if self.copy_to:
            answer["copy_to"] = list(self.copy_to)
        if self.meta:
            answer["meta"] = self.meta
        return answer

    def shown(self, parameter: str) -> str:
        """The value of a parameter as messages show it."""
        return java_text(self.setting(parameter))

    def may_change(self, parameter: str, new: FieldType) -> bool:
        """Whether an index takes the value that ``new`` has for a parameter."""
        updateable = self.PARAMETERS[parameter].updateable
        return updateable and not (parameter == "norms" and new.setting("norms"))

    # ------------------------------------------------------------------ properties

    @property
    def indexed(self) -> bool:
        """Whether terms or points are written."""
        return bool(self.setting("index"))

    @property
    def has_doc_values(self) -> bool:
        """Whether doc values are written."""
        return bool(self.setting("doc_values"))

    @property
    def has_norms(self) -> bool:
        """Whether field lengths are written."""
        return False

    @property
    def positions(self) -> bool:
        """Whether phrases work."""
        return False

    @property
    def similarity(self) -> Any:
        """The Java ``Similarity`` of this field."""
        return self.environment.similarities.java(None)

    @property
    def similarity_is_default(self) -> bool:
        """Whether the field scores by the index's default similarity."""
        return True

    @property
    def index_analyzer(self) -> Any:
        """The Java ``Analyzer`` for documents."""
        return self.environment.analysis.analyzer("keyword")

    @property
    def search_analyzer(self) -> Any:
        """The Java ``Analyzer`` for queries."""
        return self.index_analyzer

    @property
    def search_quote_analyzer(self) -> Any:
        """The Java ``Analyzer`` for phrases."""
        return self.search_analyzer

    def normalize(self, text: str) -> str:
        """``text`` as a keyword's normalizer writes it; unchanged where there is none."""
        return text

    # ------------------------------------------------------------------ writing

    def adder(self) -> Adder:
        """A function that turns one JSON scalar (or null, or object) into rows."""
        raise NotImplementedError

    def skipper(self, add: Adder, *, objects: bool = False) -> Adder:
        """``add`` for ``ignore_malformed``: a bad value is noted in ``_ignored`` and left out.

        An object is a bad value only where ``objects`` says so; else it stays an error.
        """
        ignored = self.environment.number(IGNORED)
        name = self.name

        def careful(value: Any, rows: Rows) -> None:
            try:
                add(value, rows)
            except MalformedValueError:
                if isinstance(value, dict) and not objects:
                    raise
                rows.append((ignored, name))

        return careful

    # ------------------------------------------------------------------ searching

    def require_searchable(self) -> None:
        """Raise where neither an index nor doc values could answer."""
        if not self.indexed and not self.has_doc_values:
            raise illegal_argument(
                f"Cannot search on field [{self.name}] since it is not indexed nor has doc values."
            )

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """A Lucene query for documents that have exactly ``value``."""
        raise NotImplementedError

    def terms_query(self, values: list[Any]) -> Any:
        """A constant-score Lucene query for documents that have any of ``values``."""
        raise NotImplementedError

    def range_query(self, bounds: RangeBounds) -> Any:
        """A constant-score Lucene query for documents with a value within ``bounds``."""
        raise NotImplementedError

    def exists_query(self) -> Any:
        """A constant-score Lucene query for documents that have a value."""
        if self.has_doc_values or self.has_norms:
            return J.ConstantScoreQuery(J.FieldExistsQuery(self.name))
        return J.ConstantScoreQuery(J.TermQuery(J.Term("_field_names", self.name)))

    def refuse_case_insensitive(self) -> ApiError:
        """The refusal of a case-insensitive term query."""
        return query_shard_error(
            f"[{self.name}] field which is of type [{self.type}], does not support case "
            "insensitive term queries"
        )

    # ------------------------------------------------------------------ sorting and functions

    def require_doc_values(self) -> None:
        """Raise where there is nothing to sort or compute by."""
        if not self.has_doc_values:
            raise illegal_argument(
                f"Can't load fielddata on [{self.name}] because fielddata is unsupported on fields "
                f"of type [{self.type}]. Use doc values instead."
            )

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """A Lucene ``SortField``; ``missing`` is ``_last`` (default), ``_first`` or a value."""
        raise NotImplementedError

    def sort_value(self, raw: Any) -> Any:
        """Lucene's sort value as the JSON value of ``sort`` in a hit."""
        raise NotImplementedError

    def double_values(self) -> Any:
        """A Lucene ``DoubleValuesSource`` of the smallest value of a document."""
        raise illegal_argument(
            f"Expected numeric type on field [{self.name}], but got [{self.type}]"
        )

    # ------------------------------------------------------------------ answers

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """Raw ``_source`` values (flat, nulls included) as the ``fields`` option gives them."""
        raise NotImplementedError

    def refuse_format(self, format: str | None) -> None:
        """Raise where a ``format`` is asked of a type that has none."""
        if format is not None:
            raise illegal_argument(
                f"Field [{self.name}] of type [{self.type}] doesn't support formats."
            )


def query_shard_error(reason: str) -> ApiError:
    """400 ``query_shard_exception``."""
    return ApiError(400, "query_shard_exception", reason)


def sort_mode(mode: str | None, reverse: bool, *, numeric: bool) -> str:
    """``MIN`` or ``MAX``: the value of a multi-valued field by which a document is sorted."""
    if mode is None:
        return "MAX" if reverse else "MIN"
    if mode in ("min", "max"):
        return mode.upper()
    if mode in ("avg", "sum", "median"):
        if not numeric:
            raise query_shard_error("we only support AVG, MEDIAN and SUM on number based fields")
        raise unsupported(f"sort mode {mode}")
    raise illegal_argument(f"Unknown SortMode [{mode}]")


def scalar_text(value: Any) -> str:
    """A JSON scalar as the text Elasticsearch indexes: ``true``, ``5``, ``1.5``."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def java_text(value: Any) -> str:
    """A JSON value as Java prints it in messages: ``{a=1}``, ``[1, 2]``, ``null``."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={java_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java_text(v) for v in value) + "]"
    if isinstance(value, float):
        return java_double(value)
    return scalar_text(value)


def java_double(value: float) -> str:
    """A double as ``Double.toString`` prints it: ``1.0E30``, ``0.001``, ``Infinity``."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    power = int(exponent) + len(digits) - 1
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"

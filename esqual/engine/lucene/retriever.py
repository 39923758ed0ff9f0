"""``retriever``: JSON → leaves (``standard``, ``knn``) and what fuses them (``rrf``, ``linear``).

A leaf is another way to write a search body and becomes one; ``fused_search.py`` runs the tree of a
compound one. ``standard`` and ``knn`` answer as Elasticsearch 9.4.3 does; ``rrf`` and ``linear``
need a licence there and follow its documentation.
"""

from __future__ import annotations

import json as jsonlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query import QueryContext, read_query
from esqual.engine.lucene.query.base import Build
from esqual.engine.lucene.query.knn import Knn, failed_to_build, read_knn
from esqual.engine.lucene.query.parameters import unknown_object_field
from esqual.engine.lucene.sort import SortKey, read_sort
from esqual.engine.lucene.xcontent import as_float, as_integer, x_content_error

if TYPE_CHECKING:
    from esqual.engine.lucene.search_body import SearchBody

__all__ = [
    "Compound",
    "Filter",
    "Leaf",
    "Nearest",
    "Part",
    "Retriever",
    "Standard",
    "filtered",
    "read_retriever",
    "settle",
]

_DEFAULT_WINDOW = 10
# One Lucene query finds the fused documents again: as many clauses as it takes.
_MAX_WINDOW = 8_192
_ONLY_ON_A_SERVER = frozenset(
    {"diversify", "pinned", "random_reranker", "rescorer", "rule", "text_similarity_reranker"}
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A query that narrows; ``key`` is equal for equal ones."""

    build: Build
    key: str


@dataclass(frozen=True, slots=True)
class Standard:
    """A query with filters, and what a search body may say beside it."""

    query: Build | None = None
    filters: tuple[Filter, ...] = ()
    min_score: float | None = None
    sort: tuple[SortKey, ...] = ()
    search_after: tuple[Any, ...] | None = None

    def apply(self, body: SearchBody, filters: Sequence[Filter]) -> None:
        """Write this retriever, and ``filters`` of those around it, into a search body."""
        body.query = filtered(self.query, [*self.filters, *filters])
        body.sort = list(self.sort)
        body.search_after = None if self.search_after is None else list(self.search_after)
        if self.min_score is not None:
            body.min_score = self.min_score


@dataclass(frozen=True, slots=True)
class Nearest:
    """The ``k`` documents whose vectors are nearest: the section ``knn`` of a search body."""

    knn: Knn

    def apply(self, body: SearchBody, filters: Sequence[Filter]) -> None:
        """Write this retriever, and ``filters`` of those around it, into a search body."""
        knn = self.knn
        for each in filters:
            knn = knn.filtered((each.build,), each.key)
        body.knn = [knn]


@dataclass(frozen=True, slots=True)
class Part:
    """One retriever of a compound one."""

    retriever: Retriever
    weight: float = 1.0
    normalizer: str = "none"


@dataclass(frozen=True, slots=True)
class Compound:
    """``rrf`` or ``linear``. ``window``: documents that each part gives, and that it gives."""

    kind: str
    parts: tuple[Part, ...]
    window: int = _DEFAULT_WINDOW
    rank_constant: int = 60
    min_score: float | None = None
    filters: tuple[Filter, ...] = ()

    def check_size(self, size: int) -> None:
        """Refuse a window smaller than the hits that are asked for."""
        if self.window < size:
            raise _validation(
                f"[{self.kind}] requires [rank_window_size: {self.window}] be greater than or "
                f"equal to [size: {size}]"
            )


Leaf = Standard | Nearest
Retriever = Leaf | Compound


def filtered(query: Build | None, filters: Sequence[Filter]) -> Build | None:
    """The query within the filters; filters alone score 0."""
    if not filters:
        return query

    def build(context: QueryContext) -> Any:
        builder = J.BooleanQueryBuilder()
        if query is not None:
            builder.add(query(context), J.Occur.MUST)
        for each in filters:
            builder.add(each.build(context), J.Occur.FILTER)
        return builder.build()

    return build


def settle(body: SearchBody) -> None:
    """Check what may stand beside ``retriever``; a leaf becomes the body's own query."""
    retriever = body.retriever
    given = {
        "query": body.query is not None,
        "knn": bool(body.knn),
        "search_after": body.search_after is not None,
        "sort": bool(body.sort),
        "rescore": bool(body.rescore),
    }
    names = [name for name, there in given.items() if there]
    if names:
        raise _validation(f"cannot specify [retriever] and [{', '.join(names)}]")
    if isinstance(retriever, Compound):
        retriever.check_size(body.count)
    elif retriever is not None:
        retriever.apply(body, ())
        body.retriever = None


def _validation(problem: str) -> ApiError:
    reason = f"Validation Failed: 1: {problem};"
    return ApiError(400, "action_request_validation_exception", reason)


# ------------------------------------------------------------------ reading


def read_retriever(json: Any) -> Retriever:
    """Check the JSON of one retriever. Raises :class:`ApiError`."""
    if not json:
        raise parsing_error("retriever malformed, empty clause found")
    name, inner = next(iter(json.items()))
    if not isinstance(inner, dict):
        raise parsing_error(f"[{name}] retriever malformed, no [START_OBJECT] after retriever name")
    read = _READERS.get(name)
    if read is None and name in _ONLY_ON_A_SERVER:
        raise unsupported(f"{name} retriever")
    if read is None:
        cause = ApiError(400, "named_object_not_found_exception", f"[1:1] unknown field [{name}]")
        raise parsing_error(f"unknown retriever [{name}]", caused_by=cause)
    retriever = read(inner)
    if len(json) > 1:
        raise parsing_error(
            f"[{name}] malformed retriever, expected [END_OBJECT] but found [FIELD_NAME]"
        )
    return retriever


_Read = Callable[[Any], Any]
# key -> kinds of value it takes (v scalar, o object, a array), how it is read
_Keys = Mapping[str, tuple[str, _Read]]


def _declared(parser: str, json: Mapping[str, Any], keys: _Keys) -> dict[str, Any]:
    """The values of a parser's declared fields, refused in the words of such a parser."""
    values = {}
    for key, value in json.items():
        if key not in keys:
            raise unknown_object_field(parser, key, keys)
        kinds, read = keys[key]
        kind = "o" if isinstance(value, dict) else "a" if isinstance(value, list) else "v"
        if kind not in kinds or value is None:
            raise x_content_error(
                f"[{parser}] {key} doesn't support values of type: {token_name(value)}"
            )
        try:
            values[key] = read(value)
        except ApiError as error:
            raise x_content_error(f"[{parser}] failed to parse field [{key}]", error) from error
    return values


def _filters(json: Any) -> tuple[Filter, ...]:
    listed = json if isinstance(json, list) else [json]
    return tuple(Filter(read_query(item), jsonlib.dumps(item, sort_keys=True)) for item in listed)


def _server_only(name: str) -> _Read:
    def refuse(json: Any) -> Any:
        raise unsupported(name)

    return refuse


_ANY: _Keys = {
    "filter": ("oa", _filters),
    "min_score": ("v", as_float),
    # a retriever's name shows in explanations and profiles alone
    "_name": ("v", str),
}
_STANDARD: _Keys = {
    **_ANY,
    "query": ("o", read_query),
    "sort": ("voa", lambda json: tuple(read_sort(json))),
    "search_after": ("a", tuple),
    "terminate_after": ("v", _server_only("terminate_after in a standard retriever")),
    "collapse": ("o", _server_only("collapse in a standard retriever")),
}


def _standard(json: Mapping[str, Any]) -> Standard:
    values = _declared("standard", json, _STANDARD)
    return Standard(
        values.get("query"),
        values.get("filter", ()),
        values.get("min_score"),
        values.get("sort", ()),
        values.get("search_after"),
    )


def _knn(json: Mapping[str, Any]) -> Nearest:
    if "boost" in json:
        raise x_content_error("[knn] unknown field [boost]")
    if "min_score" in json:
        raise unsupported("min_score in a knn retriever")
    missing = [key for key in ("field", "k", "num_candidates") if key not in json]
    if missing:
        raise illegal_argument(f"Required [{', '.join(missing)}]")
    try:
        return Nearest(read_knn(json))
    except ApiError as error:
        if error.type != "illegal_argument_exception":
            raise
        raise failed_to_build(error) from error


def _weight(json: Any) -> float:
    weight = as_float(json)
    if not weight >= 0 or math.isinf(weight):
        raise illegal_argument(f"[weight] must be non-negative, found [{weight}]")
    return weight


def _normalizer(json: Any) -> str:
    name = str(json)
    if name not in ("none", "minmax", "l2_norm"):
        raise illegal_argument(f"Unknown normalizer [{name}]")
    return name


def _positive(name: str) -> _Read:
    def read(json: Any) -> int:
        number = as_integer(json)
        if number < 1:
            raise illegal_argument(f"[{name}] must be greater or equal to [1], had [{number}]")
        return number

    return read


def _window(json: Any) -> int:
    window: int = _positive("rank_window_size")(json)
    if window > _MAX_WINDOW:
        raise unsupported(f"rank_window_size above {_MAX_WINDOW}")
    return window


_COMPOUND: _Keys = {
    **_ANY,
    "rank_window_size": ("v", _window),
    "query": ("v", _server_only("query in a compound retriever")),
    "fields": ("va", _server_only("fields in a compound retriever")),
}


def _rrf(json: Mapping[str, Any]) -> Compound:
    def parts(listed: Any) -> tuple[Part, ...]:
        return tuple(map(_rrf_part, listed))

    keys = {
        **_COMPOUND,
        "retrievers": ("a", parts),
        "rank_constant": ("v", _positive("rank_constant")),
        "min_score": ("v", _server_only("min_score in an rrf retriever")),
    }
    return _compound("rrf", _declared("rrf", json, keys))


def _rrf_part(json: Any) -> Part:
    if not isinstance(json, dict):
        raise parsing_error(f"Expected [START_OBJECT] but found [{token_name(json)}]")
    if "retriever" not in json and "weight" not in json:
        return Part(read_retriever(json))
    return _part("rrf", json, {})


def _linear(json: Mapping[str, Any]) -> Compound:
    def parts(listed: Any) -> tuple[Part, ...]:
        return tuple(_part("linear", item, {"normalizer": ("v", _normalizer)}) for item in listed)

    keys = {**_COMPOUND, "retrievers": ("a", parts), "normalizer": ("v", _normalizer)}
    values = _declared("linear", json, keys)
    for_all = values.pop("normalizer", None)
    compound = _compound("linear", values)
    if for_all is None:
        return compound
    named = [
        "normalizer" in item if isinstance(item, dict) else False for item in json["retrievers"]
    ]
    return replace(
        compound,
        parts=tuple(
            part if own else replace(part, normalizer=for_all)
            for part, own in zip(compound.parts, named, strict=True)
        ),
    )


def _part(kind: str, json: Any, more: _Keys) -> Part:
    if not isinstance(json, dict):
        raise parsing_error(f"Expected [START_OBJECT] but found [{token_name(json)}]")
    keys = {"retriever": ("o", read_retriever), "weight": ("v", _weight), **more}
    values = _declared(f"{kind}-component", json, keys)
    if "retriever" not in values:
        raise illegal_argument("Required [retriever]")
    return Part(**values)


def _compound(kind: str, values: Mapping[str, Any]) -> Compound:
    if not values.get("retrievers"):
        raise illegal_argument(f"[{kind}] requires [retrievers]")
    return Compound(
        kind,
        values["retrievers"],
        values.get("rank_window_size", _DEFAULT_WINDOW),
        values.get("rank_constant", 60),
        values.get("min_score"),
        values.get("filter", ()),
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Retriever]] = {
    "standard": _standard,
    "knn": _knn,
    "rrf": _rrf,
    "linear": _linear,
}

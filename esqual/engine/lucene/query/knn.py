"""``knn``, as a clause of a query and as a section of a search: JSON → a search for near vectors.

A clause on a field with a graph matches its ``k`` nearest documents; on a ``flat`` field it matches
and scores every document with a vector, as Elasticsearch has it. The section takes the ``k``
nearest of all indices and adds their scores to the query's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.fields.vector import DenseVectorField
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.knn import KNN_HEADER, Nearest, walks_graphs
from esqual.engine.lucene.query.base import (
    Build,
    QueryContext,
    boosted,
    clause,
    match_none,
    read_query,
)
from esqual.engine.lucene.query.parameters import (
    boost,
    integer,
    number,
    object_field_error,
    text_of,
    unknown_object_field,
)

__all__ = ["Knn", "failed_to_build", "read_knn", "read_section"]

MAX_CANDIDATES = 10_000
_KNOWN = (
    "field",
    "query_vector",
    "query_vector_builder",
    "k",
    "num_candidates",
    "visit_percentage",
    "filter",
    "similarity",
    "rescore_vector",
    "boost",
    "_name",
)


@dataclass(frozen=True, slots=True)
class Knn:
    """One ``knn`` as asked. ``filter_key`` is equal for equal filters."""

    field: str
    vector: tuple[float, ...] | str
    k: int | None = None
    num_candidates: int | None = None
    filters: tuple[Build, ...] = ()
    filter_key: str = ""
    similarity: float | None = None
    boost: float = 1.0
    name: str | None = None

    def settle(self, size: int) -> Knn:
        """As a section of a search that shows ``size`` hits: ``k`` and candidates written out.

        Raises what Elasticsearch says where they do not fit each other.
        """
        k = size if self.k is None else self.k
        candidates = self.num_candidates
        if candidates is None:
            candidates = min(round(1.5 * k), MAX_CANDIDATES)
        _check_numbers(k, candidates)
        return Knn(
            self.field,
            self.vector,
            k,
            candidates,
            self.filters,
            self.filter_key,
            self.similarity,
            self.boost,
            self.name,
        )

    def filtered(self, filters: tuple[Build, ...], key: str) -> Knn:
        """With more filters; ``key`` is equal for equal ones."""
        return Knn(
            self.field,
            self.vector,
            self.k,
            self.num_candidates,
            (*self.filters, *filters),
            f"{self.filter_key} {key}",
            self.similarity,
            self.boost,
            self.name,
        )

    # -------------------------------------------------------------- building

    def clause(self, context: QueryContext) -> Any:
        """The Lucene query of a clause."""
        field = self._field(context)
        if field is None:
            return match_none("no such field, or no vectors in it")
        vector = field.query_vector(self._given())
        if field.is_flat:
            return self._every_vector(context, field, vector)
        k = context.size if self.k is None else self.k
        if self.num_candidates is not None:
            k = min(k, self.num_candidates)
        elif self.k is None:
            k = min(k, MAX_CANDIDATES)
        if k < 1:
            raise illegal_argument(f"k must be at least 1, got: {k}")
        nearest = self._nearest(context, field, vector, k)
        context.nearest.append(nearest)
        return nearest.hits

    def section(self, context: QueryContext) -> Nearest | None:
        """The search of a settled section, None where the index has no such field."""
        field = self._field(context)
        if field is None:
            return None
        assert self.k is not None
        nearest = self._nearest(context, field, field.query_vector(self._given()), self.k)
        context.nearest.append(nearest)
        return nearest

    def _given(self) -> list[float] | str:
        return self.vector if isinstance(self.vector, str) else list(self.vector)

    def _field(self, context: QueryContext) -> DenseVectorField | None:
        field = context.mapping.field(self.field)
        if field is None:
            return None
        if not isinstance(field, DenseVectorField):
            raise illegal_argument("[knn] queries are only supported on [dense_vector] fields")
        if field.is_flat and walks_graphs():
            raise illegal_argument(
                f"[{self.field}] is {field.index_options['type']}: it has no graph for "
                f"{KNN_HEADER} to walk; map it with index_options of type hnsw"
            )
        return None if field.dims is None else field

    def _nearest(
        self, context: QueryContext, field: DenseVectorField, vector: Any, k: int
    ) -> Nearest:
        candidates = self.num_candidates
        if candidates is None:
            candidates = min(round(1.5 * k), MAX_CANDIDATES)
        return Nearest(
            field,
            vector,
            k,
            max(k, candidates),
            J.KnnHits(f"knn:{self.field}[{vector[0]},...]", k),
            self._filter(context),
            self.filter_key,
            self._lowest(field),
            context.depth,
        )

    def _lowest(self, field: DenseVectorField) -> float:
        if self.similarity is None:
            return -math.inf
        # a score is a float: what lies on the bound must not fall below it
        return float(np.float32(field.lowest_score(self.similarity)))

    def _filter(self, context: QueryContext) -> Any:
        if not self.filters:
            return None
        builder = J.BooleanQueryBuilder()
        context.depth += 1
        try:
            for build in self.filters:
                builder.add(build(context), J.Occur.FILTER)
        finally:
            context.depth -= 1
        return builder.build()

    def _every_vector(self, context: QueryContext, field: DenseVectorField, vector: Any) -> Any:
        nearest = self._nearest(context, field, vector, max(1, context.size))
        query = nearest.every()
        if self.similarity is None and nearest.filter is None:
            context.whole = (query, nearest)
        return query


# ------------------------------------------------------------------ reading


def read_knn(body: Mapping[str, Any]) -> Knn:
    """Check the JSON of one ``knn``, but for ``k`` and ``num_candidates``.

    Raises :class:`ApiError` as Elasticsearch's parser does.
    """
    values: dict[str, Any] = {}
    for key, value in body.items():
        if key not in _KNOWN:
            raise unknown_object_field("knn", key, _KNOWN)
        values[key] = _declared(key, value)
    if "field" not in values:
        raise illegal_argument("Required [field]")
    if "query_vector" not in values:
        raise illegal_argument("either [query_vector_builder] or [query_vector] must be provided")
    return Knn(
        values["field"],
        values["query_vector"],
        values.get("k"),
        values.get("num_candidates"),
        values.get("filter", ()),
        json.dumps(body["filter"], sort_keys=True) if values.get("filter") else "",
        values.get("similarity"),
        values.get("boost", 1.0),
        values.get("_name"),
    )


def read_section(value: Any) -> list[Knn]:
    """The section ``knn`` of a search: one, or a list."""
    listed = value if isinstance(value, list) else [value]
    for each in listed:
        if not isinstance(each, dict):
            raise parsing_error(f"Expected [START_OBJECT] but found [{token_name(each)}]")
    return [read_knn(each) for each in listed]


@clause("knn")
def _knn(body: dict[str, Any]) -> Build:
    try:
        knn = read_knn(body)
        _check_numbers(knn.k, knn.num_candidates)
    except ApiError as error:
        if error.type == "illegal_argument_exception" and error.reason != "Required [field]":
            raise failed_to_build(error) from error
        raise
    return boosted(knn.clause, knn.boost, knn.name)


def failed_to_build(error: ApiError) -> ApiError:
    """How a declared parser words what is wrong with the whole object."""
    reason = error.reason.replace(
        "either [query_vector_builder] or [query_vector] must",
        "either [query_vector] or [query_vector_builder] must",
    )
    return ApiError(
        400,
        "x_content_parse_exception",
        "Failed to build [knn] after last required field arrived",
        caused_by=illegal_argument(reason),
    )


def _check_numbers(k: int | None, candidates: int | None) -> None:
    if k is not None and k < 1:
        raise illegal_argument("[k] must be greater than 0")
    if candidates is None:
        return
    if candidates > MAX_CANDIDATES:
        raise illegal_argument(f"[num_candidates] cannot exceed [{MAX_CANDIDATES}]")
    if k is not None and candidates < k:
        raise illegal_argument("[num_candidates] cannot be less than [k]")


def _declared(key: str, value: Any) -> Any:
    kind = "o" if isinstance(value, dict) else "a" if isinstance(value, list) else "v"
    kinds = {"query_vector": "voa", "filter": "oa", "rescore_vector": "o"}
    if (
        value is None
        or (key in kinds and kind not in kinds[key])
        or (key not in kinds and key != "query_vector_builder" and kind != "v")
    ):
        raise ApiError(
            400,
            "x_content_parse_exception",
            f"[1:1] [knn] {key} doesn't support values of type: {token_name(value)}",
        )
    if key == "query_vector_builder":
        raise unsupported("query_vector_builder")
    try:
        return _READERS[key](value)
    except ApiError as error:
        failure = object_field_error("knn", key, error)
        failure.root = error.root or error if error.type in _PARSERS else None
        raise failure from error


_PARSERS = ("parsing_exception", "x_content_parse_exception")


def _vector(value: Any) -> tuple[float, ...] | str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        raise parsing_error("Unknown type [START_OBJECT] for parsing vector")
    if isinstance(value, list) and set(map(type, value)) <= {float, int}:
        return tuple(value)  # as nearly all are, and there may be thousands
    return tuple(number(each) for each in (value if isinstance(value, list) else [value]))


def _filters(value: Any) -> tuple[Build, ...]:
    return tuple(read_query(each) for each in (value if isinstance(value, list) else [value]))


def _oversample(value: dict[str, Any]) -> float:
    """``rescore_vector`` asks for what is always done here: exact scores."""
    for key in value:
        if key != "oversample":
            raise unknown_object_field("rescore_vector", key, ("oversample",))
    if "oversample" not in value:
        raise illegal_argument("Required [oversample]")
    factor = number(value["oversample"])
    if factor != 0 and factor < 1:
        refusal = ApiError(
            400,
            "x_content_parse_exception",
            "Failed to build [rescore_vector] after last required field arrived",
            caused_by=illegal_argument("[oversample] must be >= 1.0 or 0"),
        )
        failure = object_field_error("rescore_vector", "oversample", refusal)
        failure.root = refusal
        raise failure
    return factor


def _share(value: Any) -> float:
    """``visit_percentage`` is for ``bbq_disk`` alone; a server ignores it elsewhere, too."""
    return number(value)


_READERS = {
    "field": text_of,
    "query_vector": _vector,
    "k": integer,
    "num_candidates": integer,
    "visit_percentage": _share,
    "filter": _filters,
    "similarity": number,
    "rescore_vector": _oversample,
    "boost": boost,
    "_name": text_of,
}

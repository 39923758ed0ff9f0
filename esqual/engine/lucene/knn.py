"""The nearest vectors: by a scan of all of them, or through Lucene's HNSW graphs.

Searches of one batch that ask the same field of the same index with the same filter are scanned
together, as one matrix product. NumPy only chooses candidates: what may be among the k nearest by
more than rounding can change. Lucene then scores these, so a scan and a graph give one document one
score, and equal vectors equal scores.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from esqual.engine.lucene.api_error import illegal_argument
from esqual.engine.lucene.jvm import J, java_array, java_bytes, java_floats, java_ints
from esqual.engine.lucene.vectors import Block, FieldVectors, field_vectors

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.vector import DenseVectorField
    from esqual.engine.lucene.searcher import Searcher

__all__ = ["KNN_HEADER", "Nearest", "choosing", "find_nearest", "reduce", "walks_graphs"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

#: the request header that says how vectors are searched: ``exact``, ``hnsw`` or ``auto``
KNN_HEADER = "x-esqual-knn"
_METHODS = ("auto", "exact", "hnsw")
_METHOD: ContextVar[str] = ContextVar("esqual_knn", default="auto")

# a tile of scores stays in the processor's cache: queries × vectors
_TILE_VECTORS = 32_768
_TILE_SCORES = 1 << 21
# scores whose largest stands for them while candidates are looked for
_GROUP = 32
# below this part of the vectors, those that a filter accepts are copied out
_SPARSE = 0.25


@contextmanager
def choosing(method: str | None) -> Iterator[None]:
    """For one request, search vectors as the header says.

    Raises 400 ``illegal_argument_exception`` for another word.
    """
    word = method or "auto"
    if word not in _METHODS:
        raise illegal_argument(f"{KNN_HEADER} must be one of {', '.join(_METHODS)}, got [{word}]")
    token = _METHOD.set(word)
    try:
        yield
    finally:
        _METHOD.reset(token)


def walks_graphs() -> bool:
    """Whether the request insists on graphs."""
    return _METHOD.get() == "hnsw"


@dataclass(slots=True, eq=False)
class Nearest:
    """One search for near vectors in one index.

    ``vector`` as the field keeps its vectors; ``hits`` is the Lucene query that is filled;
    ``filter`` a Lucene query, ``filter_key`` equal for equal filters; ``lowest`` the least score;
    ``depth`` how many knn clauses stand around it: the innermost is filled first.
    ``matching``: how many documents are eligible, known after a scan; ``failure``: what Lucene has
    thrown.
    """

    field: DenseVectorField
    vector: NDArray[Any]
    k: int
    candidates: int
    hits: Any
    filter: Any = None
    filter_key: str = ""
    lowest: float = -math.inf
    depth: int = 0
    matching: int = 0
    failure: Any = None

    def every(self) -> Any:
        """The Lucene query that scores every vector.

        As Elasticsearch has it for a flat field, a document that the filter finds and that has no
        vector counts, too, with the score 0.
        """
        octets = self.vector.dtype == np.int8
        query = J.VectorScores(
            self.field.name,
            None if octets else java_floats(self.vector),
            java_bytes(self.vector.tobytes()) if octets else None,
            self.lowest,
        )
        if self.filter is None:
            return query
        builder = J.BooleanQueryBuilder()
        builder.add(query, J.Occur.MUST if self.lowest > 0 else J.Occur.SHOULD)
        builder.add(self.filter, J.Occur.FILTER)
        return builder.build()


def find_nearest(searches: Sequence[tuple[Searcher, Nearest]]) -> None:
    """Fill the hits of all searches."""
    for depth in sorted({nearest.depth for _, nearest in searches}, reverse=True):
        groups: dict[tuple[int, str, str], list[tuple[Searcher, Nearest]]] = {}
        for searcher, nearest in searches:
            if nearest.depth == depth:
                key = (id(searcher), nearest.field.name, nearest.filter_key)
                groups.setdefault(key, []).append((searcher, nearest))
        for group in groups.values():
            found = [nearest for _, nearest in group]
            try:
                _find(group[0][0], found)
            except J.Throwable as error:
                for nearest in found:
                    nearest.failure = error


def reduce(parts: Sequence[Nearest], k: int) -> None:
    """Of several indices' hits for one search, keep the ``k`` nearest of all."""
    J.KnnRanking.reduce(java_array(J.KnnHits, [part.hits for part in parts]), k)


def _find(searcher: Searcher, group: Sequence[Nearest]) -> None:
    field = group[0].field
    vectors = field_vectors(searcher, field.name, field.dims or 1, field.byte)
    method = _METHOD.get()
    if walks_graphs() or (method == "auto" and vectors.has_graph and not field.is_flat):
        _walk(searcher, field, group, make=walks_graphs())
    else:
        _scan(searcher, field, vectors, group)


def _packed(group: Sequence[Nearest]) -> tuple[Any, Any]:
    """The query vectors end to end for Java: floats, or bytes."""
    matrix = np.ascontiguousarray([nearest.vector for nearest in group])
    if matrix.dtype == np.int8:
        return None, java_bytes(matrix.tobytes())
    return java_floats(matrix.ravel()), None


def _lowest(group: Sequence[Nearest]) -> Any:
    return java_floats(np.array([nearest.lowest for nearest in group], np.float32))


# ------------------------------------------------------------------ through the graphs


def _walk(
    searcher: Searcher, field: DenseVectorField, group: Sequence[Nearest], *, make: bool
) -> None:
    m, construction, _ = field.graph
    if make:
        J.VectorGraphs.make(searcher.reader, field.name, m, construction)
    floats, octets = _packed(group)
    J.KnnGraph(searcher.java, field.name, m, construction).search(
        floats,
        octets,
        java_ints([nearest.k for nearest in group]),
        java_ints([nearest.candidates for nearest in group]),
        java_array(J.Query, [nearest.filter for nearest in group]),
        _lowest(group),
        java_array(J.KnnHits, [nearest.hits for nearest in group]),
    )


# ------------------------------------------------------------------ scanning


@dataclass(slots=True)
class _Candidates:
    """Parallel arrays: the query's number, the segment, the vector in it."""

    query: Ints
    leaf: Ints
    ord: Ints


def _scan(
    searcher: Searcher, field: DenseVectorField, vectors: FieldVectors, group: Sequence[Nearest]
) -> None:
    queries = np.array([nearest.vector for nearest in group], np.float32)
    k = max(nearest.k for nearest in group)
    accepted = vectors.accepted(searcher, group[0].filter)
    parts = []
    matching = 0
    for block, accept in zip(vectors.blocks, accepted, strict=True):
        matching += len(block.matrix) if accept is None else int(np.count_nonzero(accept))
        for tile in _tiles(field, block, accept):
            parts += tile.best(queries, k)
    found = _by_query(parts)
    ends = np.searchsorted(found.query, np.arange(len(group)), side="right")
    floats, octets = _packed(group)
    J.KnnRanking.rank(
        vectors.leaves,
        floats,
        octets,
        java_ints(found.leaf),
        java_ints(found.ord),
        java_ints(ends.astype(np.int32)),
        java_ints([nearest.k for nearest in group]),
        _lowest(group),
        java_array(J.KnnHits, [nearest.hits for nearest in group]),
    )
    for nearest in group:
        nearest.matching = matching
        if field.is_flat and nearest.filter is not None and matching < nearest.k:
            J.KnnRanking.search(searcher.java, nearest.every(), nearest.k, nearest.hits)


@dataclass(slots=True)
class _Tile:
    """Vectors that are scored together.

    The value of a vector is (query · vector) × ``scale`` + ``bias``, so that nearer is greater;
    ``ords`` are their numbers in the segment; ``error``: how far rounding can move a value, for a
    query of length 1 and of length 0.
    """

    leaf: int
    ords: Ints
    matrix: Floats
    scale: Floats | None
    bias: Floats | None
    error: tuple[float, float]

    def best(self, queries: Floats, k: int) -> list[_Candidates]:
        """What may be among the ``k`` nearest of this tile."""
        lengths = np.sqrt(np.einsum("ij,ij->i", queries, queries))
        slack = self.error[0] * lengths + self.error[1]
        step = max(16, _TILE_SCORES // len(self.ords))
        turned = self.matrix.T
        answer = []
        for first in range(0, len(queries), step):
            values = queries[first : first + step] @ turned
            if self.scale is not None:
                values *= self.scale
            if self.bias is not None:
                values += self.bias
            row, column = _largest(values, k, slack[first : first + step])
            answer.append(
                _Candidates(
                    (row + first).astype(np.int32),
                    np.full(len(row), self.leaf, np.int32),
                    self.ords[column],
                )
            )
        return answer


def _tiles(
    field: DenseVectorField, block: Block, accept: NDArray[np.bool_] | None
) -> Iterator[_Tile]:
    chosen = None
    if accept is not None and np.count_nonzero(accept) < _SPARSE * len(accept):
        chosen = np.flatnonzero(accept)
    size = len(block.matrix) if chosen is None else len(chosen)
    for start in range(0, size, _TILE_VECTORS):
        end = min(start + _TILE_VECTORS, size)
        part: Any = slice(start, end) if chosen is None else chosen[start:end]
        ords = np.arange(start, end) if chosen is None else chosen[start:end]
        squares = block.squares[part] if _needs_squares(field) else None
        scale, bias, error = _value(field, squares)
        if accept is not None and chosen is None:
            bias = np.zeros(end - start, np.float32) if bias is None else bias
            bias[~accept[part]] = -np.inf
        matrix = block.matrix[part].astype(np.float32, copy=False)
        yield _Tile(block.leaf, (ords + block.first).astype(np.int32), matrix, scale, bias, error)


def _needs_squares(field: DenseVectorField) -> bool:
    return field.byte or field.similarity_name in ("l2_norm", "max_inner_product")


def _value(
    field: DenseVectorField, squares: Floats | None
) -> tuple[Floats | None, Floats | None, tuple[float, float]]:
    """``scale``, ``bias`` and ``error`` of a tile.

    A float32 sum of n products is off by some √n roundings of 6e-8 of the lengths' product.
    """
    rounding = 6e-8 * (8 + 4 * math.sqrt(field.dims or 1))
    if squares is None:
        return None, None, (rounding, 0.0)
    longest = math.sqrt(float(squares.max(initial=0)))
    if field.similarity_name == "l2_norm":
        # -½(query - vector)² but for ½query²
        half = np.float32(0.5) * squares
        return None, -half, (rounding * longest, rounding * float(half.max(initial=0)))
    if field.similarity_name == "cosine":
        scale = 1 / np.sqrt(np.maximum(squares, np.float32(1e-30)))
        return scale.astype(np.float32), None, (rounding, 0.0)
    return None, None, (rounding * longest, 0.0)


def _largest(values: Floats, k: int, slack: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the ``k`` largest values of each row, and of those as large but for slack.

    Values are looked at in groups by their largest: the k-th largest of these is a bound that few
    others reach. ``-inf`` is never among them.
    """
    rows, columns = values.shape
    width = columns // _GROUP
    if width < 4 * k:
        return _largest_of_few(values, k, slack)
    grouped = values[:, : width * _GROUP].reshape(rows, _GROUP, width)
    peaks = grouped.max(axis=1)
    bound = np.partition(peaks, width - k, axis=1)[:, width - k] - 2 * slack
    floor = np.maximum(bound, np.float32(-3e38))[:, None]
    row, group = np.nonzero(peaks >= floor)
    inside = grouped[row, :, group]
    which, place = np.nonzero(inside >= floor[row])
    row, column = row[which], group[which] + place * width
    rest = values[:, width * _GROUP :]
    if rest.shape[1]:
        more, last = np.nonzero(rest >= floor)
        row = np.concatenate([row, more])
        column = np.concatenate([column, last + width * _GROUP])
    return row, column


def _largest_of_few(
    values: Floats, k: int, slack: Floats
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    columns = values.shape[1]
    floor = np.full((len(values), 1), -3e38, np.float32)
    if k < columns:
        kth = np.partition(values, columns - k, axis=1)[:, columns - k]
        floor = np.maximum(kth - 2 * slack, np.float32(-3e38))[:, None]
    row, column = np.nonzero(values >= floor)
    return row, column


def _by_query(parts: Sequence[_Candidates]) -> _Candidates:
    """The candidates of all tiles, those of one query after one another."""
    none = np.zeros(0, np.int32)
    query = np.concatenate([none, *(part.query for part in parts)])
    leaf = np.concatenate([none, *(part.leaf for part in parts)])
    ord = np.concatenate([none, *(part.ord for part in parts)])
    order = np.argsort(query, kind="stable")
    return _Candidates(query[order], leaf[order], ord[order])

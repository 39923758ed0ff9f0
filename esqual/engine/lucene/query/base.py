"""What every clause shares: the registry, the two stages, boosts, names, and the refusals.

A clause is read in two stages, as Elasticsearch does it. ``read_query(json)`` checks the JSON and
returns a *builder*; nothing about an index is known yet, and what is wrong is a parsing error. The
builder, called with a :class:`QueryContext`, makes the Lucene query; what goes wrong there is the
failure of a shard.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    search_failure,
    token_name,
    unsupported,
)
from esqual.engine.lucene.jvm import J

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.knn import Nearest

__all__ = [
    "Build",
    "QueryContext",
    "ShardFailure",
    "boosted",
    "build_query",
    "clause",
    "did_you_mean",
    "java_failure",
    "match_none",
    "parse_query",
    "query_shard_error",
    "read_query",
]


class QueryContext:
    """The index that a query is built for, and how many hits the search shows.

    ``named`` collects ``_name`` → Lucene query; ``nearest`` the vector searches that have to be
    made before the query runs (``knn.find_nearest``); ``whole`` is the last clause that scores
    every vector, with a search that finds only its best (see ``query/knn.py``).
    """

    __slots__ = ("analysis", "depth", "index", "mapping", "named", "nearest", "size", "whole")

    def __init__(self, index: Index, size: int = 10) -> None:
        self.index = index
        self.mapping = index.mapping
        self.analysis = index.analysis
        self.size = size
        self.named: dict[str, Any] = {}
        self.nearest: list[Nearest] = []
        self.whole: tuple[Any, Nearest] | None = None
        #: how many knn clauses stand around the one that is being built
        self.depth = 0


Build = Callable[[QueryContext], Any]
Read = Callable[[dict[str, Any]], Build]

_CLAUSES: dict[str, Read] = {}

# Elasticsearch has them, this engine does not
_ONLY_ON_A_SERVER = frozenset(
    (
        "distance_feature",
        "field_masking_span",
        "geo_bounding_box",
        "geo_distance",
        "geo_grid",
        "geo_polygon",
        "geo_shape",
        "has_child",
        "has_parent",
        "intervals",
        "more_like_this",
        "nested",
        "parent_id",
        "percolate",
        "pinned",
        "rank_feature",
        "rule",
        "script",
        "semantic",
        "shape",
        "span_containing",
        "span_first",
        "span_multi",
        "span_near",
        "span_not",
        "span_or",
        "span_term",
        "span_within",
        "sparse_vector",
        "terms_set",
        "text_expansion",
        "weighted_tokens",
        "wrapper",
    )
)


def clause(name: str) -> Callable[[Read], Read]:
    """Register the reader of the clause ``name``."""

    def register(read: Read) -> Read:
        _CLAUSES[name] = read
        return read

    return register


def parse_query(clause: Any, context: QueryContext) -> Any:
    """JSON of one query → Lucene query.

    Raises :class:`ApiError`: a parsing error when the JSON is wrong; the "all shards failed" answer
    when it does not fit the index (``error.root`` is then what the shard refused).
    """
    if not isinstance(clause, dict):
        raise parsing_error(f"Unknown key for a {token_name(clause)} in [query].")
    build = read_query(clause)
    try:
        return build_query(build, context)
    except ShardFailure as failure:
        raise search_failure(context.index.name, failure.error) from failure


class ShardFailure(Exception):  # noqa: N818 - a failure of one shard, not of the request
    """One index refuses a query that is well formed; ``error`` is what its shard answers."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(str(error))
        self.error = error


@cache
def _allow_clauses() -> None:
    """Lucene's own limit (1024) would refuse what Elasticsearch takes."""
    J.IndexSearcher.setMaxClauseCount(MAX_CLAUSES)


def build_query(build: Build, context: QueryContext) -> Any:
    """The Lucene query of one index. Raises :class:`ShardFailure`."""
    _allow_clauses()
    try:
        return build(context)
    except ApiError as error:
        raise ShardFailure(_shard_error(context, error)) from error
    except J.RuntimeException as error:
        raise ShardFailure(_shard_error(context, java_failure(error))) from error


class _Depth(threading.local):
    """How deep the clause being read lies."""

    level = 0


_DEPTH = _Depth()
MAX_DEPTH = 30  # indices.query.bool.max_nested_depth
# Elasticsearch derives it from heap and threads: this is what 512 MB and two cores get
MAX_CLAUSES = 8192


def read_query(clause: Any) -> Build:
    """Check the JSON of one query; the answer builds it for an index."""
    _DEPTH.level += 1
    try:
        if _DEPTH.level > MAX_DEPTH:
            raise illegal_argument(
                "The nested depth of the query exceeds the maximum nested depth for queries set "
                "in [indices.query.bool.max_nested_depth]"
            )
        return _read(clause)
    finally:
        _DEPTH.level -= 1


def _read(clause: Any) -> Build:
    if not isinstance(clause, dict):
        raise parsing_error("[_na] query malformed, must start with start_object")
    if not clause:
        raise illegal_argument("query malformed, empty clause found at [1:1]")
    name, body = next(iter(clause.items()))
    if not isinstance(body, dict):
        raise parsing_error(f"[{name}] query malformed, no start_object after query name")
    read = _CLAUSES.get(name)
    if read is None:
        raise unsupported(f"{name} query") if name in _ONLY_ON_A_SERVER else _unknown_query(name)
    build = read(body)
    if len(clause) > 1:
        raise parsing_error(
            f"[{name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]"
        )
    return build


def boosted(build: Build, boost: float, name: str | None) -> Build:
    """``build`` with the two parameters that every clause has."""
    if boost == 1.0 and name is None:
        return build

    def finish(context: QueryContext) -> Any:
        query = build(context)
        if boost != 1.0:
            query = J.BoostQuery(query, boost)
        if name is not None:
            context.named[name] = query
        return query

    return finish


def match_none(why: str) -> Any:
    """The query that matches nothing; ``why`` shows in explanations."""
    return J.MatchNoDocsQuery(why)


# ---- refusals


def query_shard_error(reason: str) -> ApiError:
    """400 ``query_shard_exception``: the index refuses the query in plain words."""
    return ApiError(400, "query_shard_exception", reason)


def _shard_error(context: QueryContext, error: ApiError) -> ApiError:
    """What a shard answers for ``error``, as Elasticsearch wraps it."""
    place: dict[str, Any] = {"index_uuid": context.index.uuid, "index": context.index.name}
    if error.type == "parsing_exception":
        return error
    if error.type == "query_shard_exception":
        return ApiError(400, error.type, error.reason, caused_by=error.caused_by, **place)
    return ApiError(
        400,
        "query_shard_exception",
        f"failed to create query: {error.reason}",
        caused_by=error,
        **place,
    )


def java_failure(error: Any) -> ApiError:
    """An exception of Lucene with its Java name spelt as Elasticsearch spells types."""
    name = str(error.getClass().getSimpleName())
    if name == "TooManyClauses":
        return ApiError(
            400,
            "too_many_nested_clauses",
            f"Query contains too many nested clauses; {error.getMessage()}",
        )
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return ApiError(400, snake, str(error.getMessage()))


def _unknown_query(name: str) -> ApiError:
    known = [*_CLAUSES, *_ONLY_ON_A_SERVER]
    return parsing_error(
        f"unknown query [{name}]{did_you_mean(name, known)}",
        caused_by=ApiError(
            400, "named_object_not_found_exception", f"[1:1] unknown field [{name}]"
        ),
    )


def did_you_mean(word: str, known: list[str]) -> str:
    """The suggestion that Elasticsearch appends to unknown names, or nothing."""
    scored = [(-_similarity(word, name), name) for name in known]
    near = [name for score, name in sorted(scored) if -score > 0.5]
    if not near:
        return ""
    if len(near) == 1:
        return f" did you mean [{near[0]}]?"
    return f" did you mean any of [{', '.join(near)}]?"


def _similarity(a: str, b: str) -> float:
    """1 - edit distance / length of the longer one."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return 1.0 - row[-1] / max(len(a), len(b), 1)

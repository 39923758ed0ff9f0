"""One index's part in one search, and what an answer says of the parts that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError

if TYPE_CHECKING:
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.knn import Nearest
    from esqual.engine.lucene.query.base import QueryContext
    from esqual.engine.lucene.searcher import Searcher
    from esqual.engine.lucene.sort import ShardSort

__all__ = ["Shard", "all_shards_failed", "shards_section"]


@dataclass(slots=True)
class Shard:
    """One index's part in one search; ``failure`` is what it refuses with.

    ``sections``: the vector searches of the section ``knn``, None where the index has no such
    field. ``best_of``: a search that found only the best of what the query matches.
    """

    index: Index
    searcher: Searcher | None = None
    context: QueryContext | None = None
    query: Any = None
    sort: ShardSort | None = None
    number: int = -1
    failure: ApiError | None = None
    sections: list[Nearest | None] = field(default_factory=list)
    best_of: Nearest | None = None


def shards_section(shards: Sequence[Shard]) -> dict[str, Any]:
    """The ``_shards`` object of an answer: counts, and the reasons of those that failed."""
    failed = [shard for shard in shards if shard.failure is not None]
    answer: dict[str, Any] = {
        "total": len(shards),
        "successful": len(shards) - len(failed),
        "skipped": 0,
        "failed": len(failed),
    }
    if failed:
        answer["failures"] = [_failure(shard) for shard in failed]
    return answer


def _failure(shard: Shard) -> dict[str, Any]:
    assert shard.failure is not None
    return {
        "shard": 0,
        "index": shard.index.name,
        "node": "embedded",
        "reason": shard.failure.cause(),
    }


# exceptions of Elasticsearch's own kind; the others are shown once more as the cause
_OWN = frozenset({"parsing_exception", "query_shard_exception", "script_exception"})


def all_shards_failed(shards: Sequence[Shard]) -> ApiError:
    """The answer when every index refused."""
    first = shards[0].failure
    assert first is not None
    again = None
    if first.type not in _OWN:
        again = ApiError(first.status, first.type, first.reason, caused_by=first, **first.extra)
    return ApiError(
        first.status,
        "search_phase_execution_exception",
        "all shards failed",
        root=first,
        caused_by=again,
        phase="query",
        grouped=True,
        failed_shards=[_failure(shard) for shard in shards],
    )

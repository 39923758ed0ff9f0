"""The server's own figure beside ours: `_rank_eval`, held against the pages that were searched.

The API says nothing of shards that failed inside a search. So the pages come from `_msearch`,
which does, and what `_rank_eval` computed from other hits than those is no figure of this
comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from esqual.comparison.state import IndexState
from esqual.errors import EngineError, UnsupportedByEngineError
from esqual.rank_eval import Evaluation, Rating, TopicRequest, evaluate
from esqual.search import Body, Page, Sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from elasticsearch import Elasticsearch

__all__ = [
    "NOT_ASKED",
    "NOT_WANTED",
    "NO_COUNTERPART",
    "ServerSide",
    "Told",
    "size_matters",
]

NOT_ASKED = "not asked for: --rank-eval all asks for every measure"
NOT_WANTED = "not asked for: --rank-eval none"
NO_COUNTERPART = "the API has no measure of this definition"
FUSED = "fused on this side: _rank_eval has no figure for that"
POINT = "a point in time was searched, which _rank_eval does not take"

# where these stand, how many hits are wanted decides which are found
_BY_SIZE = frozenset({"hybrid", "knn", "neural", "rescore", "retriever"})


@dataclass(frozen=True, slots=True)
class Told:
    """The server's figure of each topic, or None and why."""

    figures: Mapping[str, float] | None
    reason: str | None = None


class ServerSide:
    """Asks `_rank_eval` for arms of one comparison, until the server turns out not to have it."""

    def __init__(
        self,
        client: Elasticsearch,
        sending: Sending,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self._client = client
        self._sending = sending
        self._on_progress = on_progress
        self._absent: str | None = None

    def tell(
        self,
        index: str,
        state: IndexState,
        bodies: Mapping[str, Body],
        ratings: Callable[[], Mapping[str, Sequence[Rating]]],
        metric: Mapping[str, Any] | None,
        pages: Mapping[str, Page],
    ) -> Told:
        """The server's figures for one arm and one metric.

        ``pages`` are those that were searched; ``ratings`` are made when they are needed. Raises
        EngineError where the server computed from other hits and nothing explains it.
        """
        plain = [body for body in bodies.values() if isinstance(body, Mapping)]
        if len(plain) < len(bodies):
            return Told(None, FUSED)
        if metric is None:
            return Told(None, NO_COUNTERPART)
        if self._sending.point is not None:
            return Told(None, POINT)
        if self._absent is not None:
            return Told(None, self._absent)
        rated = ratings()
        requests = [
            TopicRequest(query_id, body, rated.get(query_id, ()))
            for query_id, body in bodies.items()
            if isinstance(body, Mapping)
        ]
        try:
            told = self._evaluate(index, requests, metric)
        except UnsupportedByEngineError as error:
            self._absent = str(error)
            return Told(None, self._absent)
        cutoff = int(next(iter(metric.values()))["k"])
        figures = dict(told.figures)
        other = _differing(told.pages, pages, cutoff)
        if other:
            # a copy of a shard may have answered that ranks equal scores in another order
            again = self._evaluate(
                index, [row for row in requests if row.query_id in other], metric
            )
            figures |= again.figures
            other = _differing(again.pages, pages, cutoff)
        if not other:
            return Told(figures)
        return Told(None, _why_other_hits(index, state, other, plain))

    def _evaluate(
        self, index: str, requests: Sequence[TopicRequest], metric: Mapping[str, Any]
    ) -> Evaluation:
        return evaluate(
            self._client,
            index,
            requests,
            metric,
            search_type=self._sending.search_type,
            patience=self._sending.patience,
            on_progress=self._on_progress,
        )


def _differing(theirs: Mapping[str, Page], ours: Mapping[str, Page], cutoff: int) -> set[str]:
    return {
        query_id
        for query_id, page in theirs.items()
        if page.doc_ids[:cutoff] != ours[query_id].doc_ids[:cutoff]
        or page.indices[:cutoff] != ours[query_id].indices[:cutoff]
    }


def _why_other_hits(
    index: str, state: IndexState, other: set[str], bodies: Sequence[Mapping[str, Any]]
) -> str:
    first = min(other)
    seen = f"_rank_eval had other hits for {len(other)} of {len(bodies)} topics (such as {first})"
    if any(size_matters(body) for body in bodies):
        return f"{seen}: what these queries find depends on how many hits are asked for"
    if state.has_several_copies:
        return (
            f"{seen}: the copies of the shards of {index} do not rank alike; "
            "--check-determinism shows how much"
        )
    raise EngineError(
        f"topic {first}: the hits of _rank_eval are others than those of the search just before "
        f"({len(other)} topics in all): a part of {index} may not have answered; run it again when "
        "the cluster is green"
    )


def size_matters(part: Any) -> bool:
    """Whether a body holds a clause whose hits depend on the size that is asked for."""
    if isinstance(part, Mapping):
        return any(key in _BY_SIZE or size_matters(value) for key, value in part.items())
    return isinstance(part, (list, tuple)) and any(map(size_matters, part))

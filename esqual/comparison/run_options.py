"""On what terms a comparison searches an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from esqual.engine.manners import manners_of
from esqual.patience import Patience
from esqual.search import Sending

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["DEFAULT_RUN", "SEARCH_TYPES", "RankEval", "RunOptions"]

SEARCH_TYPES = ("query_then_fetch", "dfs_query_then_fetch")
RankEval = Literal["first", "all", "none"]
_RETRIES, _FIRST_WAIT_S, _LONGEST_WAIT_S = 6, 0.5, 20.0


@dataclass(frozen=True, slots=True)
class RunOptions:
    """``search_type``: the server's default, ``query_then_fetch``, where None.

    ``pit``: search one point in time, and let the index change meanwhile. ``rank_eval``: which
    measures the server is asked for too: the first, all, none. ``drift``: measure what the other
    search type would show; where None, only if an index has several shards. ``concurrency``:
    requests under way at a time, the engine's own number where None. ``searches_per_request``
    and ``patience`` (for requests that were turned away) seldom need another value.
    """

    search_type: str | None = None
    pit: bool = False
    rank_eval: RankEval = "first"
    drift: bool | None = None
    concurrency: int | None = None
    searches_per_request: int = 200
    patience: Patience | None = None

    def sending(self, client: Elasticsearch) -> Sending:
        """How the searches go to this engine."""
        manners = manners_of(client)
        patience = self.patience
        if patience is None:
            retries = _RETRIES if manners.patient else 0
            patience = Patience(retries, _FIRST_WAIT_S, _LONGEST_WAIT_S)
        return Sending(
            search_type=self.search_type,
            concurrency=self.concurrency or manners.readers,
            searches_per_request=self.searches_per_request,
            patience=patience,
        )


DEFAULT_RUN = RunOptions()

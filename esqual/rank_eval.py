"""The Ranking Evaluation API: many topics in a request, hits and figures per topic in the answer.

Elasticsearch's own words (``rating``, ``k``, ``normalize``) stay in this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

from esqual.errors import EngineError, UnsupportedByEngineError
from esqual.patience import Patience
from esqual.search import SIMPLE, Page, Sending, failure_of, iter_searches, page_of

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Evaluation", "Page", "Rating", "TopicRequest", "evaluate", "iter_tied_pages"]

# Topics in one request. 200 is where a server no longer gains; the second limit keeps a request
# with deep judgments well under a server's default of 100 MB (a rating is some 60 bytes).
_TOPICS_PER_REQUEST = 200
_RATINGS_PER_REQUEST = 100_000


@dataclass(frozen=True, slots=True)
class Rating:
    """One judgment as the API wants it: by concrete index, because an alias never matches."""

    index: str
    doc_id: str
    relevance: int


@dataclass(frozen=True, slots=True)
class TopicRequest:
    """What one topic sends: a search body without template parts, and its ratings."""

    query_id: str
    body: Mapping[str, Any]
    ratings: Sequence[Rating] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Per topic, in the order sent: the server's figure and the hits it was computed from."""

    figures: Mapping[str, float]
    pages: Mapping[str, Page]


def evaluate(
    client: Elasticsearch,
    index: str,
    topics: Sequence[TopicRequest],
    metric: Mapping[str, Any],
    *,
    search_type: str | None = None,
    patience: Patience = SIMPLE.patience,
    on_progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Send ``topics`` to ``_rank_eval`` in batches and read figures and hits of every topic.

    ``metric`` is the API's own object, for example ``{"dcg": {"k": 20, "normalize": true}}``.
    ``on_progress`` hears how many topics each answered batch had; ``patience`` is for requests
    and topics that were turned away. Raises EngineError when any topic failed or is missing from
    the answer, or a figure is not a number: the API itself leaves failures out of its mean.
    Raises UnsupportedByEngineError where the server has no such API, or no right to it is given.
    """
    figures: dict[str, float] = {}
    pages: dict[str, Page] = {}
    for batch in _batches(topics):
        requests = [
            {
                "id": topic.query_id,
                "request": topic.body,
                "ratings": [
                    {"_index": r.index, "_id": r.doc_id, "rating": r.relevance}
                    for r in topic.ratings
                ],
            }
            for topic in batch
        ]
        answer = _ask(client, index, requests, metric, search_type, patience)
        _check_complete(batch, answer)
        for topic in batch:
            detail = answer["details"][topic.query_id]
            figures[topic.query_id] = _finite(topic.query_id, detail["metric_score"])
            pages[topic.query_id] = page_of(entry["hit"] for entry in detail["hits"])
        if on_progress is not None:
            on_progress(len(batch))
    return Evaluation(figures, pages)


def _ask(
    client: Elasticsearch,
    index: str,
    requests: Sequence[Mapping[str, Any]],
    metric: Mapping[str, Any],
    search_type: str | None,
    patience: Patience,
) -> Mapping[str, Any]:
    def request() -> Mapping[str, Any]:
        once = client.options(max_retries=0) if patience.retries else client
        body: Mapping[str, Any] = once.rank_eval(
            index=index, requests=requests, metric=metric, search_type=search_type
        ).body
        return body

    for attempt in range(patience.retries + 1):
        try:
            answer = patience.ask(request)
        except ApiError as error:
            _check_offered(error)
            raise
        failures = answer.get("failures") or {}
        busy = failures and all("rejected_execution" in str(f) for f in failures.values())
        if not busy or attempt == patience.retries:
            break
        patience.pause(attempt)
    return answer


def _check_offered(error: ApiError) -> None:
    unknown = error.status_code in (400, 404, 405) and "no handler found" in str(error.body)
    if unknown:
        raise UnsupportedByEngineError(
            "this server has no ranking evaluation API (module rank-eval)"
        ) from error
    if error.status_code == 403:
        raise UnsupportedByEngineError(
            "the right to the ranking evaluation API is missing (indices:data/read/rank_eval)"
        ) from error


def iter_tied_pages(
    client: Elasticsearch,
    index: str,
    topics: Sequence[TopicRequest],
    pages: Mapping[str, Page],
    *,
    sending: Sending = SIMPLE,
) -> Iterator[str]:
    """Yield the ids of topics whose last hit has the same score as the hit after it.

    There the engine's tie rule decides which document is on the page. The API shows nothing
    beyond its ``k``, so the next hit of every topic with hits is asked for by ``_msearch``.
    """
    asked = [t for t in topics if pages[t.query_id].doc_ids and "sort" not in t.body]
    following = {
        topic.query_id: {
            **topic.body,
            **{"from": len(pages[topic.query_id].doc_ids), "size": 1},
            **{"_source": False, "track_total_hits": False},
        }
        for topic in asked
    }
    for query_id, hits in iter_searches(client, index, following.items(), sending=sending):
        if hits and hits[0]["_score"] == pages[query_id].scores[-1]:
            yield query_id


def _batches(topics: Sequence[TopicRequest]) -> Iterator[list[TopicRequest]]:
    batch: list[TopicRequest] = []
    ratings = 0
    for topic in topics:
        full = len(batch) == _TOPICS_PER_REQUEST
        if batch and (full or ratings + len(topic.ratings) > _RATINGS_PER_REQUEST):
            yield batch
            batch, ratings = [], 0
        batch.append(topic)
        ratings += len(topic.ratings)
    if batch:
        yield batch


def _check_complete(batch: Sequence[TopicRequest], answer: Mapping[str, Any]) -> None:
    failures = answer.get("failures") or {}
    if failures:
        query_id = min(failures)
        more = f" ({len(failures)} topics failed in this batch)" if len(failures) > 1 else ""
        raise EngineError(failure_of(query_id, failures[query_id]) + more)
    sent = [topic.query_id for topic in batch]
    missing = sorted(set(sent) - set(answer["details"]))
    if missing:
        raise EngineError(
            f"the engine answered nothing for topic {missing[0]} "
            f"({len(missing)} of {len(sent)} topics of a batch are missing); run it again"
        )


def _finite(query_id: str, figure: Any) -> float:
    # a server writes NaN as a string
    value = float(figure)
    if not math.isfinite(value):
        raise EngineError(f"the engine's figure for topic {query_id} is {figure}, not a number")
    return value

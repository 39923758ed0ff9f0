"""Many searches to an engine: batches of ``_msearch``, several under way, asked again when busy."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

from esqual.engine.answers import unanswered
from esqual.errors import EngineError
from esqual.patience import Patience

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["SIMPLE", "Hit", "Sending", "failure_of", "iter_searches"]

Hit = Mapping[str, Any]
#: a label, a tuple that begins with a query_id or the query_id itself, and the body
Search = tuple[Any, Mapping[str, Any]]

# what a search that was turned away answers inside a batch
_TURNED_AWAY = frozenset({429, 502, 503, 504})
_REJECTED = frozenset({"es_rejected_execution_exception", "rejected_execution_exception"})
_POINT_KEPT = "5m"


@dataclass(frozen=True, slots=True)
class Sending:
    """How searches are sent.

    ``search_type`` and ``preference`` are the server's own where None. ``point`` is the id of an
    open point in time, which takes the place of the index; a preference cannot go with it.

    A request holds at most ``searches_per_request`` searches (200 is where a server no longer
    gains), ``bytes_per_request`` of bodies (the least limit that hosted servers have is 10 MB)
    and asks for ``hits_per_request`` (some 100 bytes each); ``concurrency`` requests are under
    way at a time. ``patience`` is for requests and searches that were turned away.
    """

    search_type: str | None = None
    preference: str | None = None
    point: str | None = None
    concurrency: int = 1
    searches_per_request: int = 200
    bytes_per_request: int = 5_000_000
    hits_per_request: int = 100_000
    patience: Patience = field(default_factory=lambda: Patience(0), compare=False)

    @property
    def header(self) -> dict[str, str]:
        """The line before each body of ``_msearch``."""
        given = {"search_type": self.search_type, "preference": self.preference}
        return {key: value for key, value in given.items() if value is not None}


#: one request after another, none asked again
SIMPLE = Sending()


def iter_searches(
    client: Elasticsearch,
    index: str,
    searches: Iterable[Search],
    *,
    sending: Sending = SIMPLE,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[Any, Sequence[Hit]]]:
    """Yield the label and the hits of each (label, body), in their order.

    ``on_progress`` hears, in this thread, how many searches each answered request had. Raises
    EngineError when a search failed or a part of the index did not answer.
    """
    for batch, answers in _answered(client, index, batches(searches, sending), sending):
        for (label, _), answer in zip(batch, answers, strict=True):
            yield label, _hits(label if isinstance(label, str) else label[0], answer)
        if on_progress is not None:
            on_progress(len(batch))


def batches(searches: Iterable[Search], sending: Sending) -> Iterator[list[Search]]:
    """Cut into requests that keep the limits of ``sending``; one search alone may exceed them."""
    batch: list[Search] = []
    n_bytes = n_hits = 0
    for label, body in searches:
        own_bytes, own_hits = _n_bytes(body), int(body.get("size", 10))
        if batch and (
            len(batch) == sending.searches_per_request
            or n_bytes + own_bytes > sending.bytes_per_request
            or n_hits + own_hits > sending.hits_per_request
        ):
            yield batch
            batch, n_bytes, n_hits = [], 0, 0
        batch.append((label, body))
        n_bytes += own_bytes
        n_hits += own_hits
    if batch:
        yield batch


def _n_bytes(body: Mapping[str, Any]) -> int:
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _answered(
    client: Elasticsearch, index: str, requests: Iterator[list[Search]], sending: Sending
) -> Iterator[tuple[list[Search], Sequence[Any]]]:
    """Each request with its answers, in order; at most ``concurrency`` are under way."""
    if sending.concurrency == 1:
        for batch in requests:
            yield batch, _ask(client, index, batch, sending)
        return
    under_way: deque[tuple[list[Search], Future[list[Any]]]] = deque()
    with ThreadPoolExecutor(sending.concurrency, "esqual-search") as pool:
        try:
            for batch in requests:
                under_way.append((batch, pool.submit(_ask, client, index, batch, sending)))
                if len(under_way) > sending.concurrency:
                    first, answers = under_way.popleft()
                    yield first, answers.result()
            while under_way:
                first, answers = under_way.popleft()
                yield first, answers.result()
        except BaseException:
            # nobody waits for what is under way: it shall not be asked again for minutes
            sending.patience.stop.set()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ask(
    client: Elasticsearch, index: str, batch: Sequence[Search], sending: Sending
) -> list[dict[str, Any]]:
    """The answers of one request; searches that were turned away are asked again."""
    bodies = [body for _, body in batch]
    answers = _send(client, index, bodies, sending)
    for attempt in range(sending.patience.retries):
        again = [place for place, answer in enumerate(answers) if _was_turned_away(answer)]
        if not again:
            break
        sending.patience.pause(attempt)
        answered = _send(client, index, [bodies[place] for place in again], sending)
        for place, answer in zip(again, answered, strict=True):
            answers[place] = answer
    return answers


def _send(
    client: Elasticsearch, index: str, bodies: Sequence[Mapping[str, Any]], sending: Sending
) -> list[dict[str, Any]]:
    lines: list[Mapping[str, Any]] = []
    for body in bodies:
        if sending.point is not None:
            body = {**body, "pit": {"id": sending.point, "keep_alive": _POINT_KEPT}}
        lines += [sending.header, body]
    target = index if sending.point is None else None

    def request() -> Any:
        # once: it is asked again here, after a pause
        once = client.options(max_retries=0) if sending.patience.retries else client
        return once.msearch(index=target, searches=lines).body["responses"]

    try:
        answers = list(sending.patience.ask(request))
    except ApiError as error:
        if error.status_code != 413 or len(bodies) == 1:
            raise
        middle = len(bodies) // 2
        halves = bodies[:middle], bodies[middle:]
        return [answer for half in halves for answer in _send(client, index, half, sending)]
    if len(answers) != len(bodies):
        raise EngineError(
            f"the engine answered {len(answers)} of {len(bodies)} searches of a request; "
            "run it again"
        )
    return answers


def _was_turned_away(answer: Mapping[str, Any]) -> bool:
    """Whether a search met a full queue, on all of its shards or on some."""
    if "error" in answer:
        return answer.get("status") in _TURNED_AWAY
    failures = answer["_shards"].get("failures") or ()
    return (
        bool(answer["_shards"]["failed"])
        and bool(failures)
        and all((failure.get("reason") or {}).get("type") in _REJECTED for failure in failures)
    )


def _hits(query_id: str, answer: Mapping[str, Any]) -> Sequence[Hit]:
    if "error" in answer:
        raise EngineError(failure_of(query_id, answer["error"]))
    failed = unanswered(answer["_shards"])
    if failed or answer["timed_out"]:
        what = "timed out" if answer["timed_out"] else f"had {failed} failed shards"
        raise EngineError(
            f"the search of topic {query_id} {what}: a partial answer cannot be judged; "
            "run it again when the cluster is green"
        )
    hits: Sequence[Hit] = answer["hits"]["hits"]
    return hits


def failure_of(query_id: str, error: Any) -> str:
    """What an error object of the engine says, for a message."""
    # rank_eval wraps the item's error once more under "error"
    while isinstance(error, Mapping) and isinstance(error.get("error"), Mapping):
        error = error["error"]
    reason = error
    if isinstance(error, Mapping):
        causes = error.get("root_cause") or [error]
        reason = causes[0].get("reason") or error.get("reason")
    return f"the engine failed on topic {query_id}: {reason}"

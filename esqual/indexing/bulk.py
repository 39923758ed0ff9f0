"""One batch to the engine, until every document of it has an answer or patience ends.

Only what failed is sent again: a document that was taken is never in the next request. Ids are
fixed, so a request whose answer got lost is repeated without harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError, SerializationError, TransportError

from esqual.indexing.body import describe_api_error, describe_cause
from esqual.indexing.entries import Batch, Entry, dumps
from esqual.patience import (
    Patience,
    PatienceEndedError,
    is_uncertain,
    is_worth_asking_again,
)

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["BulkSender", "Outcome", "Sent"]

# statuses of one document that may pass; the engine's queue is full, a shard is moving
_BUSY = frozenset({429, 502, 503, 504})
_TOO_LARGE = 413
_SHOWN = "errors,items.*._id,items.*.status,items.*.result,items.*.error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the engine says of one document.

    ``created`` is None when that cannot be known: the document was sent before and the answer got
    lost, so it may have found itself.
    """

    entry: Entry
    status: int
    created: bool | None = None
    error: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Sent:
    """Everything about one batch: answers, what got none and why, and how much was sent again."""

    outcomes: list[Outcome] = field(default_factory=list)
    left: list[Entry] = field(default_factory=list)
    reason: str = ""
    retried: int = 0


class BulkSender:
    """Sends batches to ``index``; used from several threads at once."""

    def __init__(self, client: Elasticsearch, index: str, patience: Patience) -> None:
        self._client = client
        self._index = index
        self._patience = patience

    def send(self, batch: Batch) -> Sent:
        """Send ``batch``. Raises what is neither passing nor about one document (401, 404 …)."""
        sent = Sent()
        self._send(list(batch.entries.values()), sent, asked_before=False)
        return sent

    def _send(self, entries: Sequence[Entry], sent: Sent, *, asked_before: bool) -> None:
        attempt = 0
        while entries:
            error: Exception | None = None
            try:
                items = self._ask(entries)
            except ApiError as refused:
                if refused.status_code == _TOO_LARGE:
                    self._split(entries, sent, refused, asked_before)
                    return
                if not is_worth_asking_again(refused):
                    raise
                error, reason, rest = refused, _reason(refused), list(entries)
            except (TransportError, SerializationError) as failed:
                error, reason, rest = failed, _reason(failed), list(entries)
            else:
                rest, reason = self._book(entries, items, sent, asked_before)
                if not rest:
                    return
                if len(rest) < len(entries):
                    attempt = 0  # it goes on, only slowly
            asked_before = asked_before or error is None or is_uncertain(error)
            try:
                if attempt >= self._patience.retries:
                    raise PatienceEndedError
                self._patience.pause(attempt, error)
            except PatienceEndedError:
                sent.left += rest
                sent.reason = reason
                return
            attempt += 1
            sent.retried += len(rest)
            entries = rest

    def _ask(self, entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
        lines: list[Any] = []
        for entry in entries:
            action = dumps({"index": {"_id": entry.document.doc_id}})
            lines += [action.encode(), entry.data]  # bytes go through as they are
        answer = self._client.bulk(index=self._index, operations=lines, filter_path=_SHOWN)
        return {item["index"]["_id"]: item["index"] for item in answer.body.get("items", ())}

    def _book(
        self,
        entries: Iterable[Entry],
        items: Mapping[str, dict[str, Any]],
        sent: Sent,
        asked_before: bool,
    ) -> tuple[list[Entry], str]:
        """Sort the answers; what is to be sent again, and the reason of the first of it."""
        rest, reason = [], ""
        for entry in entries:
            item = items.get(entry.document.doc_id)
            if item is None:
                rest.append(entry)
                reason = reason or "the answer says nothing of some documents"
            elif item["status"] in _BUSY:
                rest.append(entry)
                reason = reason or f"status {item['status']}, {describe_cause(item['error'])}"
            elif item["status"] < 300:
                created = item["result"] == "created"
                known = created or not asked_before
                sent.outcomes.append(Outcome(entry, item["status"], created if known else None))
            else:
                sent.outcomes.append(Outcome(entry, item["status"], error=item["error"]))
        return rest, reason

    def _split(
        self, entries: Sequence[Entry], sent: Sent, refused: ApiError, asked_before: bool
    ) -> None:
        """A request that is too large for the server, or for a gateway before it: two halves."""
        if len(entries) == 1:
            error = {
                "type": "request_too_large",
                "reason": f"{len(entries[0].data):,} bytes are more than the server takes "
                f"({_reason(refused)})",
            }
            sent.outcomes.append(Outcome(entries[0], _TOO_LARGE, error=error))
            return
        middle = len(entries) // 2
        self._send(entries[:middle], sent, asked_before=asked_before)
        if sent.left:
            sent.left += entries[middle:]
        else:
            self._send(entries[middle:], sent, asked_before=asked_before)


def _reason(error: Exception) -> str:
    if isinstance(error, ApiError):
        return f"status {error.status_code}, {describe_api_error(error)}"
    return (str(error).splitlines() or [type(error).__name__])[0]

"""Write actions: index, create, update and delete, one or many, carried out in order.

The single-document APIs are lists of one. The answer to an action is its item as ``_bulk`` shows it
(with ``status``), or the :class:`ApiError` that it met; one bad action does not stop the others.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene import writer
from esqual.engine.lucene.api_error import ApiError
from esqual.engine.lucene.fetch import SourceFilter, shown_source
from esqual.engine.lucene.packed import hides_vectors, pack, unpack
from esqual.engine.lucene.update import Update, document_bytes
from esqual.engine.lucene.writer import Operation, Outcome

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.fields.base import Row
    from esqual.engine.lucene.index import Index
    from esqual.engine.lucene.searcher import Found

__all__ = ["MAX_ID_BYTES", "Action", "auto_id", "execute", "shards", "version_conflict"]

MAX_ID_BYTES = 512
PRIMARY_TERM = 1
# so many operations travel to Java in one call
_BATCH = 1000
_RESULTS = {
    writer.CREATED: ("created", 201),
    writer.UPDATED: ("updated", 200),
    writer.DELETED: ("deleted", 200),
    writer.NOT_FOUND: ("not_found", 404),
}

Item = dict[str, Any]
Answer = Item | ApiError


@dataclass(slots=True)
class Action:
    """One thing to do: ``op`` is index, create, update or delete.

    ``condition`` and ``expected`` are those of :class:`writer.Operation`; ``update`` is the body of
    an update, ``refused`` an error found while the action was read.
    """

    op: str
    index: str
    doc_id: str
    body: bytes = b""
    condition: int = writer.ALWAYS
    expected: int = -1
    require_alias: bool = False
    update: Update | None = None
    refused: ApiError | None = None


def auto_id() -> str:
    """A fresh id of 20 characters."""
    return secrets.token_urlsafe(15)


def shards(index: Index) -> dict[str, int]:
    """``_shards`` of a write: one copy here, the replicas asked for are not there."""
    copies = int(index.setting("index.number_of_replicas")) + 1
    return {"total": copies, "successful": 1, "failed": 0}


def version_conflict(index: Index, doc_id: str, reason: str) -> ApiError:
    """409 ``version_conflict_engine_exception``."""
    return shard_error(
        index, 409, "version_conflict_engine_exception", f"[{doc_id}]: version conflict, {reason}"
    )


def shard_error(index: Index, status: int, type: str, reason: str) -> ApiError:
    """An error that names the shard it arose in."""
    return ApiError(status, type, reason, index_uuid=index.uuid, shard="0", index=index.name)


def execute(catalog: Catalog, actions: Sequence[Action], refresh: str | None) -> list[Answer]:
    """Carry out actions in order. ``refresh`` is the parameter's value, checked; None is false."""
    answers: list[Answer | None] = [None] * len(actions)
    places: dict[str, list[int]] = {}
    targets: dict[str, Index] = {}
    # most requests write to one index: find it once
    found: dict[tuple[str, bool], Index] = {}
    for place, action in enumerate(actions):
        asked = action.index, action.require_alias
        try:
            if action.refused is not None:
                raise action.refused
            index = found.get(asked)
            if index is None:
                index = found[asked] = catalog.write_index(
                    action.index, create=action.op != "delete", require_alias=action.require_alias
                )
        except ApiError as error:
            answers[place] = error
            continue
        targets[index.name] = index
        places.setdefault(index.name, []).append(place)
    for name, index in targets.items():
        chosen = [actions[place] for place in places[name]]
        for place, answer in zip(places[name], _Run(catalog, index).all(chosen), strict=True):
            answers[place] = answer
        if refresh is not None:
            index.refresh()
    done = [answer for answer in answers if answer is not None]
    if refresh == "true":
        _mark_refreshed(done)
    return done


def _mark_refreshed(answers: Iterable[Answer]) -> None:
    for answer in answers:
        if not isinstance(answer, ApiError) and answer["result"] != "noop":
            answer["forced_refresh"] = True


class _Run:
    """The actions of one index, gathered into batches."""

    def __init__(self, catalog: Catalog, index: Index) -> None:
        self.catalog = catalog
        self.index = index
        self.mapping = index.mapping
        self.shards = shards(index)
        self._grown = False

    def all(self, actions: Sequence[Action]) -> list[Answer]:
        answers: list[Answer] = []
        # the folder's lock first: a mapping must not grow in a process that may not write
        with self.catalog.holding(), self.index.lock:
            for batch in _batches(actions):
                answers.extend(self._batch(batch))
        return answers

    def _batch(self, actions: Sequence[Action]) -> list[Answer]:
        """Actions of which no update follows another action on its document."""
        answers: list[Answer | None] = [None] * len(actions)
        operations: list[Operation] = []
        waiting: list[int] = []
        before = self._before([a for a in actions if a.op == "update"])
        for place, action in enumerate(actions):
            try:
                done = self._plan(action, before, operations)
            except ApiError as error:
                answers[place] = error
                continue
            if done is None:
                waiting.append(place)
            else:
                answers[place] = done
        if self._grown:
            # the mapping is on the disk before the documents that need it
            with self.catalog.writing():
                self.catalog.save()
            self._grown = False
        outcomes = self.index.write(operations) if operations else []
        for place, operation, outcome in zip(waiting, operations, outcomes, strict=True):
            answers[place] = self._answer(actions[place], operation, outcome)
        return [answer for answer in answers if answer is not None]

    def _before(self, updates: Sequence[Action]) -> dict[str, Found | None]:
        if not updates:
            return {}
        ids = [action.doc_id for action in updates]
        return dict(zip(ids, self.index.get(ids), strict=True))

    def _plan(
        self, action: Action, before: dict[str, Found | None], operations: list[Operation]
    ) -> Item | None:
        """Append the operation; an item instead when nothing needs writing."""
        if action.op == "delete":
            operations.append(Operation(action.doc_id, None, (), action.condition, action.expected))
            return None
        if action.update is not None:
            return self._plan_update(action, action.update, before[action.doc_id], operations)
        if not action.body.strip():
            raise ApiError(
                400, "document_parsing_exception", "[0:0] failed to parse, document is empty"
            )
        source, rows = self._rows(action.doc_id, action.body)
        operations.append(Operation(action.doc_id, source, rows, action.condition, action.expected))
        return None

    def _plan_update(
        self, action: Action, update: Update, old: Found | None, operations: list[Operation]
    ) -> Item | None:
        if action.condition == writer.SEQ_NO and (old is None or old.seq_no != action.expected):
            there = (old.version, old.seq_no) if old is not None else (-1, -1)
            raise self._conflict(action, Outcome(writer.CONFLICT, *there))
        old_source = None if old is None else json.loads(old.source)
        if hides_vectors(self.index):
            unpack(old_source, self.mapping)
        new = update.apply(old_source)
        if new is None and old is None:
            raise shard_error(
                self.index,
                404,
                "document_missing_exception",
                f"[{action.doc_id}]: document missing",
            )
        if new is None:
            assert old is not None
            item = self._item(action, "noop", old.version, old.seq_no, 200)
            return self._with_get(item, update.source, old_source)
        source, rows = self._rows(action.doc_id, document_bytes(new))
        operations.append(Operation(action.doc_id, source, rows))
        return None

    def _rows(self, doc_id: str, source: bytes) -> tuple[bytes, Sequence[Row]]:
        """The source as it is stored, and the rows."""
        parsed = self.mapping.parse(doc_id, source)
        self._grown = self._grown or parsed.mapping_update is not None
        if parsed.vectors and hides_vectors(self.index):
            source = pack(source, parsed.vectors)
        return source, parsed.rows

    def _answer(self, action: Action, operation: Operation, outcome: Outcome) -> Answer:
        if outcome.code == writer.CONFLICT:
            return self._conflict(action, outcome)
        if outcome.code == writer.FAILED:
            return ApiError(400, "illegal_argument_exception", outcome.message or "refused")
        result, status = _RESULTS[outcome.code]
        item = self._item(action, result, outcome.version, outcome.seq_no, status)
        if action.update is None or action.update.source is None:
            return item
        assert operation.source is not None
        return self._with_get(item, action.update.source, json.loads(operation.source))

    def _item(self, action: Action, result: str, version: int, seq_no: int, status: int) -> Item:
        return {
            "_index": self.index.name,
            "_id": action.doc_id,
            "_version": version,
            "result": result,
            "_shards": self.shards,
            "_seq_no": seq_no,
            "_primary_term": PRIMARY_TERM,
            "status": status,
        }

    def _with_get(self, item: Item, shown: SourceFilter | None, source: Any) -> Item:
        if shown is not None and shown.enabled:
            item["get"] = {
                "_seq_no": item["_seq_no"],
                "_primary_term": PRIMARY_TERM,
                "found": True,
                "_source": shown_source(self.index, shown, source),
            }
        return item

    def _conflict(self, action: Action, outcome: Outcome) -> ApiError:
        return version_conflict(self.index, action.doc_id, _conflict_reason(action, outcome))


def _conflict_reason(action: Action, outcome: Outcome) -> str:
    current = f"current version [{outcome.version}]"
    if action.condition == writer.MUST_NOT_EXIST:
        return f"document already exists ({current})"
    if action.condition == writer.SEQ_NO:
        required = f"required seqNo [{action.expected}], primary term [{PRIMARY_TERM}]."
        if outcome.seq_no < 0:
            return f"{required} but no document was found"
        return (
            f"{required} current document has seqNo [{outcome.seq_no}] and primary term "
            f"[{PRIMARY_TERM}]"
        )
    than = "higher or equal to" if action.condition == writer.EXTERNAL else "higher than"
    return f"{current} is {than} the one provided [{action.expected}]"


def _batches(actions: Sequence[Action]) -> Iterator[Sequence[Action]]:
    """Cut so that an update sees the actions on its document before it, and batches stay small."""
    start = 0
    touched: set[str] = set()
    for place, action in enumerate(actions):
        if place - start >= _BATCH or (action.op == "update" and action.doc_id in touched):
            yield actions[start:place]
            start, touched = place, set()
        touched.add(action.doc_id)
    if start < len(actions):
        yield actions[start:]

"""What a name of an index stands for, and what became of it while the arms ran."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from elasticsearch import ApiError

from esqual.engine.answers import unanswered
from esqual.errors import EngineError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Copy", "IndexState", "changes_between", "check_unchanged", "state_of"]

# settings that decide what is found; others (replicas, allocation) may change under a search
_DECIDING = ("index.analysis.", "index.similarity.")


class Copy(NamedTuple):
    """One copy of one shard: the last sequence number, and the documents of its open view.

    Deleted documents weigh in the scores until a merge drops them.
    """

    max_seq_no: int | None
    documents: int
    deleted: int


@dataclass(frozen=True, slots=True)
class IndexState:
    """What must not change between the first and the last search.

    ``uuids`` by concrete index; ``documents`` as a search through the name counts them; ``copies``
    by (index, shard, node), None where ``unseen`` says why they cannot be read. ``definition`` is
    a digest of mappings, analysis and similarity; ``n_shards`` is the sum over the indices.
    """

    uuids: Mapping[str, str]
    documents: int
    n_shards: int
    definition: str
    copies: Mapping[tuple[str, str, str], Copy] | None
    unseen: str | None = None

    @property
    def names(self) -> list[str]:
        """The concrete indices behind the name, sorted."""
        return sorted(self.uuids)

    @property
    def nodes(self) -> list[str]:
        """The nodes that hold a copy, sorted; empty where they cannot be read."""
        return sorted({node for _, _, node in self.copies or ()})

    @property
    def has_several_copies(self) -> bool:
        """Whether some shard has more than one copy, which may answer differently."""
        return self.copies is None or len(self.copies) > self.n_shards


def state_of(client: Elasticsearch, index: str) -> IndexState:
    """The state of what ``index`` names now. Raises EngineError when it answers in part."""
    settings = client.indices.get_settings(index=index, flat_settings=True).body
    # a search: a shard that nobody searched for a while shows its last writes from here on
    answer = client.count(index=index).body
    if silent := unanswered(answer["_shards"]):
        raise EngineError(
            f"{silent} shards of {index} do not answer: a partial answer "
            "cannot be judged; run it again when the cluster is green"
        )
    if not settings:
        raise EngineError(f"no index answers to the name {index}")
    flat = {name: entry["settings"] for name, entry in settings.items()}
    copies, unseen = _copies(client, index)
    return IndexState(
        uuids={name: own["index.uuid"] for name, own in flat.items()},
        documents=answer["count"],
        n_shards=sum(int(own.get("index.number_of_shards", 1)) for own in flat.values()),
        definition=_definition(client.indices.get_mapping(index=index).body, flat),
        copies=copies,
        unseen=unseen,
    )


def _definition(mappings: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> str:
    parts: dict[str, Any] = {}
    for name, own in settings.items():
        mapping = dict((mappings.get(name) or {}).get("mappings") or {})
        mapping.pop("_meta", None)  # notes about the index, which no search reads
        parts[name] = [mapping, {k: v for k, v in own.items() if k.startswith(_DECIDING)}]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _copies(
    client: Elasticsearch, index: str
) -> tuple[dict[tuple[str, str, str], Copy] | None, str | None]:
    try:
        answer = client.indices.stats(index=index, metric="docs", level="shards").body
    except ApiError as error:
        if error.status_code in (429, 502, 503, 504):
            raise
        return None, f"the engine does not tell them (status {error.status_code})"
    if (answer.get("_shards") or {}).get("failed"):
        raise EngineError(
            f"{answer['_shards']['failed']} shards of {index} do not tell their sequence numbers; "
            "run it again when the cluster is green"
        )
    copies = {}
    for name, entry in (answer.get("indices") or {}).items():
        for shard, rows in (entry.get("shards") or {}).items():
            for row in rows:
                docs = row["docs"]
                number = (row.get("seq_no") or {}).get("max_seq_no")
                key = name, shard, row["routing"]["node"]
                copies[key] = Copy(number, docs["count"], docs["deleted"])
    return (copies, None) if copies else (None, "the engine's figures do not hold them")


def check_unchanged(index: str, then: IndexState, now: IndexState) -> None:
    """Raise EngineError that says what changed, if anything did."""
    changes = list(changes_between(then, now))
    if changes:
        shown = "; ".join(changes[:3]) + ("; …" if len(changes) > 3 else "")
        raise EngineError(
            f"the index {index} changed during the comparison: {shown}. The arms did not see the "
            "same documents; run it again when nothing writes, or on a point in time (--pit)"
        )


def changes_between(then: IndexState, now: IndexState) -> Iterator[str]:
    """Each difference as a clause for a message."""
    if then.uuids != now.uuids:
        yield from _renamed(then.uuids, now.uuids)
        return
    if then.documents != now.documents:
        yield f"{then.documents} documents before, {now.documents} after"
    if then.definition != now.definition:
        yield "its mapping, analysis or similarity is another"
    yield from _rewritten(then.copies or {}, now.copies or {})


def _renamed(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    if set(then) != set(now):
        yield f"the name stood for {', '.join(sorted(then))}, now for {', '.join(sorted(now))}"
    for name in sorted(set(then) & set(now)):
        if then[name] != now[name]:
            yield f"{name} was made anew (uuid {then[name]} before, {now[name]} after)"


def _rewritten(
    then: Mapping[tuple[str, str, str], Copy], now: Mapping[tuple[str, str, str], Copy]
) -> Iterator[str]:
    # a copy that moved to another node or went with it is no change of what the index holds
    before, after = _last_numbers(then), _last_numbers(now)
    written = [place for place in sorted(set(before) & set(after)) if before[place] != after[place]]
    for place in written:
        yield (
            f"written to, {' shard '.join(place)}: sequence number {before[place]} before, "
            f"{after[place]} after"
        )
    for key in sorted(set(then) & set(now)):
        if key[:2] not in written and then[key][1:] != now[key][1:]:
            yield (
                f"the view of {key[0]} shard {key[1]} is another: {then[key].documents} documents "
                f"and {then[key].deleted} deleted before, {now[key].documents} and "
                f"{now[key].deleted} after (a refresh or a merge)"
            )


def _last_numbers(copies: Mapping[tuple[str, str, str], Copy]) -> dict[tuple[str, str], int]:
    last: dict[tuple[str, str], int] = {}
    for (index, shard, _), copy in copies.items():
        if copy.max_seq_no is not None:
            last[index, shard] = max(copy.max_seq_no, last.get((index, shard), -1))
    return last

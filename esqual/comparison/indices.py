"""What the indices of a comparison hold, and that it stays so while the arms run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elasticsearch import helpers

from esqual.errors import EngineError, JudgmentsError, TopicMismatchError
from esqual.models import Qrels, Topic

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["IndexState", "check_judged", "check_same_corpus", "homes_of", "state_of"]

_IDS_PER_SEARCH = 1_000


@dataclass(frozen=True, slots=True)
class IndexState:
    """What must not change between the first and the last search."""

    uuids: Mapping[str, str]
    documents: int

    @property
    def names(self) -> list[str]:
        """The concrete indices behind the name, sorted."""
        return sorted(self.uuids)


def state_of(client: Elasticsearch, index: str) -> IndexState:
    """The state of what ``index`` names now. Raises EngineError when it answers in part."""
    settings = client.indices.get_settings(index=index, flat_settings=True).body
    answer = client.count(index=index).body
    if answer["_shards"]["failed"]:
        raise EngineError(
            f"{answer['_shards']['failed']} shards of {index} do not answer: a partial answer "
            "cannot be judged; run it again when the cluster is green"
        )
    if not settings:
        raise EngineError(f"no index answers to the name {index}")
    uuids = {name: entry["settings"]["index.uuid"] for name, entry in settings.items()}
    return IndexState(uuids, answer["count"])


def check_same_corpus(client: Elasticsearch, baseline: str, candidate: str) -> None:
    """Document ids are the join of two indices: they must be the same set."""
    ids = []
    for index in (baseline, candidate):
        scan = helpers.scan(client, index=index, query={"_source": False}, size=5_000)
        ids.append({hit["_id"] for hit in scan})
    if ids[0] != ids[1]:
        only = [sorted(ids[0] - ids[1]), sorted(ids[1] - ids[0])]
        parts = [
            f"{len(names)} only in {index} (such as {', '.join(names[:3])})"
            for names, index in zip(only, (baseline, candidate), strict=True)
            if names
        ]
        raise TopicMismatchError(
            f"{baseline} and {candidate} hold different documents: {'; '.join(parts)}; index the "
            "same corpus into both, or pass --allow-different-corpora"
        )


def check_judged(
    client: Elasticsearch, indices: Iterable[str], topics: Iterable[Topic], qrels: Qrels
) -> list[str]:
    """Judged documents must be in the index; none at all means that the ids do not fit.

    Returns a note for each index that lacks some of them.
    """
    wanted = sorted({doc_id for topic in topics for doc_id in qrels.get(topic.query_id, ())})
    notes = []
    for index in dict.fromkeys(indices):
        present = 0
        for chunk in _chunks(wanted):
            body = {"query": {"ids": {"values": chunk}}, "size": 0, "track_total_hits": True}
            present += client.search(index=index, body=body).body["hits"]["total"]["value"]
        if wanted and not present:
            raise JudgmentsError(
                f"none of the {len(wanted)} judged documents is in the index {index} (such as "
                f"{wanted[0]}): the ids of the judgments and of the index do not fit"
            )
        if present < len(wanted):
            notes.append(
                f"{len(wanted) - present} of {len(wanted)} judged documents are not in {index}"
            )
    return notes


def homes_of(client: Elasticsearch, index: str, doc_ids: Sequence[str]) -> dict[str, str]:
    """Which concrete index behind a name holds each document; two homes are refused."""
    homes: dict[str, str] = {}
    for chunk in _chunks(doc_ids):
        body = {
            "query": {"ids": {"values": chunk}},
            "size": 10_000,
            "_source": False,
            "sort": ["_doc"],
        }
        for hit in client.search(index=index, body=body).body["hits"]["hits"]:
            other = homes.setdefault(hit["_id"], hit["_index"])
            if other != hit["_index"]:
                raise EngineError(
                    f"document {hit['_id']} is in {other} and in {hit['_index']}, both behind "
                    f"{index}: a judgment cannot say which is meant; compare on one index"
                )
    return homes


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _IDS_PER_SEARCH):
        yield values[start : start + _IDS_PER_SEARCH]

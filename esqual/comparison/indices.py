"""Whether indices and judgments fit together, and where each judged document lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from elasticsearch import helpers

from esqual.engine.answers import unanswered
from esqual.errors import EngineError, JudgmentsError, TopicMismatchError
from esqual.models import Qrels, Topic

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.search import Page

__all__ = ["check_judged", "check_page", "check_same_corpus", "homes_of"]

_IDS_PER_SEARCH = 1_000


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
    """Which concrete index behind a name holds each document, in one request.

    A document in two of them is refused: a judgment cannot say which is meant.
    """
    lines: list[dict[str, Any]] = []
    for chunk in _chunks(doc_ids):
        lines += [
            {},
            {
                "query": {"ids": {"values": chunk}},
                # one more than there are ids: among so many hits one id comes twice
                "size": len(chunk) + 1,
                "_source": False,
                "sort": ["_doc"],
            },
        ]
    homes: dict[str, str] = {}
    if not lines:
        return homes
    for answer in client.msearch(index=index, searches=lines).body["responses"]:
        if "error" in answer or unanswered(answer["_shards"]) or answer["timed_out"]:
            raise EngineError(
                f"the engine did not tell which indices behind {index} hold the judged documents; "
                "run it again when the cluster is green"
            )
        for hit in answer["hits"]["hits"]:
            other = homes.setdefault(hit["_id"], hit["_index"])
            if other != hit["_index"]:
                raise _held_twice(hit["_id"], (other, hit["_index"]), index)
    return homes


def check_page(page: Page, index: str) -> None:
    """Refuse a page that holds one id of two concrete indices behind ``index``."""
    if len(set(page.doc_ids)) == len(page.doc_ids):
        return
    homes: dict[str, str] = {}
    for doc_id, name in zip(page.doc_ids, page.indices, strict=True):
        if doc_id in homes:
            raise _held_twice(doc_id, (homes[doc_id], name), index)
        homes[doc_id] = name


def _held_twice(doc_id: str, names: tuple[str, str], index: str) -> EngineError:
    return EngineError(
        f"document {doc_id} is in {min(names)} and in {max(names)}, both behind {index}: it would "
        "count twice, and a judgment cannot say which is meant; compare on one index"
    )


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _IDS_PER_SEARCH):
        yield values[start : start + _IDS_PER_SEARCH]

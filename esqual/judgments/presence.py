"""Which judged documents an engine holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["absent_documents"]

_IDS_PER_SEARCH = 1_000


def absent_documents(
    client: Elasticsearch, indices: Sequence[str], doc_ids: Iterable[str]
) -> list[str]:
    """Return the ids that none of ``indices`` holds, in their order, each once."""
    absent = list(dict.fromkeys(doc_ids))
    for index in indices:
        present: set[str] = set()
        for start in range(0, len(absent), _IDS_PER_SEARCH):
            chunk = absent[start : start + _IDS_PER_SEARCH]
            body = {"query": {"ids": {"values": chunk}}, "size": len(chunk), "_source": False}
            hits = client.search(index=index, body=body).body["hits"]["hits"]
            present.update(hit["_id"] for hit in hits)
        absent = [doc_id for doc_id in absent if doc_id not in present]
    return absent

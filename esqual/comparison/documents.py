"""The texts of documents, for people who judge them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["document_texts"]

_IDS_PER_SEARCH = 500


def document_texts(
    client: Elasticsearch, indices: Sequence[str], doc_ids: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Return doc_id -> field -> text, from the first of ``indices`` that holds the document.

    Texts are the top fields of ``_source`` that hold a string, but for one that repeats the id. A
    document that no index holds, or whose source is not kept, is left out.
    """
    texts: dict[str, dict[str, str]] = {}
    for index in dict.fromkeys(indices):
        absent = [doc_id for doc_id in dict.fromkeys(doc_ids) if doc_id not in texts]
        for start in range(0, len(absent), _IDS_PER_SEARCH):
            chunk = absent[start : start + _IDS_PER_SEARCH]
            body = {"query": {"ids": {"values": chunk}}, "size": len(chunk)}
            for hit in client.search(index=index, body=body).body["hits"]["hits"]:
                fields = {
                    name: value
                    for name, value in (hit.get("_source") or {}).items()
                    if isinstance(value, str) and value != hit["_id"]
                }
                if fields:
                    texts[hit["_id"]] = fields
    return texts

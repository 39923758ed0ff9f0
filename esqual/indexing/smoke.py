"""Is an index searchable? Some documents of the corpus, asked for by id and by their own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from esqual.engine.answers import unanswered
from esqual.errors import IndexingError
from esqual.models import Document
from esqual.patience import Patience

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Sample", "check_searchable"]

_LONGEST = 200  # characters of a text that are searched for


class Sample:
    """Documents as they pass by; the first and the last of them are kept for :attr:`ids`."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = documents
        self._first: str | None = None
        self._last: str | None = None

    def __iter__(self) -> Iterator[Document]:
        for document in self._documents:
            self._last = document.doc_id
            if self._first is None:
                self._first = document.doc_id
            yield document

    @property
    def ids(self) -> list[str]:
        """Ids of at most two documents; either may have been rejected on its way."""
        return list(dict.fromkeys(id_ for id_ in (self._first, self._last) if id_ is not None))


def check_searchable(
    client: Elasticsearch, index: str, sample: Sample, total: int, patience: Patience
) -> None:
    """Search ``index`` for everything, then for a document by its id and by its own text.

    Raises IndexingError for a shard that failed, a wrong total, or a document that its own words
    do not find.
    """
    everything = _search(client, index, {"match_all": {}}, patience)
    if everything["hits"]["total"]["value"] != total:
        raise IndexingError(
            f"the new index {index!r} finds {everything['hits']['total']['value']:,} of its "
            f"{total:,} documents; the alias stays as it was"
        )
    found = _search(client, index, {"ids": {"values": sample.ids}}, patience)["hits"]["hits"]
    hits = found or everything["hits"]["hits"]
    mappings = patience.ask(lambda: client.indices.get_mapping(index=index)).body[index]
    fields = _text_fields(mappings["mappings"].get("properties", {}))
    for hit in hits:
        texts = [(f, v) for f in fields if isinstance(v := hit["_source"].get(f), str) and v]
        if texts and not any(_finds(client, index, hit["_id"], *pair, patience) for pair in texts):
            raise IndexingError(
                f"the new index {index!r} does not find the document {hit['_id']!r} by its own "
                f"text in {', '.join(field for field, _ in texts)}: index and search analyzer do "
                "not fit; the alias stays as it was"
            )


def _finds(
    client: Elasticsearch, index: str, doc_id: str, field: str, text: str, patience: Patience
) -> bool:
    words = {"query": text[:_LONGEST], "zero_terms_query": "all"}
    query = {
        "bool": {"must": [{"match": {field: words}}], "filter": [{"ids": {"values": [doc_id]}}]}
    }
    return bool(_search(client, index, query, patience)["hits"]["hits"])


def _search(
    client: Elasticsearch, index: str, query: Mapping[str, Any], patience: Patience
) -> dict[str, Any]:
    answer: dict[str, Any] = patience.ask(
        lambda: client.search(index=index, query=query, size=2, track_total_hits=True)
    ).body
    if unanswered(answer["_shards"]) or answer["timed_out"]:
        raise IndexingError(
            f"a part of the new index {index!r} does not answer; the alias stays as it was; run it "
            "again with --resume when the cluster is green"
        )
    return answer


def _text_fields(properties: Mapping[str, Any]) -> list[str]:
    """Top-level fields that are searched by words."""
    return [
        name
        for name, field in properties.items()
        if field.get("type") == "text" and field.get("index", True)
    ]

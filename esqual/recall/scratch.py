"""A copy of an index's vectors that surely has a graph, for as long as it is measured."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from elasticsearch import BadRequestError, helpers

from esqual.recall.field import VectorField, iter_documents
from esqual.recall.selection import shuffled

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["scratch_copy"]

PLACE = "place"
_VECTOR = "vector"


@contextmanager
def scratch_copy(
    client: Elasticsearch, index: str, field: VectorField, seed: int
) -> Iterator[tuple[str, VectorField, str, list[str]]]:
    """Copy ids and vectors into an index of one segment with a graph; it is deleted at the end.

    Gives the copy's name, its vector field, the integer field that holds each document's place in
    the seed's order, and the ids of the documents, which are those that have a vector. ``m`` and
    ``ef_construction`` are those of the original, or 16 and 100.
    """
    vectors = dict(iter_documents(client, index, field, field.name))
    places = {doc_id: place for place, doc_id in enumerate(shuffled(list(vectors), seed))}
    name = f"esqual-recall-{uuid.uuid4().hex[:12]}"
    copied = VectorField(_VECTOR, _with_graph(field.mapping))
    try:
        _create(client, name, copied)
        helpers.bulk(
            client,
            (
                {"_index": name, "_id": doc_id, _VECTOR: vector, PLACE: places[doc_id]}
                for doc_id, vector in vectors.items()
            ),
        )
        client.indices.forcemerge(index=name, max_num_segments=1)
        client.indices.refresh(index=name)
        yield name, copied, PLACE, list(vectors)
    finally:
        client.indices.delete(index=name, ignore_unavailable=True)


def _with_graph(mapping: Mapping[str, Any]) -> dict[str, Any]:
    given = mapping.get("index_options", {})
    return {
        **{key: mapping[key] for key in ("dims", "element_type", "similarity") if key in mapping},
        "type": "dense_vector",
        "index": True,
        "index_options": {
            "type": "hnsw",
            "m": given.get("m", 16),
            "ef_construction": given.get("ef_construction", 100),
            # a graph from the first vector on
            "flat_index_threshold": 0,
        },
    }


def _create(client: Elasticsearch, name: str, field: VectorField) -> None:
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}

    def create(mapping: Mapping[str, Any]) -> None:
        properties = {_VECTOR: mapping, PLACE: {"type": "integer"}}
        body = {"settings": settings, "mappings": {"dynamic": "strict", "properties": properties}}
        client.indices.create(index=name, body=body)

    try:
        create(field.mapping)
    except BadRequestError as error:
        if "flat_index_threshold" not in str(error):
            raise
        # an older server, which builds a graph for every segment anyway
        options = dict(field.mapping["index_options"])
        del options["flat_index_threshold"]
        create({**field.mapping, "index_options": options})

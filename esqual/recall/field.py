"""A vector field as the mapping has it, and the exact and the approximate query on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elasticsearch import helpers

from esqual.errors import ConfigError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["VectorField", "check_names", "iter_documents", "read_vector_field"]

# A script may not give less than 0, hence the sums. The order is that of the similarity.
_SCRIPTS = {
    "cosine": "cosineSimilarity(params.query_vector, '{field}') + 1.0",
    "dot_product": "dotProduct(params.query_vector, '{field}') + 1.0",
    "l2_norm": "1 / (1 + l2norm(params.query_vector, '{field}'))",
}


@dataclass(frozen=True, slots=True)
class VectorField:
    """``mapping`` is the field's own part of the mapping, defaults of the engine included."""

    name: str
    mapping: Mapping[str, Any]

    @property
    def similarity(self) -> str:
        """The similarity that the field is mapped with."""
        return str(self.mapping.get("similarity", "cosine"))

    @property
    def index_type(self) -> str:
        """``hnsw``, ``flat`` or a quantised type; ``default`` where the mapping leaves it out."""
        return str(self.mapping.get("index_options", {}).get("type", "default"))

    def exact(self, vector: Sequence[float], filters: Sequence[Mapping[str, Any]]) -> Any:
        """The search body that scores every vector within the filters."""
        exists = {"exists": {"field": self.name}}
        return {
            "query": {
                "script_score": {
                    "query": {"bool": {"filter": [exists, *filters]}},
                    "script": {
                        "source": _SCRIPTS[self.similarity].replace("{field}", self.name),
                        "params": {"query_vector": list(vector)},
                    },
                }
            }
        }

    def approximate(
        self,
        vector: Sequence[float],
        filters: Sequence[Mapping[str, Any]],
        k: int,
        num_candidates: int,
    ) -> Any:
        """The search body that walks the graph."""
        knn = {
            "field": self.name,
            "query_vector": list(vector),
            "k": k,
            "num_candidates": num_candidates,
        }
        return {"knn": {**knn, "filter": list(filters)} if filters else knn}


def read_vector_field(client: Elasticsearch, index: str, name: str) -> VectorField:
    """The field ``name``, mapped alike in every index behind ``index``.

    Raises ConfigError where there is no such field, it is no vector or has no graph, or the
    indices differ.
    """
    found: dict[str, Any] = {}
    for concrete, entry in client.indices.get_mapping(index=index).body.items():
        mapping = _at(entry["mappings"], name)
        if mapping is None or mapping.get("type") != "dense_vector":
            kind = "is not mapped" if mapping is None else f"is {mapping.get('type', 'object')}"
            raise ConfigError(f"{concrete}: the field {name} {kind}, not dense_vector")
        if mapping.get("index") is False:
            raise ConfigError(
                f"{concrete}: the field {name} has index: false, so there is nothing to search "
                "approximately; map it with index: true"
            )
        found[concrete] = mapping
    mappings = list(found.values())
    if any(mapping != mappings[0] for mapping in mappings[1:]):
        raise ConfigError(f"{', '.join(found)}: map the field {name} differently; name one index")
    field = VectorField(name, mappings[0])
    if field.index_type.endswith("flat"):
        raise ConfigError(
            f"the field {name} is mapped {field.index_type}: every search of it is exact, there is "
            "no graph to compare with; map it with index_options of type hnsw"
        )
    if field.similarity not in _SCRIPTS:
        raise ConfigError(
            f"{name}: the similarity {field.similarity} has no exact query that every engine "
            f"knows; there are: {', '.join(_SCRIPTS)}"
        )
    return field


def check_names(client: Elasticsearch, index: str, name: str) -> None:
    """Refuse a field whose values cannot name documents: it must be ``keyword``."""
    for concrete, entry in client.indices.get_mapping(index=index).body.items():
        kind = (_at(entry["mappings"], name) or {}).get("type")
        if kind != "keyword":
            raise ConfigError(
                f"{concrete}: the field {name} is {kind or 'not mapped'}; a filter names documents "
                "by a keyword field, or without one by _id"
            )


def iter_documents(
    client: Elasticsearch, index: str, field: VectorField, shown: str | None
) -> Iterator[tuple[str, list[Any]]]:
    """Id and values of the field ``shown`` (None: none) of every document with a vector."""
    # `fields` shows vectors too, which recent servers leave out of _source
    shows = {"_source": False, **({} if shown is None else {"fields": [shown]})}
    body = {"query": {"exists": {"field": field.name}}, **shows}
    for hit in helpers.scan(client, index=index, query=body, size=500):
        yield hit["_id"], list(hit.get("fields", {}).get(shown, ()))


def _at(mappings: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    at: Any = mappings
    for part in name.split("."):
        at = at.get("properties", {}).get(part)
        if at is None:
            return None
    return dict(at)

"""The query side of an enriched index: does it hold what we would make, and what does it lack?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from esqual.enrich.agreement import check_agreement, check_declared
from esqual.enrich.spec import Enrichment
from esqual.enrich.topics import named_in, topic_parameters, used_enrichments
from esqual.errors import EngineError
from esqual.models import Topic
from esqual.templates import QueryTemplate

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["EnrichedTopics", "enrich_topics"]


@dataclass(frozen=True, slots=True)
class EnrichedTopics:
    """Template parameters of every topic by its id, and what was used to make them.

    ``digests`` are those of the enrichments that the template uses, by target. ``lacking`` counts,
    by target, the documents of the index that have nothing there: no text, a text that could not
    be enriched, or one in which nothing was found. ``documents`` is the size of the index.
    """

    parameters: Mapping[str, Mapping[str, Any]]
    digests: Mapping[str, str]
    lacking: Mapping[str, int]
    documents: int

    def notes(self) -> list[str]:
        """One sentence for every field that some documents lack."""
        return [
            f"{count:,} of {self.documents:,} documents have nothing in the field {target}: no "
            "clause on it can find them"
            for target, count in self.lacking.items()
            if count
        ]


def enrich_topics(
    client: Elasticsearch,
    index: str,
    template: QueryTemplate,
    topics: Sequence[Topic],
    enrichments: Sequence[Enrichment],
    given: Collection[str] = (),
) -> EnrichedTopics:
    """What ``template`` needs of ``enrichments``, the local declaration, to search ``index``.

    Only what the template names is compared and computed. Every index behind the name must have
    been enriched alike; its own ``_meta`` is compared and decides nothing. ``given`` are the names
    given for all topics. Raises ConfigError for a difference, and for a name that the index has
    an enrichment for and nobody supplies.
    """
    names = named_in(template.names())
    used = used_enrichments(enrichments, names)
    indices = client.indices.get_mapping(index=index).body
    supplied = {*given, *(name for topic in topics for name in topic.parameters)}
    check_declared(indices, names, supplied.union(*(e.query_names() for e in used)))
    check_agreement(indices, used)
    if not used:
        return EnrichedTopics({}, {}, {}, 0)
    return EnrichedTopics(
        parameters=topic_parameters(topics, used, names, given),
        digests={e.target: e.digest() for e in used},
        lacking={e.target: _lacking(client, index, e.target) for e in used},
        documents=_count(client, index, {"match_all": {}}),
    )


def _lacking(client: Elasticsearch, index: str, target: str) -> int:
    return _count(client, index, {"bool": {"must_not": {"exists": {"field": target}}}})


def _count(client: Elasticsearch, index: str, query: Mapping[str, Any]) -> int:
    answer = client.count(index=index, query=query).body
    if answer["_shards"]["failed"]:
        raise EngineError(
            f"{answer['_shards']['failed']} shards of {index} do not answer; run it again when the "
            "cluster is green"
        )
    return int(answer["count"])

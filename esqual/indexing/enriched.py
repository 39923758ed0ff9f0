"""The query side of an enriched index: does it hold what we would make, and what does it lack?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from esqual.engine.answers import unanswered
from esqual.enrich.agreement import check_agreement, check_declared
from esqual.enrich.spec import Enrichment
from esqual.enrich.topics import TopicCache, named_in, topic_parameters, used_enrichments
from esqual.errors import EngineError
from esqual.indexing.loading import unfinished_notes
from esqual.models import Topic
from esqual.templates import QueryTemplate

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["EnrichedField", "EnrichedTopics", "enrich_topics"]


@dataclass(frozen=True, slots=True)
class EnrichedField:
    """A field that a template asks for: the digest of what makes it, and who lacks it.

    ``lacking`` counts the ``documents`` of the index that have nothing there: no text, a text that
    could not be enriched, or one in which nothing was found.
    """

    target: str
    digest: str
    lacking: int
    documents: int


@dataclass(frozen=True, slots=True)
class EnrichedTopics:
    """Template parameters of every topic by its id, and the fields that they ask for.

    ``unfinished`` has a sentence for every index behind the name that is not completely loaded.
    """

    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: tuple[EnrichedField, ...] = ()
    unfinished: tuple[str, ...] = ()

    def of(self, topic: Topic) -> Mapping[str, Any]:
        """The parameters of one topic; none when the template uses no enrichment."""
        return self.parameters.get(topic.query_id, {})

    def notes(self) -> list[str]:
        """What a reader of the hits must know: incomplete indices, fields that documents lack."""
        return [
            *self.unfinished,
            *self._lacking(),
        ]

    def _lacking(self) -> list[str]:
        return [
            f"{one.lacking:,} of {one.documents:,} documents have nothing in the field "
            f"{one.target}: no clause on it can find them"
            for one in self.fields
            if one.lacking
        ]


def enrich_topics(
    client: Elasticsearch,
    index: str,
    template: QueryTemplate,
    topics: Sequence[Topic],
    enrichments: Sequence[Enrichment],
    given: Collection[str] = (),
    cache: TopicCache | None = None,
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
    unfinished = tuple(unfinished_notes(indices))
    if not used:
        return EnrichedTopics(unfinished=unfinished)
    documents = _count(client, index, {"match_all": {}})
    fields = [
        EnrichedField(e.target, e.digest(), _lacking(client, index, e.target), documents)
        for e in used
    ]
    parameters = topic_parameters(topics, used, names, given, cache)
    return EnrichedTopics(parameters, tuple(fields), unfinished)


def _lacking(client: Elasticsearch, index: str, target: str) -> int:
    return _count(client, index, {"bool": {"must_not": {"exists": {"field": target}}}})


def _count(client: Elasticsearch, index: str, query: Mapping[str, Any]) -> int:
    answer = client.count(index=index, query=query).body
    if silent := unanswered(answer["_shards"]):
        raise EngineError(
            f"{silent} shards of {index} do not answer; run it again when the cluster is green"
        )
    return int(answer["count"])

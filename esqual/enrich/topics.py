"""Topics to template parameters: the query side of a declaration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from esqual.enrich.cache import MISSING
from esqual.enrich.spec import Enrichment, digest_of
from esqual.errors import ConfigError, EnrichmentError
from esqual.models import Topic

__all__ = ["TopicCache", "TopicMemory", "named_in", "topic_parameters", "used_enrichments"]


class TopicCache(Protocol):
    """What keeps enriched topics: :class:`esqual.enrich.cache.Cache`, or :class:`TopicMemory`."""

    def get_many(self, space: str, texts: Sequence[str]) -> list[Any]:
        """The value of each text, ``MISSING`` where there is none."""

    def put_many(self, space: str, texts: Sequence[str], values: Sequence[Any]) -> None:
        """Keep the value of each text."""


class TopicMemory:
    """Enriched topics of one command, so that several arms ask the model once."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], Any] = {}

    def get_many(self, space: str, texts: Sequence[str]) -> list[Any]:
        """The value of each text, ``MISSING`` where there is none."""
        return [self._values.get((space, text), MISSING) for text in texts]

    def put_many(self, space: str, texts: Sequence[str], values: Sequence[Any]) -> None:
        """Keep the value of each text."""
        self._values |= {(space, t): v for t, v in zip(texts, values, strict=True)}


def used_enrichments(
    enrichments: Iterable[Enrichment], names: Collection[str]
) -> tuple[Enrichment, ...]:
    """Those that give one of ``names``, the names that a template uses (``a.b`` is of ``a``)."""
    used = named_in(names)
    return tuple(e for e in enrichments if used.intersection(e.query_names()))


def named_in(names: Iterable[str]) -> set[str]:
    """The parameters that a template's names may mean: ``a.b`` is itself, or a part of ``a``."""
    return {part for name in names for part in (name, name.partition(".")[0])}


def topic_parameters(
    topics: Sequence[Topic],
    enrichments: Iterable[Enrichment],
    names: Collection[str],
    given: Collection[str] = (),
    cache: TopicCache | None = None,
) -> dict[str, dict[str, Any]]:
    """Template parameters of each topic by its id: those of the enrichments that ``names`` uses.

    Every name of a used enrichment is there, so that a template may name it; what is empty is
    false. ``given`` are the names given for all topics (``--param``). With a ``cache`` topics that
    were seen before need no model. Raises ConfigError when a
    name is given from two sides, EnrichmentError when a topic cannot be enriched.
    """
    parameters: dict[str, dict[str, Any]] = {topic.query_id: {} for topic in topics}
    for enrichment in used_enrichments(enrichments, names):
        own = enrichment.query_names()
        _check_given_once(enrichment, own, topics, given)
        texts = list(dict.fromkeys(topic.text for topic in topics))
        values = dict(zip(texts, _values(enrichment, texts, cache), strict=True))
        for topic in topics:
            value = values[topic.text]
            if set(value) != set(own):
                raise EnrichmentError(
                    f"the kind {enrichment.kind!r} gives {', '.join(sorted(value))} for topic "
                    f"{topic.query_id}, and promises {', '.join(sorted(own))}"
                )
            parameters[topic.query_id] |= value
    return parameters


def _values(
    enrichment: Enrichment, texts: Sequence[str], cache: TopicCache | None
) -> list[Mapping[str, Any]]:
    if cache is None:
        return list(enrichment.worker().topics(enrichment.name, texts))
    space = digest_of({"topics of": enrichment.name, **enrichment.fingerprint()})
    values = cache.get_many(space, texts)
    missing = [place for place, value in enumerate(values) if value is MISSING]
    if missing:
        asked = [texts[place] for place in missing]
        made = [dict(value) for value in enrichment.worker().topics(enrichment.name, asked)]
        cache.put_many(space, asked, made)
        for place, value in zip(missing, made, strict=True):
            values[place] = value
    return values


def _check_given_once(
    enrichment: Enrichment, own: Sequence[str], topics: Sequence[Topic], given: Collection[str]
) -> None:
    for name in own:
        if name in given:
            other = "by --param"
        elif any(name in topic.parameters for topic in topics):
            other = "by a column of the topics file"
        else:
            continue
        raise ConfigError(
            f"parameter {name}: given {other} and by the enrichment {enrichment.name!r} of the "
            "mapping file; rename one of them"
        )

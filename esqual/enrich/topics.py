"""Topics to template parameters: the query side of a declaration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from esqual.enrich.spec import Enrichment
from esqual.errors import ConfigError, EnrichmentError
from esqual.models import Topic

__all__ = ["named_in", "topic_parameters", "used_enrichments"]


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
) -> dict[str, dict[str, Any]]:
    """Template parameters of each topic by its id: those of the enrichments that ``names`` uses.

    Every name of a used enrichment is there, so that a template may name it; what is empty is
    false. ``given`` are the names given for all topics (``--param``). Raises ConfigError when a
    name is given from two sides, EnrichmentError when a topic cannot be enriched.
    """
    parameters: dict[str, dict[str, Any]] = {topic.query_id: {} for topic in topics}
    for enrichment in used_enrichments(enrichments, names):
        own = enrichment.query_names()
        _check_given_once(enrichment, own, topics, given)
        texts = list(dict.fromkeys(topic.text for topic in topics))
        values = dict(zip(texts, enrichment.worker().topics(enrichment.name, texts), strict=True))
        for topic in topics:
            value = values[topic.text]
            if set(value) != set(own):
                raise EnrichmentError(
                    f"the kind {enrichment.kind!r} gives {', '.join(sorted(value))} for topic "
                    f"{topic.query_id}, and promises {', '.join(sorted(own))}"
                )
            parameters[topic.query_id] |= value
    return parameters


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

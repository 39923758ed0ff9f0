"""One side of a comparison: its bodies for every topic, checked before the first search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

from esqual.comparison.scoring import Lists
from esqual.enrich import Enrichment
from esqual.errors import ConfigError
from esqual.fusion import FusedQuery, read_fused
from esqual.indexing import EnrichedTopics
from esqual.models import Topic
from esqual.search import Body, Page
from esqual.templates import QueryTemplate

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Arm", "ArmRun", "dry_run", "is_fused", "search_bodies"]

# Parts of a production body that do not touch the ranking and that _rank_eval refuses.
_BESIDE_THE_RANKING = ("aggregations", "aggs", "explain", "highlight", "profile", "suggest")
# Parts that let a search stop early: a partial answer cannot be judged.
_STOPS_EARLY = ("terminate_after", "timeout")


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a comparison: a template against an index. ``tag`` names it in runs.

    ``enrichments`` are the local declaration, from which a template's enriched parameters are made.
    """

    tag: str
    index: str
    template: QueryTemplate
    parameters: Mapping[str, str] = field(default_factory=dict)
    enrichments: tuple[Enrichment, ...] = ()


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What one arm returned: pages of every topic, in topic order, and the ``bodies`` it asked."""

    arm: Arm
    pages: Mapping[str, Page]
    bodies: Mapping[str, Body] = field(default_factory=dict)

    @property
    def doc_ids(self) -> Lists:
        """query_id -> document ids in rank order."""
        return {query_id: page.doc_ids for query_id, page in self.pages.items()}


def search_bodies(
    arm: Arm,
    topics: Iterable[Topic],
    stable_order: str | None,
    depth: int,
    enriched: EnrichedTopics,
) -> tuple[dict[str, Body], list[str]]:
    """Render every topic before the first search; return bodies and notes on what is left out."""
    bodies: dict[str, Body] = {}
    dropped: set[str] = set()
    for topic in topics:
        rendered = arm.template.body(topic, {**arm.parameters, **enriched.of(topic)})
        try:
            fused = read_fused(rendered)
            if fused is not None:
                fused.check_depth(depth)
        except ConfigError as error:
            raise ConfigError(f"{arm.template.path}: topic {topic.query_id}: {error}") from error
        if fused is None:
            bodies[topic.query_id] = _ranking_only(arm, rendered, stable_order, dropped)
            continue
        parts = {
            name: _ranking_only(arm, part, stable_order, dropped)
            for name, part in fused.bodies.items()
        }
        bodies[topic.query_id] = replace(fused, bodies=parts)
    notes = [f"{part} left out, it does not touch the ranking" for part in sorted(dropped)]
    return bodies, notes + _dropped_out(bodies)


def is_fused(bodies: Mapping[str, Body]) -> bool:
    """Whether any topic is fused here, so that no figure of the server can be had."""
    return any(isinstance(body, FusedQuery) for body in bodies.values())


def _ranking_only(
    arm: Arm, rendered: Mapping[str, Any], stable_order: str | None, dropped: set[str]
) -> dict[str, Any]:
    """The body without what does not touch the ranking; ``dropped`` hears of it."""
    body = dict(rendered)
    for part in _BESIDE_THE_RANKING:
        if part in body:
            del body[part]
            dropped.add(part)
    for part in _STOPS_EARLY:
        if part in body:
            raise ConfigError(
                f"{arm.template.path}: [{part}] may end a search early, and a partial answer "
                "cannot be judged; take it out of the template that is compared"
            )
    if body.get("from"):
        raise ConfigError(
            f"{arm.template.path}: [from] is {body['from']}: measures count from the first "
            "hit; take it out of the template that is compared"
        )
    body.pop("from", None)
    body.pop("size", None)  # _rank_eval sets it to k
    if stable_order is not None:
        if "sort" in body:
            raise ConfigError(
                f"{arm.template.path}: has a [sort] of its own; --stable-order would replace it"
            )
        body["sort"] = [{"_score": "desc"}, {stable_order: "asc"}]
        body["track_scores"] = True
    return body


def _dropped_out(bodies: Mapping[str, Body]) -> list[str]:
    """Of fused topics: which query dropped out for how many of them."""
    topics: dict[str, list[str]] = {}
    for query_id, body in bodies.items():
        for name in body.left_out if isinstance(body, FusedQuery) else ():
            topics.setdefault(name, []).append(query_id)
    return [
        f"query {name} dropped out for {len(found)} of {len(bodies)} topics: "
        f"{', '.join(found[:5])}{', …' if len(found) > 5 else ''}"
        for name, found in topics.items()
    ]


def dry_run(
    client: Elasticsearch, arm: Arm, bodies: Mapping[str, Body], search_type: str | None = None
) -> None:
    """Send the first topic alone, so that a refused clause is named before any figure.

    Of fused topics each query is sent once, for the first topic that has it.
    """
    firsts: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for query_id, body in bodies.items():
        parts = body.bodies if isinstance(body, FusedQuery) else {"": body}
        for name, part in parts.items():
            firsts.setdefault(name, (query_id, part))
    for query_id, part in firsts.values():
        try:
            client.search(index=arm.index, body={**part, "size": 0}, search_type=search_type)
        except ApiError as error:
            if error.status_code != 400:
                raise
            reason = _reason(error)
            raise ConfigError(
                f"{arm.template.path}:{_line_of(arm.template.source, reason)}: the engine refuses "
                f"this query (seen with topic {query_id}): {reason}"
            ) from error


def _reason(error: ApiError) -> str:
    body = error.body
    if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
        causes = body["error"].get("root_cause") or [body["error"]]
        return str(causes[0].get("reason"))
    return str(error)


def _line_of(source: str, reason: str) -> int:
    """The template line of the innermost name in brackets that stands there as a key, else 1."""
    for name in reversed(re.findall(r"\[([^\[\]]+)\]", reason)):
        found = re.search(rf'"{re.escape(name)}"', source)
        if found:
            return source.count("\n", 0, found.start()) + 1
    return 1

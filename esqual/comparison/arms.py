"""One side of a comparison: its bodies for every topic, checked before the first search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

from esqual.comparison.scoring import Lists
from esqual.errors import ConfigError
from esqual.models import Topic
from esqual.rank_eval import Page
from esqual.templates import QueryTemplate

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Arm", "ArmRun", "dry_run", "search_bodies"]

# Parts of a production body that do not touch the ranking and that _rank_eval refuses.
_BESIDE_THE_RANKING = ("aggregations", "aggs", "explain", "highlight", "profile", "suggest")
# Parts that let a search stop early: a partial answer cannot be judged.
_STOPS_EARLY = ("terminate_after", "timeout")


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a comparison: a template against an index. ``tag`` names it in runs."""

    tag: str
    index: str
    template: QueryTemplate
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What one arm returned: pages of every topic, in topic order."""

    arm: Arm
    pages: Mapping[str, Page]

    @property
    def doc_ids(self) -> Lists:
        """query_id -> document ids in rank order."""
        return {query_id: page.doc_ids for query_id, page in self.pages.items()}


def search_bodies(
    arm: Arm, topics: Iterable[Topic], stable_order: str | None
) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Render every topic before the first search; return bodies and the parts left out."""
    bodies: dict[str, Mapping[str, Any]] = {}
    dropped: set[str] = set()
    for topic in topics:
        body = dict(arm.template.body(topic, arm.parameters))
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
        bodies[topic.query_id] = body
    return bodies, sorted(dropped)


def dry_run(client: Elasticsearch, arm: Arm, bodies: Mapping[str, Mapping[str, Any]]) -> None:
    """Send the first topic alone, so that a refused clause is named before any figure."""
    query_id, body = next(iter(bodies.items()))
    try:
        client.search(index=arm.index, body={**body, "size": 0})
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

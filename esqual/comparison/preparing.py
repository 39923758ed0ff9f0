"""Before the first figure: bodies that the engine takes, on indices that are known to stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from elasticsearch import ApiError, TransportError

from esqual.comparison.arms import Arm, dry_run, search_bodies
from esqual.comparison.run_options import RunOptions
from esqual.comparison.running import Target
from esqual.comparison.state import IndexState, check_unchanged, state_of
from esqual.engine.points import point_in_time
from esqual.enrich.cache import Cache
from esqual.enrich.topics import TopicCache, TopicMemory
from esqual.errors import EngineError
from esqual.indexing import EnrichedField, enrich_topics
from esqual.models import Topic
from esqual.search import Body

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Prepared", "opened", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One arm with the bodies of all topics, which the engine accepted."""

    arm: Arm
    bodies: Mapping[str, Body]
    notes: tuple[str, ...]
    enriched: tuple[EnrichedField, ...]


def prepare(
    client: Elasticsearch,
    arms: Sequence[Arm],
    topics: Sequence[Topic],
    stable_order: str | None,
    depth: int,
    run: RunOptions,
    cache: Cache | None,
) -> list[Prepared]:
    """Enrich and render every topic of every arm and try a body of each, before any figure."""
    ask = run.sending(client).patience.ask
    kept: TopicCache = TopicMemory() if cache is None else cache
    prepared = []
    for arm in arms:
        own = arm.enrichments, arm.parameters
        made = ask(partial(enrich_topics, client, arm.index, arm.template, topics, *own, kept))
        bodies, notes = search_bodies(arm, topics, stable_order, depth, made)
        ask(partial(dry_run, client, arm, bodies, run.search_type))
        tagged = tuple(f"{arm.tag}: {note}" for note in [*notes, *made.notes()])
        prepared.append(Prepared(arm, bodies, tagged, tuple(made.fields)))
    return prepared


@contextmanager
def opened(
    client: Elasticsearch, prepared: Sequence[Prepared], run: RunOptions
) -> Iterator[list[Target]]:
    """The arms as they are searched, on indices that do not change: on a point in time, or checked.

    Raises EngineError at the end when an index changed.
    """
    sending = run.sending(client)
    ask = sending.patience.ask
    indices = list(dict.fromkeys(row.arm.index for row in prepared))
    states = {index: ask(partial(state_of, client, index)) for index in indices}
    with ExitStack() as stack:
        points: dict[str, str | None] = dict.fromkeys(indices)
        if run.pit:
            for index in indices:
                points[index] = stack.enter_context(point_in_time(client, index))
        targets = [
            Target(
                row.arm,
                row.bodies,
                states[row.arm.index],
                replace(sending, point=points[row.arm.index]),
            )
            for row in prepared
        ]
        try:
            yield targets
        except EngineError:
            # what went wrong may come of a change, which is then the thing to say
            with suppress(ApiError, TransportError):
                _check_all(client, states, run, ask)
            raise
    _check_all(client, states, run, ask)


def _check_all(
    client: Elasticsearch,
    states: Mapping[str, IndexState],
    run: RunOptions,
    ask: Callable[[Callable[[], IndexState]], IndexState],
) -> None:
    if run.pit:
        return
    for index, state in states.items():
        check_unchanged(index, state, ask(partial(state_of, client, index)))

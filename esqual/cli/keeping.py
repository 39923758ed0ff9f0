"""Keeping a comparison in the history; whatever goes wrong with that is a warning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from esqual.cli.options import TEXT

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.comparison import Arm
    from esqual.gate import CandidateResult, Gate
    from esqual.models import Qrels, Topic

__all__ = [
    "history_options",
    "history_place",
    "index_definitions",
    "keep_results",
    "warn_of_reuse",
]

_F = TypeVar("_F", bound=Callable[..., Any])

# With 20 decisions at 5 % each one false claim is to be expected: 20 x 0.05 = 1.
_MANY_DECISIONS = 20


def history_options(command: _F) -> _F:
    """``--history`` and ``--no-history``."""
    for option in (
        click.option("--no-history", is_flag=True, help="Do not keep this comparison."),
        click.option(
            "--history",
            metavar="URL",
            type=TEXT,
            help="Where comparisons are kept: a path, a database URL, off. Else ESQUAL_HISTORY, "
            "history in esqual.toml, or .esqual-history.sqlite.",
        ),
    ):
        command = option(command)
    return command


def history_place(flag: str | None, switched_off: bool) -> str | None:
    """Where to keep, None for nowhere."""
    from esqual.config import resolve_history

    if flag is not None and switched_off:
        raise click.UsageError("--history and --no-history: give one of them")
    return None if switched_off else resolve_history(flag)


def index_definitions(
    client: Elasticsearch, arms: Sequence[Arm], place: str | None
) -> dict[str, str]:
    """Tag -> mapping and analysis of its index; nothing is asked where nothing is kept."""
    if place is None:
        return {}
    from esqual.comparison.definition import definition_text

    texts = {index: definition_text(client, index) for index in {arm.index for arm in arms}}
    return {arm.tag: text for arm in arms if (text := texts[arm.index]) is not None}


def keep_results(
    place: str | None,
    results: Sequence[CandidateResult],
    *,
    engine: str,
    topics: Sequence[Topic],
    qrels: Qrels | None,
    gate: Gate,
    arms: Sequence[Arm],
    mappings: Mapping[str, str],
) -> None:
    """Write the candidates of one command, all or none; no error leaves."""
    if place is None:
        return
    try:
        numbers = _keep(place, results, engine, topics, qrels, gate, arms, mappings)
    except Exception as error:
        # a history is there to help: nothing about it may change what the comparison says
        from esqual.engine.secret import scrub

        told = " ".join(scrub(f"{error}" or type(error).__name__).split())
        click.echo(f"esqual: warning: not kept in the history: {told}", err=True)
        return
    shown = ", ".join(f"#{number}" for number in numbers)
    click.echo(f"kept in the history as {shown}", err=True)


def warn_of_reuse(place: str | None, topics: Sequence[Topic], qrels: Qrels | None) -> None:
    """Say when this test set has been decided on so often that it is fitted to; never an error."""
    if place is None:
        return
    try:
        from esqual.history import count_decisions, open_history
        from esqual.judgments.digests import digest_of_qrels, digest_of_topics

        judgments = None if qrels is None else digest_of_qrels(qrels)
        with open_history(place) as history:
            seen = count_decisions(history, digest_of_topics(topics), judgments)
    except Exception:
        # the history has told what is wrong with it, and the verdict stands without it
        return
    if seen >= _MANY_DECISIONS:
        click.echo(
            f"esqual: warning: {seen} decisions rest on these topics and judgments: what passes "
            "here may be fitted to them; decide on fresh topics (esqual topics split)",
            err=True,
        )


def _keep(
    place: str,
    results: Sequence[CandidateResult],
    engine: str,
    topics: Sequence[Topic],
    qrels: Qrels | None,
    gate: Gate,
    arms: Sequence[Arm],
    mappings: Mapping[str, str],
) -> list[int]:
    from esqual.gate.writing import gate_text
    from esqual.history import entry_of, open_history
    from esqual.history.commit import git_state
    from esqual.history.database import new_batch
    from esqual.history.entries import Origin
    from esqual.judgments.digests import digest_of_qrels, digest_of_topics
    from esqual.judgments.topics import iter_topic_lines

    commit, dirty = git_state()
    origin = Origin(
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        engine=engine,
        topics_digest=digest_of_topics(topics),
        judgments_digest=None if qrels is None else digest_of_qrels(qrels),
        topics="".join(f"{line}\n" for line in iter_topic_lines("the history", topics)),
        gate=gate_text(gate) if gate.judges else None,
        templates={arm.tag: arm.template.source for arm in arms},
        mappings=mappings,
        parameters={arm.tag: arm.parameters for arm in arms},
        git_commit=commit,
        git_dirty=dirty,
    )
    batch = new_batch()
    entries = [entry_of(result, origin, batch) for result in results]
    with open_history(place, writing=True) as history:
        return history.keep(entries)

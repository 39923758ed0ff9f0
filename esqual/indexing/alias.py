"""An index behind an alias: built beside the one that serves, checked, and swapped in one call.

A build is an index ``ALIAS-YYYYMMDD-HHMMSS`` that says in ``_meta.esqual.build`` for which alias
it was made, and ``served`` once it has been behind it. Only such indices are ever deleted: builds
that never got ready, and the oldest of those that have served.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError, NotFoundError, TransportError

from esqual.corpus import Rejects
from esqual.enrich.documents import EnrichOptions
from esqual.errors import ConfigError, EngineError, IndexingError
from esqual.indexing.body import IndexBody, describe_api_error
from esqual.indexing.load import IndexReport, LoadOptions, careful, load_opened
from esqual.indexing.loading import Loading, loading_of, write_meta
from esqual.indexing.prepare import UNHEARD, Opened, check_name, open_index
from esqual.indexing.sending import OnDuplicate, Progress
from esqual.indexing.smoke import Sample, check_searchable
from esqual.indexing.tuning import put_back
from esqual.models import Document
from esqual.patience import Patience

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["AliasReport", "build_behind_alias"]

# a build of another machine that has not been heard of for so long is taken as dead
_DEAD_AFTER_S = 600.0
_REPLICAS_WAIT_S = 60


@dataclass(frozen=True, slots=True)
class AliasReport:
    """What a build did: ``alias`` now names ``load.index`` alone, in place of ``replaced``.

    ``deleted`` are builds that were left half-made, or older ones than are kept.
    """

    alias: str
    load: IndexReport
    replaced: tuple[str, ...]
    deleted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Build:
    """An index that was made here for an alias. ``aliases``: all that it has now."""

    name: str
    meta: Mapping[str, Any]
    loading: Loading | None
    served: bool
    aliases: frozenset[str]

    def is_dead(self) -> bool:
        """Whether nobody is at it any more."""
        if self.loading is None:
            return True
        if self.loading.is_elsewhere():
            return self.loading.silent_s() > _DEAD_AFTER_S
        return not self.loading.is_running_here()


def build_behind_alias(
    client: Elasticsearch,
    documents: Iterable[Document],
    alias: str,
    body: IndexBody,
    *,
    keep: int = 1,
    resume: bool = False,
    on_duplicate: OnDuplicate = "error",
    rejects: Rejects | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_note: Callable[[str], None] = lambda note: None,
    enriching: EnrichOptions | None = None,
    options: LoadOptions | None = None,
) -> AliasReport:
    """Index ``documents`` into a new index, check it, and let ``alias`` name it instead.

    The alias is touched by one atomic call, after everything was counted and found; whatever fails
    before leaves it as it was. ``keep`` earlier builds are kept to go back to. Half-made builds
    of earlier runs are deleted, or with ``resume`` the last one is finished. Other arguments and
    errors are those of :func:`esqual.indexing.index_corpus`.
    """
    options = options or LoadOptions()
    client, patience = careful(client, options)
    check_name(alias)
    if body.body.get("aliases"):
        raise ConfigError(
            f'{body.path}: a mapping file with "aliases" would serve a half-made index; leave them '
            "out with --alias"
        )
    before = _served_by(client, alias, patience)
    builds = _builds(client, alias, patience)
    for build in builds:
        if build.name in before and not build.served:
            # a run that was killed right after its swap
            _mark_served(client, build, patience)
    unfinished = [b for b in builds if not b.served and b.name not in before]
    name = _to_resume(unfinished, body) if resume else None
    dropped = _drop(client, [b for b in unfinished if b.name != name], patience, on_note)
    sample = Sample(documents)
    opened = open_index(
        client,
        name or _new_name(alias, {build.name for build in builds}),
        body,
        "create",
        resume=resume,
        keep_replicas=options.keep_replicas,
        patience=patience,
        said={"build": {"alias": alias, "served": False}},
    )
    report = load_opened(
        client,
        sample,
        opened,
        body,
        on_duplicate=on_duplicate,
        rejects=rejects,
        on_progress=on_progress,
        enriching=enriching,
        options=replace(options, patience=patience),
        verify=lambda report: _verify(client, opened, sample, report, patience),
    )
    _swap(client, alias, opened.name, before, patience)
    _mark_served(client, _Build(opened.name, opened.meta, None, False, frozenset()), patience)
    dropped += _prune(client, alias, opened.name, keep, patience, on_note)
    return AliasReport(alias, report, tuple(before), tuple(dropped))


def _served_by(client: Elasticsearch, alias: str, patience: Patience) -> dict[str, Any]:
    """Index → properties of the alias now. Raises ConfigError for what a swap would lose."""
    try:
        answer = patience.ask(lambda: client.indices.get_alias(name=alias), unheard=UNHEARD).body
    except NotFoundError:
        answer = {}
        if patience.ask(lambda: bool(client.indices.exists(index=alias))):
            raise ConfigError(
                f"{alias!r} is an index, so no alias can have this name; name another with "
                "--alias, or write to the index with --index"
            ) from None
    served = {index: entry["aliases"][alias] for index, entry in answer.items()}
    for index, properties in served.items():
        kept = sorted(set(properties) - {"is_write_index"})
        if kept:
            raise ConfigError(
                f"the alias {alias!r} has {kept[0]!r} on the index {index!r}, which the swap would "
                "lose; make an alias without it"
            )
    return served


def _builds(client: Elasticsearch, alias: str, patience: Patience) -> list[_Build]:
    """The builds for ``alias``, oldest first."""
    answer = patience.ask(lambda: client.indices.get(index=f"{alias}-*", ignore_unavailable=True))
    builds = []
    for name, entry in answer.body.items():
        meta = entry["mappings"].get("_meta", {})
        build = meta.get("esqual", {}).get("build", {})
        if build.get("alias") == alias and _stamp(alias, name) is not None:
            loading = loading_of(entry["mappings"])
            aliases = frozenset(entry.get("aliases", {}))
            builds.append(_Build(name, meta, loading, bool(build.get("served")), aliases))
    return sorted(builds, key=lambda build: _stamp(alias, build.name) or ("", 0))


def _stamp(alias: str, name: str) -> tuple[str, int] | None:
    """Date and number that a build's name holds."""
    found = re.fullmatch(re.escape(alias) + r"-(\d{8}-\d{6})(?:-(\d+))?", name)
    return None if found is None else (found[1], int(found[2] or 1))


def _new_name(alias: str, taken: set[str]) -> str:
    name = base = f"{alias}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    number = 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def _to_resume(unfinished: list[_Build], body: IndexBody) -> str | None:
    """The newest half-made build of the same mapping file."""
    for build in reversed(unfinished):
        digest = build.meta.get("esqual", {}).get("mapping_digest")
        if build.loading is not None and build.is_dead() and digest == body.digest:
            return build.name
    return None


def _drop(
    client: Elasticsearch,
    builds: Iterable[_Build],
    patience: Patience,
    on_note: Callable[[str], None],
) -> list[str]:
    """Delete builds that nobody is at and nothing else names; the names of those deleted."""
    dropped = []
    for build in builds:
        if build.aliases:
            on_note(f"{build.name} is kept: it is behind {', '.join(sorted(build.aliases))}")
        elif not build.is_dead():
            loading = build.loading
            assert loading is not None
            on_note(
                f"{build.name} is left alone: the process {loading.pid} on {loading.host} is "
                "building it, or was a few minutes ago"
            )
        else:
            _delete(client, build.name, patience)
            dropped.append(build.name)
    return dropped


def _delete(client: Elasticsearch, index: str, patience: Patience) -> None:
    patience.ask(lambda: client.indices.delete(index=index, ignore_unavailable=True))


def _verify(
    client: Elasticsearch, opened: Opened, sample: Sample, report: IndexReport, patience: Patience
) -> None:
    """What is to serve must hold the corpus alone, find a document of it, and have its copies."""
    index = opened.name
    if report.indexed == 0:
        raise IndexingError(
            f"the corpus has no document, so the new index {index!r} would serve nothing; the "
            "alias stays as it was"
        )
    if report.total != report.indexed:
        raise IndexingError(
            f"the new index {index!r} holds {report.total:,} documents, and the corpus has "
            f"{report.indexed:,} distinct ids; the alias stays as it was; run it again"
        )
    check_searchable(client, index, sample, report.total, patience)
    patience.ask(lambda: put_back(client, index, opened.loading.settings))
    _wait_for_copies(client, index)


def _wait_for_copies(client: Elasticsearch, index: str) -> None:
    """Give replicas a minute; a cluster with too few nodes never has them, and serves all the same.

    Raises EngineError when the index does not even answer.
    """
    try:
        health = client.cluster.health(
            index=index,
            wait_for_status="yellow",
            wait_for_no_initializing_shards=True,
            timeout=f"{_REPLICAS_WAIT_S}s",
        )
    except (ApiError, TransportError):
        return  # the searches of the check above were answered; this is only courtesy
    if health["status"] == "red":
        raise EngineError(f"the new index {index!r} is red; the alias stays as it was")


def _swap(
    client: Elasticsearch, alias: str, index: str, before: Iterable[str], patience: Patience
) -> None:
    """One call, all or nothing; refused when someone else has moved the alias in the meantime."""
    actions: list[dict[str, Any]] = [
        {"remove": {"index": old, "alias": alias, "must_exist": True}} for old in before
    ]
    actions.append({"add": {"index": index, "alias": alias}})

    def swap() -> None:
        try:
            client.indices.update_aliases(actions=actions)
        except NotFoundError as error:
            # also said when the call before did it and its answer got lost
            if set(_served_by(client, alias, patience)) != {index}:
                raise EngineError(
                    f"the alias {alias!r} was moved by someone else while {index!r} was built "
                    f"({describe_api_error(error)}); it stays as it is; run it again"
                ) from error

    patience.ask(swap)


def _mark_served(client: Elasticsearch, build: _Build, patience: Patience) -> None:
    esqual = build.meta.get("esqual", {})
    said = {**esqual, "build": {**esqual.get("build", {}), "served": True}}
    meta = {**build.meta, "esqual": said}
    patience.ask(lambda: write_meta(client, build.name, meta, build.loading))


def _prune(
    client: Elasticsearch,
    alias: str,
    serving: str,
    keep: int,
    patience: Patience,
    on_note: Callable[[str], None],
) -> list[str]:
    """Delete all builds that have served but the last ``keep`` and the one that serves."""
    old = [b for b in _builds(client, alias, patience) if b.name != serving and b.served]
    return _drop(client, old[: max(0, len(old) - keep)], patience, on_note)

"""An index made ready to be loaded: created, or found and compared; marked as being loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from elasticsearch import BadRequestError

from esqual.enrich.agreement import check_agreement, enriched_by
from esqual.errors import ConfigError, EngineError
from esqual.indexing.body import IndexBody, Mode, describe_api_error
from esqual.indexing.loading import Loading, loading_of, write_meta
from esqual.indexing.tuning import put_back, settings_to_switch, switch
from esqual.patience import Patience

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = [
    "UNHEARD",
    "Opened",
    "check_name",
    "check_unchanged",
    "close_index",
    "open_index",
    "save",
]

_FORBIDDEN = frozenset('\\/*?"<>| ,#:')
# a server that is not there at all is told of after about two seconds
UNHEARD = 2


@dataclass(frozen=True, slots=True)
class Opened:
    """An index that is being loaded: its concrete name, its identity, and what it says of it.

    ``meta`` is its ``_meta`` without the load. ``resumed`` is the load that was cut off and goes
    on, else None.
    """

    name: str
    uuid: str
    meta: Mapping[str, Any]
    loading: Loading
    resumed: Loading | None = None


def open_index(
    client: Elasticsearch,
    index: str,
    body: IndexBody | None,
    mode: Mode,
    *,
    resume: bool = False,
    keep_replicas: bool = False,
    patience: Patience,
    said: Mapping[str, Any] | None = None,
) -> Opened:
    """Make ``index`` ready to be written to and mark it as being loaded.

    Settings that a killed load left switched are put back first. ``said`` is written into
    ``_meta.esqual`` of an index that is created. Raises ConfigError when the index exists and
    ``mode`` does not say what to do with it, when there is none and no ``body`` to create it from,
    and when the engine refuses the body; a refused body never costs an existing index. Raises
    EngineError when another process of this machine is loading it.
    """
    check_name(index)
    exists = patience.ask(lambda: bool(client.indices.exists(index=index)), unheard=UNHEARD)
    if body is None and (not exists or mode != "append"):
        raise ConfigError(
            f"there is no index {index!r} to add to; name a mapping file with --mapping"
            if not exists
            else f"the index {index!r} needs a mapping file: --mapping FILE"
        )
    if exists:
        _check_not_loaded(patience.ask(lambda: client.indices.get_mapping(index=index)).body)
    if exists and mode == "recreate":
        assert body is not None
        _try_body(client, index, body, patience)
        patience.ask(lambda: client.indices.delete(index=index, ignore_unavailable=True))
        exists = False
    if not exists:
        assert body is not None
        _create(client, index, body, patience, said or {})
        return _begin(client, index, None, patience, keep_replicas=keep_replicas)
    left = _repair(client, index, patience)
    mappings = patience.ask(lambda: client.indices.get_mapping(index=index)).body
    if len(mappings) > 1:
        raise ConfigError(
            f"{index!r} stands for several indices ({', '.join(sorted(mappings))}); name one"
        )
    if mode == "create":
        assert body is not None
        _check_same(mappings, body)
    _check_enriched(mappings, body)
    return _begin(client, index, left if resume else None, patience, keep_replicas=keep_replicas)


def _begin(
    client: Elasticsearch,
    index: str,
    resumed: Loading | None,
    patience: Patience,
    *,
    keep_replicas: bool,
) -> Opened:
    """Say that a load begins, then switch the settings: in this order a kill can be repaired."""
    [(name, entry)] = patience.ask(lambda: client.indices.get_mapping(index=index)).body.items()
    patience.ask(lambda: client.indices.refresh(index=name))
    here = int(patience.ask(lambda: client.count(index=name))["count"])
    before = resumed.before if resumed is not None else here
    settings = patience.ask(
        # the copies of what others may be searching stay
        lambda: settings_to_switch(client, name, replicas=before == 0 and not keep_replicas)
    )
    done = resumed.done if resumed is not None else Loading.begin(0).done
    loading = replace(Loading.begin(before), settings=settings, done=done)
    meta = entry["mappings"].get("_meta", {})
    esqual = {k: v for k, v in meta.get("esqual", {}).items() if k != "loading"}
    opened = Opened(
        name, _uuid(client, name, patience), {**meta, "esqual": esqual}, loading, resumed
    )
    save(client, opened, patience)
    patience.ask(lambda: switch(client, name, settings))
    return opened


def save(client: Elasticsearch, opened: Opened, patience: Patience) -> None:
    """Write how far the load is into the index."""
    patience.ask(lambda: write_meta(client, opened.name, opened.meta, opened.loading))


def close_index(
    client: Elasticsearch, opened: Opened, patience: Patience, *, complete: bool
) -> None:
    """Put the settings back, then say that the load is over; unless it is not ``complete``."""
    patience.ask(lambda: put_back(client, opened.name, opened.loading.settings))
    left = None if complete else replace(opened.loading, settings={})
    patience.ask(lambda: write_meta(client, opened.name, opened.meta, left))


def check_unchanged(client: Elasticsearch, opened: Opened, patience: Patience) -> None:
    """The index that was opened must still be the one of this name."""
    if _uuid(client, opened.name, patience) != opened.uuid:
        raise EngineError(
            f"the index {opened.name!r} was deleted and made again by someone else while it was "
            "loaded; run it again with --recreate"
        )


def _uuid(client: Elasticsearch, index: str, patience: Patience) -> str:
    answer = patience.ask(lambda: client.indices.get_settings(index=index, flat_settings=True))
    [entry] = answer.body.values()
    return str(entry["settings"].get("index.uuid", ""))


def _check_not_loaded(mappings: Mapping[str, Any]) -> None:
    for name, entry in mappings.items():
        loading = loading_of(entry["mappings"])
        if loading is not None and loading.is_running_here():
            raise EngineError(
                f"the index {name!r} is being loaded by the process {loading.pid} of this machine "
                f"since {loading.started}; wait for it, or end it"
            )


def _repair(client: Elasticsearch, index: str, patience: Patience) -> Loading | None:
    """Put back what a killed load had switched; what it says of itself."""
    left = None
    for name, entry in patience.ask(lambda: client.indices.get_mapping(index=index)).body.items():
        left = loading_of(entry["mappings"])
        if left is not None and left.settings:
            meta = entry["mappings"].get("_meta", {})
            patience.ask(partial(put_back, client, name, left.settings))
            patience.ask(partial(write_meta, client, name, meta, replace(left, settings={})))
    return left


def _try_body(client: Elasticsearch, index: str, body: IndexBody, patience: Patience) -> None:
    # tried under another name first: a body that is refused must not cost the index
    trial = f"{index}-esqual-trial"
    patience.ask(lambda: client.indices.delete(index=trial, ignore_unavailable=True))
    _create(client, trial, body, patience, {}, aliases=False)
    patience.ask(lambda: client.indices.delete(index=trial, ignore_unavailable=True))


def _create(
    client: Elasticsearch,
    index: str,
    body: IndexBody,
    patience: Patience,
    said: Mapping[str, Any],
    *,
    aliases: bool = True,
) -> None:
    """Create ``index``; from its first moment it says that it is not complete."""
    loading = Loading.begin(0)
    sent = body.marked(**said, loading=loading.to_meta())
    if not aliases:
        sent.pop("aliases", None)
    try:
        _create_once(client, index, sent, patience)
    except BadRequestError as error:
        raise ConfigError(
            f"{body.path}: the engine refuses this mapping file: {describe_api_error(error)}"
        ) from error


def _create_once(
    client: Elasticsearch, index: str, sent: Mapping[str, Any], patience: Patience
) -> None:
    asked = 0

    def create() -> None:
        nonlocal asked
        asked += 1
        try:
            client.indices.create(index=index, body=dict(sent))
        except BadRequestError as error:
            # asked again, it may have been made by the request before, whose answer got lost
            if asked == 1 or error.error != "resource_already_exists_exception":
                raise

    patience.ask(create)


def _check_same(mappings: Mapping[str, Any], body: IndexBody) -> None:
    for name, entry in mappings.items():
        mark = entry["mappings"].get("_meta", {}).get("esqual", {})
        if mark.get("mapping_digest") == body.digest:
            continue
        made = (
            f"was made from another mapping file than {body.path}"
            if mark
            else "was not made by esqual index, so its mapping cannot be compared"
        )
        raise ConfigError(
            f"the index {name!r} exists and {made}; use --recreate to replace it, --append to add "
            "to it under its own mapping, or another --index"
        )


def _check_enriched(mappings: Mapping[str, Any], body: IndexBody | None) -> None:
    """New documents of an index are enriched as those that it holds, or not added."""
    enrichments = () if body is None else body.enrichments
    declared = {enrichment.target for enrichment in enrichments}
    for name, entry in mappings.items():
        more = sorted(set(enriched_by(entry["mappings"])) - declared)
        if more:
            here = "no mapping file is named" if body is None else f"{body.path} declares no such"
            raise ConfigError(
                f"the documents of the index {name!r} have the enriched field {more[0]!r}, and "
                f"{here}: what is added would lack it; name the mapping file that the index was "
                "made from with --mapping"
            )
    check_agreement(mappings, enrichments)


def check_name(index: str) -> None:
    """Raises ConfigError for what is no name of one index."""
    # A pattern would be understood by an engine as several indices, --recreate included.
    bad = sorted(set(index) & _FORBIDDEN)
    if bad:
        raise ConfigError(f"{index!r} is not an index name: it must not contain {bad[0]!r}")
    if not index or index[0] in "-_+" or index in (".", "..") or index != index.lower():
        raise ConfigError(
            f"{index!r} is not an index name: lower case, not beginning with -, _ or +"
        )
    if len(index.encode()) > 200:
        raise ConfigError(f"the index name is longer than 200 bytes: {index[:40]}…")

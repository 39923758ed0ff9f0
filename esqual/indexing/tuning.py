"""Settings that are switched while an index is loaded, and put back however the load ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["put_back", "settings_to_switch", "switch"]

REFRESH, REPLICAS = "index.refresh_interval", "index.number_of_replicas"
# what a load wants: no refresh of its own accord, and every document written once
_WANTED = {REFRESH: "-1", REPLICAS: "0"}


def settings_to_switch(
    client: Elasticsearch, index: str, *, replicas: bool
) -> dict[str, str | None]:
    """The settings of ``index`` that a load switches, as they are now; None is the default.

    ``replicas``: whether these too; only an index that holds nothing yet can lose its copies
    without harm. They are left alone where the cluster sets them itself (auto_expand_replicas).
    """
    answer = client.indices.get_settings(index=index, flat_settings=True).body
    [entry] = answer.values()
    settings: Mapping[str, Any] = entry["settings"]
    now = {REFRESH: settings.get(REFRESH)}
    if replicas and settings.get("index.auto_expand_replicas", "false") == "false":
        now[REPLICAS] = settings.get(REPLICAS)
    return {name: value for name, value in now.items() if value != _WANTED[name]}


def switch(client: Elasticsearch, index: str, settings: Mapping[str, Any]) -> None:
    """Give each setting of ``settings`` the value that a load wants."""
    if settings:
        client.indices.put_settings(index=index, settings={k: _WANTED[k] for k in settings})


def put_back(client: Elasticsearch, index: str, settings: Mapping[str, Any]) -> None:
    """Give each setting the value that stands in ``settings``; only those that a load switches."""
    known = {name: value for name, value in settings.items() if name in _WANTED}
    if known:
        client.indices.put_settings(index=index, settings=known)

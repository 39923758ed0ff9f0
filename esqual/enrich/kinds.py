"""The kinds of enrichment: a table of names, and what a kind and its worker must be.

A kind is imported when it is used, and its model is loaded once per process, by the process that
enriches: what travels between processes is an :class:`esqual.enrich.spec.Enrichment`, plain values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

__all__ = ["KINDS", "POOL_FROM", "DocumentFailure", "Kind", "Worker", "find_kind", "load_worker"]

# kind -> "module:object"; a mapping file names a kind of this table, never a module
KINDS = {
    "dependency": "esqual.enrich.dependency.kind:KIND",
    "vector": "esqual.enrich.vectors.kind:KIND",
}

# characters that must be waiting before processes are worth their start. A kind may have its own:
# a method pool_from(parameters), which gives None when they never are
POOL_FROM = 60_000


@dataclass(frozen=True, slots=True)
class DocumentFailure:
    """A document that could not be enriched, and why: one sentence without its id."""

    reason: str


class Worker(Protocol):
    """A loaded model of one process."""

    def documents(self, texts: Sequence[str]) -> Sequence[Any | DocumentFailure]:
        """One JSON value per text, in their order.

        An empty text gives the kind's empty value; None leaves the target field out.
        """

    def topics(self, name: str, texts: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """Template parameters of each text, with the keys of :meth:`Kind.query_names`.

        Empty is what Mustache calls false: False, None, empty text or list.
        """


@runtime_checkable
class Kind(Protocol):
    """One way to make a field of a text. Only :meth:`load` may take time or memory."""

    def defaults(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """``parameters`` checked and completed; ConfigError names the wrong one."""

    def fingerprint(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What decides the outcome besides ``parameters`` (complete ones), as JSON.

        ``model``, ``version`` and ``digest`` (of a fitted artefact) are the keys that a mapping
        file can pin; any other key is the kind's own. ConfigError or EnrichmentError when a part
        is not installed, with the line that installs it.
        """

    def load(self, parameters: Mapping[str, Any]) -> Worker:
        """Load the model for ``parameters`` (complete ones)."""

    def query_names(self, name: str) -> Sequence[str]:
        """Names of the template parameters that the enrichment ``name`` gives."""

    def check_field(self, parameters: Mapping[str, Any], field: Mapping[str, Any]) -> None:
        """ConfigError when ``field``, the mapping of the target, cannot hold what is made."""


_kinds: dict[str, Kind] = {}
_workers: dict[tuple[str, str], Worker] = {}


def find_kind(implementation: str) -> Kind:
    """The object that ``implementation`` (``module:object``, a value of the table) names."""
    if implementation not in _kinds:
        module, _, name = implementation.partition(":")
        _kinds[implementation] = getattr(import_module(module), name)
    return _kinds[implementation]


def load_worker(implementation: str, parameters: Mapping[str, Any]) -> Worker:
    """The worker for ``parameters`` (complete ones); loaded once per process, then kept."""
    key = implementation, json.dumps(parameters, sort_keys=True)
    if key not in _workers:
        _workers[key] = find_kind(implementation).load(parameters)
    return _workers[key]

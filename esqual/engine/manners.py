"""How an engine wants to be used, for those who do not know which engine it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Manners", "manners_of"]

_WRITERS = 4
# one request is answered while the next is sent and the last is read
_READERS = 2


@dataclass(frozen=True, slots=True)
class Manners:
    """``writers``: bulk requests that may be under way at once; ``readers``: requests that search.

    ``patient``: whether waiting and asking again can help where a request found no one or was
    turned away. The embedded engine is in this process: it is there, or it never will be.
    """

    writers: int
    readers: int
    patient: bool


def manners_of(client: Elasticsearch) -> Manners:
    """The embedded engine takes one request after another (corpus order decides ties)."""
    node = next(iter(client.transport.node_pool.all()))
    if getattr(node, "IN_THIS_PROCESS", False):
        return Manners(writers=1, readers=1, patient=False)
    return Manners(writers=_WRITERS, readers=_READERS, patient=True)

"""What is asked of the cluster as a whole: info, ping, health."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import illegal_argument, unsupported
from esqual.engine.lucene.jars import LUCENE_VERSION
from esqual.engine.lucene.names import OPTIONS, Expand
from esqual.engine.lucene.rest import Request, Route

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog

__all__ = ["ROUTES", "VERSION"]

# the server whose answers this engine gives; its Lucene is ours
VERSION = "9.4.3"


def info(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``GET /`` and the client's ping."""
    return {
        "name": "embedded",
        "cluster_name": "esqual",
        "cluster_uuid": hashlib.sha1(str(catalog.folder).encode()).hexdigest()[:22],
        "version": {
            "number": VERSION,
            "build_flavor": "esqual-embedded",
            "build_type": "python",
            "build_hash": "unknown",
            "build_date": "1970-01-01T00:00:00.000Z",
            "build_snapshot": False,
            "lucene_version": LUCENE_VERSION,
            "minimum_wire_compatibility_version": "8.19.0",
            "minimum_index_compatibility_version": "8.0.0",
        },
        "tagline": "esqual's embedded engine: Lucene in this process, not an Elasticsearch server",
    }


def health(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``GET /_cluster/health``: one node, one shard per index, always green."""
    expression = request.variables.get("index")
    level = request.parameters.get("level", "cluster")
    if level not in ("cluster", "indices", "shards"):
        raise illegal_argument(f"unknown level [{level}]")
    nodes = request.parameters.get("wait_for_nodes", "1")
    if nodes not in ("1", ">=1", "ge(1)", "<=1", "le(1)"):
        raise unsupported(f"wait_for_nodes={nodes}")
    indices = catalog.resolve(expression, Expand.of(request, lenient=True))
    shards = _shard_counts(len(indices))
    answer: dict[str, Any] = {
        "cluster_name": "esqual",
        "status": "green",
        "timed_out": False,
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        **shards,
        "unassigned_primary_shards": 0,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0,
    }
    if level != "cluster":
        one = {"status": "green", "number_of_shards": 1, "number_of_replicas": 0}
        answer["indices"] = {index.name: {**one, **_shard_counts(1)} for index in indices}
    return answer


def _shard_counts(count: int) -> dict[str, int]:
    return {
        "active_primary_shards": count,
        "active_shards": count,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": 0,
    }


# every wait is over before it begins: the state is always green and there is one node
_HEALTH = OPTIONS | frozenset(
    {
        "level",
        "local",
        "master_timeout",
        "timeout",
        "wait_for_active_shards",
        "wait_for_events",
        "wait_for_no_initializing_shards",
        "wait_for_no_relocating_shards",
        "wait_for_nodes",
        "wait_for_status",
    }
)

ROUTES = (
    Route("GET", "/", info),
    Route("GET", "/_cluster/health", health, _HEALTH),
    Route("GET", "/_cluster/health/{index}", health, _HEALTH),
)

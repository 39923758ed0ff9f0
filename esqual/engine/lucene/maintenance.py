"""Refresh, flush, merge, and figures: ``_stats``, ``_cat``, ``_resolve``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import illegal_argument, unsupported
from esqual.engine.lucene.names import OPTIONS, Expand, matches
from esqual.engine.lucene.rest import Request, Route

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.index import Index

__all__ = ["ROUTES"]


def _on_each(work: Callable[[Index], None]) -> Callable[[Catalog, Request], dict[str, Any]]:
    def handler(catalog: Catalog, request: Request) -> dict[str, Any]:
        indices = catalog.resolve(request.variables.get("index"), Expand.of(request))
        for index in indices:
            work(index)
        return {"_shards": _shards(indices)}

    return handler


def _shards(indices: list[Index]) -> dict[str, int]:
    copies = sum(int(index.setting("index.number_of_replicas")) + 1 for index in indices)
    return {"total": copies, "successful": len(indices), "failed": 0}


refresh = _on_each(lambda index: index.refresh())
flush = _on_each(lambda index: index.flush())


def force_merge(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``POST /{index}/_forcemerge``."""
    if request.flag("only_expunge_deletes"):
        raise unsupported("only_expunge_deletes")
    if not request.flag("wait_for_completion", True):
        raise unsupported("wait_for_completion=false")
    segments = request.integer("max_num_segments", 1)
    if segments is None or segments < 1:
        raise illegal_argument("max_num_segments must be at least 1")
    return _on_each(lambda index: index.force_merge(segments))(catalog, request)


# ---------------------------------------------------------------------- stats


def stats(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``GET /{index}/_stats``: documents, bytes on disk and segments; ``level`` adds the shard."""
    level = request.parameters.get("level", "indices")
    if level not in ("cluster", "indices", "shards"):
        raise illegal_argument(
            f"level parameter must be one of [cluster] or [indices] or [shards] but was [{level}]"
        )
    wanted = request.variables.get("metric", "_all").split(",")
    known = ("docs", "store", "segments")
    for name in wanted:
        if name not in (*known, "_all"):
            raise unsupported(f"_stats of {name}")
    chosen = known if "_all" in wanted else tuple(n for n in known if n in wanted)
    indices = catalog.resolve(request.variables.get("index"), Expand.of(request))
    figures = {index.name: _figures(index, chosen) for index in indices}
    answer: dict[str, Any] = {
        "_shards": _shards(indices),
        "_all": {kind: _sum(list(figures.values()), chosen) for kind in ("primaries", "total")},
    }
    if level != "cluster":
        answer["indices"] = {
            index.name: {
                "uuid": index.uuid,
                "health": "green",
                "status": "open",
                "primaries": figures[index.name],
                "total": figures[index.name],
                **({"shards": _one_shard(index, figures[index.name])} if level == "shards" else {}),
            }
            for index in indices
        }
    return answer


def _one_shard(index: Index, figures: dict[str, dict[str, int]]) -> dict[str, list[dict[str, Any]]]:
    last = index.max_seq_no()
    routing = {"state": "STARTED", "primary": True, "node": "embedded", "relocating_node": None}
    numbers = {"max_seq_no": last, "local_checkpoint": last, "global_checkpoint": last}
    return {"0": [{"routing": routing, **figures, "seq_no": numbers}]}


def _figures(index: Index, chosen: tuple[str, ...]) -> dict[str, dict[str, int]]:
    searcher = index.searcher()
    size = index.size_in_bytes()
    whole = {
        "docs": {
            "count": searcher.count(),
            "deleted": int(searcher.reader.numDeletedDocs()),
            "total_size_in_bytes": size,
        },
        "store": {
            "size_in_bytes": size,
            "total_data_set_size_in_bytes": size,
            "reserved_in_bytes": 0,
        },
        "segments": {"count": int(searcher.reader.leaves().size())},
    }
    return {name: whole[name] for name in chosen}


def _sum(
    figures: list[dict[str, dict[str, int]]], chosen: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = {}
    for name in chosen:
        for one in figures:
            for key, value in one[name].items():
                group = total.setdefault(name, {})
                group[key] = group.get(key, 0) + value
    return total


# ---------------------------------------------------------------------- _cat and _resolve

Row = dict[str, Any]


def _table(request: Request, rows: list[Row]) -> list[Row]:
    if request.parameters.get("format") != "json":
        raise unsupported("_cat without format=json")
    for name in ("s", "help", "v", "bytes", "time"):
        if name in request.parameters:
            raise unsupported(f"_cat with {name}")
    columns = request.parameters.get("h")
    if columns is None:
        return rows
    names = columns.split(",")
    chosen = [name for part in names for name in (matches(part, rows[0]) if rows else [])]
    return [{name: row[name] for name in chosen} for row in rows]


def cat_indices(catalog: Catalog, request: Request) -> list[Row]:
    """``GET /_cat/indices?format=json``."""
    rows = []
    for index in catalog.resolve(request.variables.get("index"), Expand.of(request)):
        figures = _figures(index, ("docs", "store"))
        size = str(figures["store"]["size_in_bytes"])
        rows.append(
            {
                "health": "green",
                "status": "open",
                "index": index.name,
                "uuid": index.uuid,
                "pri": "1",
                "rep": str(index.setting("index.number_of_replicas")),
                "docs.count": str(figures["docs"]["count"]),
                "docs.deleted": str(figures["docs"]["deleted"]),
                "store.size": size,
                "pri.store.size": size,
                "dataset.size": size,
            }
        )
    return _table(request, rows)


def cat_count(catalog: Catalog, request: Request) -> list[Row]:
    """``GET /_cat/count?format=json``."""
    indices = catalog.resolve(request.variables.get("index"), Expand.of(request))
    count = sum(index.searcher().count() for index in indices)
    now = time.time()
    clock = time.strftime("%H:%M:%S", time.gmtime(now))
    return _table(request, [{"epoch": str(int(now)), "timestamp": clock, "count": str(count)}])


def cat_aliases(catalog: Catalog, request: Request) -> list[Row]:
    """``GET /_cat/aliases?format=json``."""
    wanted = request.variables.get("name", "*").split(",")
    rows = []
    for alias, names in sorted(catalog.aliases().items()):
        if not any(matches(part, [alias]) for part in wanted):
            continue
        for name in names:
            writes = catalog.indices()[name].aliases[alias].get("is_write_index")
            rows.append(
                {
                    "alias": alias,
                    "index": name,
                    "filter": "-",
                    "routing.index": "-",
                    "routing.search": "-",
                    "is_write_index": "-" if writes is None else str(writes).lower(),
                }
            )
    return _table(request, rows)


def resolve_index(catalog: Catalog, request: Request) -> dict[str, Any]:
    """``GET /_resolve/index/{name}``."""
    expression = request.variables["name"]
    indices = catalog.resolve(expression, Expand.of(request))
    parts = expression.split(",")
    aliases = {
        alias: names
        for alias, names in sorted(catalog.aliases().items())
        if any(part == "_all" or matches(part, [alias]) for part in parts)
    }
    rows = []
    for index in indices:
        if not any(part == "_all" or matches(part, [index.name]) for part in parts):
            continue
        row: Row = {"name": index.name}
        if index.aliases:
            row["aliases"] = sorted(index.aliases)
        rows.append({**row, "attributes": ["open"], "mode": "standard"})
    return {
        "indices": rows,
        "aliases": [{"name": alias, "indices": names} for alias, names in aliases.items()],
        "data_streams": [],
    }


_CAT = OPTIONS | frozenset({"format", "h", "s", "help", "v", "bytes", "time"})
_STATS = OPTIONS | {"level"}
_FLUSH = OPTIONS | frozenset({"force", "wait_if_ongoing"})
_MERGE = OPTIONS | frozenset(
    {"max_num_segments", "only_expunge_deletes", "flush", "wait_for_completion"}
)

ROUTES = (
    Route("GET POST", "/_refresh", refresh, OPTIONS),
    Route("GET POST", "/{index}/_refresh", refresh, OPTIONS),
    Route("GET POST", "/_flush", flush, _FLUSH),
    Route("GET POST", "/{index}/_flush", flush, _FLUSH),
    Route("POST", "/_forcemerge", force_merge, _MERGE),
    Route("POST", "/{index}/_forcemerge", force_merge, _MERGE),
    Route("GET", "/_stats", stats, _STATS),
    Route("GET", "/_stats/{metric}", stats, _STATS),
    Route("GET", "/{index}/_stats", stats, _STATS),
    Route("GET", "/{index}/_stats/{metric}", stats, _STATS),
    Route("GET", "/_cat/indices", cat_indices, _CAT),
    Route("GET", "/_cat/indices/{index}", cat_indices, _CAT),
    Route("GET POST", "/_cat/count", cat_count, _CAT),
    Route("GET POST", "/_cat/count/{index}", cat_count, _CAT),
    Route("GET", "/_cat/aliases", cat_aliases, _CAT),
    Route("GET", "/_cat/aliases/{name}", cat_aliases, _CAT),
    Route("GET", "/_resolve/index/{name}", resolve_index, OPTIONS),
)

"""Findings about a server; nothing is written to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import elasticsearch

from esqual.doctor.asking import Refusal, ask, not_allowed
from esqual.doctor.check import NO, OK, WARN, Check
from esqual.engine.connection import Connection
from esqual.engine.server.product import Product, read_info

__all__ = ["check_server", "find_product"]

_MONITOR = "cluster privilege monitor"
_INSTALL = {
    "Elasticsearch": "bin/elasticsearch-plugin install analysis-kuromoji",
    "OpenSearch": "bin/opensearch-plugin install analysis-kuromoji",
}
# seconds; less is what a busy network does to a clock with whole seconds
_SKEW_S = 5.0
# Elasticsearch's own marks: no new shards, and no writing at all
_DISK_HIGH, _DISK_FLOOD = 90, 95


def find_product(client: elasticsearch.Elasticsearch) -> Product | Refusal:
    """Product and version: from ``GET /``, else from the list of nodes, else the name alone."""
    answer = ask(client.info)
    if not isinstance(answer, Refusal):
        return read_info(answer)
    if answer.status == 401:
        return answer
    nodes = _nodes(client)
    named: list[Product] = [
        node.product for node in client.transport.node_pool.all() if hasattr(node, "product")
    ]
    known = next((product for product in named if product.name), Product(None))
    if isinstance(nodes, Refusal) or not nodes:
        return known if known.name else answer
    return Product(known.name, min(str(node.get("version")) for node in nodes.values()))


def check_server(
    client: elasticsearch.Elasticsearch,
    connection: Connection,
    product: Product,
    index: str | None = None,
) -> Iterator[Check]:
    """Every finding but the first two (reachable, let in), which made ``product`` known."""
    yield _product(product)
    yield _wire(connection)
    yield _health(client)
    nodes = _nodes(client)
    yield _kuromoji(client, product, nodes, index)
    yield _ranking_evaluation(client)
    yield _vectors(client, product, nodes)
    yield _clock(client)
    yield _disk(client)


def _nodes(client: elasticsearch.Elasticsearch) -> dict[str, Any] | Refusal:
    """The nodes with names, versions and plugins, by id."""
    answer = ask(lambda: client.nodes.info(metric="plugins"))
    if isinstance(answer, Refusal):
        return answer
    nodes: dict[str, Any] = answer["nodes"]
    return nodes


def _product(product: Product) -> Check:
    major = product.major
    if product.name is None:
        return Check("product", NO, "neither Elasticsearch nor OpenSearch", "check the URL")
    if major is None:
        if product.flavor == "serverless":
            return Check("product", OK, str(product))
        return Check(
            "product",
            WARN,
            f"{product}, it does not say which version",
            f"fine from Elasticsearch 8 or OpenSearch 2 on; give the {_MONITOR} to see it",
        )
    oldest = 2 if product.is_opensearch else 8
    if major < oldest:
        return Check(
            "product",
            WARN,
            str(product),
            f"tried with {product.name} {oldest} and newer; older ones may answer otherwise",
        )
    return Check("product", OK, str(product))


def _wire(connection: Connection) -> Check:
    """Rights in the clear are everybody's on the way."""
    plain = [url for url in connection.urls if url.startswith("http:")]
    has_rights = connection.api_key is not None or connection.password is not None
    if plain and has_rights and not all(_is_here(url) for url in plain):
        return Check(
            "transport",
            WARN,
            "http://: the key or password can be read on the way",
            "write https://, with --ca-file for a CA of your own",
        )
    if not plain:
        trust = (
            "the certificate that was named"
            if connection.fingerprint
            else ("the CA that was named" if connection.ca_file else "the system's CAs")
        )
        return Check("transport", OK, f"TLS, trusting {trust}")
    where = "this machine" if all(_is_here(url) for url in plain) else "no rights are sent"
    return Check("transport", OK, f"http:// ({where})")


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _health(client: elasticsearch.Elasticsearch) -> Check:
    answer = ask(lambda: client.cluster.health())
    if isinstance(answer, Refusal):
        return not_allowed("health", answer, _MONITOR)
    status, nodes = answer["status"], answer["number_of_nodes"]
    found = f"{status}, {nodes} node{'' if nodes == 1 else 's'}"
    if status == "red":
        return Check(
            "health",
            WARN,
            found + ": some indices lack a whole shard, searches of them are incomplete",
            "see GET _cluster/allocation/explain",
        )
    return Check("health", OK, found)


def _kuromoji(
    client: elasticsearch.Elasticsearch,
    product: Product,
    nodes: Mapping[str, Any] | Refusal,
    index: str | None,
) -> Check:
    name, install = "kuromoji", _INSTALL.get(product.name or "", _INSTALL["Elasticsearch"])
    answer = ask(
        lambda: client.indices.analyze(
            index=index, tokenizer="kuromoji_tokenizer", text="関西国際空港"
        )
    )
    if isinstance(answer, Refusal) and answer.status == 404 and index is not None:
        # said by the finding about the index
        return _kuromoji(client, product, nodes, None)
    refused = isinstance(answer, Refusal) and not answer.is_about_rights
    lacking, having = ([], []) if isinstance(nodes, Refusal) else _split(nodes, "kuromoji")
    if refused or (lacking and not having and isinstance(answer, Refusal)):
        said = answer.reason[:120] if refused else "no node has the plugin"
        return Check(
            name,
            NO,
            f"not there: {said}",
            f"on every node: {install}, then restart it (Elastic Cloud: in the deployment's "
            "settings, under plugins)",
        )
    if lacking and having:
        return Check(
            name,
            NO,
            f"missing on {', '.join(lacking)}: searches fail wherever a shard lies there",
            f"on each of them: {install}, then restart it",
        )
    if isinstance(answer, Refusal):
        # `_analyze` asks for the privilege manage, which a key for searching has not got
        if having:
            return Check(name, OK, "the plugin is on every node")
        return not_allowed(name, answer, f"{_MONITOR} or index privilege manage")
    return Check(name, OK, "kuromoji_tokenizer answers")


def _split(nodes: Mapping[str, Any], plugin: str) -> tuple[list[str], list[str]]:
    """The names of the nodes without and with a plugin."""
    without: list[str] = []
    having: list[str] = []
    for node in nodes.values():
        has = any(plugin in entry["name"] for entry in node.get("plugins", ()))
        (having if has else without).append(str(node["name"]))
    return sorted(without), sorted(having)


def _ranking_evaluation(client: elasticsearch.Elasticsearch) -> Check:
    name = "ranking evaluation"
    # without requests it is refused wherever it is there
    answer = ask(
        lambda: client.perform_request(
            "POST",
            "/_rank_eval",
            headers={"accept": "application/json", "content-type": "application/json"},
            body={},
        )
    )
    if isinstance(answer, Refusal) and answer.is_unknown_route:
        return Check(
            name,
            WARN,
            "not there: figures are made on this side of the same hits",
            "nothing to do for esqual's own figures; module rank-eval brings `_rank_eval`",
        )
    if isinstance(answer, Refusal) and answer.is_about_rights:
        return not_allowed(name, answer, "index privilege read on --index NAME")
    return Check(name, OK, "_rank_eval answers")


def _vectors(
    client: elasticsearch.Elasticsearch, product: Product, nodes: Mapping[str, Any] | Refusal
) -> Check:
    if not product.is_opensearch:
        if product.major is None or product.major >= 8:
            return Check("vectors", OK, "dense_vector is part of this server")
        return Check("vectors", WARN, "no search by vectors", "Elasticsearch 8 and newer have it")
    if isinstance(nodes, Refusal):
        return not_allowed("vectors", nodes, _MONITOR)
    lacking, _ = _split(nodes, "knn")
    if lacking:
        return Check(
            "vectors",
            WARN,
            f"the plugin opensearch-knn is missing on {', '.join(lacking)}",
            "only needed for fields with vectors; the full distribution has it",
        )
    return Check("vectors", OK, "knn_vector, by the plugin opensearch-knn")


def _clock(client: elasticsearch.Elasticsearch) -> Check:
    before = time.time()
    answer = ask(lambda: client.cat.health(format="json", h="epoch"))
    after = time.time()
    if isinstance(answer, Refusal):
        return not_allowed("clock", answer, _MONITOR)
    server = float(answer[0]["epoch"])
    # it says whole seconds, so it is anywhere in the second that follows
    late = max(before - (server + 1), server - after, 0.0)
    if late > _SKEW_S:
        ahead = "ahead of" if server > after else "behind"
        return Check(
            "clock",
            WARN,
            f"the server is {late:,.0f} s {ahead} this machine",
            "set both by NTP: keys expire, dated indices and certificates count on it",
        )
    return Check("clock", OK, f"within {_SKEW_S:g} s of this machine's")


def _disk(client: elasticsearch.Elasticsearch) -> Check:
    answer = ask(
        lambda: client.cat.allocation(format="json", bytes="b", h="node,disk.percent,disk.avail")
    )
    if isinstance(answer, Refusal):
        return not_allowed("disk", answer, _MONITOR)
    rows = [row for row in answer if row.get("disk.percent")]
    if not rows:
        return Check("disk", OK, "the server does not say (its own to look after)")
    worst = max(rows, key=lambda row: int(row["disk.percent"]))
    used, free = int(worst["disk.percent"]), int(worst["disk.avail"]) / 2**30
    found = f"{used} % used, {free:,.1f} GiB free on {worst['node']}"
    if used >= _DISK_FLOOD:
        return Check(
            "disk",
            NO if _guards_disk(client) else WARN,
            found + ": indices are closed to writing at 95 %",
            "make room, or add nodes; then writing is let in again by itself",
        )
    if used >= _DISK_HIGH:
        return Check("disk", WARN, found, "shards move away from 90 % on: make room")
    return Check("disk", OK, found)


def _guards_disk(client: elasticsearch.Elasticsearch) -> bool:
    """Whether the marks count at all."""
    answer = ask(
        lambda: client.cluster.get_settings(
            include_defaults=True,
            flat_settings=True,
            filter_path="*.cluster.routing.allocation.disk.threshold_enabled",
        )
    )
    if isinstance(answer, Refusal):
        return True
    key = "cluster.routing.allocation.disk.threshold_enabled"
    values = [answer.get(level, {}).get(key) for level in ("transient", "persistent", "defaults")]
    return next((str(value) for value in values if value is not None), "true") != "false"

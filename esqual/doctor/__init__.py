"""Can this engine be used, and for what? Findings as values; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esqual.doctor.check import NO, OK, WARN, Check, Diagnosis

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.doctor.asking import Refusal
    from esqual.engine.connection import Connection
    from esqual.enrich import Enrichment

__all__ = ["NO", "OK", "WARN", "Check", "Diagnosis", "examine"]


def examine(
    connection: Connection,
    index: str | None = None,
    queries: Sequence[str | Path] = (),
    parameters: Mapping[str, Any] | None = None,
    enrichments: Sequence[Enrichment] = (),
) -> Diagnosis:
    """Look at the engine of ``connection``.

    ``index``: one that is to be searched, for the rights to it and, with ``enrichments``, whether
    it was enriched as this machine would. ``queries``: query files, with their ``parameters``,
    whose every clause the engine and its licence must know. An engine that is away is a finding,
    too. Raises ConfigError for a query file that is not one.
    """
    checks: list[Check] = []
    name, version = None, None
    for check in _checks(connection, index, queries, parameters or {}, enrichments):
        if isinstance(check, Check):
            checks.append(check)
        else:
            name, version = check
    return Diagnosis(str(connection), name, version, tuple(checks))


def _checks(
    connection: Connection,
    index: str | None,
    queries: Sequence[str | Path],
    parameters: Mapping[str, Any],
    enrichments: Sequence[Enrichment],
) -> Iterator[Check | tuple[str | None, str | None]]:
    from esqual.doctor.local import check_agreement_of, check_enrichment
    from esqual.doctor.queries import check_queries
    from esqual.engine import connect

    if connection.is_embedded:
        from esqual.doctor.local import check_java

        yield "embedded", None
        broken = False
        for check in check_java():
            yield check
            broken = broken or check.mark == NO
        if broken:
            return
    client = connect(connection)
    try:
        opened = True
        for found in _engine(client, connection, index):
            yield found
            away = isinstance(found, Check) and found.name == "reachable" and found.mark == NO
            opened = opened and not away
        if opened:
            yield from check_queries(client, queries, parameters)
            if index is not None and enrichments:
                yield check_agreement_of(client, index, enrichments)
    finally:
        client.close()
    yield from check_enrichment()


def _engine(
    client: Elasticsearch, connection: Connection, index: str | None
) -> Iterator[Check | tuple[str | None, str | None]]:
    if connection.is_embedded:
        from esqual.doctor.local import check_embedded

        yield from check_embedded(client, connection.path)
        if index is not None:
            from esqual.doctor.rights import check_index

            yield check_index(client, index)
        return
    import elasticsearch

    from esqual.doctor.asking import Refusal
    from esqual.doctor.rights import check_rights
    from esqual.doctor.server import check_server, find_product
    from esqual.engine.refusals import explain_unreachable

    try:
        product = find_product(client)
    except elasticsearch.UnsupportedProductError:
        yield Check(
            "reachable",
            NO,
            "something answers, neither Elasticsearch nor OpenSearch",
            "check the URL: --engine, ESQUAL_ENGINE",
        )
        return
    except elasticsearch.TransportError as error:
        happened, _, advice = explain_unreachable(error, connection).partition("; ")
        yield Check("reachable", NO, happened, advice)
        return
    if isinstance(product, Refusal):
        yield _refused(product, connection)
        return
    yield product.name, product.version
    yield Check("reachable", OK, str(connection))
    try:
        yield from check_server(client, connection, product, index)
        yield from check_rights(client, connection, index)
    except elasticsearch.TransportError as error:
        happened, _, advice = explain_unreachable(error, connection).partition("; ")
        yield Check("connection", NO, happened, advice)


def _refused(refusal: Refusal, connection: Connection) -> Check:
    from esqual.engine.refusals import explain_refusal

    said = explain_refusal(refusal.status, refusal.reason, connection)
    if said is None:
        found = f"answers with status {refusal.status}: {refusal.reason[:200]}"
        return Check("reachable", NO, found, "check the URL: --engine, ESQUAL_ENGINE")
    happened, _, advice = said.partition("; ")
    return Check("reachable", NO, happened, advice)

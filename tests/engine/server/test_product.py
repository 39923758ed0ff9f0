"""Who answers, told from the answer to GET /. The refusals are those of the servers themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from elastic_transport import HttpHeaders

from esqual.engine.server.product import UNKNOWN, Product, read_info, read_product

_ELASTIC = {"X-elastic-product": "Elasticsearch"}
_SIGNED = {"X-OpenSearch-Version": "OpenSearch/3.6.0 (opensearch)"}
# Elasticsearch 9.4.3, an API key without the privilege monitor; it sends no product header here
_ES_403 = (
    "action [cluster:monitor/main] is unauthorized for API key id [MCr__qEBwa4vLkJ4ywGw] of user "
    "[esqual], this action is granted by the cluster privileges [monitor,manage,all]"
)
_OS_403 = "no permissions for [cluster:monitor/main] and User [name=reader, backend_roles=[]]"


def _info(number: str, **more: str) -> dict[str, Any]:
    return {"version": {"number": number, **more}}


def _error(reason: str) -> dict[str, Any]:
    return {"error": {"type": "security_exception", "reason": reason}, "status": 403}


@pytest.mark.parametrize(
    ("status", "headers", "body", "product"),
    [
        (200, _ELASTIC, _info("9.4.3"), Product("Elasticsearch", "9.4.3")),
        (200, _ELASTIC, _info("8.19.3"), Product("Elasticsearch", "8.19.3")),
        (200, {}, _info("2.19.0", distribution="opensearch"), Product("OpenSearch", "2.19.0")),
        (200, _SIGNED, _info("3.6.0", distribution="opensearch"), Product("OpenSearch", "3.6.0")),
        (405, _ELASTIC, {"error": "Incorrect HTTP method"}, Product("Elasticsearch")),
        (403, {}, _error(_ES_403), Product("Elasticsearch")),
        (403, {}, _error(_OS_403), Product("OpenSearch")),
        (403, _SIGNED, _error(_OS_403), Product("OpenSearch", "3.6.0")),
        (403, {}, _error("computer says no"), UNKNOWN),
        (200, {}, _info("9.4.3"), UNKNOWN),
        (200, {}, {"hello": "world"}, UNKNOWN),
        (200, {}, ["hello"], UNKNOWN),
    ],
)
def test_the_product_is_told_from_the_answer(
    status: int, headers: dict[str, str], body: Any, product: Product
) -> None:
    assert read_product(status, HttpHeaders(headers), json.dumps(body).encode()) == product


def test_a_page_that_is_no_json_tells_nothing() -> None:
    assert read_product(200, HttpHeaders(), b"<html>It works!</html>") == UNKNOWN


@pytest.mark.parametrize(
    ("product", "version"),
    [
        (Product("Elasticsearch", "10.0.0"), 9),
        (Product("Elasticsearch", "9.4.3"), 9),
        (Product("Elasticsearch", "8.19.3"), 8),
        (Product("Elasticsearch", "7.17.15"), None),
        (Product("Elasticsearch", "9.9.9", "serverless"), None),
        (Product("Elasticsearch"), None),
        (Product("OpenSearch", "9.0.0"), None),
        (UNKNOWN, None),
    ],
)
def test_only_elasticsearch_8_and_newer_is_asked_for_a_version(
    product: Product, version: int | None
) -> None:
    assert product.compatible_with == version


def test_a_body_without_a_version_is_nobodys() -> None:
    assert read_info({}) == UNKNOWN
    assert read_info({"version": {"number": 9}}) == UNKNOWN

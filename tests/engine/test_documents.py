"""The document APIs give the answers that were recorded from Elasticsearch 9.4.3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.engine.replay import differences, node, scenario, send

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize("name", ["index_and_get", "auto_create", "update", "mget"])
def test_answers_equal_the_recorded_ones(name: str, tmp_path: Path) -> None:
    assert differences(node(tmp_path), scenario(name)) == []


def test_head_has_no_body(tmp_path: Path) -> None:
    to = node(tmp_path)
    send(to, "PUT", "/a/_doc/1", {"t": "胃が痛い"})
    assert to.perform_request("HEAD", "/a/_doc/1").body == b""
    assert to.perform_request("HEAD", "/a/_doc/2").meta.status == 404
    assert to.perform_request("HEAD", "/a/_doc/2").body == b""


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/a/_doc/1?routing=r", {"n": 1}),
        ("POST", "/a/_doc?pipeline=p", {"n": 1}),
        ("GET", "/a/_doc/1?stored_fields=n", None),
        ("POST", "/a/_update/1", {"script": {"source": "ctx._source.n = 1"}}),
        ("POST", "/a/_mget", {"docs": [{"_id": "1", "stored_fields": ["n"]}]}),
    ],
)
def test_what_only_a_server_does_is_refused_by_name(
    method: str, path: str, body: object, tmp_path: Path
) -> None:
    to = node(tmp_path)
    send(to, "PUT", "/a/_doc/1", {"n": 1})
    status, answer = send(to, method, path, body)
    assert status == 400
    assert "is not supported by the embedded engine" in answer["error"]["reason"]

"""The node: routes, parameters, ``filter_path``, and errors in the client's own classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import elasticsearch
import pytest

from esqual.engine.lucene.filter_path import filter_path
from tests.engine.replay import node, send

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def test_info_says_what_it_is_and_passes_the_clients_check(engine: Elasticsearch) -> None:
    info = engine.info()
    assert info["version"]["lucene_version"] == "10.4.0"
    assert info["version"]["number"].startswith("9.")
    assert "not an Elasticsearch server" in info["tagline"]
    assert engine.ping()
    assert engine.cluster.health(wait_for_status="yellow")["status"] == "green"


def test_the_clients_error_classes_are_the_servers(engine: Elasticsearch) -> None:
    with pytest.raises(elasticsearch.NotFoundError):
        engine.indices.get(index="none")
    engine.create(index="a", id="1", document={})
    with pytest.raises(elasticsearch.ConflictError):
        engine.create(index="a", id="1", document={})
    with pytest.raises(elasticsearch.BadRequestError):
        engine.indices.create(index="Upper")


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/a/_unheard", 400, "no handler found for uri [/a/_unheard] and method [GET]"),
        ("GET", "/_ml/info/x/y/z", 400, "use an Elasticsearch server"),
        ("PATCH", "/a", 405, "allowed: [GET, PUT, DELETE, HEAD]"),
        ("GET", "/a?foo=1&bar=2", 400, "contains unrecognized parameters: [bar], [foo]"),
        ("POST", "/a/_refresh?what=1", 400, "contains unrecognized parameter: [what]"),
        ("POST", "/a/_doc?refresh=maybe", 400, "Unknown value for refresh"),
        ("GET", "/a/_mapping?ignore_unavailable=perhaps", 400, "as only [true] or [false]"),
    ],
)
def test_paths_and_parameters_it_does_not_know_are_refused(
    method: str, path: str, status: int, says: str, tmp_path: Path
) -> None:
    to = node(tmp_path)
    send(to, "PUT", "/a")
    got, answer = send(to, method, path, {"n": 1} if method == "POST" else None)
    error = answer["error"]
    assert (got, says in (error if isinstance(error, str) else error["reason"])) == (status, True)


HITS = [{"_id": "1", "_source": {"a": 1, "b": {"c": 2}}}, {"_id": "2"}]
ANSWER = {"took": 3, "hits": {"total": {"value": 2}, "hits": HITS}}


ODD = [None, 1, 1.5, True, "x", "", [], [1], [[1]], [None], {}, {"a": 1}, {"index": [1]}]
TAKERS = [
    ("PUT", "/b", "{}"),
    ("PUT", "/b", '{"settings": {}}'),
    ("PUT", "/b", '{"settings": {"number_of_replicas": {}}}'),
    ("PUT", "/b", '{"settings": {"refresh_interval": {}}}'),
    ("PUT", "/b", '{"mappings": {}}'),
    ("PUT", "/b", '{"aliases": {"x": {}}}'),
    ("PUT", "/a/_settings", "{}"),
    ("PUT", "/a/_mapping", '{"properties": {"z": {}}}'),
    ("PUT", "/a/_alias/x", "{}"),
    ("POST", "/_aliases", "{}"),
    ("POST", "/_aliases", '{"actions": [{}]}'),
    ("POST", "/_aliases", '{"actions": [{"add": {"index": "a", "alias": {}}}]}'),
    ("PUT", "/a/_doc/1", "{}"),
    ("POST", "/a/_update/1", "{}"),
    ("POST", "/a/_update/1", '{"doc": {}}'),
    ("POST", "/a/_update/1", '{"doc": {"n": 1}, "_source": {}}'),
    ("POST", "/a/_mget", "{}"),
    ("POST", "/a/_mget", '{"docs": [{}]}'),
    ("POST", "/a/_mget", '{"docs": [{"_id": "1", "_source": {}}]}'),
    ("POST", "/a/_bulk", '{"index": {}}\n{}\n'),
    ("POST", "/a/_bulk", '{"index": {"_id": {}}}\n{}\n'),
    ("POST", "/a/_bulk", '{"index": {"version": {}, "version_type": "external"}}\n{}\n'),
]


@pytest.mark.parametrize(("method", "path", "template"), TAKERS)
def test_json_of_the_wrong_shape_is_refused_and_never_breaks_the_engine(
    method: str, path: str, template: str, tmp_path: Path
) -> None:
    to = node(tmp_path)
    send(to, "PUT", "/a/_doc/1", {"n": 1})
    for odd in ODD:
        # the first empty object of the template is where the odd value goes
        status, answer = send(to, method, path, template.replace("{}", json.dumps(odd), 1))
        assert status < 500, (odd, answer)
        send(to, "DELETE", "/b")


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        ("took", {"took": 3}),
        ("hits.hits._id", {"hits": {"hits": [{"_id": "1"}, {"_id": "2"}]}}),
        ("hits.*.value", {"hits": {"total": {"value": 2}}}),
        ("**.c", {"hits": {"hits": [{"_source": {"b": {"c": 2}}}]}}),
        ("t*k,hits.total", {"took": 3, "hits": {"total": {"value": 2}}}),
        ("-hits", {"took": 3}),
        ("hits.hits,-**._source", {"hits": {"hits": [{"_id": "1"}, {"_id": "2"}]}}),
        ("nothing", {}),
    ],
)
def test_filter_path_keeps_what_its_paths_choose(paths: str, kept: Any) -> None:
    assert filter_path(ANSWER, paths) == kept

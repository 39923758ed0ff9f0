"""docker-compose.yml: valid by the Compose specification, loopback only, in step with the tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT
from tests.servers.homes import BUILDS

#: where the Compose project itself keeps the specification's schema; nothing of it is copied
MODULE = "github.com/compose-spec/compose-go/v2@v2.9.0"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Go keeps what it fetched, so the network is wanted once."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go here to fetch the Compose specification's schema with")
    run = subprocess.run(
        [go, "mod", "download", "-json", MODULE],
        env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
    )
    if run.returncode != 0:
        pytest.skip(f"the Compose specification's schema cannot be fetched: {run.stderr[-300:]}")
    path = Path(json.loads(run.stdout)["Dir"]) / "schema" / "compose-spec.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def test_it_is_valid_by_the_specification(compose: dict[str, Any], schema: dict[str, Any]) -> None:
    specification = jsonschema.Draft7Validator(schema)
    specification.validate(compose)
    # the schema can say no
    broken = {**compose, "services": {"a": {**compose["services"]["kibana"], "port": ["1:1"]}}}
    with pytest.raises(jsonschema.ValidationError):
        specification.validate(broken)


def test_every_service_is_for_this_machine_only_and_knows_its_health(
    compose: dict[str, Any],
) -> None:
    taken = set()
    for name, service in compose["services"].items():
        for port in service["ports"]:
            address, outside, _ = port.split(":")
            assert address == "127.0.0.1", name
            assert outside not in taken
            taken.add(outside)
        assert service["healthcheck"]["test"][0] == "CMD-SHELL"
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_only_one_elasticsearch_starts_unasked(compose: dict[str, Any]) -> None:
    profiles = {name: s.get("profiles", []) for name, s in compose["services"].items()}
    assert [name for name, asked in profiles.items() if not asked] == ["elasticsearch"]
    nodes = [name for name, asked in profiles.items() if asked == ["cluster"]]
    assert len(nodes) == 3
    for name in nodes:
        settings = compose["services"][name]["environment"]
        assert settings["node.name"] == name
        assert settings["discovery.seed_hosts"].split(",") == nodes
        assert settings["cluster.initial_master_nodes"] in nodes
        assert "discovery.type" not in settings


def test_the_versions_are_those_that_the_tests_run(compose: dict[str, Any]) -> None:
    wanted = {
        "elasticsearch": BUILDS["elasticsearch-9"].version,
        "kibana": BUILDS["elasticsearch-9"].version,
        "opensearch": BUILDS["opensearch"].version,
    }
    for name, service in compose["services"].items():
        version = wanted[name if name in wanted else "elasticsearch"]
        text = service["image"] + service.get("build", {}).get("dockerfile_inline", "")
        assert set(re.findall(r":(\d+(?:\.\d+)+)", text)) == {version}


def test_kuromoji_comes_from_the_official_plugin(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name == "kibana":
            continue
        tool = "opensearch-plugin" if name == "opensearch" else "elasticsearch-plugin"
        assert (
            f"bin/{tool} install --batch analysis-kuromoji"
            in (service["build"]["dockerfile_inline"])
        )


def test_security_is_off_in_words_as_in_the_tests(compose: dict[str, Any]) -> None:
    nodes = (ROOT / "tests" / "servers" / "nodes.py").read_text(encoding="utf-8")
    shared = "cluster.routing.allocation.disk.threshold_enabled"
    assert f'"{shared}": False' in nodes
    assert '"xpack.security.enabled": False' in nodes
    for name, service in compose["services"].items():
        settings = service["environment"]
        if name == "opensearch":
            assert settings["DISABLE_SECURITY_PLUGIN"] == "true"
        elif name != "kibana":
            assert settings["xpack.security.enabled"] == "false"
        if name != "kibana":
            assert settings[shared] == "false"

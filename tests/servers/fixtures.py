"""Engines as pytest fixtures; ``tests/conftest.py`` takes them up.

``--engines=opensearch,elasticsearch-9`` (or ``ESQUAL_ENGINES``, or ``all``) names the real engines
to run on beside the embedded one; without it only the embedded one runs. A test

* with the fixture ``engine_name`` runs on each engine that the table allows and that is asked for;
* with ``@pytest.mark.server("opensearch-2")`` is left out unless that engine is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.servers.capabilities import SELECTABLE, engines_for
from tests.servers.running import Clusters

VARIABLE = "ESQUAL_ENGINES"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engines",
        default=os.environ.get(VARIABLE, ""),
        help=f"real engines to test on, separated by commas, or all: {', '.join(SELECTABLE)}",
    )


def selected(config: pytest.Config) -> tuple[str, ...]:
    """The real engines that were asked for."""
    text = config.getoption("--engines")
    if text == "all":
        return SELECTABLE
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if unknown := [name for name in names if name not in SELECTABLE]:
        raise pytest.UsageError(
            f"--engines: no such engine: {', '.join(unknown)}; there are {', '.join(SELECTABLE)}"
        )
    return names


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" not in metafunc.fixturenames:
        return
    needs = [need for mark in metafunc.definition.iter_markers("needs") for need in mark.args]
    asked = {"embedded", *selected(metafunc.config)}
    able = [name for name in engines_for(needs) if name in asked]
    metafunc.parametrize("engine_name", able, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    asked = set(selected(config))
    left_out = [
        item
        for item in items
        if not {name for mark in item.iter_markers("server") for name in mark.args} <= asked
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def clusters() -> Iterator[Clusters]:
    """The real servers of this test run."""
    made = Clusters()
    yield made
    made.stop()

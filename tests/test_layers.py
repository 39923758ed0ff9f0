"""Imports point one way. This is the one place where the order is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "esqual"

# A room may import rooms above it, never below, never a sibling on its own line.
ORDER = [
    ["errors"],
    ["mustache"],
    ["models", "mustache"],
    ["corpus", "judgments", "templates"],
    ["enrich"],
    ["engine"],
    ["fusion", "patience"],
    ["search"],
    ["indexing", "rank_eval"],
    ["measures"],
    ["recall", "stats"],
    ["comparison"],
    ["diagnosis"],
    ["gate"],
    ["report"],
    ["history", "replay"],
    ["doctor"],
    ["keys"],
    ["config"],
    ["cli"],
    ["__main__"],
]
FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}
# The engine is a house of its own: it could be taken out and used alone.
ENGINE_KNOWS = {"engine", "errors", "mustache"}


def _sources() -> list[Path]:
    return sorted(
        path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__"
    )


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _rooms_imported(path: Path) -> set[str]:
    names = (name.split(".") for name in _imports(path))
    return {parts[1] for parts in names if parts[0] == "esqual" and len(parts) > 1} & set(FLOOR)


@pytest.mark.parametrize("path", _sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_what_stands_above_it(path: Path) -> None:
    room = _room(path)
    assert room in FLOOR, f"{room} has no place in ORDER"
    for other in _rooms_imported(path) - {room}:
        assert FLOOR[other] < FLOOR[room], f"{room} imports {other}"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "engine").rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_the_engine_knows_nobody_but_errors_and_the_template_dialect(path: Path) -> None:
    assert _rooms_imported(path) <= ENGINE_KNOWS


def test_only_one_file_knows_the_java_bridge() -> None:
    users = {
        str(path.relative_to(PACKAGE))
        for path in _sources()
        if any(name.split(".")[0] == "jpype" for name in _imports(path))
    }
    assert users == {"engine/lucene/jvm.py"}


def test_only_the_command_line_prints() -> None:
    for path in _sources():
        if _room(path) in ("cli",) or path.name == "build.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            assert not (called and node.func.id == "print"), f"{path}:{node.lineno} prints"

"""Clusters that outlive a command: `make servers` starts them, tests borrow them."""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from pathlib import Path
from typing import IO

from tests.servers.artifacts import base
from tests.servers.capabilities import ENGINES
from tests.servers.nodes import Node, start_cluster

__all__ = ["Clusters", "start_kept", "stop_kept", "urls_kept"]


def _kept(engine: str) -> Path:
    return base() / "run" / engine


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def start_kept(engine: str) -> list[Node]:
    """Start an engine's nodes and leave them running."""
    folder, row = _kept(engine), ENGINES[engine]
    stop_kept(engine)
    shutil.rmtree(folder, ignore_errors=True)
    nodes = start_cluster(row.build or "", _folder(folder), row.nodes, bound=False)
    places = [[node.name, node.http_port, node.transport_port] for node in nodes]
    (folder / "nodes.json").write_text(json.dumps(places))
    return nodes


def _nodes_kept(engine: str) -> list[Node]:
    """The nodes that were left running, in so far as they still do."""
    folder, row = _kept(engine), ENGINES[engine]
    try:
        places = json.loads((folder / "nodes.json").read_text())
    except OSError:
        return []
    nodes = [Node(row.build or "", n, folder / n, {}, http, inner) for n, http, inner in places]
    return [node for node in nodes if node.alive()]


def stop_kept(engine: str) -> int:
    """Stop them and say how many there were."""
    nodes = _nodes_kept(engine)
    for node in nodes:
        node.stop()
    (_kept(engine) / "nodes.json").unlink(missing_ok=True)
    return len(nodes)


def urls_kept(engine: str) -> list[str]:
    """Their addresses; none if they do not run."""
    return [node.url for node in _nodes_kept(engine)]


class Clusters:
    """The clusters of one test run: each started when first asked for, all stopped at the end.

    One that `make servers` left running is used instead, by one test run at a time; tests wipe it.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, list[Node]] = {}
        self._locks: list[IO[str]] = []
        self._folders: list[Path] = []

    def nodes(self, engine: str) -> list[Node]:
        if engine not in self._nodes:
            self._nodes[engine] = self._borrowed(engine) or self._own(engine)
        return self._nodes[engine]

    def url(self, engine: str) -> str:
        """Of the first node."""
        return self.nodes(engine)[0].url

    def _borrowed(self, engine: str) -> list[Node]:
        nodes = _nodes_kept(engine)
        if len(nodes) != ENGINES[engine].nodes:
            return []
        lock = (_kept(engine) / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return []
        self._locks.append(lock)
        return nodes

    def _own(self, engine: str) -> list[Node]:
        row = ENGINES[engine]
        parent = base() / "run"
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix="tests-"))
        # mkdtemp closes it to the servers' user
        folder.chmod(0o755)
        self._folders.append(folder)
        return start_cluster(row.build or "", folder, row.nodes)

    def stop(self) -> None:
        for nodes in self._nodes.values():
            for node in nodes:
                if any(node.folder.is_relative_to(folder) for folder in self._folders):
                    node.stop()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        for lock in self._locks:
            lock.close()
        self._nodes.clear()

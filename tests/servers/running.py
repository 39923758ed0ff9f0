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
from tests.servers.homes import alone
from tests.servers.nodes import Node, start_cluster

__all__ = ["Clusters", "own_folder", "start_kept", "stop_kept", "urls_kept"]


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


def _taken(path: Path) -> IO[str] | None:
    """The lock of a file, for as long as it stays open; None if another has it."""
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def own_folder(parent: Path) -> tuple[Path, IO[str]]:
    """A folder for the nodes of this test run, and the lock that says that the run goes on.

    What killed test runs left behind is deleted: folders whose run is over and whose nodes are too.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with alone(parent / "tests.lock"):
        for old in parent.glob("tests-*"):
            lock = _taken(old / "lock")
            if lock is not None:
                nodes = [Node("", pid.parent.name, pid.parent, {}) for pid in old.glob("*/pid")]
                if not any(node.alive() for node in nodes):
                    shutil.rmtree(old, ignore_errors=True)
                lock.close()
        folder = Path(tempfile.mkdtemp(dir=parent, prefix="tests-"))
        # mkdtemp closes it to the servers' user
        folder.chmod(0o755)
        lock = _taken(folder / "lock")
        assert lock is not None
        return folder, lock


class Clusters:
    """The clusters of one test run, one at a time: started when asked for, stopped for the next.

    Tests run engine by engine, so each is started once. One that `make servers` left running is
    used instead, by one test run at a time; tests wipe it.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, list[Node]] = {}
        self._locks: list[IO[str]] = []
        self._folders: dict[str, Path] = {}

    def nodes(self, engine: str) -> list[Node]:
        if engine not in self._nodes:
            nodes = self._borrowed(engine)
            if not nodes:
                self._stop_own()
                nodes = self._own(engine)
            self._nodes[engine] = nodes
        return self._nodes[engine]

    def url(self, engine: str) -> str:
        """Of the first node."""
        return self.nodes(engine)[0].url

    def _borrowed(self, engine: str) -> list[Node]:
        nodes = _nodes_kept(engine)
        if len(nodes) != ENGINES[engine].nodes:
            return []
        lock = _taken(_kept(engine) / "lock")
        if lock is None:
            return []
        self._locks.append(lock)
        return nodes

    def _own(self, engine: str) -> list[Node]:
        row = ENGINES[engine]
        folder, lock = own_folder(base() / "run")
        self._folders[engine] = folder
        self._locks.append(lock)
        return start_cluster(row.build or "", folder, row.nodes)

    def _stop_own(self) -> None:
        for engine, folder in self._folders.items():
            for node in self._nodes.pop(engine, []):
                node.stop()
            shutil.rmtree(folder, ignore_errors=True)
        self._folders.clear()

    def stop(self) -> None:
        self._stop_own()
        for lock in self._locks:
            lock.close()
        self._nodes.clear()

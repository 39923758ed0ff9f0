"""Jars come from a folder, the cache or a mirror, and none is used that is not the expected one."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from esqual.engine.lucene import jars
from esqual.errors import EngineUnavailableError

CONTENT = {"tiny": b"a small jar", "other": b"another jar" * 1000}
TABLE = {("org.example", n, "1.0"): hashlib.sha256(b).hexdigest() for n, b in CONTENT.items()}
FILES = ["tiny-1.0.jar", "other-1.0.jar"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A Maven repository with the two jars of ``TABLE``."""
    root = tmp_path / "repository"
    for name, content in CONTENT.items():
        folder = root / "org" / "example" / name / "1.0"
        folder.mkdir(parents=True)
        (folder / f"{name}-1.0.jar").write_bytes(content)
    return root


@pytest.fixture
def mirror(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(repository)))
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("ESQUAL_MAVEN_MIRROR", f"http://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, no local Maven repository, no variables of ours, no proxy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("ESQUAL_LUCENE_JARS", "ESQUAL_MAVEN_MIRROR"):
        monkeypatch.delenv(name, raising=False)


def test_the_first_use_downloads_with_one_line_and_the_next_is_silent(
    mirror: ThreadingHTTPServer,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    paths = jars.class_path(TABLE)
    assert [p.name for p in paths] == FILES
    assert [p.read_bytes() for p in paths] == list(CONTENT.values())
    assert {p.parent for p in paths} == {jars.cache_folder()}
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    asked = len(mirror.asked)  # type: ignore[attr-defined]
    assert jars.class_path(TABLE) == paths
    assert len(caplog.records) == 1
    assert capsys.readouterr().out == ""
    assert len(mirror.asked) == asked  # type: ignore[attr-defined]
    assert [p.name for p in jars.cache_folder().parent.iterdir()] == [jars.cache_folder().name]


def test_a_download_that_is_not_the_expected_jar_is_not_used(
    mirror: ThreadingHTTPServer, repository: Path
) -> None:
    wrong = repository / "org/example/other/1.0/other-1.0.jar"
    wrong.write_bytes(b"something else")
    with pytest.raises(EngineUnavailableError) as caught:
        jars.class_path(TABLE)
    message = str(caught.value)
    assert "other-1.0.jar" in message
    assert hashlib.sha256(b"something else").hexdigest() in message
    assert TABLE["org.example", "other", "1.0"] in message
    assert list(jars.cache_folder().iterdir()) == []


def test_a_cached_jar_that_changed_is_refused_with_both_sums(mirror: ThreadingHTTPServer) -> None:
    path = jars.class_path(TABLE)[0]
    path.write_bytes(b"tampered")
    with pytest.raises(EngineUnavailableError) as caught:
        jars.class_path(TABLE)
    assert str(path) in str(caught.value)
    assert hashlib.sha256(b"tampered").hexdigest() in str(caught.value)
    assert TABLE["org.example", "tiny", "1.0"] in str(caught.value)


def test_without_network_and_cache_the_message_names_variables_and_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # nothing listens on the discard port
    monkeypatch.setenv("ESQUAL_MAVEN_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(EngineUnavailableError) as caught:
        jars.class_path(TABLE)
    for word in ("ESQUAL_LUCENE_JARS", "ESQUAL_MAVEN_MIRROR", *FILES):
        assert word in str(caught.value)


def test_a_jar_that_the_mirror_lacks_is_named(mirror: ThreadingHTTPServer) -> None:
    with pytest.raises(EngineUnavailableError, match=r"absent-1\.0\.jar could not be fetched"):
        jars.class_path({("org.example", "absent", "1.0"): "0" * 64})


def test_a_local_maven_repository_saves_the_download(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M2_REPO", str(repository))
    monkeypatch.setenv("ESQUAL_MAVEN_MIRROR", "http://127.0.0.1:9")
    assert [p.read_bytes() for p in jars.class_path(TABLE)] == list(CONTENT.values())
    kept = repository / "org/example/tiny/1.0/tiny-1.0.jar"
    assert kept.read_bytes() == CONTENT["tiny"]


def test_a_named_folder_is_used_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "jars"
    folder.mkdir()
    monkeypatch.setenv("ESQUAL_LUCENE_JARS", str(folder))
    with pytest.raises(EngineUnavailableError) as caught:
        jars.class_path(TABLE)
    for word in ("ESQUAL_LUCENE_JARS", str(folder), *FILES):
        assert word in str(caught.value)
    for name, content in zip(FILES, CONTENT.values(), strict=True):
        (folder / name).write_bytes(content)
    assert [p.parent for p in jars.class_path(TABLE)] == [folder, folder]
    (folder / FILES[0]).write_bytes(b"wrong")
    with pytest.raises(EngineUnavailableError, match="SHA-256"):
        jars.class_path(TABLE)
    assert not jars.cache_folder().exists()


def test_a_cache_that_cannot_be_written_is_named(
    mirror: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    with pytest.raises(EngineUnavailableError, match="XDG_CACHE_HOME"):
        jars.class_path(TABLE)


def test_two_processes_at_once_both_get_whole_jars(mirror: ThreadingHTTPServer) -> None:
    table = json.dumps([[*jar, sum] for jar, sum in TABLE.items()])
    code = (
        "import json, sys; from esqual.engine.lucene import jars;"
        "t = {tuple(r[:3]): r[3] for r in json.loads(sys.argv[1])};"
        "print(*(p.name for p in jars.class_path(t)))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, table], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        assert out.decode().split() == FILES
    assert [p.name for p in jars.cache_folder().parent.iterdir()] == [jars.cache_folder().name]


def test_every_pinned_jar_has_a_sum_of_its_own() -> None:
    assert all(len(sum) == 64 and int(sum, 16) for sum in jars.JARS.values())
    assert len(set(jars.JARS.values())) == len(jars.JARS) == 12


def test_no_download_address_stands_in_the_engine() -> None:
    folder = Path(jars.__file__).parent
    for path in (folder / "jars.py", folder / "jvm.py", folder / "java" / "build.py"):
        assert "://" not in path.read_text("utf-8"), path

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from esqual.enrich.cache import MISSING, Cache, default_cache_path

TEXTS = ["胃が痛い", "頭が痛くない", "", "😀\x00\ud800", "胃が痛い。" * 5000]
VALUES: list[Any] = [{"pairs": ["胃>痛い"], "roles": []}, None, [0.5, -1.25, 3.0], [0.1, 2.0], "値"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "enriched.sqlite"


def test_what_was_put_comes_back_in_another_process_lifetime(path: Path) -> None:
    with Cache(path) as cache:
        cache.put_many("space", TEXTS, VALUES)
    with Cache(path) as cache:
        assert cache.get_many("space", [*TEXTS, "胃"]) == [*VALUES, MISSING]


def test_another_space_knows_nothing_of_it(path: Path) -> None:
    with Cache(path) as cache:
        cache.put_many("one", TEXTS, VALUES)
        assert cache.get_many("another", TEXTS) == [MISSING] * len(TEXTS)


def test_floats_take_four_bytes_only_where_nothing_is_lost(path: Path) -> None:
    single = [i / 8 for i in range(384)]
    double = [i / 10 for i in range(384)]
    with Cache(path) as cache:
        cache.put_many("s", ["single", "double"], [single, double])
        assert cache.get_many("s", ["single", "double"]) == [single, double]
    sizes = dict(sqlite3.connect(path).execute("SELECT id, length(value) FROM enriched"))
    assert sizes[1] == 4 + 1 + 4 * 384
    assert sizes[2] > sizes[1]


def test_more_texts_than_sqlite_has_variables(path: Path) -> None:
    texts = [f"{i}番" for i in range(3000)]
    with Cache(path) as cache:
        assert cache._file is not None
        # as many as older builds have
        cache._file.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        cache.put_many("s", texts, list(range(3000)))
        assert cache.get_many("s", texts[::-1]) == list(range(3000))[::-1]


def test_the_file_stays_below_its_limit_and_the_oldest_go_first(path: Path) -> None:
    limit = 400_000
    with Cache(path, limit_bytes=limit) as cache:
        for i in range(60):
            cache.put_many("s", [f"{i}-{j}" for j in range(20)], ["値" * 300] * 20)
        newest, oldest = cache.get_many("s", ["59-19", "0-0"])
    assert newest == "値" * 300
    assert oldest is MISSING
    assert path.stat().st_size <= limit * 1.2


def test_a_file_that_is_no_database_is_put_aside_with_a_note(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database, " * 500)
    notes: list[str] = []
    with Cache(path, on_note=notes.append) as cache:
        cache.put_many("s", ["胃"], [1])
        assert cache.get_many("s", ["胃"]) == [1]
    assert [note for note in notes if "damaged" in note] == notes
    assert len(notes) == 1
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


def test_pages_that_were_overwritten_are_a_note_and_not_a_failure(path: Path) -> None:
    texts = [f"{i}番" for i in range(2000)]
    with Cache(path) as cache:
        cache.put_many("s", texts, ["値" * 50] * 2000)
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
    path.write_bytes(content)
    notes: list[str] = []
    with Cache(path, on_note=notes.append) as cache:
        found = cache.get_many("s", texts)
        cache.put_many("s", ["胃"], [1])
        assert cache.get_many("s", ["胃"]) == [1]
    assert set(found) <= {"値" * 50, MISSING}
    assert len(notes) == 1


def test_a_value_with_a_flipped_bit_is_missing(path: Path) -> None:
    with Cache(path) as cache:
        cache.put_many("s", ["胃"], [[0.5, 0.25]])
    file = sqlite3.connect(path)
    (value,) = file.execute("SELECT value FROM enriched").fetchone()
    file.execute("UPDATE enriched SET value = ?", (value[:-1] + bytes([value[-1] ^ 1]),))
    file.commit()
    file.close()
    with Cache(path) as cache:
        assert cache.get_many("s", ["胃"]) == [MISSING]


def test_a_place_that_cannot_be_written_is_one_note_and_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where a folder should be")
    notes: list[str] = []
    with Cache(tmp_path / "file" / "enriched.sqlite", on_note=notes.append) as cache:
        cache.put_many("s", ["胃"], [1])
        assert cache.get_many("s", ["胃"]) == [MISSING]
    assert len(notes) == 1
    assert "ESQUAL_CACHE" in notes[0]


_FILL = """
import sys
from esqual.enrich.cache import Cache
cache = Cache(sys.argv[1], on_note=lambda note: sys.exit(note))
for i in range(int(sys.argv[3])):
    cache.put_many("s", [f"{sys.argv[2]}-{i}-{j}" for j in range(20)], ["値" * 100] * 20)
    print(i, flush=True)
"""


def _filler(path: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _FILL, str(path), name, str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_process_leaves_whole_batches_and_a_sound_file(path: Path) -> None:
    process = _filler(path, "a", 10**9)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(30)]
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    done = int(said[-1])
    notes: list[str] = []
    with Cache(path, on_note=notes.append) as cache:
        for i in range(done + 1):
            assert cache.get_many("s", [f"a-{i}-{j}" for j in range(20)]) == ["値" * 100] * 20
        cache.put_many("s", ["後"], [1])
        assert cache.get_many("s", ["後"]) == [1]
    assert notes == []
    file = sqlite3.connect(path)
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # where the kill falls is chance, the mode that survives it is not
    assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_two_processes_fill_one_file_at_once(path: Path) -> None:
    fillers = [_filler(path, name, 40) for name in "ab"]
    for filler in fillers:
        filler.communicate(timeout=60)
        assert filler.returncode == 0
    with Cache(path) as cache:
        texts = [f"{name}-{i}-{j}" for name in "ab" for i in range(40) for j in range(20)]
        assert MISSING not in cache.get_many("s", texts)


def test_a_closed_cache_finds_nothing(path: Path) -> None:
    cache = Cache(path)
    cache.put_many("s", ["胃"], [1])
    cache.close()
    assert cache.get_many("s", ["胃"]) == [MISSING]


def test_the_place_is_the_variable_then_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_cache_path({"ESQUAL_CACHE": "/x"}) == Path("/x/enriched.sqlite")
    assert default_cache_path({"ESQUAL_CACHE": "OFF"}) is None
    if sys.platform == "linux":
        asked = default_cache_path({"XDG_CACHE_HOME": "/c"})
        assert asked == Path("/c/esqual/enriched.sqlite")
        monkeypatch.setenv("HOME", "/h")
        assert default_cache_path({}) == Path("/h/.cache/esqual/enriched.sqlite")


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert default_cache_path({}) is None


def test_a_second_reading_is_quick(path: Path) -> None:
    texts = [f"{i}番" + "胃が痛い。" * 30 for i in range(2000)]
    with Cache(path) as cache:
        cache.put_many("s", texts, [{"pairs": ["胃>痛い"] * 30}] * 2000)
        start = time.perf_counter()
        cache.get_many("s", texts)
        # a parse of these takes half a minute
        assert time.perf_counter() - start < 1.0

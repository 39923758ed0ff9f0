"""The same in PostgreSQL: a private cluster on a socket of its own, stopped at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from esqual.history import HistoryError, count_decisions, open_history
from esqual.history.reading import list_entries, series_of, values_of
from tests.history.made import TOPICS_DIGEST, entry


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def _as_user(folder: Path, *command: str) -> None:
    """Run a program of the server, which refuses to run as root, as the user that owns it."""
    more: dict[str, object] = {}
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        more = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    subprocess.run(
        command,
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        **more,  # type: ignore[call-overload]
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The URL of a database on a server of this module's own; it has no port."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed (the extra postgresql)")
    # a socket's path has a hundred characters at most, and pytest's folders are longer
    folder = Path(tempfile.mkdtemp(prefix="esqual-pg-"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = str(folder / "data")
        initdb = ("--auth=trust", "--username=esqual", "--encoding=UTF8", "--no-locale", "-N")
        _as_user(folder, str(programs / "initdb"), "-D", data, *initdb)
        settings = f"-c listen_addresses= -c unix_socket_directories={folder}"
        start = ("-D", data, "-o", settings, "-l", str(folder / "log"), "-w", "start")
        _as_user(folder, str(programs / "pg_ctl"), *start)
        try:
            yield f"postgresql://esqual@/postgres?host={folder}"
        finally:
            _as_user(folder, str(programs / "pg_ctl"), "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_server_keeps_what_two_writers_write_at_once_from_the_first_table_on(
    cluster: str,
) -> None:
    def write(name: str) -> list[int]:
        numbers = []
        for turn in range(20):
            with open_history(cluster, writing=True) as history:
                numbers += history.keep([entry((turn % 6,), tag=name, batch=f"{name}{turn}")])
        return numbers

    with ThreadPoolExecutor(2) as pool:
        acknowledged = [number for part in pool.map(write, ("a", "b")) for number in part]
    with open_history(cluster) as history:
        entries = list_entries(history)
        assert sorted(acknowledged) == [each.number for each in entries]
        assert len(entries) == 40
        assert count_decisions(history, TOPICS_DIGEST) == 40
        assert len(series_of(history, entries[0])) == 40
        values = values_of(history, entries)
        assert all(len(topics) == 6 for topics in values.values())


def test_a_server_that_is_not_there_is_a_history_error_without_the_password() -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed (the extra postgresql)")
    place = "postgresql://esqual:himitsu99@127.0.0.1:9/none"
    with pytest.raises(HistoryError) as told, open_history(place, writing=True) as history:
        history.keep([entry()])
    assert "himitsu99" not in str(told.value)
    assert "127.0.0.1" in str(told.value)

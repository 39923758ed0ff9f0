from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest

from esqual.enrich import pool as pool_module
from esqual.enrich.pool import Pool, Task, default_processes
from esqual.errors import EnrichmentError
from tests.enrich import moody

ROOT = Path(__file__).parent.parent.parent


def _task(*texts: str, **parameters: Any) -> Task:
    return Task(moody.IMPLEMENTATION, parameters, texts)


def test_every_worker_is_another_process_with_one_blas_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    with Pool(2) as pool:
        made = [pool.submit(_task("sleep")) for _ in range(4)]
        values = [future.result()[0] for future in made]
    assert len({pid for pid, _, _ in values}) == 2
    assert os.getpid() not in {pid for pid, _, _ in values}
    assert {threads for _, threads, _ in values} == {"1"}


def test_values_are_those_of_the_texts_in_their_order() -> None:
    texts = [f"{i}番の胃\ud800\x00" for i in range(500)]
    with Pool(1) as pool:
        assert [text for _, _, text in pool.submit(_task(*texts)).result()] == texts


def test_what_a_library_prints_does_not_get_among_the_values() -> None:
    with Pool(1) as pool:
        assert pool.submit(_task("print", "胃")).result()[1][2] == "胃"


def test_the_notes_of_the_workers_are_told_once() -> None:
    with Pool(2) as pool:
        wait([pool.submit(_task("sleep")) for _ in range(4)])
        assert pool.notes == ["moody today"]


def test_a_worker_that_dies_is_started_again_for_its_texts(tmp_path: Path) -> None:
    with Pool(1) as pool:
        (value,) = pool.submit(_task(f"die once {tmp_path / 'mark'}")).result()
        assert value[2].startswith("die once")


def test_a_worker_that_dies_twice_over_the_same_texts_is_an_error() -> None:
    with Pool(1) as pool:
        with pytest.raises(EnrichmentError, match=r"died twice .*signal SIGKILL"):
            pool.submit(_task("胃", "die")).result()
        assert pool.submit(_task("胃")).result()[0][2] == "胃"


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (_task("raise"), "RuntimeError: out of sorts"),
        (_task("short", "胃"), "gave 0 values for 2 texts"),
        (_task("胃", missing=True), "python -m pip install moody"),
    ],
)
def test_what_goes_wrong_in_a_worker_is_said_here(task: Task, message: str) -> None:
    with Pool(1) as pool:
        with pytest.raises(EnrichmentError, match=message):
            pool.submit(task).result()
        assert pool.submit(_task("胃")).result()[0][2] == "胃"


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to one process")
def test_ctrl_c_is_left_to_the_parent() -> None:
    with Pool(1) as pool:
        ((pid, _, _),) = pool.submit(_task("胃")).result()
        os.kill(pid, signal.SIGINT)
        assert pool.submit(_task("胃")).result()[0][0] == pid


def test_closing_does_not_wait_for_work() -> None:
    with Pool(1) as pool:
        pool.submit(_task("胃")).result()
        start = time.monotonic()
        futures = [pool.submit(_task(*["sleep"] * 100)) for _ in range(3)]
        time.sleep(0.1)
    # the work would take a quarter of a minute
    assert time.monotonic() - start < 5
    assert all(future.done() for future in futures)


_SCRIPT = """
from esqual.enrich import pool as pool_module
from esqual.enrich.pool import Pool, Task
print("once")
with Pool(2) as pool:
    print(len(pool.submit(Task("tests.enrich.moody:KIND", {}, ["a", "b"])).result()))
"""


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    run = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert run.stdout.split() == ["once", "2"]


_KILLED = """
import sys, os, signal
from esqual.enrich import pool as pool_module
from esqual.enrich.pool import Pool, Task
pool = Pool(1)
print(pool.submit(Task("tests.enrich.moody:KIND", {}, ["a"])).result()[0][0], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks for a process by its number")
def test_no_worker_outlives_a_killed_parent() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _KILLED], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    pid = int(run.stdout)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _runs(pid):
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # an ended process that nobody has asked after is still listed
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_there_is_a_process_for_each_core_as_far_as_memory_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert 1 <= default_processes() <= (os.cpu_count() or 1)
    monkeypatch.setattr(pool_module.os, "sched_getaffinity", lambda _pid: set(range(64)), False)
    for available, processes in ((10**8, 1), (int(5.9 * 10**9), 5), (10**12, 64)):
        monkeypatch.setattr(pool_module, "_available_bytes", lambda found=available: found)
        assert default_processes() == processes

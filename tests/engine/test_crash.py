"""What a returned flush covered survives kill -9, whenever it comes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

import esqual

KILLS = 20
AHEAD = 2
SEED = 20
WRITER = Path(__file__).parent / "crash_writer.py"


def _writers(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Processes that wait for their first number; the next one starts up while one runs."""
    command = [sys.executable, str(WRITER), str(path)]
    ahead: deque[subprocess.Popen[str]] = deque()
    for number in range(KILLS + AHEAD):
        if number < KILLS:
            ahead.append(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
        if number >= AHEAD:
            yield ahead.popleft()


def _write_until_killed(process: subprocess.Popen[str], start: int, wait_s: float) -> int:
    """Kill the writer ``wait_s`` after its first flush; the last flush that it told of."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{start}\n")
    process.stdin.flush()
    first = process.stdout.readline()
    time.sleep(wait_s)
    os.kill(process.pid, signal.SIGKILL)
    told = [first, *process.stdout.read().splitlines()]
    process.wait()
    return int(told[-1])


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
def test_nothing_that_a_flush_acknowledged_is_missing_after_kill_9(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    path = tmp_path / "engine"
    flushed = 0
    client = esqual.connect(f"lucene:{path}")
    for process in _writers(path):
        flushed = _write_until_killed(process, flushed, chance.uniform(0, 0.3))
        client.indices.refresh(index="a")
        answer = client.mget(index="a", ids=[str(n) for n in range(flushed)], source=["n"])
        lost = [doc["_id"] for doc in answer["docs"] if not doc["found"]]
        assert lost == []
        assert [doc["_source"]["n"] for doc in answer["docs"]] == list(range(flushed))
    # the next writer takes over, and counts on where the last commit stopped
    last = client.get(index="a", id=str(flushed - 1))["_seq_no"]
    assert client.index(index="a", id="neu", document={"n": -1})["_seq_no"] > last
    client.close()

"""kill -9 during ``esqual index``: what was told to be flushed is there afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import esqual
from tests.cli.conftest import MAPPING

# a longer night: ESQUAL_KILLS=20
KILLS = int(os.environ.get("ESQUAL_KILLS", "3"))
SEED = 20261121
EVERY, FLUSHES = 50, 20
DOCUMENTS = EVERY * FLUSHES


@pytest.fixture(autouse=True)
def _corpus(tmp_path: Path) -> None:
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING), encoding="utf-8")
    lines = (f'{{"id": "d{n}", "text": "朝から雨が降る。{n}"}}\n' for n in range(DOCUMENTS))
    (tmp_path / "c.ndjson").write_text("".join(lines), encoding="utf-8")


def test_a_killed_run_loses_nothing_that_was_flushed_and_can_be_run_again(tmp_path: Path) -> None:
    moments = random.Random(SEED)
    for _ in range(KILLS):
        # the flush after which it is killed, and how long after: inside a bulk, a commit, between
        after, delay_s = moments.randrange(FLUSHES), moments.uniform(0, 0.2)
        flushed = _index(tmp_path, kill_after=after, delay_s=delay_s)
        assert flushed >= after * EVERY
        assert _first(flushed) <= _ids_in(tmp_path), (after, delay_s)

    assert _index(tmp_path) == DOCUMENTS
    assert _ids_in(tmp_path) == _first(DOCUMENTS)


def test_an_interrupt_is_130_and_keeps_what_was_written(tmp_path: Path) -> None:
    run = _start(tmp_path)
    assert run.stderr is not None
    assert run.stderr.readline() == f"esqual: flushed {EVERY} documents\n"
    run.send_signal(signal.SIGINT)
    told = run.stderr.readlines()
    run.stderr.close()
    assert (run.wait(), told[-1]) == (130, "esqual: interrupted\n")
    assert _first(EVERY) <= _ids_in(tmp_path) < _first(DOCUMENTS)


def _start(folder: Path) -> subprocess.Popen[str]:
    arguments = (
        f"index c.ndjson --index articles --mapping mapping.json --recreate "
        f"--engine lucene:{folder / 'engine'} --flush-every {EVERY} --verbose"
    )
    return subprocess.Popen(
        [sys.executable, "-m", "esqual", *arguments.split()],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _index(folder: Path, *, kill_after: int | None = None, delay_s: float = 0) -> int:
    """Run ``esqual index --recreate``; the number of documents it said were flushed.

    It is killed ``delay_s`` after the flush number ``kill_after``, 0 being its very start.
    """
    run = _start(folder)
    assert run.stderr is not None
    told = []
    while len(told) != kill_after and (line := run.stderr.readline()):
        told.append(line)
    if kill_after is not None:
        # of the start of Python and of the JVM only the end is of interest
        time.sleep(delay_s if kill_after else 1 + 10 * delay_s)
        run.send_signal(signal.SIGKILL)
    told += run.stderr.readlines()
    run.stderr.close()
    assert run.wait() == 0 or kill_after is not None, told
    counts = [int(line.split()[2]) for line in told if line.startswith("esqual: flushed ")]
    assert len(counts) == len(told), told
    return counts[-1] if counts else 0


def _ids_in(folder: Path) -> set[str]:
    client = esqual.connect(f"lucene:{folder / 'engine'}")
    try:
        if not client.indices.exists(index="articles"):
            return set()
        client.indices.refresh(index="articles")
        answer = client.search(index="articles", query={"match": {"text": "雨"}}, size=10_000)
        return {hit["_id"] for hit in answer["hits"]["hits"]}
    finally:
        client.close()


def _first(count: int) -> set[str]:
    return {f"d{n}" for n in range(count)}

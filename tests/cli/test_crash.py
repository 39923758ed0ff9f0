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

import esqual
from tests.cli.conftest import MAPPING

# a longer night: ESQUAL_KILLS=20
KILLS = int(os.environ.get("ESQUAL_KILLS", "3"))
SEED = 20261121
DOCUMENTS = 2000


def test_a_killed_run_loses_nothing_that_was_flushed_and_can_be_run_again(tmp_path: Path) -> None:
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING), encoding="utf-8")
    lines = (f'{{"id": "d{n}", "text": "朝から雨が降る。{n}"}}\n' for n in range(DOCUMENTS))
    (tmp_path / "c.ndjson").write_text("".join(lines), encoding="utf-8")
    start = time.monotonic()
    assert _index(tmp_path, kill_after_s=None) == DOCUMENTS
    whole_s = time.monotonic() - start
    assert _ids_in(tmp_path) == _first(DOCUMENTS)

    moments = random.Random(SEED)
    flushed = []
    for _ in range(KILLS):
        # the start of Python and of the JVM is not of interest
        flushed.append(_index(tmp_path, kill_after_s=moments.uniform(0.3, 1.0) * whole_s))
        assert _first(flushed[-1]) <= _ids_in(tmp_path)
    assert any(0 < count < DOCUMENTS for count in flushed), f"no kill hit the load: {flushed}"

    assert _index(tmp_path, kill_after_s=None) == DOCUMENTS
    assert _ids_in(tmp_path) == _first(DOCUMENTS)


def _index(folder: Path, *, kill_after_s: float | None) -> int:
    """Run ``esqual index --recreate``; the number of documents it said were flushed."""
    arguments = (
        f"index c.ndjson --index articles --mapping mapping.json --recreate "
        f"--engine lucene:{folder / 'engine'} --flush-every 100 --verbose"
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "esqual", *arguments.split()],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    killed = False
    if kill_after_s is not None:
        try:
            run.wait(kill_after_s)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            killed = True
    _, told = run.communicate()
    assert killed or run.returncode == 0, told
    counts = [line.split()[2] for line in told.splitlines() if line.startswith("esqual: flushed ")]
    return int(counts[-1]) if counts else 0


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

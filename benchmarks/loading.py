"""A large corpus into a server, end to end: `python -m benchmarks.loading URL [COUNT …]`.

Sentences of the real collection, varied by number, through `esqual index` in a process of its own,
beside the client's own `parallel_bulk` with as many threads. Printed: documents per second of both,
and the peak memory (VmHWM) of esqual's process for each count; of two counts also their ratio.
The index on the server is deleted afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.data import FIELDS, load

INDEX = "esqual-benchmark-loading"
COUNTS = (10_000, 100_000)
WRITERS = 4


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading")
    parser.add_argument("url", help="a server, http(s)://HOST:PORT, or lucene:PATH")
    parser.add_argument("counts", nargs="*", type=int, default=list(COUNTS))
    arguments = parser.parse_args()
    texts = [f"{part}。" for _, text in load().documents for part in text.split("。") if part]
    peaks = {}
    print("| documents | esqual index | parallel_bulk | peak memory |")
    print("|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        mapping = Path(folder) / "mapping.json"
        mapping.write_text(json.dumps(FIELDS), encoding="utf-8")
        for count in arguments.counts:
            corpus = Path(folder) / f"{count}.ndjson"
            _write(corpus, texts, count)
            seconds, peaks[count] = _esqual(arguments.url, corpus, mapping, count)
            bare = _bare(arguments.url, corpus)
            print(
                f"| {count:,} | {count / seconds:,.0f}/s | {count / bare:,.0f}/s "
                f"| {peaks[count] / 1024:.0f} MiB |",
                flush=True,
            )
    if len(peaks) > 1:
        print(f"\npeak memory at {max(peaks):,} / at {min(peaks):,}: ", end="")
        print(f"{peaks[max(peaks)] / peaks[min(peaks)]:.2f}")


def _write(path: Path, texts: list[str], count: int) -> None:
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            record = {"id": f"s{number}", "text": f"{texts[number % len(texts)]} {number}"}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def _esqual(url: str, corpus: Path, mapping: Path, count: int) -> tuple[float, int]:
    """Seconds of the whole command, and its VmHWM in KiB; the count is checked."""
    arguments = [sys.executable, "-m", "esqual", "index", str(corpus), "--index", INDEX]
    arguments += ["--mapping", str(mapping), "--recreate", "--engine", url, "--json"]
    start = time.perf_counter()
    run = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    assert run.stdout is not None
    answer = run.stdout.read()
    _, status, usage = os.wait4(run.pid, 0)
    seconds = time.perf_counter() - start
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode != 0 or json.loads(answer)["documents"]["total"] != count:
        raise SystemExit(f"esqual index ended with {run.returncode}: {answer.decode()}")
    return seconds, usage.ru_maxrss


def _bare(url: str, corpus: Path) -> float:
    """Seconds that the client's helper takes for the same file in an index of the same mapping."""
    from elasticsearch import helpers

    import esqual

    client = esqual.connect(url)
    client.indices.delete(index=INDEX, ignore_unavailable=True)
    client.indices.create(index=INDEX, body=FIELDS)
    start = time.perf_counter()
    for _ in helpers.parallel_bulk(client, _actions(corpus), WRITERS, chunk_size=1000):
        pass
    client.indices.refresh(index=INDEX)
    client.indices.flush(index=INDEX)
    seconds = time.perf_counter() - start
    client.indices.delete(index=INDEX)
    client.close()
    return seconds


def _actions(corpus: Path) -> Iterator[dict[str, object]]:
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            body = json.loads(line)
            yield {"_index": INDEX, "_id": body["id"], "_source": body}


if __name__ == "__main__":
    main()

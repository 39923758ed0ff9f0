"""Print the table of ratios: `python -m benchmarks [NAME…]`."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cluster import cluster
from benchmarks.data import FIELDS, Data, load, sentences
from benchmarks.knn import knn
from benchmarks.parsing import arcs, parsing, parsing_memory
from benchmarks.timing import Ratio, in_turn, run_python

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

Row = tuple[str, str, str, str]


def compare(data: Data, folder: Path) -> Iterator[Row]:
    """A whole comparison against the same searches through bare Lucene calls, start-up apart."""
    import esqual
    from benchmarks.bare import Searches
    from esqual.comparison import Arm, compare_queries
    from esqual.models import Topic
    from esqual.templates import read_template

    engine = folder / "compare"
    client = esqual.connect(f"lucene:{engine}")
    _fill(client, "articles", data.documents, folder)
    texts = [text for _, text in data.topics[:1000]]
    topics = [Topic(query_id, text) for query_id, text in data.topics[:1000]]
    arms = []
    for name, field in (("baseline", "text"), ("candidate", "text.ngram")):
        path = folder / f"{name}.json"
        path.write_text(json.dumps({"query": {"match": {field: "{{query}}"}}}), encoding="utf-8")
        arms.append(Arm(name, "articles", read_template(path)))
    bare = Searches(engine, "articles")

    def ours() -> None:
        compare_queries(client, topics, arms[0], arms[1], depth=20)

    def lucene() -> None:
        bare.run("text", texts, 20)
        bare.run("text.ngram", texts, 20)

    ratio = in_turn(ours, lucene)
    client.close()
    label = f"compare-queries, {len(topics)} topics × 2 arms, k=20 / bare Lucene searches"
    yield label, _ratio(ratio), "≤ 2.5", f"{ratio.ours_s:.2f} s / {ratio.other_s:.2f} s"


def indexing(data: Data, folder: Path) -> Iterator[Row]:
    """`index_corpus` against a bare addDocument loop with the same analyzers: rates."""
    import esqual
    from benchmarks.bare import index

    def ours() -> None:
        shutil.rmtree(folder / "ours", ignore_errors=True)
        client = esqual.connect(f"lucene:{folder / 'ours'}")
        _fill(client, "articles", data.documents, folder)
        client.close()

    def lucene() -> None:
        shutil.rmtree(folder / "bare", ignore_errors=True)
        index(folder / "bare", data.documents)

    ratio = in_turn(lucene, ours)
    seconds = f"{len(data.documents)} documents, {ratio.ours_s:.2f} s / {ratio.other_s:.2f} s"
    yield "indexing rate / rate of a bare Lucene loop", _ratio(ratio), "≥ 0.8", seconds


def start_up(data: Data, folder: Path) -> Iterator[Row]:
    """`--help` against an empty interpreter, and import to the first hit beside it."""
    help_ = in_turn(
        lambda: run_python("-m", "esqual", "--help"), lambda: run_python("-c", "pass"), pairs=9
    )
    seconds = f"{help_.ours_s:.2f} s / {help_.other_s:.2f} s"
    yield "esqual --help / python -c pass", _ratio(help_), "", seconds
    import esqual

    engine = f"lucene:{folder / 'first'}"
    client = esqual.connect(engine)
    _fill(client, "articles", data.documents[:200], folder)
    client.close()
    search = (
        f"import esqual; c = esqual.connect({engine!r}); "
        "print(c.search(index='articles', query={'match': {'text': '日本'}})['hits']['total'])"
    )
    first = in_turn(lambda: run_python("-c", search), lambda: run_python("-c", "pass"), pairs=5)
    seconds = f"{first.ours_s:.2f} s / {first.other_s:.2f} s"
    yield "import to first hit / python -c pass", _ratio(first), "", seconds


def memory(data: Data, folder: Path) -> Iterator[Row]:
    """Peak memory of `esqual index` at 10,000 and 100,000 documents."""
    mapping = _mapping(folder)
    peaks = []
    for count in (10_000, 100_000):
        corpus = folder / f"{count}.ndjson"
        with corpus.open("w", encoding="utf-8") as file:
            for doc_id, text in sentences(data, count):
                file.write(json.dumps({"id": doc_id, "text": text}, ensure_ascii=False) + "\n")
        words = ["index", str(corpus), "--index", "articles", "--mapping", str(mapping)]
        words += ["--engine", f"lucene:{folder / str(count)}"]
        script = (
            # not ru_maxrss: a new process inherits there what its parent had
            "import atexit, re, sys\n"
            "status = lambda: open('/proc/self/status').read()\n"
            "peak = lambda: re.search(r'VmHWM:\\s+(\\d+)', status())[1]\n"
            "atexit.register(lambda: print(peak(), file=sys.stderr))\n"
            f"from esqual.cli import main; main({words!r})"
        )
        run = subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True
        )
        peaks.append(int(run.stderr.split()[-1]) / 1024)
    ratio = peaks[1] / peaks[0]
    seen = f"{peaks[1]:.0f} MiB / {peaks[0]:.0f} MiB"
    yield "peak memory, index 100,000 / 10,000 documents", f"{ratio:.2f}", "≤ 1.3", seen


BENCHMARKS: dict[str, Callable[[Data, Path], Iterator[Row]]] = {
    "compare": compare,
    "indexing": indexing,
    "start-up": start_up,
    "memory": memory,
    "parsing": parsing,
    "arcs": arcs,
    "parsing-memory": parsing_memory,
    "knn": knn,
    "cluster": cluster,
}


def main() -> None:
    """Run the named benchmarks, or all, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    data = load()
    print(f"data: {data.name}, {len(data.documents)} documents, {len(data.topics)} topics\n")
    print("| what | ratio | goal | seen |\n|---|---|---|---|", flush=True)
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            for row in BENCHMARKS[name](data, Path(folder)):
                print(f"| {' | '.join(row)} |", flush=True)


def _ratio(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def _fill(client: Elasticsearch, name: str, documents: list[tuple[str, str]], folder: Path) -> None:
    from esqual.indexing import index_corpus, read_index_body
    from esqual.models import Document

    rows = (Document(doc_id, {"id": doc_id, "text": text}) for doc_id, text in documents)
    index_corpus(client, rows, name, read_index_body(_mapping(folder)))


def _mapping(folder: Path) -> Path:
    path = folder / "mapping.json"
    path.write_text(json.dumps(FIELDS), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()

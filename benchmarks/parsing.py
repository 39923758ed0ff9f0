"""The parse: how fast, how alike, how much memory. Rows for `python -m benchmarks`.

`python -m benchmarks.parsing COUNT` enriches COUNT documents and prints the memory in bytes of this
process and of each worker: the memory row runs it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data import ROOT, Data, load, sentences
from benchmarks.timing import Ratio, in_turn

if TYPE_CHECKING:
    from spacy.language import Language

    from esqual.enrich import Enrichment

Row = tuple[str, str, str, str]

# texts that the slow loops run over, and texts whose tokens are compared
TIMED, COMPARED = 120, 500
# documents of the memory row
MEMORY_DOCUMENTS = 8_000
PROCESSES = 2


def parsing(data: Data, folder: Path) -> Iterator[Row]:
    """Text to index terms against loops of `nlp(text)`, start-up apart; then the second run."""
    from thinc.api import NumpyOps

    from esqual.enrich.dependency.pairs import extract
    from esqual.enrich.pool import Pool, Task

    texts = [text for _, text in data.documents]
    timed = texts[:TIMED]
    enrichment = _enrichment()

    def task(part: Sequence[str]) -> Task:
        return Task(enrichment.implementation, dict(enrichment.parameters), part)

    def loop(nlp: Language) -> Callable[[], None]:
        def run() -> None:
            for text in timed:
                extract(nlp(text))

        return run

    with Pool(PROCESSES) as pool:

        def ours() -> None:
            # small tasks, so that both workers end together
            tasks = [task(timed[start : start + 8]) for start in range(0, len(timed), 8)]
            for future in [pool.submit(one) for one in tasks]:
                future.result()

        wait([pool.submit(task(texts[:8])) for _ in range(2 * PROCESSES)])
        without_ner = _plain(exclude=["ner"])
        label = f"text → terms, {PROCESSES} processes / nlp(text) loop"
        pairs = 3
        first = in_turn(loop(without_ner), ours, pairs)
        yield _row(f"{label} without NER", "≥ 5", first)
        yield _row(f"{label} as it comes", "", in_turn(loop(_plain()), ours, pairs))
        for _, component in without_ner.pipeline:
            for node in component.model.walk() if hasattr(component, "model") else ():
                node.ops = NumpyOps(use_blis=False)
        yield _row(
            f"{label} without NER, products on numpy's BLAS",
            "",
            in_turn(loop(without_ner), ours, pairs),
        )
    yield from _second_run(data, folder, enrichment)


def arcs(data: Data, folder: Path) -> Iterator[Row]:
    """Token by token against the plain loop."""
    from esqual.enrich.dependency.ginza import load_pipeline
    from esqual.enrich.dependency.pairs import extract

    texts = [text for _, text in data.documents][:COMPARED]
    plain = _plain(exclude=["ner"])
    tokens = different_arcs = different_words = different_terms = 0
    for text, doc in zip(texts, load_pipeline().parse(texts), strict=True):
        wanted: Any = plain(text)
        tokens += len(wanted)
        different_arcs += _differences(doc, wanted, lambda t: (t.text, t.head.i, t.dep_))
        different_words += _differences(
            doc,
            wanted,
            lambda t: (t.pos_, t.tag_, t.lemma_, t.norm_, str(t.morph), t.is_sent_start),
        )
        different_terms += extract(doc) != extract(wanted)
    seen = (
        f"{different_arcs} arcs, {different_words} other fields of {tokens} tokens, terms of "
        f"{different_terms} of {len(texts)} documents differ"
    )
    yield "arcs as in the plain loop", f"{1 - different_arcs / tokens:.4%}", "≥ 99.9 %", seen


def parsing_memory(data: Data, folder: Path) -> Iterator[Row]:
    """Memory of parent and workers along one stream: at its tenth, its half and its end."""
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.parsing", str(MEMORY_DOCUMENTS)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    marks = [json.loads(line) for line in run.stdout.splitlines()]
    for who, place in (("parent", slice(0, 1)), ("workers", slice(1, None))):
        for what in ("peak", "own"):
            tenth, half, whole = (
                sum(process[what] for process in mark[place]) / 2**20 for mark in marks
            )
            label = "peak memory" if what == "peak" else "of it no file's pages"
            seen = f"{whole:.0f} MiB / {tenth:.0f} MiB; {half:.0f} MiB at half of them"
            yield (
                f"{label}, {who}, {MEMORY_DOCUMENTS:,} / {MEMORY_DOCUMENTS // 10:,} documents",
                f"{whole / tenth:.2f}",
                "flat",
                seen,
            )


def _second_run(data: Data, folder: Path, enrichment: Enrichment) -> Iterator[Row]:
    """All documents twice; the first run's time is without the start of its workers."""
    from esqual.enrich.cache import Cache
    from esqual.enrich.stream import Progress, enrich_documents
    from esqual.models import Document

    documents = [Document(doc_id, {"text": text}) for doc_id, text in data.documents]
    path = Path(tempfile.mkdtemp(dir=folder)) / "cache.sqlite"
    seconds = []
    for _ in range(2):
        marks: list[tuple[int, float]] = []

        def mark(progress: Progress, marks: list[tuple[int, float]] = marks) -> None:
            marks.append((progress.documents, progress.elapsed_s))

        start = time.perf_counter()
        with Cache(path) as cache:
            stream = enrich_documents(
                documents,
                [enrichment],
                on_error=lambda *_: None,
                cache=cache,
                processes=PROCESSES,
                on_progress=mark,
            )
            for _ in stream:
                pass
        elapsed = time.perf_counter() - start
        if len(marks) > 2:
            # from the first batches out to the last: what came before is loading
            (before, since), (after, until) = marks[0], marks[-1]
            elapsed = (until - since) / (after - before) * len(documents)
        seconds.append(elapsed)
    seen = f"{len(documents)} documents, {seconds[1]:.2f} s / {seconds[0]:.1f} s"
    yield "second run / first run, loading apart", f"{seconds[1] / seconds[0]:.2%}", "≤ 1 %", seen


def _plain(**options: Any) -> Language:
    import spacy

    return spacy.load("ja_ginza", **options)


def _enrichment() -> Enrichment:
    from esqual.enrich import read_enrichments

    mapping = json.loads((ROOT / "mappings" / "ja-dependency.json").read_text(encoding="utf-8"))
    (enrichment,) = (e for e in read_enrichments(mapping) if e.kind == "dependency")
    return enrichment


def _differences(doc: Any, wanted: Any, fields: Callable[[Any], object]) -> int:
    if len(doc) != len(wanted):
        return max(len(doc), len(wanted))
    return sum(fields(a) != fields(b) for a, b in zip(doc, wanted, strict=True))


def _row(label: str, goal: str, ratio: Ratio) -> Row:
    seen = f"{TIMED / ratio.other_s:.0f} / {TIMED / ratio.ours_s:.1f} documents a second"
    return label, f"{ratio.median:.1f} ({ratio.low:.1f}–{ratio.high:.1f})", goal, seen


def _memory(process: str) -> dict[str, int]:
    """Bytes: the largest size until now, and what the process has to itself at this moment.

    The rest are pages of files, above all of Sudachi's dictionary: all processes share them, and
    the system takes them back when it needs room.
    """
    status = Path(f"/proc/{process}/status").read_text()
    names = {"peak": "VmHWM", "own": "RssAnon"}
    return {
        key: int(re.search(rf"{name}:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]
        for key, name in names.items()
    }


def _children() -> list[str]:
    me = Path("/proc/self").resolve().name
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if parent == me:
            found.append(stat.parent.name)
    return found


def _print_memory(count: int) -> None:
    """Enrich ``count`` documents; a line of JSON at a tenth, at half and at the end of them.

    Every document brings words that no other has, as those of a real corpus do. ``own`` is the
    largest of the samples so far.
    """
    from esqual.enrich.stream import enrich_documents
    from esqual.models import Document

    rows = sentences(load(), count)
    documents = (
        Document(doc_id, {"text": f"{_name(place)}と{_name(place + count)}の話。{text}"})
        for place, (doc_id, text) in enumerate(rows)
    )
    stream = enrich_documents(
        documents, [_enrichment()], on_error=lambda *_: None, processes=PROCESSES
    )
    most: dict[str, int] = {}
    for place, _ in enumerate(stream, 1):
        if place % 80 and place != count:
            continue
        seen = {process: _memory(process) for process in ("self", *sorted(_children()))}
        for process, memory in seen.items():
            most[process] = memory["own"] = max(memory["own"], most.get(process, 0))
        if place in (count // 10, count // 2, count):
            print(json.dumps(list(seen.values())), flush=True)


def _name(number: int) -> str:
    """A made-up name of five syllables, another for each number."""
    kana = "アイウエオカキクケコサシスセソタチツテト"
    return "".join(kana[number // 20**place % 20] for place in range(5))


if __name__ == "__main__":
    _print_memory(int(sys.argv[1]))

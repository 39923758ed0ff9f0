"""The folder of a saved comparison: plain files, and a record with the digest of each.

``topics.tsv``, ``qrels.txt`` (quality only), ``gate.toml`` (what held, flags included),
``baseline.run``, ``candidate.run`` (``candidate-2.run`` …), ``report.json`` (what was said) and
``record.json``. Format: docs/formats.md.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import esqual
from esqual.comparison import ArmRun
from esqual.comparison.saved import saved_lists
from esqual.comparison.scoring import Lists
from esqual.errors import DataError, MeasureError
from esqual.gate import CandidateResult, Gate, read_gate
from esqual.gate.writing import gate_text
from esqual.judgments import read_qrels, read_topics, write_qrels, write_run, write_topics
from esqual.judgments.text import write_text
from esqual.measures import Measure, parse_measure
from esqual.models import Qrels, Topic
from esqual.replay.observed import observed_of
from esqual.report.json import render_candidates_json

__all__ = ["Saved", "SavedCandidate", "read_saved", "save_comparison", "versions"]

SCHEMA = 1
RECORD, REPORT, TOPICS, QRELS, GATE = (
    "record.json",
    "report.json",
    "topics.tsv",
    "qrels.txt",
    "gate.toml",
)


@dataclass(frozen=True, slots=True)
class SavedCandidate:
    """One candidate: its lists, and what the engine said (see :mod:`esqual.replay.observed`)."""

    tag: str
    lists: Lists
    observed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """A folder that was read.

    ``changed`` names the files that are not, byte for byte, those that were saved. ``report`` is
    the text that was said then, ``searched`` the topics that were, ``versions`` what counted it.
    ``templates``: tag -> source.
    """

    folder: Path
    searched: frozenset[str]
    topics: Sequence[Topic]
    qrels: Qrels | None
    gate: Gate
    measures: tuple[Measure, ...]
    depth: int
    top_grade: int | None
    baseline: Lists
    candidates: tuple[SavedCandidate, ...]
    templates: Mapping[str, str]
    versions: Mapping[str, str]
    report: str
    changed: tuple[str, ...]


def versions() -> dict[str, str]:
    """What may make the last digit of a figure another."""
    import numpy
    import scipy

    return {
        "esqual": esqual.__version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "machine": platform.machine(),
    }


def save_comparison(
    folder: str | Path,
    topics: Sequence[Topic],
    qrels: Qrels | None,
    gate: Gate,
    top_grade: int | None,
    results: Sequence[CandidateResult],
    runs: Sequence[ArmRun],
) -> None:
    """Write everything that the verdicts rest on; ``runs`` holds the baseline first.

    The record is written last: a folder without one was never finished. What an earlier comparison
    left in the folder is replaced. Raises DataError for a folder that holds anything else, and for
    what a file of these formats cannot hold (white space in an id).
    """
    folder = Path(folder)
    names = list(_run_names(len(results)))
    _empty_folder(folder)
    write_topics(folder / TOPICS, topics)
    if qrels is not None:
        write_qrels(folder / QRELS, qrels)
    write_text(folder / GATE, gate_text(gate))
    for name, run in zip(names, runs, strict=True):
        hits = {query_id: page.to_run() for query_id, page in run.pages.items()}
        write_run(folder / name, hits, tag=run.arm.tag)
    write_text(folder / REPORT, render_candidates_json(results) + "\n")
    first = results[0].comparison
    record = {
        "schema": SCHEMA,
        "versions": versions(),
        "searched": [topic.query_id for topic in topics],
        "depth": first.depth,
        "measures": [] if qrels is None else [str(row.measure) for row in first.measures],
        "top_grade": top_grade,
        "templates": {run.arm.tag: run.arm.template.source for run in runs},
        "candidates": [
            {"tag": row.comparison.tag, "observed": observed_of(row.comparison)} for row in results
        ],
        "files": {
            name: _digest(folder / name) for name in _file_names(names, judged=qrels is not None)
        },
    }
    write_text(folder / RECORD, json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def read_saved(folder: str | Path) -> Saved:
    """Read a folder of :func:`save_comparison`.

    Files that changed since are read as they stand now and named in ``changed``. Raises DataError
    for a folder without a record, a record that does not fit, or a file that is missing.
    """
    folder = Path(folder)
    path = folder / RECORD
    record = _read_record(path)
    try:
        rows = record["candidates"]
        digests = dict(record["files"])
        names = list(_run_names(len(rows)))
        judged = QRELS in digests
        expected = _file_names(names, judged=judged)
        if sorted(digests) != sorted(expected) or not rows:
            raise ValueError(f"files are {', '.join(sorted(digests))}")
        missing = [name for name in expected if not (folder / name).is_file()]
        if missing:
            raise DataError(
                f"{missing[0]} is not there, and the record names it; save the comparison again",
                path=folder,
            )
        topics = read_topics(folder / TOPICS)
        gate = read_gate(folder / GATE)
        assert gate is not None  # a whole file, not a section of one
        _, lists = saved_lists([folder / name for name in names], topics, may_be_empty=True)
        return Saved(
            folder=folder,
            searched=frozenset(map(str, record["searched"])),
            topics=topics,
            qrels=read_qrels(folder / QRELS) if judged else None,
            gate=gate,
            measures=tuple(parse_measure(name) for name in record["measures"]),
            depth=_whole(record["depth"]),
            top_grade=None if record["top_grade"] is None else _whole(record["top_grade"]),
            baseline=lists[0],
            candidates=tuple(
                SavedCandidate(str(row["tag"]), each, dict(row["observed"]))
                for row, each in zip(rows, lists[1:], strict=True)
            ),
            templates={str(k): str(v) for k, v in record["templates"].items()},
            versions={str(k): str(v) for k, v in record["versions"].items()},
            report=(folder / REPORT).read_text(encoding="utf-8"),
            changed=tuple(n for n in expected if _digest(folder / n) != digests[n]),
        )
    except (AttributeError, KeyError, TypeError, ValueError, MeasureError) as error:
        raise DataError(
            f"does not fit ({error}); it is written by esqual compare-queries --save", path=path
        ) from error


def _whole(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is not a whole number from 1")
    return value


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"there is no {RECORD}: not a saved comparison, or one whose writing was cut short; "
            "esqual compare-queries --save writes one",
            path=path.parent,
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"cannot be read: {error}", path=path) from error
    schema = record.get("schema") if isinstance(record, dict) else None
    if schema != SCHEMA:
        raise DataError(
            f"has schema {schema!r}, and this esqual reads {SCHEMA}; use the one that wrote it",
            path=path,
        )
    return dict(record)


def _run_names(n_candidates: int) -> Iterator[str]:
    """Names are made, never read: a record from elsewhere cannot point out of its folder."""
    yield "baseline.run"
    yield "candidate.run"
    for number in range(2, n_candidates + 1):
        yield f"candidate-{number}.run"


def _file_names(run_names: Sequence[str], *, judged: bool) -> list[str]:
    return [TOPICS, *([QRELS] if judged else []), GATE, *run_names, REPORT]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _empty_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = list(folder.iterdir())
        ours = {RECORD, REPORT, TOPICS, QRELS, GATE}
        foreign = [p.name for p in present if p.name not in ours and p.suffix != ".run"]
        if foreign:
            raise DataError(
                f"holds {sorted(foreign)[0]}, which no saved comparison has; name an empty folder",
                path=folder,
            )
        # first the record: what is left of a half-replaced folder is never taken for a whole one
        for path in sorted(present, key=lambda p: p.name != RECORD):
            path.unlink()
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror or error}", path=folder) from error

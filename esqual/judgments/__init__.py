"""Topics, qrels and runs: readers and writers of the files that other tools share with us."""

from __future__ import annotations

from esqual.judgments.formats import (
    FORMATS,
    load_all_qrels,
    load_qrels,
    read_judgments,
    write_judgments,
)
from esqual.judgments.qrels import read_qrels, write_qrels
from esqual.judgments.runs import read_run, write_run
from esqual.judgments.topics import read_topics, write_topics

__all__ = [
    "FORMATS",
    "load_all_qrels",
    "load_qrels",
    "read_judgments",
    "read_qrels",
    "read_run",
    "read_topics",
    "write_judgments",
    "write_qrels",
    "write_run",
    "write_topics",
]

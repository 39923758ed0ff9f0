"""What `compare-queries` needs around its gate: which one holds, and candidates with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from esqual.config import FILE_NAME

if TYPE_CHECKING:
    from esqual.gate import Gate
    from esqual.measures import Measure

__all__ = ["measures_of", "resolve_gate", "unique_tags"]


def resolve_gate(
    path: str | None,
    *,
    ignored: bool = False,
    min_similarity: float | None = None,
    allow_inconclusive: bool = False,
) -> Gate:
    """``--gate FILE``, else ``[gate]`` of esqual.toml, else a gate that asks for nothing.

    Flags go before the file. Raises ConfigError with file and line.
    """
    from esqual.gate import Gate, read_gate

    gate = None
    if path is not None:
        gate = read_gate(path)
    elif not ignored:
        gate = read_gate(FILE_NAME, section="gate")
    gate = gate or Gate()
    if min_similarity is not None:
        gate = replace(gate, limits=replace(gate.limits, min_similarity=min_similarity))
    if allow_inconclusive:
        gate = replace(gate, allow_inconclusive=True)
    return gate


def measures_of(
    names: Sequence[str], gate: Gate, max_drop: float | None
) -> tuple[list[Measure], Gate]:
    """The measures that are named, then those of the gate; ``max_drop`` is the first one's margin.

    Raises MeasureError for a name that is not known.
    """
    from esqual.measures import DEFAULT_MEASURE, parse_measure

    named = [parse_measure(name) for name in names]
    measures = list(dict.fromkeys([*named, *(row.measure for row in gate.measures)]))
    measures = measures or [DEFAULT_MEASURE]
    if max_drop is not None:
        gate = gate.with_margin(measures[0], max_drop)
    return measures, gate


def unique_tags(paths: Sequence[str]) -> list[str]:
    """A tag per candidate: its file's name without the ending, numbered where two share it."""
    tags: list[str] = []
    for path in paths:
        # a run's tag has no white space
        stem = "-".join(Path(path).stem.split()) or "candidate"
        tag, number = stem, 2
        while tag in tags or tag == "baseline":
            tag, number = f"{stem}-{number}", number + 1
        tags.append(tag)
    return tags

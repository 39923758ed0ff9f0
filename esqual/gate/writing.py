"""Write a gate as the TOML that :func:`esqual.gate.read_gate` reads: what held, flags included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from esqual.gate.settings import Gate, MeasureGate

__all__ = ["gate_text"]


def gate_text(gate: Gate) -> str:
    """TOML with every setting that is not absent; read again it gives an equal gate.

    ``source`` and the line numbers are not part of it: they are of the file that is read.
    """
    lines = [
        f"alpha = {_value(gate.alpha)}",
        f"allow_inconclusive = {_value(gate.allow_inconclusive)}",
    ]
    for row in gate.measures:
        lines += _measure(row)
    lines += _table("limits", asdict(gate.limits))
    decision = asdict(gate.decision)
    large, live = decision.pop("large_impact"), decision.pop("live_test")
    lines += _table("decision", decision)
    lines += _table("decision.large_impact", large)
    lines += _table("decision.live_test", live)
    return "\n".join(lines) + "\n"


def _measure(row: MeasureGate) -> Iterator[str]:
    # JSON's strings are TOML's: the escapes that json writes are known to both
    name = f"measures.{_key(str(row.measure))}"
    settings = {
        "margin": row.margin,
        "must_improve": row.must_improve,
        "bounds": row.bounds,
    }
    yield from _table(name, settings)
    if row.classes:
        yield from _table(f"{name}.classes", {_key(k): v for k, v in row.classes.items()})


def _table(name: str, settings: Mapping[str, object]) -> Iterator[str]:
    yield ""
    yield f"[{name}]"
    for key, value in settings.items():
        if value is not None:
            yield f"{key} = {_value(value)}"


def _key(text: str) -> str:
    # U+007F is a control character to TOML and not to JSON
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)

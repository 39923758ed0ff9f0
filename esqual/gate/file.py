"""Read a gate: `gate.toml`, or `[gate]` of another TOML file; what is not known is refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from esqual.errors import ConfigError, MeasureError
from esqual.gate.settings import (
    DecisionSettings,
    Gate,
    LargeImpact,
    Limits,
    LiveTest,
    MeasureGate,
)
from esqual.measures import parse_measure

__all__ = ["read_gate"]

Keys = tuple[str, ...]


def read_gate(path: str | Path, *, section: str | None = None) -> Gate | None:
    """The gate in a TOML file; with ``section`` the table of that name, None where it is missing.

    Raises ConfigError with path, line and what to try for a file that cannot be read, a key or
    measure that is not known, a value of the wrong kind or outside its range.
    """
    import tomllib

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        content: Any = tomllib.loads(text)
    except FileNotFoundError as error:
        if section is not None:
            return None
        raise ConfigError(f"{path}: there is no such gate file") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line[1]) if line else max(1, len(text.splitlines()))
        raise ConfigError(
            f"{path}:{number}: not TOML: {error}; a name with brackets, @ or Japanese goes between "
            "quotes"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    keys: Keys = ()
    if section is not None:
        if section not in content:
            return None
        content, keys = content[section], (section,)
    return _gate(_Table(str(path), _lines(text), keys, content))


def _gate(table: _Table) -> Gate:
    gate = Gate(
        measures=_measures(table),
        limits=_limits(table.table("limits")),
        decision=_decision(table.table("decision")),
        alpha=table.number("alpha", 0.05, low=0.0, high=0.5, inside=True),
        allow_inconclusive=table.flag("allow_inconclusive", False),
        source=table.path,
    )
    table.close()
    return gate


def _measures(table: _Table) -> tuple[MeasureGate, ...]:
    rows: list[MeasureGate] = []
    for each in table.tables("measures"):
        row = _measure(each)
        if any(row.measure == other.measure for other in rows):
            each.refuse(f"{row.measure} stands there twice; keep one of them")
        rows.append(row)
    return tuple(rows)


def _measure(table: _Table) -> MeasureGate:
    name = table.keys[-1]
    try:
        measure = parse_measure(name)
    except MeasureError as error:
        raise ConfigError(f"{table.where()}: {error}") from error
    classes = table.table("classes")
    row = MeasureGate(
        measure=measure,
        margin=table.optional("margin", high=1.0, below=True),
        must_improve=table.flag("must_improve", False),
        bounds=table.flag("bounds", False),
        classes={
            key: classes.number(key, 0.0, low=0.0, high=1.0, below=True) for key in classes.content
        },
        lines={key: classes.line(key) for key in classes.content},
    )
    classes.close()
    table.close()
    if row.bounds and row.margin is None:
        table.refuse(
            "bounds holds the worst judgments against the margin; give margin too", "bounds"
        )
    if row.margin is None and not row.must_improve and not row.classes:
        table.refuse(f"{name} asks for nothing; give it margin = 0.02, must_improve or classes")
    return row


def _limits(table: _Table) -> Limits:
    limits = Limits(
        max_zero_hit_share=table.optional("max_zero_hit_share", high=1.0),
        max_left_out_share=table.optional("max_left_out_share", high=1.0),
        min_judged=table.optional("min_judged", high=1.0),
        max_judged_drop=table.number("max_judged_drop", 0.1, low=0.0, high=1.0),
        max_latency_p95_ms=table.optional("max_latency_p95_ms"),
        max_latency_ratio=table.optional("max_latency_ratio"),
        min_similarity=table.optional("min_similarity", high=1.0),
    )
    table.close()
    return limits


def _decision(table: _Table) -> DecisionSettings:
    large, live = table.table("large_impact"), table.table("live_test")
    known = DecisionSettings()
    impact, test = known.large_impact, known.live_test

    def threshold(name: str) -> float:
        return large.number(name, getattr(impact, name), low=0.0, high=1.0)

    settings = DecisionSettings(
        min_gain=table.number("min_gain", known.min_gain, low=0.0),
        judge_first=table.whole("judge_first", known.judge_first),
        large_impact=LargeImpact(
            identical_share=threshold("identical_share"),
            similarity=threshold("similarity"),
            rbo=threshold("rbo"),
            jaccard=threshold("jaccard"),
        ),
        live_test=LiveTest(
            base_rate=live.number("base_rate", test.base_rate, low=0.0, high=1.0, inside=True),
            effect=live.number("effect", test.effect, low=0.0, inside=True),
            relative=live.flag("relative", test.relative),
            power=live.number("power", test.power, low=0.0, high=1.0, inside=True),
        ),
    )
    changed = settings.live_test.base_rate + settings.live_test.absolute_effect
    if changed >= 1:
        live.refuse(f"base_rate and effect together make a rate of {changed:g}; it is below 1")
    for each in (large, live, table):
        each.close()
    return settings


class _Table:
    """One table of the file; every key that is read is noted, what is left is unknown."""

    def __init__(self, path: str, lines: Mapping[Keys, int], keys: Keys, content: Any) -> None:
        self.path, self.lines, self.keys = path, lines, keys
        if not isinstance(content, dict):
            self.refuse(f"{'.'.join(keys)} must be a table")
        self.content: Mapping[str, Any] = content
        self.known: list[str] = []

    def line(self, key: str | None = None) -> int:
        keys = self.keys if key is None else (*self.keys, key)
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def where(self, key: str | None = None) -> str:
        return f"{self.path}:{self.line(key)}"

    def refuse(self, message: str, key: str | None = None) -> NoReturn:
        raise ConfigError(f"{self.where(key)}: {message}")

    def _get(self, key: str) -> Any:
        self.known.append(key)
        return self.content.get(key)

    def table(self, key: str) -> _Table:
        value = self._get(key)
        return _Table(self.path, self.lines, (*self.keys, key), {} if value is None else value)

    def tables(self, key: str) -> Iterable[_Table]:
        parent = self.table(key)
        for name in parent.content:
            yield parent.table(name)

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(f"{key} is true or false, not {value!r}", key)
        return value

    def whole(self, key: str, default: int) -> int:
        value = self._get(key)
        if value is None:
            return default
        if type(value) is not int or value < 0:
            self.refuse(f"{key} is a whole number from 0, not {value!r}", key)
        return value

    def optional(self, key: str, *, high: float | None = None, below: bool = False) -> float | None:
        if key not in self.content:
            self.known.append(key)
            return None
        return self.number(key, 0.0, low=0.0, high=high, below=below)

    def number(
        self,
        key: str,
        default: float,
        *,
        low: float,
        high: float | None = None,
        below: bool = False,
        inside: bool = False,
    ) -> float:
        """A number from ``low`` to ``high``; ``below``: less than high; ``inside``: neither."""
        value = self._get(key)
        if value is None:
            return default
        fits = (
            type(value) in (int, float)
            and (low < value if inside else low <= value)
            and (high is None or (value < high if below or inside else value <= high))
            and value < float("inf")
        )
        if not fits:
            start = f"above {low:g}" if inside else f"from {low:g}"
            end = "" if high is None else f" {'and below' if below or inside else 'to'} {high:g}"
            self.refuse(f"{key} is a number {start}{end}, not {value!r}", key)
        return float(value)

    def close(self) -> None:
        """Refuse what nobody asked for."""
        for key in self.content:
            if key not in self.known:
                near = difflib.get_close_matches(key, self.known, 1)
                hint = (
                    f"{f'did you mean {near[0]}? ' if near else ''}known: {', '.join(self.known)}"
                )
                name = ".".join((*self.keys, key))
                self.refuse(f"unknown setting {name}; {hint}", key)


def _lines(text: str) -> dict[Keys, int]:
    """Where each key first stands; tomllib does not say, so each line is read on its own.

    A key inside a value of several lines may be missing: the line of its table stands for it.
    """
    import tomllib

    found: dict[Keys, int] = {}
    table: Keys = ()

    def note(keys: Keys, value: Any, number: int) -> None:
        for length in range(1, len(keys) + 1):
            found.setdefault(keys[:length], number)
        if isinstance(value, dict):
            for key, inner in value.items():
                note((*keys, key), inner, number)

    for number, line in enumerate(text.splitlines(), start=1):
        is_header = line.lstrip().startswith("[")
        for attempt in (line, f"{line.partition('=')[0]} = 0"):
            try:
                parsed: Any = tomllib.loads(attempt)
            except tomllib.TOMLDecodeError:
                continue
            if is_header:
                table = ()
                while isinstance(parsed, dict) and parsed:
                    key = next(iter(parsed))
                    table, parsed = (*table, key), parsed[key]
                note(table, None, number)
            else:
                for key, value in parsed.items():
                    note((*table, key), value, number)
            break
    return found

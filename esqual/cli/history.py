"""`esqual history`: list, trend, diff and broke, over the comparisons that were kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from esqual.cli.options import TEXT, json_option

if TYPE_CHECKING:
    from esqual.history import Break, Entry, History

__all__ = ["command"]

_F = TypeVar("_F", bound=Callable[..., Any])
_SHOWN = 20

_history_option = click.option(
    "--history",
    "place",
    metavar="URL",
    type=TEXT,
    help="A path or a database URL; else ESQUAL_HISTORY, history in esqual.toml, or "
    ".esqual-history.sqlite.",
)
_last_option = click.option(
    "--last", type=click.IntRange(1), default=_SHOWN, help="The newest ones; default 20."
)


@click.group(
    "history",
    epilog="""\b
Examples, after two comparisons with --qrels:
  esqual history list
  esqual history trend --svg trend.svg
  esqual history diff 1 2
  esqual history broke
""",
)
def command() -> None:
    """List the comparisons of the past, draw trends, diff two, find when a topic broke.

    compare-queries keeps every comparison: SQLite, or PostgreSQL by a URL. docs/history.md has
    what is kept.
    """


@command.command(
    "list",
    epilog="""\b
Example:
  esqual history list --last 5
""",
)
@_history_option
@_last_option
@json_option
def list_command(place: str | None, last: int, as_json: bool) -> None:
    """Show the newest comparisons, oldest first."""
    with _reading(place) as history:
        from esqual.history.reading import list_entries
        from esqual.history.text import render_list

        entries = list_entries(history, last)
    if as_json:
        _print({"schema": 1, "comparisons": [_as_json(entry) for entry in entries]})
    else:
        click.echo(render_list(entries))


@command.command(
    "trend",
    epilog="""\b
Example:
  esqual history trend --svg trend.svg
""",
)
@click.argument("number", type=int, required=False)
@click.option("--svg", metavar="FILE", type=click.Path(), help="Also write a picture; - is stdout.")
@_history_option
@_last_option
@json_option
def trend(number: int | None, svg: str | None, place: str | None, last: int, as_json: bool) -> None:
    """Show the means over time of all comparisons with the topics and judgments of NUMBER.

    NUMBER is the newest comparison where it is left out.
    """
    if svg == "-" and as_json:
        raise click.UsageError("--svg - and --json both write to stdout")
    with _reading(place) as history:
        from esqual.history.reading import series_of

        entries = series_of(history, _entry_or_newest(history, number), last)
    if svg is not None:
        from esqual.history.picture import render_trend_svg
        from esqual.judgments.text import write_text

        write_text(svg, render_trend_svg(entries, f"{entries[-1].measure} over time"))
    if as_json:
        _print({"schema": 1, "comparisons": [_as_json(entry) for entry in entries]})
    elif svg != "-":
        from esqual.history.text import render_trend

        click.echo(render_trend(entries))


@command.command(
    "diff",
    epilog="""\b
Example:
  esqual history diff 1 2
""",
)
@click.argument("before", type=int)
@click.argument("after", type=int)
@click.option(
    "--movers", type=click.IntRange(0), default=10, help="Topics shown at most; default 10."
)
@_history_option
@json_option
def diff(before: int, after: int, movers: int, place: str | None, as_json: bool) -> None:
    """Show what two comparisons were made of, what came of them, and which topics changed."""
    with _reading(place) as history:
        from esqual.history.difference import difference_of
        from esqual.history.reading import entry_at, text_of, values_of
        from esqual.history.text import render_difference

        pair = entry_at(history, before), entry_at(history, after)
        difference = difference_of(
            *pair, values_of(history, pair), lambda digest: text_of(history, digest)
        )
    if not as_json:
        click.echo(render_difference(difference, movers))
        return
    _print(
        {
            "schema": 1,
            "before": _as_json(difference.before),
            "after": _as_json(difference.after),
            "comparable": difference.comparable,
            "made_by": [
                {"name": name, "before": old, "after": new} for name, old, new in difference.made_by
            ],
            "texts": {name: list(lines) for name, lines in difference.texts.items()},
            "topics": [{**asdict(row), "delta": row.delta} for row in difference.topics],
        }
    )


@command.command(
    "broke",
    epilog="""\b
Example:
  esqual history broke --least 0.1
""",
)
@click.argument("query_ids", nargs=-1, metavar="[QUERY_ID]...", type=TEXT)
@click.option(
    "--arm",
    type=click.Choice(("candidate", "baseline")),
    default="candidate",
    help="Whose values are followed; default candidate.",
)
@click.option(
    "--least",
    type=click.FloatRange(0),
    default=1e-9,
    help="The fall that counts; default any.",
)
@click.option("--like", type=int, metavar="NUMBER", help="Follow the series of this comparison.")
@_history_option
@json_option
def broke(
    query_ids: tuple[str, ...],
    arm: str,
    least: float,
    like: int | None,
    place: str | None,
    as_json: bool,
) -> None:
    """Find since when topics have been worse, and what was not the same then.

    Comparisons with the same topics, judgments and measure are followed up to the newest one. A
    topic broke after the last comparison in which it was better than it is now.
    """
    with _reading(place) as history:
        from esqual.history import HistoryError, find_breaks
        from esqual.history.difference import difference_of
        from esqual.history.reading import series_of, text_of, values_of
        from esqual.history.text import render_breaks

        entries = series_of(history, _entry_or_newest(history, like))
        values = values_of(history, entries)
        place_of = ("baseline", "candidate").index(arm)
        for query_id in query_ids:
            if query_id not in values[entries[-1].number]:
                raise HistoryError(
                    f"topic {query_id} is not counted in comparison {entries[-1].number}; check "
                    "its id"
                )
        breaks = [
            row
            for row in find_breaks(
                [
                    (e.number, {q: pair[place_of] for q, pair in values[e.number].items()})
                    for e in entries
                ],
                least,
            )
            if not query_ids or row.query_id in query_ids
        ]
        by_number = {entry.number: entry for entry in entries}
        made: dict[tuple[int, int], list[str]] = {}
        for row in breaks:
            pair = row.last_good, row.first_bad
            if pair not in made:
                difference = difference_of(
                    by_number[pair[0]], by_number[pair[1]], values, lambda _: None
                )
                made[pair] = [name for name, _, _ in difference.made_by]
        texts = _topic_texts(text_of(history, entries[-1].topics_digest) or "")

    def causes(row: Break) -> list[str]:
        return made[row.last_good, row.first_bad]

    if as_json:
        _print(
            {
                "schema": 1,
                "arm": arm,
                "comparisons": [entry.number for entry in entries],
                "broken": [
                    {**asdict(row), "text": texts.get(row.query_id, ""), "changed": causes(row)}
                    for row in breaks
                ],
            }
        )
        return
    click.echo(f"{len(entries)} comparisons, the newest is #{entries[-1].number}", err=True)
    click.echo(
        render_breaks(
            breaks,
            lambda query_id: texts.get(query_id, ""),
            lambda row: ", ".join(causes(row)) or "nothing that is kept",
        )
    )


@contextmanager
def _reading(place: str | None) -> Iterator[History]:
    from esqual.config import resolve_history
    from esqual.errors import ConfigError

    resolved = resolve_history(place)
    if resolved is None:
        raise ConfigError("the history is off (ESQUAL_HISTORY, esqual.toml); give --history URL")
    from esqual.history import open_history

    with open_history(resolved) as history:
        yield history


def _entry_or_newest(history: History, number: int | None) -> Entry:
    from esqual.history.reading import entry_at, list_entries

    if number is not None:
        return entry_at(history, number)
    newest = list_entries(history, 1)
    if not newest:
        from esqual.history import HistoryError

        raise HistoryError("holds no comparison yet")
    return newest[0]


def _topic_texts(kept: str) -> Mapping[str, str]:
    """query_id -> text of a kept topics file."""
    rows = (line.split("\t") for line in kept.split("\n")[1:] if line)
    return {row[0]: row[1] for row in rows}


def _as_json(entry: Entry) -> dict[str, Any]:
    columns = {k: v for k, v in entry.columns.items() if k not in ("id", "report", "parameters")}
    parameters = json.loads(entry.columns["parameters"])
    return {"number": entry.number, **columns, "delta": entry.delta, "parameters": parameters}


def _print(answer: Mapping[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))

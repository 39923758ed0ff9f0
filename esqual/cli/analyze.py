"""``esqual analyze``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.options import TEXT, engine_client, engine_option, index_option, json_option

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["command"]


@click.command(
    "analyze",
    epilog="""\b
Example, from a fresh clone after `make demo`:
  esqual analyze --index demo --field text --field text.ngram "関西国際空港に行く"
""",
)
@click.argument("text", type=TEXT)
@index_option
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="FIELD",
    type=TEXT,
    help="Field whose analyzer is shown; may be repeated.",
)
@click.option(
    "--analyzer",
    "analyzers",
    multiple=True,
    metavar="NAME",
    type=TEXT,
    help="Analyzer of the index, or a built-in one; may be repeated.",
)
@engine_option
@json_option
def command(
    text: str,
    index: str,
    fields: tuple[str, ...],
    analyzers: tuple[str, ...],
    engine: str | None,
    as_json: bool,
) -> None:
    """Show the tokens that fields or analyzers make of a text.

    One column per field or analyzer, tokens beside each other that begin at the same character.
    Offsets count UTF-16 units, as Elasticsearch does.
    """
    if not fields and not analyzers:
        raise click.UsageError("name at least one --field or --analyzer")
    with engine_client(engine) as client:
        _check_fields(client, index, fields)
        columns = [_ask(client, index, text, field=name) for name in fields]
        columns += [_ask(client, index, text, analyzer=name) for name in analyzers]
    click.echo(_to_json(index, text, columns) if as_json else _to_table(columns))


@dataclass(frozen=True, slots=True)
class _Column:
    field: str | None
    analyzer: str | None
    tokens: Sequence[Mapping[str, Any]]

    @property
    def title(self) -> str:
        return self.field or f"analyzer {self.analyzer}"


def _check_fields(client: Elasticsearch, index: str, fields: Sequence[str]) -> None:
    """Elasticsearch analyses a field that it does not know with the default analyzer, unsaid."""
    from esqual.errors import ConfigError

    if not fields:
        return
    known: set[str] = set()
    for entry in client.indices.get_mapping(index=index).body.values():
        known |= set(_field_names(entry["mappings"].get("properties", {}), ""))
    for name in fields:
        if name not in known:
            shown = ", ".join(sorted(known)) or "none"
            raise ConfigError(f"the index {index!r} has no field {name!r}; its fields: {shown}")


def _field_names(properties: Mapping[str, Any], prefix: str) -> list[str]:
    names = []
    for name, field in properties.items():
        path = prefix + name
        if "properties" in field:
            names += _field_names(field["properties"], path + ".")
        else:
            names += [path, *(f"{path}.{sub}" for sub in field.get("fields", {}))]
    return names


def _ask(
    client: Elasticsearch,
    index: str,
    text: str,
    *,
    field: str | None = None,
    analyzer: str | None = None,
) -> _Column:
    answer = client.indices.analyze(index=index, text=text, field=field, analyzer=analyzer)
    return _Column(field, analyzer, answer["tokens"])


def _to_json(index: str, text: str, columns: Sequence[_Column]) -> str:
    answer = {
        "schema": 1,
        "index": index,
        "text": text,
        "columns": [
            {
                "field": column.field,
                "analyzer": column.analyzer,
                "tokens": [
                    {
                        "token": token["token"],
                        "start_offset": token["start_offset"],
                        "end_offset": token["end_offset"],
                        "position": token["position"],
                        "position_length": token.get("positionLength", 1),
                        "type": token["type"],
                    }
                    for token in column.tokens
                ],
            }
            for column in columns
        ],
    }
    return json.dumps(answer, ensure_ascii=False)


def _to_table(columns: Sequence[_Column]) -> str:
    """A line per start offset; several tokens from one offset take several lines."""
    from esqual.report.table import clip, render_table

    if not any(column.tokens for column in columns):
        return "no tokens"
    starting: dict[int, list[list[str]]] = {}
    for number, column in enumerate(columns):
        for token in column.tokens:
            at = starting.setdefault(token["start_offset"], [[] for _ in columns])
            at[number].append(f"{clip(token['token'], 40)} {_place(token)}")
    rows = []
    for start in sorted(starting):
        cells = starting[start]
        for line in range(max(map(len, cells))):
            shown = [cell[line] if line < len(cell) else "" for cell in cells]
            rows.append([str(start) if line == 0 else "", *shown])
    return render_table(["start", *(column.title for column in columns)], rows, ">")


def _place(token: Mapping[str, Any]) -> str:
    place = f"{token['start_offset']}-{token['end_offset']}"
    length = token.get("positionLength", 1)
    # a compound beside its parts spans several positions
    return place if length == 1 else f"{place} ({length} positions)"

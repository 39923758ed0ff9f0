"""``esqual search``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.options import (
    TEXT,
    engine_client,
    engine_option,
    index_option,
    json_option,
    parameters_option,
)

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["command"]


@click.command(
    "search",
    epilog="""\b
Example, from a fresh clone after `make demo`:
  esqual search --index demo --query queries/templates/match.json "胃が痛い"
""",
)
@click.argument("text", type=TEXT)
@index_option
@click.option(
    "--query",
    "template",
    required=True,
    metavar="TEMPLATE",
    type=click.Path(),
    help="Query template: a search body in which {{query}} stands for TEXT.",
)
@click.option(
    "--size",
    type=click.IntRange(min=0),
    help="Number of hits; default: what the template says, else 10.",
)
@parameters_option("--param", "parameters", "Template parameter.")
@engine_option
@json_option
def command(
    text: str,
    index: str,
    template: str,
    size: int | None,
    parameters: Mapping[str, str],
    engine: str | None,
    as_json: bool,
) -> None:
    """Show the hits of one query.

    Rank, score and id of every hit, with the beginning of its text fields. Equal scores stand in
    the engine's order.
    """
    from esqual.errors import EngineError
    from esqual.models import Topic
    from esqual.templates import read_template

    body = dict(read_template(template).body(Topic("1", text), parameters))
    if size is not None:
        body["size"] = size
    with engine_client(engine) as client:
        answer = client.search(index=index, body=body).body
        shards = answer["_shards"]
        if answer["timed_out"] or shards["failed"]:
            raise EngineError(
                f"only a part of the index {index!r} answered ({shards['failed']} shards failed, "
                f"timed out: {answer['timed_out']}); run it again when the cluster is green"
            )
        hits = answer["hits"]["hits"]
        if as_json:
            click.echo(_to_json(hits))
            return
        fields = _text_fields(client, index)
    click.echo(_to_table(hits, fields) if hits else "no hits")


def _to_json(hits: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        {"doc_id": hit["_id"], "rank": rank, "score": hit["_score"]}
        for rank, hit in enumerate(hits, start=1)
    ]
    return json.dumps({"schema": 1, "hits": rows}, ensure_ascii=False)


def _text_fields(client: Elasticsearch, index: str) -> set[str]:
    """Names of the analysed top-level fields."""
    return {
        name
        for entry in client.indices.get_mapping(index=index).body.values()
        for name, field in entry["mappings"].get("properties", {}).items()
        if field.get("type") == "text"
    }


def _to_table(hits: Sequence[Mapping[str, Any]], fields: Collection[str]) -> str:
    from esqual.report.table import clip, display_width, render_table

    cells = [
        [str(rank), _score(hit["_score"]), hit["_id"]] for rank, hit in enumerate(hits, start=1)
    ]
    used = sum(max(4, *(display_width(row[i]) for row in cells)) + 2 for i in range(3))
    width = max(20, shutil.get_terminal_size((100, 24)).columns - used - 1)
    rows = [
        [*row, clip(_snippet(hit.get("_source") or {}, fields), width)]
        for row, hit in zip(cells, hits, strict=True)
    ]
    return render_table(["rank", "score", "id", "text"], rows, ">>")


def _score(score: float | None) -> str:
    # a template that sorts by a field has no scores
    return "-" if score is None else f"{score:.4f}"


def _snippet(source: Mapping[str, Any], fields: Collection[str]) -> str:
    texts = []
    for name, value in source.items():
        values = value if isinstance(value, list) else [value]
        if name in fields:
            texts += [text for text in values if isinstance(text, str) and text]
    return " / ".join(texts)

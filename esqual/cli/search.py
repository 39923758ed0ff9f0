"""``esqual search``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.enriching import enrichment_cache, say
from esqual.cli.options import (
    TEXT,
    engine_client,
    engine_option,
    index_option,
    json_option,
    local_enrichments,
    mapping_option,
    parameters_option,
)

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.fusion import FusedQuery

__all__ = ["command"]

Hit = Mapping[str, Any]
#: by the name of each fused query: the rank that it gave each hit, None where it has not got it
Ranks = Mapping[str, Sequence[int | None]]


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
@mapping_option
@engine_option
@json_option
def command(
    text: str,
    index: str,
    template: str,
    size: int | None,
    parameters: Mapping[str, str],
    mapping: str | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Show the hits of one query.

    Rank, score and id of every hit, with the beginning of its text fields. Equal scores stand in
    the engine's order.
    """
    from esqual.enrich.topics import used_enrichments
    from esqual.errors import ConfigError
    from esqual.fusion import read_fused
    from esqual.indexing import enrich_topics
    from esqual.models import Topic
    from esqual.templates import read_template

    query, topic = read_template(template), Topic("1", text)
    enrichments = local_enrichments(mapping)
    if not used_enrichments(enrichments, query.names()):
        query.body(topic, parameters)  # a wrong template is told without an engine
    with engine_client(engine) as client:
        cache = enrichment_cache(enrichments)
        enriched = enrich_topics(client, index, query, [topic], enrichments, parameters, cache)
        body = query.body(topic, {**parameters, **enriched.of(topic)})
        try:
            fused = read_fused(body)
            if fused is not None:
                fused.check_depth(10 if size is None else size)
        except ConfigError as error:
            raise ConfigError(f"{template}: {error}") from error
        for note in enriched.notes():
            say(note)
        if fused is not None:
            hits, ranks = _fused_hits(client, index, fused, 10 if size is None else size)
            _say_left_out(fused.left_out)
        else:
            hits = _hits(client, index, body if size is None else {**body, "size": size})
            ranks = None
        if as_json:
            click.echo(_to_json(hits, ranks))
            return
        fields = _text_fields(client, index)
    click.echo(_to_table(hits, fields, ranks) if hits else "no hits")


def _hits(client: Elasticsearch, index: str, body: Mapping[str, Any]) -> list[Hit]:
    from esqual.engine.answers import unanswered
    from esqual.errors import EngineError

    answer = client.search(index=index, body=dict(body)).body
    silent = unanswered(answer["_shards"])
    if answer["timed_out"] or silent:
        raise EngineError(
            f"only a part of the index {index!r} answered ({silent} shards failed, "
            f"timed out: {answer['timed_out']}); run it again when the cluster is green"
        )
    hits: list[Hit] = answer["hits"]["hits"]
    return hits


def _fused_hits(
    client: Elasticsearch, index: str, query: FusedQuery, size: int
) -> tuple[list[Hit], Ranks]:
    """The fused hits with their fused scores, and the rank that each query gave them."""
    from esqual.search import fuse_hits

    lists = {
        name: _hits(client, index, {**body, "size": query.fusion.window, "track_total_hits": False})
        for name, body in query.bodies.items()
    }
    known = {(hit["_index"], hit["_id"]): hit for hits in lists.values() for hit in hits}
    fused = fuse_hits(query, lists)[:size]
    ranks = {name: [row.ranks.get(name) for row in fused] for name in query.bodies}
    return [{**known[row.key], "_score": row.score} for row in fused], ranks


def _say_left_out(names: Sequence[str]) -> None:
    if names:
        click.echo(f"asks nothing for this text, left out: {', '.join(names)}", err=True)


def _to_json(hits: Sequence[Hit], ranks: Ranks | None) -> str:
    rows: list[dict[str, Any]] = [
        {"doc_id": hit["_id"], "rank": rank, "score": hit["_score"]}
        for rank, hit in enumerate(hits, start=1)
    ]
    if ranks is not None:
        for place, row in enumerate(rows):
            row["ranks"] = {name: column[place] for name, column in ranks.items()}
    return json.dumps({"schema": 1, "hits": rows}, ensure_ascii=False)


def _text_fields(client: Elasticsearch, index: str) -> set[str]:
    """Names of the analysed top-level fields."""
    return {
        name
        for entry in client.indices.get_mapping(index=index).body.values()
        for name, field in entry["mappings"].get("properties", {}).items()
        if field.get("type") == "text"
    }


def _to_table(hits: Sequence[Hit], fields: Collection[str], ranks: Ranks | None) -> str:
    from esqual.report.table import clip, display_width, render_table

    cells = [
        [str(rank), _score(hit["_score"]), hit["_id"]] for rank, hit in enumerate(hits, start=1)
    ]
    header = ["rank", "score", "id", *(ranks or {})]
    for column in (ranks or {}).values():
        for row, rank in zip(cells, column, strict=True):
            row.append("-" if rank is None else str(rank))
    used = sum(max(map(display_width, column)) + 2 for column in zip(header, *cells, strict=True))
    width = max(20, shutil.get_terminal_size((100, 24)).columns - used - 1)
    rows = [
        [*row, clip(_snippet(hit.get("_source") or {}, fields), width)]
        for row, hit in zip(cells, hits, strict=True)
    ]
    return render_table([*header, "text"], rows, ">>" + "<" + ">" * len(ranks or ()))


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

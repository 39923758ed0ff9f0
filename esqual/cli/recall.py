"""``esqual recall``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.enriching import enrichment_cache
from esqual.cli.options import (
    engine_client,
    engine_option,
    index_option,
    json_option,
    local_enrichments,
    mapping_option,
)
from esqual.cli.progress import ProgressLine

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.enrich import Enrichment
    from esqual.models import Topic
    from esqual.recall import Row, Selection, TopicVector, VectorField

__all__ = ["command"]

_SEED = 1


def _numbers(kind: Any, low: float, high: float) -> Any:
    """A callback: numbers with commas between, each once, in the order given."""

    def read(context: click.Context, parameter: click.Parameter, value: str) -> tuple[Any, ...]:
        found = []
        for text in filter(None, value.replace(" ", "").split(",")):
            try:
                number = kind(text)
            except ValueError:
                raise click.BadParameter(f"{text!r} is no number", context, parameter) from None
            if not low <= number <= high:
                raise click.BadParameter(
                    f"{text} is not between {low:g} and {high:g}", context, parameter
                )
            found.append(number)
        return tuple(dict.fromkeys(found))

    return read


@click.command(
    "recall",
    epilog="""\b
Example:
  esqual recall --index articles --mapping mappings/ja-hybrid.json \\
      --topics queries/topics/demo.tsv --qrels queries/qrels/demo.txt
""",
)
@engine_option
@index_option
@mapping_option
@click.option("--topics", "topics_path", required=True, help="TSV: query_id, text (- is stdin).")
@click.option("--vector", "name", help="Name of the enrichment; default: the mapping's only one.")
@click.option("--k", type=click.IntRange(1, 1_000), default=10, help="Neighbours; default 10.")
@click.option(
    "--num-candidates",
    default="10,20,50,100,200",
    callback=_numbers(int, 1, 10_000),
    help="Breadths of the walk; default 10,20,50,100,200. Those below --k are left out.",
)
@click.option(
    "--selectivity",
    default="1,10,50",
    callback=_numbers(float, 0.001, 99.999),
    help="Percent of the documents that filters keep, beside no filter; default 1,10,50.",
)
@click.option(
    "--filter-field",
    help="Keyword field that tells documents apart, for the filters; default: their _id.",
)
@click.option("--qrels", "qrels_path", help="TREC judgments: also what the misses cost.")
@click.option("--measure", "measure_name", help="Its measure; default nDCG(dcg='exp-log2')@10.")
@click.option("--seed", type=int, default=_SEED, help=f"Chooses the documents; default {_SEED}.")
@json_option
def command(
    engine: str | None,
    index: str,
    mapping: str | None,
    topics_path: str,
    name: str | None,
    k: int,
    num_candidates: tuple[int, ...],
    selectivity: tuple[float, ...],
    filter_field: str | None,
    qrels_path: str | None,
    measure_name: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Show what approximate search misses, what it saves, and what that costs.

    The topics' vectors (of the enrichment that the mapping file declares) are searched exactly and
    through the graph: recall@k, latency of single searches and, with --qrels, quality. Filters
    keep documents that --seed chooses: each names them all, by _id or by --filter-field, which
    takes time of its own.

    The embedded engine, which scans a small index, is told to walk a graph, and builds one for the
    time being if there is none.
    """
    if measure_name is not None and qrels_path is None:
        raise click.UsageError("--measure needs judgments: give --qrels")
    breadths = [breadth for breadth in num_candidates if breadth >= k]
    if not breadths:
        raise click.UsageError(f"--num-candidates: none is {k} (--k) or more")

    from esqual.judgments import read_qrels, read_topics
    from esqual.measures import DEFAULT_MEASURE, parse_measure
    from esqual.recall import measure_recall, read_vector_field

    topics = read_topics(topics_path)
    qrels = None if qrels_path is None else read_qrels(qrels_path)
    measure = DEFAULT_MEASURE if measure_name is None else parse_measure(measure_name)
    enrichment = _vector_enrichment(local_enrichments(mapping), name)
    with engine_client(engine) as client, ProgressLine("searches", silent=as_json) as line:
        vectors, left_out = _vectors(client, index, topics, enrichment)
        field = read_vector_field(client, index, enrichment.target)
        selections = _selections(client, index, field, selectivity, filter_field, seed)
        rows = measure_recall(
            client,
            index,
            field,
            vectors,
            selections,
            k=k,
            num_candidates=breadths,
            qrels=qrels,
            measure=measure,
            on_progress=line.add,
        )
    notes = [f"{len(left_out)} topics without a vector left out: {', '.join(left_out[:5])}"]
    notes = notes if left_out else []
    notes += list(_doubts(rows))
    shown_measure = None if qrels is None else str(measure)
    if as_json:
        click.echo(_to_json(index, field, k, seed, len(vectors), rows, shown_measure, notes))
    else:
        click.echo(_to_table(k, rows, shown_measure))
        for note in notes:
            click.echo(note)


def _vector_enrichment(enrichments: Sequence[Enrichment], name: str | None) -> Enrichment:
    from esqual.errors import ConfigError

    vectors = [e for e in enrichments if e.kind == "vector" and name in (None, e.name)]
    if len(vectors) == 1:
        return vectors[0]
    names = ", ".join(e.name for e in enrichments if e.kind == "vector") or "none"
    raise ConfigError(
        "the mapping file must declare the vectors of the topics: name it with --mapping, and one "
        f"enrichment of kind vector with --vector; it has: {names}"
    )


def _vectors(
    client: Elasticsearch, index: str, topics: Sequence[Topic], enrichment: Enrichment
) -> tuple[list[TopicVector], list[str]]:
    from esqual.enrich.agreement import check_agreement
    from esqual.enrich.topics import topic_parameters
    from esqual.errors import ConfigError
    from esqual.recall import TopicVector

    check_agreement(client.indices.get_mapping(index=index).body, [enrichment])
    values = topic_parameters(
        topics, [enrichment], [enrichment.name], cache=enrichment_cache([enrichment])
    )
    made, left_out = [], []
    for topic in topics:
        vector = values[topic.query_id][enrichment.name]
        if vector:
            made.append(TopicVector(topic.query_id, tuple(vector)))
        else:
            left_out.append(topic.query_id)
    if not made:
        raise ConfigError(f"none of the {len(topics)} topics has a vector")
    return made, left_out


def _selections(
    client: Elasticsearch,
    index: str,
    field: VectorField,
    selectivity: Sequence[float],
    filter_field: str | None,
    seed: int,
) -> list[Selection]:
    """All documents with a vector, then the filters."""
    from esqual.errors import ConfigError
    from esqual.recall import Selection, check_names, choose_by_ids, iter_documents

    if filter_field is not None:
        check_names(client, index, filter_field)
    documents = dict(iter_documents(client, index, field, filter_field))
    doc_ids = list(documents)
    values: Mapping[str, Any] | None = None
    if filter_field is not None:
        values = {doc_id: found[0] for doc_id, found in documents.items() if found}
        if len(set(values.values())) < len(doc_ids):
            raise ConfigError(
                f"--filter-field {filter_field}: some documents have no value or share one, so a "
                "list of values would keep more than was chosen; leave it out to use _id"
            )
    name = filter_field or "_id"
    chosen = [choose_by_ids(doc_ids, percent, seed, values, name) for percent in selectivity]
    return [Selection(100, len(doc_ids)), *chosen]


def _doubts(rows: Sequence[Row]) -> Iterator[str]:
    if any(row.selection.filters for row in rows):
        yield "latencies with a filter hold the time to read its list of documents"


def _to_table(k: int, rows: Sequence[Row], measure: str | None) -> str:
    from esqual.report.table import render_table

    header = ["filter", "documents", "num_candidates", f"recall@{k}", "worst", "p50 ms", "p95 ms"]
    exact_quality: float | None = None
    cells = []
    for row in rows:
        if row.num_candidates is None:
            exact_quality = row.quality
        percent = row.selection.percent
        line = [
            "-" if percent == 100 else f"{percent:g} %",
            f"{row.selection.documents:,}",
            "exact" if row.num_candidates is None else str(row.num_candidates),
            f"{row.recall:.4f}",
            f"{row.worst:.2f}",
            f"{row.p50_ms:.2f}",
            f"{row.p95_ms:.2f}",
        ]
        if measure is not None:
            line += (
                ["-", "-"]
                if row.quality is None or exact_quality is None
                else [
                    f"{row.quality:.4f}",
                    f"{row.quality - exact_quality:+.4f}",
                ]
            )
        cells.append(line)
    return render_table(header + ([measure, "cost"] if measure else []), cells, ">>>>>>>>>")


def _to_json(
    index: str,
    field: VectorField,
    k: int,
    seed: int,
    n_topics: int,
    rows: Sequence[Row],
    measure: str | None,
    notes: Sequence[str],
) -> str:
    document = {
        "schema": 1,
        "index": index,
        "similarity": field.similarity,
        "index_options": dict(field.mapping.get("index_options", {})),
        "k": k,
        "seed": seed,
        "n_topics": n_topics,
        "measure": measure,
        "rows": [
            {
                "filter_percent": None if row.selection.percent == 100 else row.selection.percent,
                "documents": row.selection.documents,
                "num_candidates": row.num_candidates,
                "recall": row.recall,
                "worst": row.worst,
                "p50_ms": row.p50_ms,
                "p95_ms": row.p95_ms,
                "quality": row.quality,
            }
            for row in rows
        ],
        "notes": list(notes),
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)

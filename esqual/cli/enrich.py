"""``esqual enrich``: a filter, documents in, the same documents with their enriched fields out."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from esqual.cli.corpora import Reading, corpus_options, say_skipped
from esqual.cli.enriching import enrich_options, enriching, say, say_without
from esqual.cli.options import local_enrichments
from esqual.cli.progress import ProgressLine

if TYPE_CHECKING:
    from esqual.enrich import Enrichment

__all__ = ["command"]

_dumps = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@click.command(
    "enrich",
    epilog="""\b
Example, from a fresh clone:
  esqual enrich demo/corpus.ndjson parsed.ndjson --mapping mappings/ja-dependency.json
  esqual index parsed.ndjson --index demo --mapping mappings/ja-dependency.json --recreate
""",
)
@click.argument("source", metavar="[IN]", default="-", type=click.Path(allow_dash=True))
@click.argument("target", metavar="[OUT]", default="-", type=click.Path(allow_dash=True))
@click.option(
    "--mapping",
    metavar="FILE",
    type=click.Path(),
    help="Mapping file that declares the enrichments; else ESQUAL_MAPPING, else esqual.toml.",
)
@corpus_options
@click.option(
    "--max-errors",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Let N bad documents pass; they are left out and listed in the rejects file.",
)
@click.option(
    "--rejects",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Where bad documents are listed, as NDJSON. Default with --max-errors: "
    "enrich.rejects.ndjson.",
)
@enrich_options
def command(
    source: str,
    target: str,
    mapping: str | None,
    max_errors: int,
    rejects: str | None,
    reading: Reading,
    **how: Any,
) -> None:
    """Add the enriched fields to a corpus, as NDJSON.

    Parsing once, elsewhere, and keeping it: `esqual index` takes OUT as it takes IN and makes the
    same index of it. Every document carries a field _esqual, which proves what its fields were
    made of; indexing checks it and takes it out. IN is NDJSON, CSV or TSV, or gzip of one; OUT is
    gzip if it is called so; - (the default) is standard input and output.
    """
    from esqual.corpus import Reject, Rejects
    from esqual.enrich.documents import EnrichedDocuments
    from esqual.models import Document

    enrichments = _declared(mapping)
    if source == "-" and reading.format is None:
        reading = replace(reading, format="ndjson")
    if max_errors and rejects is None:
        rejects = "enrich.rejects.ndjson"
    with Rejects(max_errors, rejects) as bad:

        def reject(document: Document, reason: str) -> None:
            shown = json.dumps(dict(document.body))
            bad.add(Reject(document.path, document.line, reason, document.doc_id, shown))

        corpus = reading.open([source], bad.add)
        with (
            _output(target) as out,
            ProgressLine("documents") as line,
            enriching(
                enrichments,
                on_progress=lambda done: line.update(done.documents, corpus.position, corpus.size),
                **how,
            ) as options,
        ):
            documents = EnrichedDocuments(
                corpus, enrichments, on_reject=reject, options=options, marked=True
            )
            written = 0
            for document in documents:
                body = document.body
                if reading.id_field == "_id":  # the reader takes it out of the body
                    body = {"_id": document.doc_id, **body}
                try:
                    data = _dumps(body).encode()
                except (UnicodeEncodeError, ValueError) as error:
                    reject(document, f"cannot be written as JSON: {error}")
                    continue
                out.write(data + b"\n")
                written += 1
    say_skipped(corpus)
    say_without(documents.counts)
    if bad.count:
        say(f"{bad.count:,} bad documents were left out, see {bad.file}")
    say(
        f"{written:,} documents with {', '.join(documents.counts)}; enrichment took "
        f"{documents.elapsed_s:.1f} s"
    )


def _declared(mapping: str | None) -> tuple[Enrichment, ...]:
    from esqual.errors import ConfigError

    enrichments = local_enrichments(mapping)
    if not enrichments:
        raise ConfigError(
            "there is nothing to enrich: no mapping file is named (--mapping FILE), or it declares "
            "no enrichment in mappings._meta.esqual.enrich"
        )
    return enrichments


@contextmanager
def _output(target: str) -> Iterator[IO[bytes]]:
    """Standard output, or a file that takes its name when everything is written."""
    if target == "-":
        out = sys.stdout.buffer
        yield out
        out.flush()
        return
    path = Path(target)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            if path.name.endswith(".gz"):
                # no time and no name in the header: the same documents are the same bytes
                with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
                    yield packed  # type: ignore[misc]
            else:
                yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

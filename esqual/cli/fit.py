"""``esqual fit``: what the encoders of a mapping file learn from a corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from esqual.cli.options import TEXT, json_option, local_enrichments
from esqual.cli.progress import ProgressLine

if TYPE_CHECKING:
    from esqual.corpus import Corpus

__all__ = ["command"]


@click.command(
    "fit",
    epilog="""\b
Example, for a mapping file whose parameters are {"encoder": "ginza", "artefact": "demo"}:
  esqual fit demo/corpus.ndjson --mapping mapping.json
  esqual index demo/corpus.ndjson --index demo --mapping mapping.json
""",
)
@click.argument("paths", metavar="CORPUS...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--mapping",
    metavar="FILE",
    type=click.Path(),
    help="Mapping file that declares the enrichments; else ESQUAL_MAPPING, else esqual.toml.",
)
@click.option(
    "--format",
    type=click.Choice(["ndjson", "csv", "tsv"]),
    help="Format of CORPUS; else its name tells.",
)
@click.option(
    "--id-field", default="id", show_default=True, type=TEXT, help="Field or column of the id."
)
@click.option("--text-field", type=TEXT, help="Field or column that becomes the field `text`.")
@click.option(
    "--columns",
    metavar="A,B,…",
    type=TEXT,
    help="Columns of a CSV or TSV file that has no header line.",
)
@json_option
def command(
    paths: tuple[str, ...],
    mapping: str | None,
    format: str | None,
    id_field: str,
    text_field: str | None,
    columns: str | None,
    as_json: bool,
) -> None:
    """Fit the encoders of a mapping file on a corpus.

    Every enrichment that names an artefact learns from its source field; the file NAME.npz goes to
    the folder ESQUAL_ARTEFACTS, or .esqual-artefacts here. Documents and topics need the very same
    file: take it along, and pin its digest in the mapping file to be sure.
    """
    from esqual.corpus import Corpus, Fields
    from esqual.enrich.vectors.fit import fit_enrichment, needs_fit
    from esqual.errors import ConfigError

    enrichments = [e for e in local_enrichments(mapping) if needs_fit(e)]
    if not enrichments:
        raise ConfigError(
            "there is nothing to fit: no mapping file is named (--mapping FILE), or none of its "
            'enrichments has a parameter "artefact"'
        )
    if "-" in paths:
        raise click.UsageError("CORPUS must be a file: it is read once for every enrichment")
    fitted = {}
    for enrichment in enrichments:
        try:
            corpus = Corpus(
                paths,
                format=format,
                fields=Fields(id_field, text_field),
                columns=None if columns is None else columns.split(","),
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        fitted[enrichment.name] = fit_enrichment(enrichment, _texts(corpus, enrichment.source))
    if as_json:
        shown = {
            name: {"path": str(made.path), "digest": made.digest, "documents": made.texts}
            for name, made in fitted.items()
        }
        click.echo(json.dumps({"schema": 1, "fitted": shown}, ensure_ascii=False))
        return
    for name, made in fitted.items():
        click.echo(f"{name}: {made.path}, from {made.texts:,} documents")
        click.echo(f'  to pin it: "digest": "{made.digest}"')


def _texts(corpus: Corpus, source: str) -> Iterator[str]:
    from esqual.enrich.spec import source_text

    with ProgressLine("documents") as line:
        for number, document in enumerate(corpus, start=1):
            line.update(number, corpus.position, corpus.size)
            text = source_text(document.body, source)
            if text:
                yield text

"""The options that say how a corpus is read, for every command that reads one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.options import TEXT

if TYPE_CHECKING:
    from esqual.corpus import Corpus, Reject

__all__ = ["Reading", "corpus_options", "say_skipped"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the options of :func:`corpus_options` say."""

    format: str | None
    id_field: str
    text_field: str | None
    columns: str | None
    by: str

    def open(self, paths: Sequence[str], on_reject: Callable[[Reject], None]) -> Corpus:
        """The corpus of ``paths``. Raises UsageError where the options contradict each other."""
        from esqual.corpus import Corpus, Fields

        try:
            return Corpus(
                paths,
                format=self.format,
                fields=Fields(self.id_field, self.text_field),
                columns=None if self.columns is None else self.columns.split(","),
                unit="paragraph" if self.by == "paragraph" else "article",
                on_reject=on_reject,
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from error


def say_skipped(corpus: Corpus) -> None:
    """Say on stderr how many pages of a wiki dump are no articles."""
    if corpus.skipped:
        pages = "page was" if corpus.skipped == 1 else "pages were"
        print(
            f"esqual: {corpus.skipped:,} {pages} left out: redirects, or not of the main namespace",
            file=sys.stderr,
        )


def corpus_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say how a corpus is read; the command gets them together, as ``reading``."""

    @wraps(command)
    def wrapped(
        *arguments: Any,
        format: str | None,
        id_field: str,
        text_field: str | None,
        columns: str | None,
        by: str,
        **others: Any,
    ) -> Any:
        reading = Reading(format, id_field, text_field, columns, by)
        return command(*arguments, reading=reading, **others)

    options = [
        click.option(
            "--format",
            type=click.Choice(["ndjson", "csv", "tsv", "cirrus", "mediawiki"]),
            help="Format of every file; else the name tells (.ndjson .jsonl .json .csv .tsv .tab "
            "-cirrussearch-content.json .xml; .gz, .bz2).",
        ),
        click.option(
            "--id-field",
            default="id",
            show_default=True,
            type=TEXT,
            help="Field or column of the id.",
        ),
        click.option(
            "--text-field", type=TEXT, help="Field or column that becomes the field `text`."
        ),
        click.option(
            "--columns",
            metavar="A,B,…",
            type=TEXT,
            help="Columns of a CSV or TSV file that has no header line.",
        ),
        click.option(
            "--by",
            type=click.Choice(["article", "paragraph"]),
            default="article",
            show_default=True,
            help="What becomes a document of a wiki dump (cirrus, mediawiki).",
        ),
    ]
    made: Callable[..., Any] = wrapped
    for option in reversed(options):
        made = option(made)
    return made

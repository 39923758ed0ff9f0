"""The options that say how a corpus is read, for every command that reads one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.options import TEXT

if TYPE_CHECKING:
    from esqual.corpus import Corpus, Reject

__all__ = ["Reading", "corpus_options"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the options of :func:`corpus_options` say."""

    format: str | None
    id_field: str
    text_field: str | None
    columns: str | None

    def open(self, paths: Sequence[str], on_reject: Callable[[Reject], None]) -> Corpus:
        """The corpus of ``paths``. Raises UsageError where the options contradict each other."""
        from esqual.corpus import Corpus, Fields

        try:
            return Corpus(
                paths,
                format=self.format,
                fields=Fields(self.id_field, self.text_field),
                columns=None if self.columns is None else self.columns.split(","),
                on_reject=on_reject,
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from error


def corpus_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say how a corpus is read; the command gets them together, as ``reading``."""

    @wraps(command)
    def wrapped(
        *arguments: Any,
        format: str | None,
        id_field: str,
        text_field: str | None,
        columns: str | None,
        **others: Any,
    ) -> Any:
        reading = Reading(format, id_field, text_field, columns)
        return command(*arguments, reading=reading, **others)

    options = [
        click.option(
            "--format",
            type=click.Choice(["ndjson", "csv", "tsv"]),
            help="Format of every file; else the name tells "
            "(.ndjson .jsonl .json .csv .tsv .tab, .gz).",
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
    ]
    made: Callable[..., Any] = wrapped
    for option in reversed(options):
        made = option(made)
    return made

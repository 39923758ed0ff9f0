"""The command line: a thin skin over the library, and the only place that prints.

stdout is the product, stderr the conversation. Commands are imported when they are called, so
that ``esqual --help`` is instant; ``COMMANDS`` is the table to which a new command is added.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from esqual import __version__
from esqual.cli.failure import exit_code_of

__all__ = ["COMMANDS", "main"]

# command -> the first sentence of its help; `some-name` is `command` in `esqual.cli.some_name`
COMMANDS = {
    "index": "Index a corpus of documents.",
    "fit": "Fit the encoders of a mapping file on a corpus.",
    "enrich": "Add the enriched fields to a corpus, as NDJSON.",
    "search": "Show the hits of one query.",
    "analyze": "Show the tokens that fields or analyzers make of a text.",
    "compare-queries": "Compare a baseline and a candidate query over a set of topics.",
    "replay": "Judge a saved comparison again, without an engine.",
    "history": "List the comparisons of the past, draw trends, diff two, find when a topic broke.",
    "recall": "Show what approximate vector search misses, saves and costs.",
    "holes": "List the unjudged documents that would decide a comparison, for raters.",
    "doctor": "Say whether the engine can be used, and what to do where it cannot.",
    "topics": "Class topics by their texts, and split them into a dev and a test set.",
    "judgments": "Convert relevance judgments between formats, and check them.",
}

_HELP = """What does a change of query, analyzer or field do to Japanese search results?

\b
  esqual index demo/corpus.ndjson --index demo --mapping mappings/ja-text.json
  esqual search --index demo --query queries/templates/match.json "胃が痛い"

Engine: --engine URL, or ESQUAL_ENGINE, or engine in esqual.toml, or lucene:.esqual (embedded).

Exit codes: 0 done, or the gate passed; 1 the gate says no; 2 usage; 3 error; 4 inconclusive;
130 interrupted."""


class _Group(click.Group):
    """Imports a command when it is called, and ends every run in an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"esqual.cli.{name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "esqual",
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line and exit; no error leaves as a traceback (see `failure`)."""
        if not standalone_mode or "_ESQUAL_COMPLETE" in os.environ:
            return super().main(args, prog_name, complete_var, standalone_mode, **extra)
        for stream in (sys.stdout, sys.stderr):
            # what is printed is Japanese and JSON, whatever the locale says
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        arguments = list(sys.argv[1:] if args is None else args)
        try:
            # not click's own main: there a closed pipe is exit code 1, "the gate says no" here
            with self.make_context(prog_name, arguments, **extra) as context:
                self.invoke(context)
            sys.stdout.flush()
        except BaseException as error:
            sys.exit(exit_code_of(error))
        sys.exit(0)


@click.group(cls=_Group, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="esqual", message="%(prog)s %(version)s")
def main() -> None:
    """Entry point of the command line."""

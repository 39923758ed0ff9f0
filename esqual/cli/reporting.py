"""The options that write reports to files, for every command that ends in a comparison."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from esqual.cli.options import TEXT
from esqual.engine.secret import scrub
from esqual.errors import EsqualError

if TYPE_CHECKING:
    from esqual.comparison.passages import Passages
    from esqual.gate import CandidateResult
    from esqual.models import Qrels, Topic
    from esqual.report.values import Language

__all__ = ["ReportOptions", "report_options"]

_F = TypeVar("_F", bound=Callable[..., Any])

# format -> help of its flag; esqual.report.files.REPORTS has what writes it
_FORMATS = {
    "junit": "JUnit XML: a test case per rule of the gate.",
    "markdown": "Markdown for a comment on a pull request or a CI summary.",
    "csv": "CSV: a row per topic.",
    "html": "One HTML page to look into: figures, every topic, both result lists.",
    "annotations": "What GitHub Actions shows at the template: rules that broke, topics that lost.",
    "ab-report": "One page for a meeting on a live A/B test, Markdown (.md) or HTML (.html).",
}
# an ending of --ab-report's file -> its format
_AB_ENDINGS = {".md": ".md", ".markdown": ".md", ".html": ".html", ".htm": ".html"}


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which formats go to which file; ``-`` is stdout, in place of the table.

    ``why`` is what --why says, ``command`` the command line.
    """

    paths: Mapping[str, str]
    language: Language = "en"
    why: str | None = None
    command: str | None = None

    @property
    def to_stdout(self) -> bool:
        """True when a report takes the place of the table on stdout."""
        return "-" in self.paths.values()

    @property
    def shows_documents(self) -> bool:
        """True when a report has the words of documents, which are then to be fetched."""
        return "html" in self.paths

    def check(self, as_json: bool) -> None:
        """Raise UsageError before the first search for what could not be written after the last."""
        if self.why is not None and "ab-report" not in self.paths:
            raise click.UsageError("--why is told in the A/B report: give --ab-report too")
        taken: dict[str, str] = {"-": "--json"} if as_json else {}
        for name, path in self.paths.items():
            place = path if path == "-" else str(Path(path).resolve())
            if place in taken:
                raise click.UsageError(f"{taken[place]} and --{name} both write to {path}")
            taken[place] = f"--{name}"
            if path != "-" and (not Path(path).parent.is_dir() or Path(path).is_dir()):
                raise click.UsageError(f"--{name} {path}: not a file in a folder that is there")
            self._format(name, path)

    def write(
        self,
        results: Sequence[CandidateResult],
        *,
        topics: Sequence[Topic] = (),
        qrels: Qrels | None = None,
        moved: int = 10,
        templates: Mapping[str, str] | None = None,
        passages: Passages | None = None,
    ) -> None:
        """Write every file that was asked for, each to a temporary name first."""
        if not self.paths:
            return
        from esqual.judgments.text import write_text
        from esqual.report.files import REPORTS
        from esqual.report.values import Report

        report = Report(
            results,
            _now(),
            qrels,
            moved,
            self.language,
            self.why,
            templates or {},
            self.command,
            topics,
            passages,
        )
        for name, path in self.paths.items():
            write_text(path, REPORTS[self._format(name, path)](report))

    def _format(self, name: str, path: str) -> str:
        """The key of REPORTS. Raises UsageError for an ending that says no format."""
        if name != "ab-report":
            return name
        ending = ".md" if path == "-" else _AB_ENDINGS.get(Path(path).suffix.lower())
        if ending is None:
            raise click.UsageError(f"--ab-report {path}: give a name that ends in .md or .html")
        return f"{name}{ending}"

    @contextmanager
    def told_when_void(self) -> Iterator[None]:
        """Where an error ends the comparison, what CI publishes says so; the error goes on."""
        try:
            yield
        except EsqualError as error:
            from esqual.judgments.text import write_text
            from esqual.report.files import VOID_REPORTS

            reason = scrub(str(error))
            for name, path in self.paths.items():
                if name in VOID_REPORTS:
                    # where that is not possible either, the error that comes is the one to tell
                    with suppress(EsqualError):
                        write_text(path, VOID_REPORTS[name](reason, _now()))
            raise


def report_options(command: _F) -> _F:
    """A flag per format; the command gets ``reports``, a :class:`ReportOptions`."""

    @wraps(command)
    def with_reports(*arguments: Any, **keywords: Any) -> Any:
        given = {name: keywords.pop(_parameter(name)) for name in _FORMATS}
        paths = {name: path for name, path in given.items() if path is not None}
        language, why = keywords.pop("report_language"), keywords.pop("why")
        reports = ReportOptions(paths, language, why, _command_line())
        with reports.told_when_void():
            return command(*arguments, reports=reports, **keywords)

    decorated: Any = click.option(
        "--lang",
        "report_language",
        type=click.Choice(["en", "ja"]),
        default="en",
        help="Language of reports to look at; default en.",
    )(with_reports)
    decorated = click.option(
        "--why", metavar="TEXT", type=TEXT, help="Why the change was tried, for --ab-report."
    )(decorated)
    for name, text in reversed(_FORMATS.items()):
        option = click.option(
            f"--{name}", _parameter(name), metavar="FILE", type=click.Path(), help=text
        )
        decorated = option(decorated)
    result: _F = decorated
    return result


def _parameter(name: str) -> str:
    return f"report_{name.replace('-', '_')}"


def _command_line() -> str:
    """What was typed, as a shell reads it, without passwords; settings and environment are not."""
    context = click.get_current_context()
    words = ["esqual", context.info_name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value, flag = context.params[name], parameter.opts[0]
        if isinstance(value, Mapping):
            value = tuple(f"{key}={each}" for key, each in value.items())
        for each in value if isinstance(value, tuple) else (value,):
            words += [flag] if each is True else [flag, str(each)]
    return scrub(shlex.join(words))


def _now() -> datetime:
    return datetime.now(UTC)

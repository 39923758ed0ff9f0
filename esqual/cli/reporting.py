"""The options that write reports to files, for every command that ends in a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from esqual.engine.secret import scrub
from esqual.errors import EsqualError

if TYPE_CHECKING:
    from esqual.gate import CandidateResult
    from esqual.models import Qrels

__all__ = ["ReportOptions", "report_options"]

_F = TypeVar("_F", bound=Callable[..., Any])

# format -> help of its flag; esqual.report.files.REPORTS has what writes it
_FORMATS = {
    "junit": "JUnit XML: a test case per rule of the gate.",
    "markdown": "Markdown for a comment on a pull request or a CI summary.",
    "csv": "CSV: a row per topic.",
}


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Which formats go to which file; ``-`` is stdout, in place of the table."""

    paths: Mapping[str, str]

    @property
    def to_stdout(self) -> bool:
        """True when a report takes the place of the table on stdout."""
        return "-" in self.paths.values()

    def check(self, as_json: bool) -> None:
        """Raise UsageError before the first search for what could not be written after the last."""
        taken: dict[str, str] = {"-": "--json"} if as_json else {}
        for name, path in self.paths.items():
            place = path if path == "-" else str(Path(path).resolve())
            if place in taken:
                raise click.UsageError(f"{taken[place]} and --{name} both write to {path}")
            taken[place] = f"--{name}"
            if path != "-" and (not Path(path).parent.is_dir() or Path(path).is_dir()):
                raise click.UsageError(f"--{name} {path}: not a file in a folder that is there")

    def write(
        self,
        results: Sequence[CandidateResult],
        *,
        qrels: Qrels | None = None,
        moved: int = 10,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        """Write every file that was asked for, each to a temporary name first."""
        if not self.paths:
            return
        from esqual.judgments.text import write_text
        from esqual.report.files import REPORTS
        from esqual.report.values import Report

        report = Report(results, _now(), qrels, moved, templates=templates or {})
        for name, path in self.paths.items():
            write_text(path, REPORTS[name](report))

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
        given = {name: keywords.pop(f"report_{name}") for name in _FORMATS}
        paths = {name: path for name, path in given.items() if path is not None}
        reports = ReportOptions(paths)
        with reports.told_when_void():
            return command(*arguments, reports=reports, **keywords)

    decorated: Any = with_reports
    for name, text in reversed(_FORMATS.items()):
        option = click.option(
            f"--{name}", f"report_{name}", metavar="FILE", type=click.Path(), help=text
        )
        decorated = option(decorated)
    result: _F = decorated
    return result


def _now() -> datetime:
    return datetime.now(UTC)

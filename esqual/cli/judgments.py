"""``esqual judgments``: convert and check."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from esqual.cli.options import TEXT, engine_client, engine_option, json_option

if TYPE_CHECKING:
    from esqual.judgments.checking import CheckReport, Finding
    from esqual.judgments.records import JudgmentSet
    from esqual.models import Topic

__all__ = ["command"]

_F = TypeVar("_F", bound=Callable[..., Any])

# the names of esqual.judgments.FORMATS and COMBINERS, which are read when a command runs
FORMAT_NAMES = ("trec", "csv", "ranx", "elasticsearch", "quepid-csv", "quepid-json", "rre")
COMBINER_NAMES = ("median", "min", "max")

# Findings of one kind that the text shows; --json shows all.
_SHOWN = 10


def _format_option(
    flag: str, name: str, help: str, *, required: bool = False
) -> Callable[[_F], _F]:
    kinds = click.Choice(FORMAT_NAMES)
    return click.option(flag, name, type=kinds, required=required, help=help)


_topics_option = click.option(
    "--topics",
    "topics_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Topics that the judgments are for.",
)


@click.group(
    "judgments",
    epilog="""\b
Examples, from a fresh clone:
  esqual judgments check queries/qrels/demo.txt --topics queries/topics/demo.tsv --scale 0..3
  esqual judgments convert queries/qrels/demo.txt - --to quepid-csv --topics queries/topics/demo.tsv
""",
)
def command() -> None:
    """Convert relevance judgments between formats, and check them.

    Formats: trec (qrels), csv (query_id, doc_id, relevance, rater), ranx (JSON), elasticsearch
    (requests of _rank_eval), quepid-csv, quepid-json, rre. docs/formats.md has each to the letter.
    """


@command.command(
    "convert",
    epilog="""\b
Example, from a fresh clone:
  esqual judgments convert queries/qrels/demo.txt - --to quepid-csv --topics queries/topics/demo.tsv
""",
)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@_format_option("--from", "from_format", "Format of IN; needed where it leaves a doubt.")
@_format_option("--to", "to_format", "Format of OUT.", required=True)
@_topics_option
@click.option(
    "--write-topics",
    "new_topics_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Make topics q1, q2 … of the queries in IN and write them; for formats without ids.",
)
@click.option(
    "--index", metavar="NAME", type=TEXT, help="Index that elasticsearch and rre ratings name."
)
@click.option(
    "--combine",
    type=click.Choice(COMBINER_NAMES),
    help="One relevance of those of several raters; median is the lower one of two.",
)
def convert(
    source: Path,
    target: Path,
    from_format: str | None,
    to_format: str,
    topics_path: Path | None,
    new_topics_path: Path | None,
    index: str | None,
    combine: str | None,
) -> None:
    """Write the judgments of IN to OUT in another format; - is standard input and output.

    Quepid and RRE know a query by its text, all others by its id: --topics joins the two.
    """
    from esqual.judgments import FORMATS, read_judgments, read_topics, write_judgments, write_topics
    from esqual.judgments.records import combined, new_topics

    if (index is not None) != FORMATS[to_format].needs_index:
        wrong = "needs --index NAME" if index is None else "names no index: leave out --index"
        raise click.UsageError(f"--to {to_format} {wrong}")
    if topics_path is not None and new_topics_path is not None:
        raise click.UsageError("give --topics or --write-topics, not both")
    judged, name = read_judgments(source, from_format)
    crosses = judged.key != FORMATS[to_format].key
    if new_topics_path is not None and not (crosses and judged.key == "text"):
        raise click.UsageError(
            f"--write-topics is for queries without an id: from {name} to {to_format} there is "
            "none to give"
        )
    if crosses and topics_path is None and new_topics_path is None:
        made = ", or --write-topics FILE to make them" if judged.key == "text" else ""
        raise click.UsageError(
            f"{name} and {to_format} name queries differently, one by id and one by text: give "
            f"--topics FILE{made}"
        )
    if topics_path is not None and not crosses:
        raise click.UsageError(
            f"from {name} to {to_format} no topics are needed: leave --topics out"
        )
    if combine is not None:
        if not judged.raters:
            raise click.UsageError(f"{source} names no rater: leave out --combine")
        judged = combined(judged, combine)
    topics: Sequence[Topic] | None = None
    if topics_path is not None:
        topics = read_topics(topics_path)
    elif new_topics_path is not None:
        topics = new_topics(judged)
    write_judgments(target, judged, to_format, topics=topics, index=index)
    if new_topics_path is not None and topics is not None:
        write_topics(new_topics_path, topics)
    _say_written(judged, name, to_format)


def _say_written(judged: JudgmentSet, name: str, to_format: str) -> None:
    judgments = len({(j.query, j.doc_id, j.rater) for j in judged.judgments})
    queries = len({j.query for j in judged.judgments})
    note = f"; {len(judged.unjudged)} queries have no judgment" if judged.unjudged else ""
    click.echo(f"{judgments} judgments of {queries} queries, {name} to {to_format}{note}", err=True)


class _Scale(click.ParamType[tuple[int, int]]):
    """``LOW..HIGH``."""

    name = "scale"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        match = re.fullmatch(r"([0-9]{1,3})\.\.([0-9]{1,3})", str(value))
        if match is None or int(match[1]) >= int(match[2]):
            self.fail(f"{value!r} is not LOW..HIGH, such as 0..3", param, ctx)
        return int(match[1]), int(match[2])


@command.command(
    "check",
    epilog="""\b
Example, from a fresh clone:
  esqual judgments check queries/qrels/demo.txt --topics queries/topics/demo.tsv --scale 0..3
""",
)
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@_format_option("--format", "format_name", "Format of FILE; needed where it leaves a doubt.")
@_topics_option
@click.option(
    "--scale", metavar="LOW..HIGH", type=_Scale(), help="Levels that judgments may have, as 0..3."
)
@click.option(
    "--index",
    "indices",
    metavar="NAME",
    multiple=True,
    type=TEXT,
    help="Index that should hold the documents; may be repeated.",
)
@engine_option
@json_option
@click.pass_context
def check(
    context: click.Context,
    source: Path,
    format_name: str | None,
    topics_path: Path | None,
    scale: tuple[int, int] | None,
    indices: tuple[str, ...],
    engine: str | None,
    as_json: bool,
) -> None:
    """Look for what falsifies a comparison, and for what makes it smaller than it looks.

    Contradictions, levels outside the scale, judgments of unknown topics, documents that no index
    holds: exit code 3. Repetitions, topics without a relevant document or without a judgment are
    said and leave it 0. When raters are named, their agreement beyond chance.
    """
    from esqual.judgments import read_judgments, read_topics
    from esqual.judgments.checking import check_judgments
    from esqual.judgments.presence import absent_documents

    if engine is not None and not indices:
        raise click.UsageError("--engine is for --index: name one")
    judged, name = read_judgments(source, format_name)
    topics = None if topics_path is None else read_topics(topics_path)
    absent: Sequence[str] = ()
    if indices:
        with engine_client(engine) as client:
            absent = absent_documents(client, indices, (j.doc_id for j in judged.judgments))
    report = check_judgments(judged, topics=topics, scale=scale, absent=absent)
    click.echo(_to_json(report, name) if as_json else _to_text(report, name))
    context.exit(report.exit_code)


def _to_json(report: CheckReport, name: str) -> str:
    agreement = None if report.agreement is None else asdict(report.agreement)
    answer = {
        "schema": 1,
        "file": report.path,
        "format": name,
        "key": report.key,
        "topics": report.n_topics,
        "judgments": report.n_judgments,
        "documents": report.n_documents,
        "levels": {str(level): count for level, count in report.levels},
        "errors": report.n_errors,
        "warnings": len(report.findings) - report.n_errors,
        "findings": [
            {"severity": "error" if f.is_error else "warning", **asdict(f)} for f in report.findings
        ],
        "agreement": agreement,
    }
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _to_text(report: CheckReport, name: str) -> str:
    from esqual.judgments.checking import ERRORS, WARNINGS

    lines = [
        f"{report.path} ({name}): {report.n_judgments} judgments of {report.n_documents} documents "
        f"for {report.n_topics} topics",
        "levels: " + ", ".join(f"{level}: {count}" for level, count in report.levels),
    ]
    if report.agreement is not None:
        lines += _agreement_lines(report)
    for kinds, mark in ((ERRORS, "error"), (WARNINGS, "note")):
        for kind, what in kinds.items():
            found = [finding for finding in report.findings if finding.kind == kind]
            if found:
                lines.append(f"{mark}: {len(found)} {what}")
                lines += [f"  {_placed(finding)}" for finding in found[:_SHOWN]]
                if len(found) > _SHOWN:
                    lines.append(f"  … and {len(found) - _SHOWN} more, all with --json")
    if not report.findings:
        lines.append("nothing found")
    return "\n".join(lines)


def _placed(finding: Finding) -> str:
    return finding.message if finding.line is None else f"line {finding.line}: {finding.message}"


def _agreement_lines(report: CheckReport) -> list[str]:
    agreement = report.agreement
    assert agreement is not None

    def shown(value: float | None) -> str:
        return "no value" if value is None else f"{value:.3f}"

    kappa = {"cohen": "Cohen's kappa", "fleiss": "Fleiss' kappa"}[agreement.kappa]
    return [
        f"agreement of {len(agreement.raters)} raters on {agreement.n_pairs} pairs of query and "
        "document that two or more judged:",
        f"  Krippendorff's alpha {shown(agreement.alpha_ordinal)} ordinal, "
        f"{shown(agreement.alpha_nominal)} nominal; {kappa} {shown(agreement.kappa_value)} "
        f"({agreement.n_kappa_pairs} pairs judged by all)",
    ]

"""`esqual replay`: judge a saved comparison again, from files and without an engine."""

from __future__ import annotations

import click

from esqual.cli.options import json_option
from esqual.cli.reporting import ReportOptions, report_options

__all__ = ["command"]


@click.command(
    "replay",
    epilog="""\b
Example, from a fresh clone after `make demo`:
  esqual compare-queries --index demo --topics queries/topics/demo.tsv \\
      --baseline queries/templates/match.json \\
      --candidate queries/templates/bigram-boost.json --qrels queries/qrels/demo.txt --save saved
  esqual replay saved

\b
A folder that somebody else saved, by your own gate and judgments:
  esqual replay saved --gate gate.toml --qrels queries/qrels/demo.txt
""",
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--topics", "topics_path", metavar="FILE", help="Topics in place of the saved ones.")
@click.option(
    "--qrels",
    "qrels_paths",
    multiple=True,
    metavar="FILE",
    help="Judgments in place of the saved ones; several files are taken together.",
)
@click.option("--qrels-format", metavar="NAME", help="Format of --qrels where in doubt.")
@click.option("--gate", "gate_path", metavar="FILE", help="Gate in place of the saved one.")
@click.option(
    "--accept-changes", is_flag=True, help="Judge the files as they stand, changed or not."
)
@click.option(
    "--movers",
    type=click.IntRange(0),
    default=5,
    help="Topics shown that lost, and that gained, most; default 5.",
)
@json_option
@report_options
@click.pass_context
def command(
    context: click.Context,
    /,
    folder: str,
    topics_path: str | None,
    qrels_paths: tuple[str, ...],
    qrels_format: str | None,
    gate_path: str | None,
    accept_changes: bool,
    movers: int,
    as_json: bool,
    reports: ReportOptions,
) -> None:
    """Judge what `compare-queries --save DIR` wrote, without any engine.

    Same files, same verdict: the JSON is the stored one byte for byte, or the first place where
    it is not is named, with exit code 3. A file that changed since is named and refused. Exit codes
    of the verdict are those of compare-queries.
    """
    if qrels_format is not None and not qrels_paths:
        raise click.UsageError("--qrels-format needs --qrels")
    reports.check(as_json)

    # imported late: `esqual --help` stays instant
    from esqual.errors import DataError
    from esqual.gate import overall, read_gate
    from esqual.judgments import FORMATS, load_all_qrels, read_topics
    from esqual.replay import read_saved, replay
    from esqual.report.json import render_candidates_json
    from esqual.report.text import render_candidates_text

    if qrels_format is not None and qrels_format not in FORMATS:
        raise click.UsageError(f"--qrels-format {qrels_format}: known are {', '.join(FORMATS)}")
    saved = read_saved(folder)
    if saved.changed and not accept_changes:
        raise DataError(
            f"not as it was saved: {', '.join(saved.changed)}; what was said does not rest on "
            "these files. Save again, or judge them as they stand with --accept-changes",
            path=folder,
        )
    topics = None if topics_path is None else read_topics(topics_path)
    qrels = None
    if qrels_paths:
        known = saved.topics if topics is None else topics
        qrels = load_all_qrels(qrels_paths, qrels_format, known, default="trec")
    replayed = replay(
        saved,
        topics=topics,
        qrels=qrels,
        gate=None if gate_path is None else read_gate(gate_path),
    )
    _say(folder, replayed.notes, replayed.difference, replayed.same_versions)
    if replayed.difference is not None and replayed.same_versions:
        raise DataError(
            f"these files do not give the report that is stored with them: {replayed.difference}",
            path=folder,
        )
    reports.write(
        replayed.results,
        topics=saved.topics if topics is None else topics,
        qrels=replayed.qrels,
        moved=movers,
        templates=saved.templates,
    )
    if as_json:
        click.echo(render_candidates_json(replayed.results))
    elif not reports.to_stdout:
        click.echo(render_candidates_text(replayed.results, qrels=replayed.qrels, moved=movers))
    verdict = overall(replayed.results)
    if verdict is not None:
        context.exit(verdict.exit_code)


def _say(folder: str, notes: tuple[str, ...], difference: str | None, same: bool) -> None:
    for note in notes:
        click.echo(f"{folder}: {note}", err=True)
    if difference is not None and not same:
        click.echo(
            f"{folder}: other versions counted what is stored (record.json has them), and it "
            f"parts: {difference}",
            err=True,
        )
    elif difference is None and not notes:
        click.echo(f"{folder}: the stored report, byte for byte", err=True)

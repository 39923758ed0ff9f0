"""`esqual compare-queries`: what does the candidate do to the results of these topics?"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.comparing import ArmOptions, arm_options
from esqual.cli.determinism import show_determinism
from esqual.cli.diagnosing import (
    diagnose_option,
    diagnoses_of,
    unknown_words_of,
    with_diagnoses,
)
from esqual.cli.keeping import (
    history_options,
    history_place,
    index_definitions,
    keep_results,
    warn_of_reuse,
)
from esqual.cli.options import engine_client, engine_connection, json_option
from esqual.cli.progress import ProgressLine
from esqual.cli.reporting import ReportOptions, report_options

if TYPE_CHECKING:
    from esqual.measures import Measure

__all__ = ["command"]


def _finite(_: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter("must be a finite number", param=parameter)
    return value


@click.command(
    "compare-queries",
    epilog="""\b
Example, from a fresh clone after `make demo`:
  esqual compare-queries --index demo --topics queries/topics/demo.tsv \\
      --baseline queries/templates/match.json \\
      --candidate queries/templates/bigram-boost.json --qrels queries/qrels/demo.txt
""",
)
@arm_options()
@click.option(
    "--max-drop",
    type=click.FloatRange(min=0, max=1, max_open=True),
    callback=_finite,
    help="Gate: a fall of the first measure's mean by this must be ruled out (with --qrels).",
)
@click.option(
    "--min-similarity",
    type=click.FloatRange(0, 1),
    callback=_finite,
    help="Gate: the least tolerated mean against the baseline's hits (without --qrels).",
)
@click.option("--gate", "gate_path", metavar="FILE", help="Gate file; else [gate] of esqual.toml.")
@click.option("--no-gate", is_flag=True, help="Leave [gate] of esqual.toml out.")
@click.option("--allow-inconclusive", is_flag=True, help="Exit code 0 for INCONCLUSIVE.")
@click.option("--latency", is_flag=True, help="Also time single searches of every arm.")
@click.option("--run-baseline", type=click.Path(path_type=Path), help="Also write a TREC run.")
@click.option(
    "--run-candidate",
    "run_candidates",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also write a TREC run; one for each --candidate, in their order.",
)
@click.option(
    "--save",
    "save_folder",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Also keep topics, judgments, runs, gate and report there, for esqual replay.",
)
@click.option(
    "--movers",
    type=click.IntRange(0),
    default=5,
    help="Topics shown that lost, and that gained, most; default 5.",
)
@click.option(
    "--check-determinism",
    is_flag=True,
    help="Instead, run each arm against itself, again and on every copy: what moves there is no "
    "change. No --candidate is needed.",
)
@diagnose_option
@history_options
@json_option
@report_options
@click.pass_context
def command(
    context: click.Context,
    /,
    max_drop: float | None,
    min_similarity: float | None,
    gate_path: str | None,
    no_gate: bool,
    allow_inconclusive: bool,
    latency: bool,
    run_baseline: Path | None,
    run_candidates: tuple[Path, ...],
    save_folder: str | None,
    history: str | None,
    no_history: bool,
    movers: int,
    diagnosed: int,
    check_determinism: bool,
    as_json: bool,
    reports: ReportOptions,
    **arm_keywords: Any,
) -> None:
    """Run a baseline and a candidate over a set of topics and say what changes.

    With --qrels the number is quality: both arms against the judgments. Without, it is the
    impact: the candidate against the baseline's own top hits. Exit code: 0, or with a gate 0 for
    PASS, 1 for FAIL and 4 for INCONCLUSIVE, of several candidates the worst; 3 when the comparison
    is void.
    """
    options = ArmOptions(**arm_keywords)
    if check_determinism:
        show_determinism(context, options, as_json=as_json)
        return
    options.check()
    reports.check(as_json)
    if run_candidates and len(run_candidates) != max(1, len(options.candidate_paths)):
        raise click.UsageError("give as many --run-candidate as --candidate")
    if gate_path is not None and no_gate:
        raise click.UsageError("--gate and --no-gate: give one of them")
    if not options.qrels_paths and max_drop is not None:
        raise click.UsageError("--max-drop judges quality: give --qrels, or use --min-similarity")
    if options.qrels_paths and min_similarity is not None:
        raise click.UsageError(
            "--min-similarity judges impact: leave out --qrels, or use --max-drop"
        )

    kept_at = history_place(history, no_history)
    # imported late: `esqual --help` stays instant
    from esqual.cli.gating import measures_of, resolve_gate
    from esqual.comparison import compare_candidates
    from esqual.comparison.passages import passages_of
    from esqual.gate import check_gate, overall
    from esqual.gate.results import judge_candidates
    from esqual.judgments import read_topics, write_run
    from esqual.report.json import render_candidates_json
    from esqual.report.text import render_candidates_text

    gate = resolve_gate(
        gate_path,
        ignored=no_gate,
        min_similarity=min_similarity,
        allow_inconclusive=allow_inconclusive,
    )
    assert options.topics_path is not None  # the option is required
    topics = read_topics(options.topics_path)
    qrels = options.qrels(topics)
    check_gate(gate, topics, judged=qrels is not None)
    measures: list[Measure] = []
    if qrels is not None:
        measures, gate = measures_of(options.measure_names, gate, max_drop)
    baseline, candidates = options.arms()
    with engine_client(options.engine) as client, ProgressLine("searches", silent=as_json) as line:
        comparisons, runs = compare_candidates(
            client,
            topics,
            baseline,
            candidates,
            qrels=qrels,
            measures=measures,
            alpha=gate.alpha,
            top_grade=options.top_grade,
            depth=options.depth,
            stable_order=options.stable_order,
            allow_different_corpora=options.allow_different_corpora,
            run=options.run(),
            timed=latency or gate.limits.needs_latency,
            on_progress=line.add,
            cache=options.cache((baseline, *candidates)),
        )
        passages = passages_of(client, comparisons) if reports.shows_documents else None
        diagnoses = diagnoses_of(
            client, comparisons, runs, qrels=qrels, count=diagnosed, run=options.run()
        )
        unknown = unknown_words_of(client, topics, count=diagnosed, run=options.run())
        definitions = index_definitions(client, (baseline, *candidates), kept_at)
        searched = str(engine_connection(options.engine))
    for path, run in zip((run_baseline, *run_candidates), runs, strict=False):
        if path is not None:
            hits = {query_id: page.to_run() for query_id, page in run.pages.items()}
            replaced = write_run(path, hits, tag=run.arm.tag)
            if replaced:
                click.echo(
                    f"{path}: {replaced} topics have rank-derived scores, so that equal scores "
                    "keep their order",
                    err=True,
                )
    results = judge_candidates(comparisons, gate, qrels)
    if save_folder is not None:
        from esqual.replay import save_comparison

        save_comparison(save_folder, topics, qrels, gate, options.top_grade, results, runs)
    results = with_diagnoses(
        results, diagnoses, qrels=qrels, unknown=unknown, count=diagnosed, alpha=gate.alpha
    )
    arms = [run.arm for run in runs]
    sources = {arm.tag: arm.template.source for arm in arms}
    reports.write(
        results, topics=topics, qrels=qrels, moved=movers, templates=sources, passages=passages
    )
    if as_json:
        click.echo(render_candidates_json(results))
    elif not reports.to_stdout:
        click.echo(render_candidates_text(results, qrels=qrels, moved=movers))
    keep_results(
        kept_at,
        results,
        engine=searched,
        topics=topics,
        qrels=qrels,
        gate=gate,
        arms=arms,
        mappings=definitions,
    )
    verdict = overall(results)
    if verdict is not None:
        warn_of_reuse(kept_at, topics, qrels)
        context.exit(verdict.exit_code)

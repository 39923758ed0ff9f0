"""`esqual compare-queries`: what does the candidate do to the results of these topics?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esqual.cli.options import (
    engine_client,
    engine_option,
    index_option,
    json_option,
    local_enrichments,
    mapping_option,
    parameters_option,
)
from esqual.cli.progress import ProgressLine

if TYPE_CHECKING:
    from esqual.comparison import Arm
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
@engine_option
@index_option
@click.option("--candidate-index", help="Index of the candidate, for a mapping or analyzer change.")
@click.option("--topics", "topics_path", required=True, help="TSV: query_id, text (- is stdin).")
@click.option("--baseline", "baseline_path", required=True, help="Query template in use now.")
@click.option(
    "--candidate",
    "candidate_paths",
    multiple=True,
    help="Changed template; default: the baseline's. Several are ranked in one table.",
)
@click.option(
    "--qrels",
    "qrels_path",
    help="Judgments, TREC or any format of esqual judgments; without them the impact is measured.",
)
@click.option("--qrels-format", metavar="NAME", help="Format of --qrels where it is in doubt.")
@click.option(
    "--measure",
    "measure_names",
    multiple=True,
    help="Such as nDCG@10, RR@10, P@5; may be repeated, the first one is judged. "
    "Default: Elasticsearch's nDCG, nDCG(dcg='exp-log2')@10.",
)
@click.option(
    "--depth",
    type=click.IntRange(1, 9_999),
    help="Hits per topic that are compared; default: the deepest cutoff, and 20 for impact.",
)
@parameters_option("--param", "parameters", "Template parameter of both arms, NAME=VALUE.")
@parameters_option("--baseline-param", "baseline_parameters", "Parameter of the baseline only.")
@parameters_option("--candidate-param", "candidate_parameters", "Parameter of the candidate only.")
@mapping_option
@click.option(
    "--candidate-mapping",
    metavar="FILE",
    type=click.Path(),
    help="Mapping file of the candidate's enrichments; default: the baseline's.",
)
@click.option("--stable-order", metavar="FIELD", help="Order equal scores by FIELD in both arms.")
@click.option("--allow-different-corpora", is_flag=True, help="Compare indices of other documents.")
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
    "--movers",
    type=click.IntRange(0),
    default=5,
    help="Topics shown that lost, and that gained, most; default 5.",
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    engine: str | None,
    index: str,
    candidate_index: str | None,
    topics_path: str,
    baseline_path: str,
    candidate_paths: tuple[str, ...],
    qrels_path: str | None,
    qrels_format: str | None,
    measure_names: tuple[str, ...],
    depth: int | None,
    parameters: Mapping[str, str],
    baseline_parameters: Mapping[str, str],
    candidate_parameters: Mapping[str, str],
    mapping: str | None,
    candidate_mapping: str | None,
    stable_order: str | None,
    allow_different_corpora: bool,
    max_drop: float | None,
    min_similarity: float | None,
    gate_path: str | None,
    no_gate: bool,
    allow_inconclusive: bool,
    latency: bool,
    run_baseline: Path | None,
    run_candidates: tuple[Path, ...],
    movers: int,
    as_json: bool,
) -> None:
    """Run a baseline and a candidate over a set of topics and say what changes.

    With --qrels the number is quality: both arms against the judgments. Without, it is the
    impact: the candidate against the baseline's own top hits. Exit code: 0, or with a gate 0 for
    PASS, 1 for FAIL and 4 for INCONCLUSIVE, of several candidates the worst; 3 when the comparison
    is void.
    """
    if not candidate_paths and candidate_index is None and not candidate_parameters:
        raise click.UsageError("give --candidate, --candidate-index or --candidate-param")
    if len(set(candidate_paths)) < len(candidate_paths):
        raise click.UsageError("one file is given twice as --candidate")
    if run_candidates and len(run_candidates) != max(1, len(candidate_paths)):
        raise click.UsageError("give as many --run-candidate as --candidate")
    if gate_path is not None and no_gate:
        raise click.UsageError("--gate and --no-gate: give one of them")
    if qrels_format is not None and qrels_path is None:
        raise click.UsageError("--qrels-format needs --qrels")
    if qrels_path is None and measure_names:
        raise click.UsageError(
            "--measure needs judgments: give --qrels, or leave it out for impact"
        )
    if qrels_path is None and max_drop is not None:
        raise click.UsageError("--max-drop judges quality: give --qrels, or use --min-similarity")
    if qrels_path is not None and min_similarity is not None:
        raise click.UsageError(
            "--min-similarity judges impact: leave out --qrels, or use --max-drop"
        )

    # imported late: `esqual --help` stays instant
    from esqual.cli.gating import measures_of, resolve_gate, unique_tags
    from esqual.comparison import Arm, compare_candidates
    from esqual.gate import CandidateResult, check_gate, decision_of, judge_all, overall
    from esqual.judgments import FORMATS, load_qrels, read_topics, write_run
    from esqual.report.json import render_candidates_json
    from esqual.report.text import render_candidates_text
    from esqual.templates import read_template

    if qrels_format is not None and qrels_format not in FORMATS:
        raise click.UsageError(f"--qrels-format {qrels_format}: known are {', '.join(FORMATS)}")
    gate = resolve_gate(
        gate_path,
        ignored=no_gate,
        min_similarity=min_similarity,
        allow_inconclusive=allow_inconclusive,
    )
    topics = read_topics(topics_path)
    qrels = (
        None if qrels_path is None else load_qrels(qrels_path, qrels_format, topics, default="trec")
    )
    check_gate(gate, topics, judged=qrels is not None)
    measures: list[Measure] = []
    if qrels is not None:
        measures, gate = measures_of(measure_names, gate, max_drop)
    enrichments = local_enrichments(mapping)
    baseline = Arm(
        "baseline",
        index,
        read_template(baseline_path),
        {**parameters, **baseline_parameters},
        enrichments,
    )
    changed = candidate_paths or (baseline_path,)
    declared = enrichments if candidate_mapping is None else local_enrichments(candidate_mapping)
    candidates = [
        Arm(
            tag,
            candidate_index or index,
            read_template(path),
            {**parameters, **candidate_parameters},
            declared,
        )
        for tag, path in zip(
            ["candidate"] if len(changed) == 1 else unique_tags(changed), changed, strict=True
        )
    ]
    _check_parameters(parameters, baseline, *candidates)
    _check_parameters(baseline_parameters, baseline)
    _check_parameters(candidate_parameters, *candidates)
    with engine_client(engine) as client, ProgressLine("searches", silent=as_json) as line:
        done = 0

        def on_progress(searches: int) -> None:
            nonlocal done
            done += searches
            line.update(done, done, None)

        comparisons, runs = compare_candidates(
            client,
            topics,
            baseline,
            candidates,
            qrels=qrels,
            measures=measures,
            alpha=gate.alpha,
            depth=depth,
            stable_order=stable_order,
            allow_different_corpora=allow_different_corpora,
            timed=latency or gate.limits.needs_latency,
            on_progress=on_progress,
        )
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
    verdicts = judge_all(comparisons, gate)
    results = [
        CandidateResult(
            comparison,
            verdict,
            decision_of(comparison, gate.decision, verdict=verdict, qrels=qrels, alpha=gate.alpha),
        )
        for comparison, verdict in zip(comparisons, verdicts, strict=True)
    ]
    if as_json:
        click.echo(render_candidates_json(results))
    else:
        click.echo(render_candidates_text(results, qrels=qrels, moved=movers))
    verdict = overall(results)
    if verdict is not None:
        context.exit(verdict.exit_code)


def _check_parameters(parameters: Mapping[str, str], *arms: Arm) -> None:
    """A parameter that no template names is a typo, and would be ignored."""
    from esqual.errors import ConfigError

    for name in parameters:
        if not any(name in arm.template.names() for arm in arms):
            paths = " and ".join(dict.fromkeys(str(arm.template.path) for arm in arms))
            known = sorted({known for arm in arms for known in arm.template.names()})
            raise ConfigError(
                f"parameter {name}: not used in {paths}; used there: {', '.join(known)}"
            )

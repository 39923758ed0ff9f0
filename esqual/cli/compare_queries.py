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
@click.option("--candidate", "candidate_path", help="Changed template; default: the baseline's.")
@click.option("--qrels", "qrels_path", help="TREC judgments; without them the impact is measured.")
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
    type=click.FloatRange(min=0),
    callback=_finite,
    help="Gate: the largest tolerated fall of the first measure's mean (with --qrels).",
)
@click.option(
    "--min-similarity",
    type=click.FloatRange(0, 1),
    callback=_finite,
    help="Gate: the least tolerated mean against the baseline's hits (without --qrels).",
)
@click.option("--run-baseline", type=click.Path(path_type=Path), help="Also write a TREC run.")
@click.option("--run-candidate", type=click.Path(path_type=Path), help="Also write a TREC run.")
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
    candidate_path: str | None,
    qrels_path: str | None,
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
    run_baseline: Path | None,
    run_candidate: Path | None,
    movers: int,
    as_json: bool,
) -> None:
    """Run a baseline and a candidate over a set of topics and say what changes.

    With --qrels the number is quality: both arms against the judgments. Without, it is the
    impact: the candidate against the baseline's own top hits. Exit code: 0, or with a gate option
    0 for PASS and 1 for FAIL; 3 when the comparison is void.
    """
    if candidate_path is None and candidate_index is None and not candidate_parameters:
        raise click.UsageError("give --candidate, --candidate-index or --candidate-param")
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
    from esqual.comparison import Arm, compare_queries
    from esqual.gate import judge
    from esqual.judgments import read_qrels, read_topics, write_run
    from esqual.measures import DEFAULT_MEASURE, parse_measure
    from esqual.report.json import render_json
    from esqual.report.text import render_text
    from esqual.templates import read_template

    topics = read_topics(topics_path)
    qrels = None if qrels_path is None else read_qrels(qrels_path)
    measures = [parse_measure(name) for name in dict.fromkeys(measure_names)]
    if qrels is not None and not measures:
        measures = [DEFAULT_MEASURE]
    enrichments = local_enrichments(mapping)
    baseline = Arm(
        "baseline",
        index,
        read_template(baseline_path),
        {**parameters, **baseline_parameters},
        enrichments,
    )
    candidate = Arm(
        "candidate",
        candidate_index or index,
        read_template(candidate_path or baseline_path),
        {**parameters, **candidate_parameters},
        enrichments if candidate_mapping is None else local_enrichments(candidate_mapping),
    )
    _check_parameters(parameters, baseline, candidate)
    _check_parameters(baseline_parameters, baseline)
    _check_parameters(candidate_parameters, candidate)
    with engine_client(engine) as client, ProgressLine("searches", silent=as_json) as line:
        done = 0

        def on_progress(searches: int) -> None:
            nonlocal done
            done += searches
            line.update(done, done, None)

        comparison, own, other = compare_queries(
            client,
            topics,
            baseline,
            candidate,
            qrels=qrels,
            measures=measures,
            depth=depth,
            stable_order=stable_order,
            allow_different_corpora=allow_different_corpora,
            on_progress=on_progress,
        )
    for path, run in ((run_baseline, own), (run_candidate, other)):
        if path is not None:
            hits = {query_id: page.to_run() for query_id, page in run.pages.items()}
            replaced = write_run(path, hits, tag=run.arm.tag)
            if replaced:
                click.echo(
                    f"{path}: {replaced} topics have rank-derived scores, so that equal scores "
                    "keep their order",
                    err=True,
                )
    verdict = judge(comparison, max_drop=max_drop, min_similarity=min_similarity)
    if as_json:
        click.echo(render_json(comparison, verdict))
    else:
        click.echo(render_text(comparison, verdict, qrels=qrels, moved=movers))
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

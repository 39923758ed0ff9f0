"""`compare-queries --check-determinism`: does one query, asked again, show the same pages?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from esqual.cli.options import engine_client
from esqual.cli.progress import ProgressLine

if TYPE_CHECKING:
    from esqual.cli.comparing import ArmOptions

__all__ = ["show_determinism"]


# options of `compare-queries` that mean something here
_KNOWN = frozenset(
    {"as_json", "baseline_parameters", "baseline_path", "candidate_index", "candidate_mapping"}
    | {"candidate_parameters", "candidate_paths", "check_determinism", "concurrency", "depth"}
    | {"engine", "index", "mapping", "measure_names", "parameters", "pit", "qrels_format"}
    | {"qrels_paths", "search_type", "stable_order", "topics_path"}
)


def show_determinism(context: click.Context, options: ArmOptions, *, as_json: bool) -> None:
    """Run the baseline, and the candidates where some are named, against themselves."""
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in _KNOWN:
            raise click.UsageError(f"{parameter.opts[0]} has no meaning with --check-determinism")
    options.check_judgments()

    from esqual.comparison.determinism import check_determinism
    from esqual.judgments import read_topics
    from esqual.measures import DEFAULT_MEASURE, parse_measure
    from esqual.report.determinism import render_wobble_json, render_wobble_text

    assert options.topics_path is not None  # the option is required
    topics = read_topics(options.topics_path)
    qrels = options.qrels(topics)
    measures = [parse_measure(name) for name in options.measure_names] or [DEFAULT_MEASURE]
    baseline, candidates = options.arms()
    arms = [baseline, *candidates] if options.has_candidate else [baseline]
    with engine_client(options.engine) as client, ProgressLine("searches", silent=as_json) as line:
        wobbles = check_determinism(
            client,
            topics,
            arms,
            qrels=qrels,
            measures=measures if qrels is not None else (),
            depth=options.depth,
            stable_order=options.stable_order,
            run=options.run(),
            on_progress=line.add,
            cache=options.cache(arms),
        )
    click.echo(render_wobble_json(wobbles) if as_json else render_wobble_text(wobbles))

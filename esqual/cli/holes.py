"""`esqual holes`: which unjudged documents would decide a comparison?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.comparing import ArmOptions, arm_options
from esqual.cli.options import engine_client, json_option
from esqual.cli.progress import ProgressLine

if TYPE_CHECKING:
    from esqual.comparison.holes import HoleQueue
    from esqual.comparison.scoring import Lists
    from esqual.judgments.sheets import ToJudge
    from esqual.measures import Measure
    from esqual.models import Qrels, Topic

__all__ = ["command"]

SHEET_NAMES = ("csv", "trec", "quepid")
_DEFAULT_DEPTH = 20


@click.command(
    "holes",
    epilog="""\b
Example, from a fresh clone after `make demo`:
  esqual holes --index demo --topics queries/topics/demo.tsv --qrels queries/qrels/demo.txt \\
      --baseline queries/templates/match.json \\
      --candidate queries/templates/bigram-boost.json --limit 20 -o holes.csv

\b
Fill the column relevance in, and judge again with both files:
  esqual compare-queries … --qrels queries/qrels/demo.txt --qrels holes.csv
""",
)
@arm_options(from_runs=True)
@click.option(
    "--run-baseline",
    type=click.Path(path_type=Path),
    help="A saved TREC run in place of --index and --baseline; no engine is asked.",
)
@click.option("--run-candidate", type=click.Path(path_type=Path), help="The candidate's saved run.")
@click.option(
    "--max-drop",
    type=click.FloatRange(min=0, max=1, max_open=True),
    help="The fall of the first measure's mean that the gate must rule out; default: the gate's "
    "margin, else 0.",
)
@click.option("--gate", "gate_path", metavar="FILE", help="Gate file; else [gate] of esqual.toml.")
@click.option(
    "--to", "sheet", type=click.Choice(SHEET_NAMES), default="csv", help="Format; default csv."
)
@click.option(
    "--limit", type=click.IntRange(1), default=100, help="Documents at most; default 100."
)
@click.option("-o", "--output", default="-", metavar="FILE", help="Default: standard output.")
@json_option
def command(
    run_baseline: Path | None,
    run_candidate: Path | None,
    max_drop: float | None,
    gate_path: str | None,
    sheet: str,
    limit: int,
    output: str,
    as_json: bool,
    **arm_keywords: Any,
) -> None:
    """List the unjudged documents that could turn a comparison, most decisive first, for raters.

    The mean delta of the first measure lies above or below -X (--max-drop X). Judging documents
    that nobody judged could take it across; they are listed by how far each is expected to move
    the bound that matters. csv is a sheet with an empty column relevance, trec a qrels file with
    -1 in place of the relevance, quepid a book (JSON).
    """
    options = ArmOptions(**arm_keywords)
    options.check_judgments()
    from_runs = run_baseline is not None or run_candidate is not None
    if from_runs:
        _check_runs(options, run_baseline, run_candidate)
    else:
        _check_live(options)

    # imported late: `esqual --help` stays instant
    from esqual.cli.gating import measures_of, resolve_gate
    from esqual.comparison.holes import find_holes
    from esqual.comparison.saved import saved_lists
    from esqual.judgments import read_topics
    from esqual.judgments.sheets import SHEETS
    from esqual.judgments.text import write_text

    topics = None if options.topics_path is None else read_topics(options.topics_path)
    qrels = options.qrels(topics) or {}
    measures, gate = measures_of(options.measure_names, resolve_gate(gate_path), max_drop)
    margins = {row.measure: row.margin for row in gate.measures}

    def queue_of(topics: Sequence[Topic], own: Lists, other: Lists, depth: int) -> HoleQueue:
        return find_holes(
            topics,
            qrels,
            own,
            other,
            measures[0],
            depth=depth,
            margin=margins.get(measures[0]) or 0.0,
            top_grade=options.top_grade,
        )

    if from_runs:
        assert run_baseline is not None
        assert run_candidate is not None
        depth = options.depth or measures[0].cutoff or _DEFAULT_DEPTH
        compared, (own, other) = saved_lists([run_baseline, run_candidate], topics, qrels)
        queue = queue_of(compared, own, other, depth)
        pairs = _to_judge(queue, limit, {})
    else:
        assert topics is not None
        queue, texts = _live(options, topics, qrels, measures, queue_of, limit, as_json)
        pairs = _to_judge(queue, limit, texts)
    _say(queue, len(pairs))
    if as_json:
        write_text(output, _json(queue, pairs) + "\n")
        return
    text = SHEETS[sheet](pairs)
    # a spreadsheet takes a file without this mark for another encoding than UTF-8
    marked = sheet == "csv" and output != "-"
    write_text(output, f"\ufeff{text}" if marked else text)


def _check_runs(options: ArmOptions, baseline: Path | None, candidate: Path | None) -> None:
    if baseline is None or candidate is None:
        raise click.UsageError("give both --run-baseline and --run-candidate")
    for given, flag in (
        (options.engine, "--engine"),
        (options.index, "--index"),
        (options.candidate_index, "--candidate-index"),
        (options.baseline_path, "--baseline"),
        (options.candidate_paths, "--candidate"),
        (options.parameters, "--param"),
        (options.baseline_parameters, "--baseline-param"),
        (options.candidate_parameters, "--candidate-param"),
        (options.mapping, "--mapping"),
        (options.candidate_mapping, "--candidate-mapping"),
        (options.stable_order, "--stable-order"),
        (options.allow_different_corpora, "--allow-different-corpora"),
    ):
        if given:
            raise click.UsageError(f"{flag} is for a search; with saved runs leave it out")


def _check_live(options: ArmOptions) -> None:
    for given, flag in (
        (options.index, "--index"),
        (options.topics_path, "--topics"),
        (options.baseline_path, "--baseline"),
    ):
        if given is None:
            raise click.UsageError(f"give {flag}, or --run-baseline and --run-candidate")
    options.check()
    if len(options.candidate_paths) > 1:
        raise click.UsageError("give one --candidate: another one has other holes")


def _live(
    options: ArmOptions,
    topics: Sequence[Topic],
    qrels: Qrels,
    measures: Sequence[Measure],
    queue_of: Any,
    limit: int,
    silent: bool,
) -> tuple[HoleQueue, Mapping[str, Mapping[str, str]]]:
    """The holes of a comparison that is run now, and the texts of the first ``limit``."""
    from esqual.comparison import compare_candidates
    from esqual.comparison.documents import document_texts

    baseline, candidates = options.arms()
    with engine_client(options.engine) as client, ProgressLine("searches", silent=silent) as line:
        comparisons, runs = compare_candidates(
            client,
            topics,
            baseline,
            candidates,
            qrels=qrels,
            measures=measures,
            top_grade=options.top_grade,
            depth=options.depth,
            stable_order=options.stable_order,
            allow_different_corpora=options.allow_different_corpora,
            run=options.run(),
            on_progress=line.add,
            cache=options.cache((baseline, *candidates)),
        )
        queue: HoleQueue = queue_of(topics, runs[0].doc_ids, runs[1].doc_ids, comparisons[0].depth)
        doc_ids = [hole.doc_id for hole in queue.holes[:limit]]
        texts = document_texts(client, [candidates[0].index, baseline.index], doc_ids)
    return queue, texts


def _to_judge(
    queue: HoleQueue, limit: int, texts: Mapping[str, Mapping[str, str]]
) -> list[ToJudge]:
    from esqual.judgments.sheets import ToJudge

    return [
        ToJudge(
            query_id=hole.query_id,
            query=hole.text,
            doc_id=hole.doc_id,
            baseline_rank=hole.baseline_rank,
            candidate_rank=hole.candidate_rank,
            effect=hole.effect,
            fields=texts.get(hole.doc_id, {}),
        )
        for hole in queue.holes[:limit]
    ]


def _say(queue: HoleQueue, listed: int) -> None:
    where = f"{queue.measure}: mean delta {queue.delta:+.4f}, line {queue.line:+.4f}"
    reach = f"{queue.low:+.4f} to {queue.high:+.4f}"
    if queue.can_flip:
        said = f"unjudged documents could make it anything from {reach}, across the line"
    else:
        said = f"unjudged documents leave it on its side of the line ({reach})"
    click.echo(f"{where}; {said}", err=True)
    click.echo(
        f"{listed} of {len(queue.holes)} documents that matter, of {queue.n_unjudged} unjudged",
        err=True,
    )
    if queue.n_left_out:
        click.echo(
            f"{queue.n_left_out} topics without a relevant document are left out: judge theirs "
            "apart",
            err=True,
        )


def _json(queue: HoleQueue, pairs: Sequence[ToJudge]) -> str:
    answer = {
        "schema": 1,
        "measure": str(queue.measure),
        "line": queue.line,
        "delta": queue.delta,
        "bounds": {"low": queue.low, "high": queue.high},
        "can_flip": queue.can_flip,
        "unjudged": queue.n_unjudged,
        "that_matter": len(queue.holes),
        "left_out": queue.n_left_out,
        "holes": [
            {
                "query_id": pair.query_id,
                "text": pair.query,
                "doc_id": pair.doc_id,
                "baseline_rank": pair.baseline_rank,
                "candidate_rank": pair.candidate_rank,
                "effect": pair.effect,
                "fields": dict(pair.fields),
            }
            for pair in pairs
        ],
    }
    return json.dumps(answer, ensure_ascii=False, indent=2)

"""The options that name arms, their topics and their judgments, for every command that compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from esqual.cli.enriching import enrichment_cache
from esqual.cli.options import (
    TEXT,
    engine_option,
    local_enrichments,
    mapping_option,
    parameters_option,
)

if TYPE_CHECKING:
    from esqual.comparison import Arm, RunOptions
    from esqual.comparison.run_options import RankEval
    from esqual.enrich.cache import Cache
    from esqual.models import Topic

__all__ = ["ArmOptions", "arm_options"]

_F = TypeVar("_F", bound=Callable[..., Any])


def arm_options(*, from_runs: bool = False) -> Callable[[_F], _F]:
    """The options of :class:`ArmOptions`; with ``from_runs`` none of them is required.

    The command gets them as keywords and hands them on: ``ArmOptions(**keywords)``.
    """
    needed = not from_runs
    options = [
        engine_option,
        click.option(
            "--index",
            "index",
            required=needed,
            metavar="NAME",
            type=TEXT,
            help="Name of the index.",
        ),
        click.option(
            "--candidate-index", help="Index of the candidate, for a mapping or analyzer change."
        ),
        click.option(
            "--topics", "topics_path", required=needed, help="TSV: query_id, text (- is stdin)."
        ),
        click.option(
            "--baseline", "baseline_path", required=needed, help="Query template in use now."
        ),
        click.option(
            "--candidate",
            "candidate_paths",
            multiple=True,
            help="Changed template; default: the baseline's."
            + ("" if from_runs else " Several are ranked in one table."),
        ),
        click.option(
            "--qrels",
            "qrels_paths",
            multiple=True,
            required=from_runs,
            help="Judgments, TREC or any format of esqual judgments; several files are taken "
            "together" + ("." if from_runs else "; without them the impact is measured."),
        ),
        click.option("--qrels-format", metavar="NAME", help="Format of --qrels where in doubt."),
        click.option(
            "--top-grade",
            type=click.IntRange(1, 100),
            help="Top of the judgment scale, which an unjudged document may reach; default: the "
            "highest judgment.",
        ),
        click.option(
            "--measure",
            "measure_names",
            multiple=True,
            help="Such as nDCG@10, RR@10, P@5; may be repeated, the first one "
            + ("orders the holes. " if from_runs else "is judged. ")
            + "Default: Elasticsearch's nDCG, nDCG(dcg='exp-log2')@10.",
        ),
        click.option(
            "--depth",
            type=click.IntRange(1, 9_999),
            help="Hits per topic that are compared; default: the deepest cutoff"
            + ("." if from_runs else ", and 20 for impact."),
        ),
        parameters_option("--param", "parameters", "Template parameter of both arms, NAME=VALUE."),
        parameters_option(
            "--baseline-param", "baseline_parameters", "Parameter of the baseline only."
        ),
        parameters_option(
            "--candidate-param", "candidate_parameters", "Parameter of the candidate only."
        ),
        mapping_option,
        click.option(
            "--candidate-mapping",
            metavar="FILE",
            type=click.Path(),
            help="Mapping file of the candidate's enrichments; default: the baseline's.",
        ),
        click.option(
            "--stable-order", metavar="FIELD", help="Order equal scores by FIELD in both arms."
        ),
        click.option(
            "--search-type",
            type=click.Choice(["query_then_fetch", "dfs_query_then_fetch"]),
            help="How words are weighed over shards; default: the engine's, as in production.",
        ),
        click.option(
            "--drift/--no-drift",
            default=None,
            help="Also measure what the other search type shows; default: where there are several "
            "shards.",
        ),
        click.option(
            "--pit",
            is_flag=True,
            help="Search one point in time: the index may change meanwhile; no _rank_eval.",
        ),
        click.option(
            "--rank-eval",
            type=click.Choice(["first", "all", "none"]),
            default="first",
            help="Measures for which the server's own figure is shown too; default: the first.",
        ),
        click.option(
            "--concurrency",
            type=click.IntRange(1, 64),
            help="Requests under way at a time; default: what suits the engine.",
        ),
        click.option(
            "--allow-different-corpora", is_flag=True, help="Compare indices of other documents."
        ),
    ]

    def decorate(command: _F) -> _F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True, slots=True)
class ArmOptions:
    """What the options of :func:`arm_options` say."""

    engine: str | None
    index: str | None
    candidate_index: str | None
    topics_path: str | None
    baseline_path: str | None
    candidate_paths: tuple[str, ...]
    qrels_paths: tuple[str, ...]
    qrels_format: str | None
    top_grade: int | None
    measure_names: tuple[str, ...]
    depth: int | None
    parameters: Mapping[str, str]
    baseline_parameters: Mapping[str, str]
    candidate_parameters: Mapping[str, str]
    mapping: str | None
    candidate_mapping: str | None
    stable_order: str | None
    search_type: str | None
    drift: bool | None
    pit: bool
    rank_eval: RankEval
    concurrency: int | None
    allow_different_corpora: bool

    @property
    def has_candidate(self) -> bool:
        """Whether anything is named that makes a candidate another than the baseline."""
        return bool(self.candidate_paths or self.candidate_index or self.candidate_parameters)

    def check(self) -> None:
        """Raise UsageError where the options do not fit together."""
        if not self.has_candidate:
            raise click.UsageError("give --candidate, --candidate-index or --candidate-param")
        if len(set(self.candidate_paths)) < len(self.candidate_paths):
            raise click.UsageError("one file is given twice as --candidate")
        self.check_judgments()

    def check_judgments(self) -> None:
        """Raise UsageError where judgments are asked about and not given."""
        from esqual.judgments import FORMATS

        if not self.qrels_paths:
            for given, flag in (
                (self.qrels_format, "--qrels-format"),
                (self.top_grade, "--top-grade"),
            ):
                if given is not None:
                    raise click.UsageError(f"{flag} needs --qrels")
            if self.measure_names:
                raise click.UsageError(
                    "--measure needs judgments: give --qrels, or leave it out for impact"
                )
        if self.qrels_format is not None and self.qrels_format not in FORMATS:
            raise click.UsageError(
                f"--qrels-format {self.qrels_format}: known are {', '.join(FORMATS)}"
            )

    def qrels(self, topics: Sequence[Topic] | None) -> dict[str, dict[str, int]] | None:
        """The judgments of all files together, None without any."""
        from esqual.judgments import load_all_qrels

        if not self.qrels_paths:
            return None
        return load_all_qrels(self.qrels_paths, self.qrels_format, topics, default="trec")

    def run(self) -> RunOptions:
        """On what terms the engine is searched."""
        from esqual.comparison import RunOptions

        return RunOptions(
            search_type=self.search_type,
            pit=self.pit,
            rank_eval=self.rank_eval,
            drift=self.drift,
            concurrency=self.concurrency,
        )

    def cache(self, arms: Sequence[Arm]) -> Cache | None:
        """What keeps the enriched topics of ``arms`` from one command to the next."""
        return enrichment_cache([e for arm in arms for e in arm.enrichments])

    def arms(self) -> tuple[Arm, list[Arm]]:
        """The baseline and its candidates. Raises ConfigError for a parameter nobody uses."""
        from esqual.cli.gating import unique_tags
        from esqual.comparison import Arm
        from esqual.templates import read_template

        assert self.index is not None
        assert self.baseline_path is not None
        index = self.candidate_index or self.index
        enrichments = local_enrichments(self.mapping)
        declared = enrichments
        if self.candidate_mapping is not None:
            declared = local_enrichments(self.candidate_mapping)
        own = {**self.parameters, **self.baseline_parameters}
        other = {**self.parameters, **self.candidate_parameters}
        baseline = Arm("baseline", self.index, read_template(self.baseline_path), own, enrichments)
        changed = self.candidate_paths or (self.baseline_path,)
        tags = ["candidate"] if len(changed) == 1 else unique_tags(changed)
        candidates = [
            Arm(tag, index, read_template(path), other, declared)
            for tag, path in zip(tags, changed, strict=True)
        ]
        _check_parameters(self.parameters, baseline, *candidates)
        _check_parameters(self.baseline_parameters, baseline)
        _check_parameters(self.candidate_parameters, *candidates)
        return baseline, candidates


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

"""``--diagnose``: why topics lost, and what kinds of topics gain and lose, of every candidate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.comparison import ArmRun, Comparison, RunOptions
    from esqual.diagnosis import Diagnosis
    from esqual.gate import CandidateResult
    from esqual.models import Qrels, Topic

__all__ = ["diagnose_option", "diagnoses_of", "unknown_words_of", "with_diagnoses"]

diagnose_option = click.option(
    "--diagnose",
    "diagnosed",
    type=click.IntRange(0),
    default=5,
    help="Topics that lost most to say why of, from the analysis and the queries; 0 asks the "
    "engine nothing more; default 5.",
)


def diagnoses_of(
    client: Elasticsearch,
    comparisons: Sequence[Comparison],
    runs: Sequence[ArmRun],
    *,
    qrels: Qrels | None,
    count: int,
    run: RunOptions,
) -> list[tuple[Diagnosis, ...]]:
    """Per candidate its diagnoses; ``runs`` has the baseline first. What fails is a warning."""
    from elasticsearch import ApiError, TransportError

    from esqual.diagnosis import diagnose
    from esqual.engine.secret import scrub
    from esqual.errors import EsqualError

    found: list[tuple[Diagnosis, ...]] = []
    for comparison, candidate in zip(comparisons, runs[1:], strict=True):
        try:
            found.append(
                diagnose(client, comparison, runs[0], candidate, qrels=qrels, count=count, run=run)
            )
        except (ApiError, TransportError, EsqualError) as error:
            # it helps to understand a verdict and is no part of it
            told = " ".join(scrub(str(error)).split())
            click.echo(f"esqual: warning: {comparison.tag}: no diagnosis: {told}", err=True)
            found.append(())
    return found


def unknown_words_of(
    client: Elasticsearch, topics: Sequence[Topic], *, count: int, run: RunOptions
) -> Collection[str] | None:
    """query_ids with words that no dictionary has; None where nothing is diagnosed or told."""
    from elasticsearch import ApiError, TransportError

    from esqual.diagnosis.traits import topics_with_unknown_words

    if not count:
        return None
    try:
        return topics_with_unknown_words(client, topics, run.sending(client).patience)
    except (ApiError, TransportError):
        return None


def with_diagnoses(
    results: Sequence[CandidateResult],
    diagnoses: Sequence[tuple[Diagnosis, ...]],
    *,
    qrels: Qrels | None,
    unknown: Collection[str] | None,
    count: int,
    alpha: float,
) -> list[CandidateResult]:
    """Results with what was found; kinds of topics only with judgments."""
    from esqual.diagnosis import classes_by_trait

    told = []
    for row, found in zip(results, diagnoses, strict=True):
        traits = (
            classes_by_trait(row.comparison, qrels, unknown=unknown, alpha=alpha)
            if qrels is not None and count
            else ()
        )
        told.append(replace(row, diagnoses=found, traits=traits))
    return told

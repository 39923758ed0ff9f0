"""``--diagnose``: why the topics that lost most did, of every candidate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.comparison import ArmRun, Comparison, RunOptions
    from esqual.diagnosis import Diagnosis
    from esqual.models import Qrels

__all__ = ["diagnose_option", "diagnoses_of"]

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

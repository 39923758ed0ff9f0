"""Runs that stand in files, as the lists that a comparison is made of; no engine is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from esqual.comparison.scoring import Lists
from esqual.errors import TopicMismatchError
from esqual.judgments import read_run
from esqual.models import Qrels, Topic

__all__ = ["saved_lists"]


def saved_lists(
    paths: Sequence[str | Path],
    topics: Sequence[Topic] | None = None,
    qrels: Qrels | None = None,
    *,
    may_be_empty: bool = False,
) -> tuple[Sequence[Topic], list[Lists]]:
    """Topics, and per run in ``paths`` query_id -> document ids in trec_eval's order.

    Without ``topics`` they are whatever is judged or was run, without text. A topic that a run
    has not got found nothing. ``may_be_empty``: a file without a byte is a run that found nothing
    at all. Raises TopicMismatchError for a run that has none of the topics, JudgmentsError for a
    file that is no run.
    """
    runs = [
        {}
        if may_be_empty and Path(path).is_file() and not Path(path).stat().st_size
        else read_run(path)
        for path in paths
    ]
    if topics is None:
        names = dict.fromkeys([*(qrels or {}), *(name for run in runs for name in run)])
        topics = [Topic(query_id, "") for query_id in names]
    wanted = {topic.query_id for topic in topics}
    for path, run in zip(paths, runs, strict=True):
        if run and not wanted & run.keys():
            raise TopicMismatchError(
                f"none of its {len(run)} topics is among the {len(wanted)} that are compared; "
                "check that the ids are the same",
                path=path,
            )
    return topics, [
        {query_id: tuple(hit.doc_id for hit in run.get(query_id, ())) for query_id in wanted}
        for run in runs
    ]

"""The comparison as CSV, a row a topic; the columns stand in docs/formats.md."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from esqual.comparison import Comparison, TopicResult
from esqual.judgments.sheets import safe_cell
from esqual.report.plain import one_line
from esqual.report.values import Report

__all__ = ["render_csv"]

Cell = str | int | float

_FIRST = ("candidate", "query_id", "class", "text", "weight", "left_out")
_LAST = (
    "rbo",
    "identical",
    "entered",
    "left",
    "judged_baseline",
    "judged_candidate",
)


def render_csv(report: Report) -> str:
    """Header, then each candidate's counted topics and those left out, in topic order each.

    No text begins as a formula of a spreadsheet does; figures have full precision.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    measures = [str(row.measure) for row in report.results[0].comparison.measures]
    figures = [f"{name} {arm}" for name in measures for arm in ("baseline", "candidate", "delta")]
    writer.writerow([*_FIRST, *figures, *_LAST])
    for result in report.results:
        writer.writerows(_rows(result.comparison))
    return out.getvalue()


def _rows(comparison: Comparison) -> Iterator[Sequence[Cell]]:
    for topic in comparison.topics:
        yield [
            *_texts(comparison.tag, topic.query_id, topic.topic_class, topic.text),
            topic.weight,
            "",
            *_figures(topic),
            topic.rbo,
            "true" if topic.identical else "false",
            len(topic.entered),
            len(topic.left),
            *(topic.judged or ("", "")),
        ]
    blank = [""] * (3 * len(comparison.measures) + len(_LAST))
    for out in comparison.left_out:
        yield [*_texts(comparison.tag, out.query_id, None, out.text), "", out.reason, *blank]


def _texts(*texts: str | None) -> list[str]:
    return [safe_cell(one_line(text or "")) for text in texts]


def _figures(topic: TopicResult) -> Iterator[float]:
    for place, (own, other) in enumerate(zip(topic.baseline, topic.candidate, strict=True)):
        yield own
        yield other
        yield topic.delta(place)

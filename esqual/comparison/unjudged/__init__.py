"""What unjudged documents could do to a comparison: bounds of the delta, per topic and of the mean.

A hit without a judgment counts as not relevant, and that is a guess. The bounds are the extremes
over every independent assignment of 0 … top grade to each unjudged document of either list (one
that both lists show has one grade), and over up to k relevant documents that neither list shows.

* ``measure_bounds``: everything about one measure, for a comparison's ``MeasureResult.bounds``.
* ``topic_bounds``: low and high of each topic's delta, and whether they are exact or sound;
  ``topic_bound`` is one side alone.
* ``mean_bounds``: the extremes of the weighted mean that follow.
* ``no_bound``: why a measure has none.
"""

from __future__ import annotations

from esqual.comparison.unjudged.bounds import (
    mean_bounds,
    measure_bounds,
    no_bound,
    topic_bound,
    topic_bounds,
)
from esqual.comparison.unjudged.pages import Pages, PageTable

__all__ = [
    "PageTable",
    "Pages",
    "mean_bounds",
    "measure_bounds",
    "no_bound",
    "topic_bound",
    "topic_bounds",
]

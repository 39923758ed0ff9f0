"""Which shards did not answer."""

from __future__ import annotations

import pytest

from esqual.engine.answers import unanswered


@pytest.mark.parametrize(
    ("shards", "silent"),
    [
        ({"total": 2, "successful": 2, "skipped": 0, "failed": 0}, 0),
        # a skipped shard had nothing to give: it is a successful one
        ({"total": 3, "successful": 3, "skipped": 2, "failed": 0}, 0),
        ({"total": 2, "successful": 1, "skipped": 0, "failed": 1}, 1),
        # as a server answers where one of two shards is on no node
        ({"total": 2, "successful": 1, "skipped": 0, "failed": 0}, 1),
    ],
)
def test_a_shard_on_no_node_has_not_answered(shards: dict[str, int], silent: int) -> None:
    assert unanswered(shards) == silent

"""Reading answers that every engine gives alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["unanswered"]


def unanswered(shards: Mapping[str, Any]) -> int:
    """How many shards a search or count has no answer from; ``shards``: its ``_shards``.

    A shard that is on no node, because the last one that held it died, does not count as failed:
    the answer has ``failed: 0``, and only ``successful`` is less than ``total``. (Not for index
    statistics, whose total counts replicas that nobody has asked for an answer.)
    """
    failed = int(shards.get("failed", 0))
    if "successful" not in shards:
        return failed
    return max(failed, int(shards["total"]) - int(shards["successful"]))

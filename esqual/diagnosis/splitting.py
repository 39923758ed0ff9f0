"""Topics in two sets: one to develop on, one to decide on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from esqual.models import Topic

__all__ = ["split_by"]


def split_by(
    topics: Sequence[Topic], strata: Mapping[str, str], *, dev_share: float = 0.5, seed: int = 0
) -> tuple[list[Topic], list[Topic]]:
    """(dev, test), both in the order of ``topics``; ``strata``: query_id -> what it counts as.

    Each stratum is shared out as the whole is, to less than one topic. Which topic goes where
    follows from seed, stratum and query_id (SHA-256) and not from the order of the file. Raises
    ValueError for a share outside 0 to 1.
    """
    if not 0 <= dev_share <= 1:
        raise ValueError(f"{dev_share} is not a share")

    def lot(topic: Topic) -> str:
        return hashlib.sha256(f"{seed}\0{topic.query_id}".encode()).hexdigest()

    ordered = sorted(topics, key=lambda topic: (strata[topic.query_id], lot(topic)))
    dev: set[str] = set()
    for place, topic in enumerate(ordered):
        # the share of all topics so far, rounded: over any stretch it is off by less than one
        if round((place + 1) * dev_share + 1e-9) > round(place * dev_share + 1e-9):
            dev.add(topic.query_id)
    return (
        [topic for topic in topics if topic.query_id in dev],
        [topic for topic in topics if topic.query_id not in dev],
    )

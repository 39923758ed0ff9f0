"""Digests of a test set, whatever file and format it was read from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from esqual.models import Qrels, Topic

__all__ = ["digest_of_qrels", "digest_of_topics"]


def digest_of_topics(topics: Sequence[Topic]) -> str:
    """SHA-256 in hex of the set of topics: ids, texts, parameters, classes, weights; no order."""
    return _digest(
        [
            [t.query_id, t.text, sorted(t.parameters.items()), t.topic_class, t.weight]
            for t in sorted(topics, key=lambda topic: topic.query_id)
        ]
    )


def digest_of_qrels(qrels: Qrels) -> str:
    """SHA-256 in hex of all judgments; neither order nor file format plays a part."""
    return _digest([[query_id, sorted(qrels[query_id].items())] for query_id in sorted(qrels)])


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()

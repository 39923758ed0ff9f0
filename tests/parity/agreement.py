"""When two engines agree on a ranking, and how often they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch, helpers

from tests.parity.collections import Collection, Topic
from tests.parity.shapes import APPROXIMATE, INDEX, SIZE, VECTORS, search

__all__ = ["RELATIVE", "Row", "ask", "build", "compare", "verdict"]

#: the scores of one rank, relative to the real engine's
RELATIVE = 1e-5
#: scores made of vectors: sums of floats, whose last digit depends on the processor's way to add
ROUNDING = 5e-7
_BATCH = 100

#: ids and scores, and how many matched
Answer = tuple[list[tuple[str, float]], int]


@dataclass(slots=True)
class Row:
    """One shape over all topics. ``worst``: the largest relative difference of two scores."""

    shape: str
    topics: int = 0
    hits: int = 0
    same: int = 0
    ties: int = 0
    rounding: int = 0
    missed: int = 0
    worst: float = 0.0
    different: list[str] = field(default_factory=list)


def build(client: Elasticsearch, index: str, collection: Collection, body: Any = INDEX) -> None:
    """Create ``index`` anew and put the documents into it, in order, as one segment.

    One segment, for which terms a prefix or a fuzzy word stands for depends on the segments: each
    gives its first ones until there are enough, on every engine.
    """
    client.indices.delete(index=index, ignore_unavailable=True)
    client.indices.create(index=index, settings=body["settings"], mappings=body["mappings"])
    known = body["mappings"]["properties"]
    actions = (
        {"_index": index, "_id": row["id"], **{k: v for k, v in row.items() if k in known}}
        for row in collection.documents
    )
    helpers.bulk(client, actions, chunk_size=500)
    client.indices.forcemerge(index=index, max_num_segments=1)
    client.indices.refresh(index=index)


def ask(client: Elasticsearch, index: str, shape: str, topics: Sequence[Topic]) -> list[Answer]:
    """Raises AssertionError when a search is refused."""
    answers: list[Answer] = []
    for start in range(0, len(topics), _BATCH):
        searches: list[Any] = []
        for topic in topics[start : start + _BATCH]:
            searches += [{"index": index}, search(shape, topic)]
        for topic, answer in zip(
            topics[start:], client.msearch(searches=searches)["responses"], strict=False
        ):
            assert answer["status"] == 200, (shape, topic, answer)
            found = answer["hits"]
            hits = [(hit["_id"], hit["_score"]) for hit in found["hits"]]
            answers.append((hits, found["total"]["value"]))
    return answers


def difference(real: float, ours: float) -> float:
    return abs(ours - real) / abs(real) if real else abs(ours)


def _same_up_to(slack: float, real: Answer, ours: Answer) -> bool:
    """Hits change places only within groups whose neighbours differ by ``slack`` at most, in both.

    The last such group may go on beyond the list, which then shows any of its members.
    """
    scores, mine = ([score for _, score in answer[0]] for answer in (real, ours))
    count, start = len(scores), 0
    for end in range(1, count + 1):
        if end < count and difference(scores[end - 1], scores[end]) <= slack:
            continue
        group = range(start, end)
        if any(difference(mine[i - 1], mine[i]) > slack for i in group[1:]):
            return False
        cut = end == count == SIZE
        if not cut and {real[0][i][0] for i in group} != {ours[0][i][0] for i in group}:
            return False
        start = end
    return True


def verdict(real: Answer, ours: Answer, rounded: bool = False, approximate: bool = False) -> str:
    """One of

    * ``same``: the same ids in the same order;
    * ``ties``: but for hits with exactly one score;
    * ``rounding``: but for hits whose scores differ in the last digit of a float, if ``rounded``;
    * ``missed``: a graph did not find what a scan found, if ``approximate``;
    * ``different``.
    """
    # a vector's k-th place may fall between two scores that rounding swaps: other words match then
    if len(real[0]) != len(ours[0]) or abs(real[1] - ours[1]) > rounded:
        return "different"
    close = all(
        difference(theirs[1], mine[1]) <= RELATIVE
        for theirs, mine in zip(real[0], ours[0], strict=True)
    )
    if real[1] != ours[1]:
        return "rounding" if close and _same_up_to(ROUNDING, real, ours) else "different"
    if close and [hit[0] for hit in real[0]] == [hit[0] for hit in ours[0]]:
        return "same"
    if close and _same_up_to(0.0, real, ours):
        return "ties"
    if rounded and close and _same_up_to(ROUNDING, real, ours):
        return "rounding"
    if approximate and _missed(real, ours):
        return "missed"
    return "different"


def _missed(real: Answer, ours: Answer) -> bool:
    """Whatever both found has one score, and rank by rank we found nothing worse."""
    mine = dict(ours[0])
    one_score = all(difference(s, mine[i]) <= RELATIVE for i, s in real[0] if i in mine)
    better = all(b >= a * (1 - RELATIVE) for (_, a), (_, b) in zip(real[0], ours[0], strict=True))
    return one_score and better


def compare(shape: str, topics: Iterable[Topic], real: list[Answer], ours: list[Answer]) -> Row:
    """The row of one shape."""
    row = Row(shape)
    for topic, theirs, mine in zip(topics, real, ours, strict=True):
        row.topics += 1
        row.hits += len(theirs[0])
        kind = verdict(theirs, mine, shape in VECTORS, shape in APPROXIMATE)
        if kind == "different":
            row.different.append(topic.query_id)
        else:
            setattr(row, kind, getattr(row, kind) + 1)
        if kind in ("same", "ties", "rounding"):
            pairs = zip(theirs[0], mine[0], strict=True)
            row.worst = max([row.worst, *(difference(a[1], b[1]) for a, b in pairs)])
    return row

"""Judgments as a file states them, one by one, and what follows for the set.

Readers give a :class:`JudgmentSet`: nothing is merged in it, so that ``esqual judgments check`` can
name what stands twice. :func:`to_qrels` makes of it what measures take.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from esqual.errors import JudgmentsError
from esqual.models import Qrels, Topic

__all__ = [
    "COMBINERS",
    "Judgment",
    "JudgmentSet",
    "by_id",
    "by_text",
    "combined",
    "from_qrels",
    "new_topics",
    "parse_relevance",
    "to_qrels",
]

_INTEGER = re.compile(r"[+-]?[0-9]+")
# 2^r - 1 must stay a number, and a larger one is a column out of place.
_HIGHEST = 100


def _median(relevances: Sequence[int]) -> int:
    """Return the middle one, of an even number the lower of the two in the middle."""
    return sorted(relevances)[(len(relevances) - 1) // 2]


# How one relevance is made of those of several raters.
COMBINERS: dict[str, Callable[[Sequence[int]], int]] = {"median": _median, "min": min, "max": max}


class Judgment(NamedTuple):
    """One judgment. ``query`` is a query_id or a text, as the set says; ``line`` is 1-based."""

    query: str
    doc_id: str
    relevance: int
    rater: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class JudgmentSet:
    """Judgments in their order. ``key`` says what names a query: its id or its text.

    ``unjudged`` are queries that the file names without any judgment.
    """

    path: str
    judgments: tuple[Judgment, ...]
    key: Literal["query_id", "text"] = "query_id"
    unjudged: tuple[str, ...] = ()

    @property
    def queries(self) -> list[str]:
        """Every query once, in the order of the judgments, then those without any."""
        return list(dict.fromkeys([*(j.query for j in self.judgments), *self.unjudged]))

    @property
    def raters(self) -> list[str]:
        """The names of the raters, in the order in which they come up."""
        return list(dict.fromkeys(j.rater for j in self.judgments if j.rater is not None))


def parse_relevance(cell: object, path: str | Path, line: int | None) -> int:
    """Return a relevance, from text or a number; 2.0 is 2.

    Raises JudgmentsError for what is no whole number from 0 to 100.
    """
    text = re.sub(r"(?<=[0-9])\.0+$", "", str(cell)) if not isinstance(cell, str) else cell
    # The length keeps int() from reading a page of digits.
    is_whole = len(text) <= 20 and _INTEGER.fullmatch(text)
    relevance = int(text) if is_whole else _HIGHEST + 1
    if relevance > _HIGHEST:
        raise JudgmentsError(
            f"relevance is {text[:20]!r}; it is a whole number from 0 to {_HIGHEST}",
            path=path,
            line=line,
        )
    if relevance < 0:
        raise JudgmentsError(
            f"relevance is {relevance}; tools differ on what a negative one means: write 0 for "
            "judged and not relevant, or take the line out for not judged",
            path=path,
            line=line,
        )
    return relevance


def to_qrels(judged: JudgmentSet, combine: str | None = None) -> dict[str, dict[str, int]]:
    """Return query -> document id -> relevance, in the order of the judgments.

    A judgment that stands twice counts once. ``combine``, a name of ``COMBINERS``, makes one
    relevance of those of several raters. Raises JudgmentsError, with both places, for two that
    differ otherwise.
    """
    first: dict[tuple[str, str, str | None], Judgment] = {}
    for judgment in judged.judgments:
        rater = judgment.rater if combine is not None else None
        before = first.setdefault((judgment.query, judgment.doc_id, rater), judgment)
        if before.relevance != judgment.relevance:
            raise _conflict(judged.path, before, judgment)
    pairs: dict[tuple[str, str], list[int]] = {}
    for judgment in first.values():
        pairs.setdefault((judgment.query, judgment.doc_id), []).append(judgment.relevance)
    merge = COMBINERS[combine or "median"]  # without raters all of a pair are equal
    qrels: dict[str, dict[str, int]] = {}
    for (query, doc_id), relevances in pairs.items():
        qrels.setdefault(query, {})[doc_id] = merge(relevances)
    return qrels


def combined(judged: JudgmentSet, combine: str) -> JudgmentSet:
    """Return one judgment for each pair, without raters (see :func:`to_qrels`)."""
    one = from_qrels(to_qrels(judged, combine), judged.path)
    return replace(judged, judgments=one.judgments)


def _conflict(path: str, before: Judgment, judgment: Judgment) -> JudgmentsError:
    line = "" if before.line is None else f" in line {before.line}"
    if before.rater == judgment.rater:
        others, advice = f"{before.relevance}{line or ' elsewhere'}", "keep one"
    else:
        others = f"{before.relevance} by {before.rater or 'nobody named'}{line}"
        advice = "raters differ: say how to make one of them, with --combine median"
    return JudgmentsError(
        f"topic {judgment.query}, document {judgment.doc_id}: relevance {judgment.relevance} "
        f"here, {others}; {advice}",
        path=path,
        line=judgment.line,
    )


def from_qrels(qrels: Qrels, path: str = "qrels") -> JudgmentSet:
    """Return the judgments of ``qrels`` one by one, in their order."""
    return JudgmentSet(
        path,
        tuple(
            Judgment(query_id, doc_id, relevance)
            for query_id, judgments in qrels.items()
            for doc_id, relevance in judgments.items()
        ),
    )


def by_id(judged: JudgmentSet, topics: Sequence[Topic]) -> JudgmentSet:
    """Return the same judgments with every query's text replaced by the id of its topic.

    White space around a text is not looked at. Queries without a judgment need no topic. Raises
    JudgmentsError for a text that no topic has or that two topics have.
    """
    ids: dict[str, str] = {}
    twice: dict[str, str] = {}
    for topic in topics:
        text = topic.text.strip()
        if text in ids:
            twice[text] = topic.query_id
        ids.setdefault(text, topic.query_id)
    lines = _first_lines(judged)
    for query in lines:
        text = query.strip()
        if text in twice:
            raise JudgmentsError(
                f"two topics have the text {text!r}, {ids[text]} and {twice[text]}: which of them "
                "is judged? Take one out of the topics",
                path=judged.path,
                line=lines[query],
            )
        if text not in ids:
            raise JudgmentsError(
                f"no topic has the text {text!r}; add it to the topics, or make topics of the "
                "file's own queries with --write-topics",
                path=judged.path,
                line=lines[query],
            )
    known = {query: ids[query.strip()] for query in judged.queries if query.strip() in ids}
    return _renamed(judged, known, "query_id")


def by_text(judged: JudgmentSet, topics: Sequence[Topic]) -> JudgmentSet:
    """Return the same judgments with every query's id replaced by the text of its topic.

    Queries without a judgment need no topic. Raises JudgmentsError for an id that no topic has, or
    two ids with the same text.
    """
    texts = {topic.query_id: topic.text for topic in topics}
    lines = _first_lines(judged)
    owner: dict[str, str] = {}
    for query in lines:
        if query not in texts:
            raise JudgmentsError(
                f"topic {query} is not in the topics, so its text is not known; add it",
                path=judged.path,
                line=lines[query],
            )
        other = owner.setdefault(texts[query], query)
        if other != query:
            raise JudgmentsError(
                f"the topics {other} and {query} have the same text, which this format takes for "
                "one query; take one out",
                path=judged.path,
                line=lines[query],
            )
    return _renamed(judged, texts, "text")


def new_topics(judged: JudgmentSet) -> list[Topic]:
    """Return a topic for every query of a set that is keyed by text: q1, q2 … in its order.

    Texts that differ in the white space around them are one topic.
    """
    texts = dict.fromkeys(query.strip() for query in judged.queries)
    return [Topic(f"q{number}", text) for number, text in enumerate(texts, 1)]


def _renamed(
    judged: JudgmentSet, names: Mapping[str, str], key: Literal["query_id", "text"]
) -> JudgmentSet:
    return replace(
        judged,
        judgments=tuple(j._replace(query=names[j.query]) for j in judged.judgments),
        key=key,
        unjudged=tuple(names[query] for query in judged.unjudged if query in names),
    )


def _first_lines(judged: JudgmentSet) -> dict[str, int | None]:
    """Return the judged queries in their order, each with the line of its first judgment."""
    lines: dict[str, int | None] = {}
    for judgment in judged.judgments:
        lines.setdefault(judgment.query, judgment.line)
    return lines

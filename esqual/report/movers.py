"""Topics that moved, with the documents that came and went, as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from esqual.comparison import TopicResult
from esqual.diagnosis import Diagnosis, cause_line
from esqual.models import Qrels
from esqual.report.blocks import Bullets, Foreign, Line
from esqual.report.words import Say

__all__ = ["movers"]

_DOCUMENTS = 5


def movers(
    topics: Sequence[TopicResult],
    qrels: Qrels | None,
    say: Say,
    diagnoses: Sequence[Diagnosis] = (),
) -> Bullets:
    """An item a topic: the first measure's delta, id and text; below it why, and its documents."""
    why = {each.query_id: cause_line(each, say.language) for each in diagnoses}
    items = []
    for topic in topics:
        cause: tuple[Line, ...] = ((why[topic.query_id],),) if topic.query_id in why else ()
        items.append((_topic(topic), (*cause, *_documents(topic, qrels, say))))
    return Bullets(tuple(items))


def _topic(topic: TopicResult) -> Line:
    text = Foreign(topic.text, 80)
    return (f"{topic.delta():+.4f} ", Foreign(topic.query_id, 60), " ", text)


def _documents(topic: TopicResult, qrels: Qrels | None, say: Say) -> Iterator[Line]:
    judgments = None if qrels is None else qrels.get(topic.query_id, {})
    for word, doc_ids, page in (
        ("came", topic.entered, topic.candidate_ids),
        ("went", topic.left, topic.baseline_ids),
    ):
        line = say(word)
        for place, doc_id in enumerate(doc_ids[:_DOCUMENTS]):
            comma = say("and") if place else ()
            told = _told(doc_id, page, judgments, say)
            line = (*line, *comma, Foreign(doc_id, 60), " (", *told, ")")
        rest = len(doc_ids) - _DOCUMENTS
        if rest > 0:
            line = (*line, *say("and"), *say("more", n=rest))
        if doc_ids:
            yield line
    if not topic.entered and not topic.left:
        yield say("reordered")


def _told(doc_id: str, page: Sequence[str], judgments: Mapping[str, int] | None, say: Say) -> Line:
    rank = page.index(doc_id) + 1
    if judgments is None:
        return say("rank", rank=rank)
    relevance = judgments.get(doc_id)
    if relevance is None:
        return say("rank_unjudged", rank=rank)
    return say("rank_judged", rank=rank, relevance=relevance)

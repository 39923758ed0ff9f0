"""The topics of a page as compact JSON: columns, documents numbered, long texts cut."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from esqual.comparison import TopicResult
from esqual.comparison.passages import Passage, Passages
from esqual.gate import CandidateResult
from esqual.models import Qrels
from esqual.report.diagnosis import iter_diagnosis_lines
from esqual.report.html.words import LANGUAGES
from esqual.report.plain import kept, shorten
from esqual.report.values import Report

__all__ = ["page_data", "script_json"]

# characters shown of a query, an id, a name; digits of a figure: a tie is within 1e-9
_TEXT, _ID, _NAME, _DIGITS = 400, 200, 80, 11
# lines shown of a diagnosis
_LINES = 30


def script_json(value: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends or opens an element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def page_data(report: Report) -> dict[str, Any]:
    """What the page's script reads.

    ``docs`` and ``classes`` are names, and everything else has their places: ``topics`` is columns
    over the counted topics, with the baseline's figures ``b`` (a row a measure) and lists ``l``;
    ``rated`` has [doc, relevance, doc, relevance, …] of what either arm shows. ``candidates`` have
    ``c`` and ``l`` in the same order, and ``index``, the place of their passages,
    and ``diagnosis``, topic -> lines in English and Japanese. ``passages``
    is, an index, topic -> doc -> [title, text], each [plain, matched, plain, …].
    """
    first = report.results[0].comparison
    numbers = _Numbers()
    classes = sorted({t.topic_class for t in first.topics if t.topic_class is not None})
    places = {name: place for place, name in enumerate(classes)}
    topics: dict[str, Any] = {
        "id": [_shown(topic.query_id, _ID) for topic in first.topics],
        "text": [_shown(topic.text, _TEXT) for topic in first.topics],
        "class": [-1 if t.topic_class is None else places[t.topic_class] for t in first.topics],
        "b": _figures([topic.baseline for topic in first.topics]),
        "l": [numbers.of(topic.baseline_ids) for topic in first.topics],
    }
    if len({topic.weight for topic in first.topics}) > 1:
        topics["weight"] = [topic.weight for topic in first.topics]
    indices = list(
        dict.fromkeys([first.index, *(r.comparison.candidate_index for r in report.results)])
    )
    candidates = [
        _candidate(result, numbers) | {"index": indices.index(result.comparison.candidate_index)}
        for result in report.results
    ]
    if report.qrels is not None:
        topics["rated"] = _rated(report, report.qrels, numbers)
    return {
        "measures": [str(row.measure) for row in first.measures],
        "depth": first.depth,
        "judged": report.qrels is not None,
        "classes": [shorten(name, _NAME) for name in classes],
        "topics": topics,
        "candidates": candidates,
        "passages": _passages(report.passages, indices, first.topics, numbers),
        "docs": [_shown(doc_id, _ID) for doc_id in numbers.places],
    }


def _shown(text: str, length: int) -> str:
    # nearly every id is as it should be, and there are a hundred thousand
    return text if len(text) <= length and text.isprintable() else shorten(text, length)


class _Numbers:
    """Document ids by the order in which they were met."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def of(self, doc_ids: Sequence[str]) -> list[int]:
        return [self.places.setdefault(doc_id, len(self.places)) for doc_id in doc_ids]


def _figures(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[round(value, _DIGITS) for value in column] for column in zip(*rows, strict=True)]


def _candidate(result: CandidateResult, numbers: _Numbers) -> dict[str, Any]:
    tag, topics = result.comparison.tag, result.comparison.topics
    column: dict[str, Any] = {
        "tag": shorten(tag, _NAME),
        "c": _figures([topic.candidate for topic in topics]),
        "l": [numbers.of(topic.candidate_ids) for topic in topics],
        "rbo": [round(topic.rbo, 4) for topic in topics],
    }
    told = _diagnosed(result)
    return column | ({"diagnosis": told} if told else {})


def _diagnosed(result: CandidateResult) -> dict[int, list[list[str]]]:
    """Place of a topic -> why it lost, lines in English and in Japanese, the likeliest first."""
    places = {topic.query_id: place for place, topic in enumerate(result.comparison.topics)}
    return {
        places[found.query_id]: [
            [shorten(line, _TEXT) for line in islice(iter_diagnosis_lines(found, name), _LINES)]
            for name in LANGUAGES
        ]
        for found in result.diagnoses
        if found.query_id in places
    }


def _rated(report: Report, qrels: Qrels, numbers: _Numbers) -> list[list[int]]:
    """For each topic the judged documents that any arm shows."""
    rated = []
    for topics in zip(*(result.comparison.topics for result in report.results), strict=True):
        pages = [page for topic in topics for page in (topic.baseline_ids, topic.candidate_ids)]
        shown = dict.fromkeys(doc_id for page in pages for doc_id in page)
        judgments = qrels.get(topics[0].query_id, {})
        rated.append(
            [x for d in shown if d in judgments for x in (numbers.places[d], judgments[d])]
        )
    return rated


def _passages(
    passages: Passages | None,
    indices: Sequence[str],
    topics: Sequence[TopicResult],
    numbers: _Numbers,
) -> list[dict[int, dict[int, list[list[str]]]]]:
    answer: list[dict[int, dict[int, list[list[str]]]]] = [{} for _ in indices]
    if passages is None:
        return []
    place_of = {topic.query_id: place for place, topic in enumerate(topics)}
    index_of = {index: place for place, index in enumerate(indices)}
    for (index, query_id, doc_id), passage in passages.by_key.items():
        if index not in index_of or query_id not in place_of or doc_id not in numbers.places:
            continue
        of_topic = answer[index_of[index]].setdefault(place_of[query_id], {})
        of_topic[numbers.places[doc_id]] = _parts(passage)
    return answer


def _parts(passage: Passage) -> list[list[str]]:
    return [[kept(part, _TEXT) for part in parts] for parts in (passage.title, passage.text)]

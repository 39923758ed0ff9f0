"""What the documents of a report say: title and passage, with the query's words set apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError

from esqual.comparison.documents import document_texts
from esqual.comparison.values import Comparison, TopicResult

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["Passage", "Passages", "passages_of"]

# fields that hold a title where a document has one of them, the first that it has
_TITLES = ("title", "name", "headline", "subject", "product_title", "タイトル", "見出し", "題名")
# characters: what is analysed of a field, what is shown of it, and what one request analyses;
# a server refuses more than 10,000 tokens at once, and n-grams make several of a character
_READ, _SHOWN, _AT_ONCE = 600, 140, 2000
_TITLE_SHOWN = 100
_BEFORE = 20

#: even parts are plain, odd ones are words of the query
Parts = tuple[str, ...]
#: index, query_id, doc_id
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Passage:
    """One document as one topic sees it; ``title`` is empty where it has none."""

    title: Parts
    text: Parts


@dataclass(frozen=True, slots=True)
class Passages:
    """Passages by (index, query_id, doc_id), and ``notes`` on what is not there."""

    by_key: Mapping[Key, Passage] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    term: str
    start: int
    end: int


def passages_of(
    client: Elasticsearch, comparisons: Sequence[Comparison], *, limit: int = 2000
) -> Passages:
    """Fetch what the pages of ``comparisons`` show; topics that moved most come first.

    ``limit`` bounds the pairs of topic and document. A word is set apart where the analyzer of its
    field gives a term that the query has too, at index or at search time: what the two share, not
    what the query's clauses made of it. An index that does not answer `_analyze` or searches has a
    note instead; no error is raised for it.
    """
    wanted, left = _wanted(comparisons, limit)
    texts = {topic.query_id: topic.text for each in comparisons for topic in each.topics}
    found: dict[Key, Passage] = {}
    notes = [f"documents of {left} topics that moved least are shown by id alone"] if left else []
    for index, pairs in wanted.items():
        try:
            found |= _of_index(client, index, pairs, texts)
        except ApiError as error:
            notes.append(f"the documents of {index} are shown by id alone: {error}")
    return Passages(found, tuple(notes))


def _wanted(
    comparisons: Sequence[Comparison], limit: int
) -> tuple[dict[str, list[tuple[str, str]]], int]:
    """Index -> pairs (query_id, doc_id), and for how many topics there is no room."""
    by_topic: dict[str, list[tuple[float, Comparison, TopicResult]]] = {}
    for each in comparisons:
        for topic in each.topics:
            moved = abs(topic.delta()) + (1 - topic.rbo) * 1e-6
            by_topic.setdefault(topic.query_id, []).append((moved, each, topic))
    order = sorted(by_topic.values(), key=lambda rows: -max(moved for moved, _, _ in rows))
    wanted: dict[str, dict[tuple[str, str], None]] = {}
    used, left = 0, 0
    for rows in order:
        pairs: dict[tuple[str, str, str], None] = {}
        for _, each, topic in rows:
            for index, page in (
                (each.index, topic.baseline_ids),
                (each.candidate_index, topic.candidate_ids),
            ):
                pairs |= dict.fromkeys((index, topic.query_id, doc_id) for doc_id in page)
        if used + len(pairs) > limit:
            left += 1
            continue
        used += len(pairs)
        for index, query_id, doc_id in pairs:
            wanted.setdefault(index, {})[(query_id, doc_id)] = None
    return {index: list(pairs) for index, pairs in wanted.items()}, left


def _of_index(
    client: Elasticsearch,
    index: str,
    pairs: Sequence[tuple[str, str]],
    texts: Mapping[str, str],
) -> dict[Key, Passage]:
    sources = document_texts(client, [index], [doc_id for _, doc_id in pairs])
    shown = {doc_id: _fields_of(source) for doc_id, source in sources.items()}
    fields = {name for both in shown.values() for name in both if name is not None}
    tokens: dict[str, dict[str, list[_Token]]] = {}
    queries: dict[str, dict[str, set[str]]] = {}
    asked = list(dict.fromkeys(query_id for query_id, _ in pairs))
    for name, analyzer in _text_fields(client, index).items():
        if name not in fields:
            continue
        with_field = [doc_id for doc_id, both in shown.items() if name in both]
        cut = [_clean(sources[doc_id][name]) for doc_id in with_field]
        tokens[name] = dict(
            zip(with_field, _analyzed(client, index, {"field": name}, cut), strict=True)
        )
        terms: list[set[str]] = [set() for _ in asked]
        ways = [{"field": name}, *([{"analyzer": analyzer}] if analyzer else [])]
        for way in ways:
            rows = _analyzed(client, index, way, [_clean(texts[q]) for q in asked])
            for seen, row in zip(terms, rows, strict=True):
                seen.update(token.term for token in row)
        queries[name] = dict(zip(asked, terms, strict=True))

    def parts(query_id: str, doc_id: str, name: str | None, length: int) -> Parts:
        if name is None:
            return ()
        seen = tokens.get(name, {}).get(doc_id, [])
        words = queries.get(name, {}).get(query_id, set())
        matched = [token for token in seen if token.term in words]
        return _marked(_clean(sources[doc_id][name]), matched, length)

    return {
        (index, query_id, doc_id): Passage(
            parts(query_id, doc_id, shown[doc_id][0], _TITLE_SHOWN),
            parts(query_id, doc_id, shown[doc_id][1], _SHOWN),
        )
        for query_id, doc_id in pairs
        if doc_id in shown
    }


def _fields_of(source: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The fields of a document that hold its title and its text: the longest of the others."""
    title = next((name for name in _TITLES if name in source), None)
    rest = [name for name in source if name != title]
    return title, max(rest, key=lambda name: len(source[name]), default=None)


def _text_fields(client: Elasticsearch, index: str) -> dict[str, str | None]:
    """Top fields that are analysed, each with the analyzer of searches where it has one."""
    fields: dict[str, str | None] = {}
    for held in client.indices.get_mapping(index=index).body.values():
        for name, declared in held["mappings"].get("properties", {}).items():
            if declared.get("type") == "text":
                fields[name] = declared.get("search_analyzer")
    return fields


def _analyzed(
    client: Elasticsearch, index: str, way: Mapping[str, Any], texts: Sequence[str]
) -> list[list[_Token]]:
    """The tokens of every text, offsets in its characters."""
    rows: list[list[_Token]] = []
    for batch in _batches(texts):
        answer = client.indices.analyze(index=index, text=list(batch), **way).body["tokens"]
        rows += _by_text(batch, answer)
    return rows


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _by_text(texts: Sequence[str], answer: Sequence[Mapping[str, Any]]) -> list[list[_Token]]:
    """Tokens of several texts in one answer: offsets go on from text to text, with 1 between."""
    rows: list[list[_Token]] = [[] for _ in texts]
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += _units(text) + 1
    place = 0
    for token in answer:
        while place + 1 < len(starts) and token["start_offset"] >= starts[place + 1]:
            place += 1
        while token["start_offset"] < starts[place]:
            place -= 1
        start, end = (
            _characters(texts[place], token[name] - starts[place])
            for name in ("start_offset", "end_offset")
        )
        rows[place].append(_Token(token["token"], start, end))
    return rows


def _units(text: str) -> int:
    """UTF-16 units, in which engines count."""
    return len(text) + sum(character > "\uffff" for character in text)


def _characters(text: str, units: int) -> int:
    """How many characters the first ``units`` UTF-16 units are."""
    if text.isascii() or max(text, default="") <= "\uffff":
        return units
    seen = 0
    for place, character in enumerate(text):
        if seen >= units:
            return place
        seen += 1 + (character > "\uffff")
    return len(text)


def _clean(text: str) -> str:
    """What is analysed and shown: one line, a space for each character that is not printed."""
    return "".join(c if c.isprintable() else " " for c in text[:_READ])


def _marked(text: str, matched: Sequence[_Token], length: int) -> Parts:
    """``length`` characters where the most different words match, cut ends as …."""
    start = _best(matched, length) if len(text) > length else 0
    start = max(0, min(start - _BEFORE, len(text) - length)) if start else 0
    end = min(len(text), start + length)
    parts, at = ["…" if start else ""], start
    for first, last in _merged(matched):
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        parts[-1] += text[at:first]
        parts += [text[first:last], ""]
        at = last
    parts[-1] += text[at:end] + ("…" if end < len(text) or len(text) == _READ else "")
    return tuple(parts)


def _best(matched: Sequence[_Token], length: int) -> int:
    """Where the window with the most different words begins; the first of equals."""

    def words(token: _Token) -> int:
        end = token.start + length - 2 * _BEFORE
        return len({t.term for t in matched if token.start <= t.start and t.end <= end})

    return max(matched, key=words).start if matched else 0


def _merged(matched: Sequence[_Token]) -> list[tuple[int, int]]:
    """Spans of the tokens in order; those that touch or overlap are one."""
    spans: list[tuple[int, int]] = []
    for token in sorted(matched, key=lambda t: (t.start, t.end)):
        if spans and token.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], token.end))
        else:
            spans.append((token.start, token.end))
    return spans

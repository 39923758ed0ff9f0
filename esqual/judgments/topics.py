"""Topics: ``query_id<TAB>text``, with a header line for more. Format: docs/formats.md."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType

from esqual.errors import JudgmentsError
from esqual.judgments.text import iter_lines, write_lines
from esqual.models import Topic

__all__ = ["iter_topic_lines", "read_topics", "write_topics"]

_ID_HEADERS = ("query_id", "qid", "topic_id", "topic")
_TEXT_HEADERS = ("text", "query")
_PLAIN = ("query_id", "text")
_NAME = re.compile(r"[^\W\d][\w-]*")


def read_topics(path: str | Path) -> list[Topic]:
    """Read a topics file, ``-`` for standard input; the order is that of the file.

    Raises JudgmentsError with path and line for a repeated id (both lines), an empty text, a
    wrong number of columns, a weight that is no number above 0, or a file without topics.
    """
    topics: list[Topic] = []
    lines: dict[str, int] = {}
    columns: Sequence[str] | None = None
    for number, text in iter_lines(path):
        cells = text.split("\t")
        if text.startswith("#"):
            if len(cells) == 1:
                continue
            raise JudgmentsError(
                "begins with # and holds a tab: a comment, or a topic whose id begins with #? "
                "Take out the tab or the line, or rename the id",
                path=path,
                line=number,
            )
        if columns is None:
            is_header = cells[0].strip() in _ID_HEADERS
            columns = _header(cells, path, number) if is_header else _PLAIN
            if is_header:
                continue
        if len(cells) != len(columns):
            raise JudgmentsError(_wrong_width(cells, columns), path=path, line=number)
        topic = _topic(columns, cells, path, number)
        if topic.query_id in lines:
            raise JudgmentsError(
                f"topic {topic.query_id} stands in line {lines[topic.query_id]} already; "
                "every query_id stands once",
                path=path,
                line=number,
            )
        lines[topic.query_id] = number
        topics.append(topic)
    if not topics:
        raise JudgmentsError("holds no topic; a line reads query_id<TAB>text", path=path)
    return topics


def write_topics(path: str | Path, topics: Sequence[Topic]) -> None:
    """Write topics with a header, ``-`` to standard output; a column only where one topic has it.

    Raises JudgmentsError for a topic that the format cannot hold: a line break in a cell, a tab,
    or an id with white space.
    """
    write_lines(path, list(iter_topic_lines(path, topics)))


def iter_topic_lines(path: str | Path, topics: Sequence[Topic]) -> Iterator[str]:
    """Yield the lines of a topics file, without line ends; errors as of :func:`write_topics`."""
    names = list(dict.fromkeys(name for topic in topics for name in topic.parameters))
    has_class = any(topic.topic_class is not None for topic in topics)
    has_weight = any(topic.weight != 1.0 for topic in topics)
    header = ["query_id", "text", *["class"] * has_class, *["weight"] * has_weight, *names]
    yield "\t".join(header)
    for topic in topics:
        row = [topic.query_id, topic.text]
        row += [topic.topic_class or ""] * has_class
        row += [f"{topic.weight!r}"] * has_weight
        row += [topic.parameters.get(name, "") for name in names]
        if any(re.search(r"[\t\n\r]", cell) for cell in row) or re.search(r"\s", topic.query_id):
            raise JudgmentsError(
                f"topic {topic.query_id!r}: a tab or line break in it, or white space in its id, "
                "cannot be written; change it",
                path=path,
            )
        yield "\t".join(row)


def _header(cells: Sequence[str], path: str | Path, line: int) -> Sequence[str]:
    names = [cell.strip() for cell in cells]
    if len(names) < 2 or names[1] not in _TEXT_HEADERS:
        raise JudgmentsError(
            f"is a header, for its first column is {names[0]}; its second column is "
            f"{names[1] if len(names) > 1 else 'missing'} and must be {' or '.join(_TEXT_HEADERS)}",
            path=path,
            line=line,
        )
    for place, name in enumerate(names[2:], 2):
        reserved = name in (*_ID_HEADERS, *_TEXT_HEADERS)
        if reserved or not _NAME.fullmatch(name) or name in names[:place]:
            why = "reserved" if reserved else "repeated" if name in names[:place] else "no name"
            raise JudgmentsError(
                f"column {place + 1} is called {name!r}, which is {why}; a column becomes the "
                "template parameter of its name: letters, digits, _ and -",
                path=path,
                line=line,
            )
    return names


def _wrong_width(cells: Sequence[str], columns: Sequence[str]) -> str:
    expected = "<TAB>".join(columns)
    if len(cells) == 1:
        return f"has no tab; a line reads {expected}"
    if columns is _PLAIN:
        return (
            f"has {len(cells)} columns, and without a header line it has two: {expected}. "
            "Give a header line that names the further columns, or take the tab out of the text"
        )
    return f"has {len(cells)} columns, and the header has {len(columns)}: {expected}"


def _topic(columns: Sequence[str], cells: Sequence[str], path: str | Path, line: int) -> Topic:
    query_id, text = cells[0].strip(" "), cells[1]
    if not query_id or re.search(r"\s", query_id):
        raise JudgmentsError(
            f"query_id is {cells[0]!r}; it is neither empty nor has white space, which would "
            "break TREC files",
            path=path,
            line=line,
        )
    if not text.strip():
        raise JudgmentsError(
            f"topic {query_id} has no text; give one or take the line out", path=path, line=line
        )
    parameters = dict(zip(columns[2:], cells[2:], strict=True))
    topic_class = parameters.pop("class", "").strip()
    return Topic(
        query_id=query_id,
        text=text,
        parameters=MappingProxyType(parameters),
        topic_class=topic_class or None,
        weight=_weight(parameters.pop("weight", ""), path, line),
    )


def _weight(cell: str, path: str | Path, line: int) -> float:
    try:
        weight = float(cell) if cell.strip() else 1.0
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight > 0):
        raise JudgmentsError(
            f"weight is {cell!r}; it is a number above 0 (empty means 1)", path=path, line=line
        )
    return weight

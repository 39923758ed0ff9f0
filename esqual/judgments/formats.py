"""One table of formats: name -> reader and writer. What each looks like: docs/formats.md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from esqual.errors import JudgmentsError
from esqual.judgments import json_formats, tables
from esqual.judgments.qrels import iter_trec, read_trec
from esqual.judgments.records import JudgmentSet, by_id, by_text, to_qrels
from esqual.judgments.text import decode, iter_lines, read_bytes, split_columns, write_text
from esqual.models import Topic

__all__ = [
    "FORMATS",
    "Format",
    "load_all_qrels",
    "load_qrels",
    "read_judgments",
    "sniff",
    "write_judgments",
]


@dataclass(frozen=True, slots=True)
class Format:
    """How judgments are kept in a file.

    ``key``: what names a query in it. ``raters``: it can say who judged. ``needs_index``: what is
    written names an index.
    """

    read: Callable[[str | Path, bytes], JudgmentSet]
    # judgments, index -> the text of the file
    write: Callable[[JudgmentSet, str | None], str]
    key: Literal["query_id", "text"]
    raters: bool = False
    needs_index: bool = False


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _trec(judged: JudgmentSet, index: str | None) -> str:
    return _lines(iter_trec("qrels", to_qrels(judged)))


def _csv(judged: JudgmentSet, index: str | None) -> str:
    return _lines(tables.iter_csv(judged))


def _quepid_csv(judged: JudgmentSet, index: str | None) -> str:
    return _lines(tables.iter_quepid_csv(judged))


FORMATS: dict[str, Format] = {
    "trec": Format(read_trec, _trec, "query_id"),
    "csv": Format(tables.read_csv, _csv, "query_id", raters=True),
    "ranx": Format(json_formats.read_ranx, json_formats.ranx_json, "query_id"),
    "elasticsearch": Format(
        json_formats.read_elasticsearch,
        json_formats.elasticsearch_json,
        "query_id",
        needs_index=True,
    ),
    "quepid-csv": Format(tables.read_quepid_csv, _quepid_csv, "text", raters=True),
    "quepid-json": Format(json_formats.read_quepid_json, json_formats.quepid_json, "text"),
    "rre": Format(json_formats.read_rre, json_formats.rre_json, "text", needs_index=True),
}


def read_judgments(
    path: str | Path, format: str | None = None, *, default: str | None = None
) -> tuple[JudgmentSet, str]:
    """Read a file, ``-`` for standard input; returns the judgments and the format's name.

    Without ``format`` the content must leave no doubt (see :func:`sniff`), or ``default`` is
    taken. Raises JudgmentsError with path and line for what cannot be read.
    """
    data = read_bytes(path)
    name = format or sniff(path, data) or default
    if name is None:
        raise JudgmentsError(
            f"it cannot be told for certain what this is; name its format: {', '.join(FORMATS)}",
            path=path,
        )
    return FORMATS[name].read(path, data), name


def load_qrels(
    path: str | Path,
    format: str | None = None,
    topics: Sequence[Topic] | None = None,
    *,
    default: str | None = None,
) -> dict[str, dict[str, int]]:
    """Read judgments of any format as qrels: query_id -> doc_id -> relevance.

    Formats that are keyed by a query's text need ``topics`` to find its id. ``default`` is the
    format of content that leaves a doubt.
    """
    judged, name = read_judgments(path, format, default=default)
    if judged.key == "text":
        if topics is None:
            raise JudgmentsError(
                f"is {name}, which knows queries by their text: topics are needed to find their "
                "ids",
                path=path,
            )
        judged = by_id(judged, topics)
    return to_qrels(judged)


def load_all_qrels(
    paths: Sequence[str | Path],
    format: str | None = None,
    topics: Sequence[Topic] | None = None,
    *,
    default: str | None = None,
) -> dict[str, dict[str, int]]:
    """Read the judgments of several files as one set of qrels, see :func:`load_qrels`.

    A pair that two files judge alike is one judgment. Raises JudgmentsError, with both files, for
    one that they judge differently.
    """
    qrels: dict[str, dict[str, int]] = {}
    origin: dict[tuple[str, str], str | Path] = {}
    for path in paths:
        for query_id, judgments in load_qrels(path, format, topics, default=default).items():
            known = qrels.setdefault(query_id, {})
            for doc_id, relevance in judgments.items():
                before = known.setdefault(doc_id, relevance)
                first = origin.setdefault((query_id, doc_id), path)
                if before != relevance:
                    raise JudgmentsError(
                        f"topic {query_id}, document {doc_id}: relevance {relevance} here and "
                        f"{before} in {first}; keep one",
                        path=path,
                    )
    return qrels


def write_judgments(
    path: str | Path,
    judged: JudgmentSet,
    format: str,
    *,
    topics: Sequence[Topic] | None = None,
    index: str | None = None,
) -> None:
    """Write judgments, ``-`` to standard output.

    ``topics`` join ids and texts where the format is keyed by the other one; ``index`` is for
    formats that name one. Raises JudgmentsError for what the format cannot hold.
    """
    kind = FORMATS[format]
    if kind.needs_index and index is None:
        raise ValueError(f"{format} names an index")
    if kind.key != judged.key:
        if topics is None:
            raise ValueError(f"{format} is keyed by {kind.key}, the judgments by {judged.key}")
        judged = by_id(judged, topics) if kind.key == "query_id" else by_text(judged, topics)
    write_text(path, kind.write(judged, index))


def sniff(path: str | Path, data: bytes) -> str | None:
    """Return the format that the content leaves no doubt about, else None.

    JSON is known by keys that one format alone has, CSV by its header, TREC by a first line of
    four columns whose second is 0 or Q0 and whose fourth is a whole number.
    """
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return _sniff_json(json.loads(data))
        except (ValueError, RecursionError):
            return None
    line, first = next(iter_lines(path, data), (0, ""))
    if line == 0:
        raise JudgmentsError("is empty", path=path)
    header = [cell.strip().strip('"') for cell in re.split("[,\t]", first)]
    if header[:2] == ["query", "docid"] and len(header) > 2:
        return "quepid-csv"
    if {"query_id", "doc_id", "relevance"} <= set(header):
        return "csv"
    columns = split_columns(first)
    if len(columns) == 4 and columns[1] in ("0", "Q0") and columns[3].lstrip("-").isdigit():
        return "trec"
    decode(path, data)
    return None


def _sniff_json(value: object) -> str | None:
    if isinstance(value, list):
        first = value[0] if value else None
        rated = isinstance(first, dict) and {"id", "ratings"} <= first.keys()
        return "elasticsearch" if rated else None
    if not isinstance(value, dict):
        return None
    if "requests" in value:
        return "elasticsearch"
    if "query_doc_pairs" in value:
        return "quepid-json"
    if "topics" in value or "query_groups" in value or "id_field" in value:
        return "rre"
    queries = value.get("queries")
    if isinstance(queries, list):
        rre = any(isinstance(q, dict) and "placeholders" in q for q in queries)
        return "rre" if rre else "quepid-json"
    numbers = (
        isinstance(ratings, dict) and all(type(r) in (int, float) for r in ratings.values())
        for ratings in value.values()
    )
    return "ranx" if value and all(numbers) else None

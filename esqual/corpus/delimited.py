"""CSV (RFC 4180) and TSV: a header line or named columns, values that stay strings.

TSV is the plain kind: a line is a record, a tab ends a value, and a quotation mark is a
character like any other. A CSV value in quotation marks may hold commas, doubled quotation marks
and line ends.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence

from esqual.corpus.lines import MAX_LINE_BYTES, decode_line
from esqual.corpus.records import Fields, to_document
from esqual.corpus.rejects import Reject
from esqual.errors import CorpusError
from esqual.models import Document

__all__ = ["iter_csv", "iter_tsv"]

# (line where the record begins, its cells or the reason why there are none, the text as read)
_Row = tuple[int, list[str] | str, str]


def iter_csv(
    lines: Iterable[tuple[int, bytes]], path: str, fields: Fields, columns: Sequence[str] | None
) -> Iterator[Document | Reject]:
    """Yield a document, or the reason why it is none, for every record of a CSV file."""
    return _iter_documents(_csv_rows(lines), path, fields, columns)


def iter_tsv(
    lines: Iterable[tuple[int, bytes]], path: str, fields: Fields, columns: Sequence[str] | None
) -> Iterator[Document | Reject]:
    """Yield a document, or the reason why it is none, for every line of a TSV file."""
    return _iter_documents(_tsv_rows(lines), path, fields, columns)


def _iter_documents(
    rows: Iterator[_Row], path: str, fields: Fields, columns: Sequence[str] | None
) -> Iterator[Document | Reject]:
    given = "--columns names" if columns is not None else "the header has"
    for number, cells, raw in rows:
        if columns is None:
            if isinstance(cells, str):
                raise CorpusError(cells, path=path, line=number)
            columns = _check_columns(cells, fields, path, number)
        elif isinstance(cells, str):
            yield Reject(path, number, cells, raw=raw)
        elif len(cells) != len(columns):
            reason = f"{len(cells)} columns, where {given} {len(columns)}"
            yield Reject(path, number, reason, raw=raw)
        else:
            yield to_document(dict(zip(columns, cells, strict=True)), fields, path, number, raw)


def _check_columns(columns: list[str], fields: Fields, path: str, line: int) -> list[str]:
    def wrong(what: str) -> CorpusError:
        return CorpusError(what, path=path, line=line)

    shown = ", ".join(columns)
    for name in columns:
        if not name.strip():
            raise wrong(f"the header has a column without a name: {shown}")
        if columns.count(name) > 1:
            raise wrong(f'the column "{name}" stands twice in the header')
    needed = {"--id-field": fields.id_field, "--text-field": fields.text_field}
    for flag, wanted in needed.items():
        if wanted is not None and wanted not in columns:
            raise wrong(
                f'the header has no column "{wanted}" (its columns: {shown}); name the column with '
                f"{flag}, or name all columns with --columns if the file has no header"
            )
    return columns


def _tsv_rows(lines: Iterable[tuple[int, bytes]]) -> Iterator[_Row]:
    for number, line in lines:
        text, unreadable = decode_line(line)
        text = text.rstrip("\r\n")
        if text:
            yield number, text.split("\t") if unreadable is None else unreadable, text


class _CsvLines:
    """Feeds the csv module line by line and remembers what the record at hand consists of."""

    def __init__(self, lines: Iterable[tuple[int, bytes]]) -> None:
        self._lines = iter(lines)
        self.start_record()

    def start_record(self) -> None:
        self.first = 0
        self.text: list[str] = []
        self.unreadable: str | None = None
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        text, unreadable = decode_line(line)
        if unreadable is not None and self.unreadable is None:
            where = f"line {number}: " if self.text else ""
            self.unreadable = where + unreadable
        self.first = self.first or number
        self.text.append(text)
        self._size += len(line)
        if self._size > MAX_LINE_BYTES:
            raise csv.Error(f"the record is longer than {MAX_LINE_BYTES >> 20} MiB")
        return text


def _csv_rows(lines: Iterable[tuple[int, bytes]]) -> Iterator[_Row]:
    # The module's limit for one value (131,072 characters) is below a long article, and there is
    # only one limit for the whole process; the length of a record is limited by _CsvLines.
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    source = _CsvLines(lines)
    reader = csv.reader(source, strict=True)
    while True:
        source.start_record()
        cells: list[str] | str
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = f"not CSV: {_explain(str(error))}"
        raw = "".join(source.text).rstrip("\r\n")
        if raw.strip():
            yield source.first, cells if source.unreadable is None else source.unreadable, raw


def _explain(message: str) -> str:
    if message.startswith("unexpected end of data"):
        return "a quotation mark that opens in this record is never closed"
    if "expected after" in message:
        return 'text after a closing quotation mark (inside a value, " is written "")'
    return message

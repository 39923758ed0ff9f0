"""A corpus: one or more files of documents, read as one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from esqual.corpus.cirrus import iter_cirrus
from esqual.corpus.delimited import iter_csv, iter_tsv
from esqual.corpus.lines import STDIN, LineFile
from esqual.corpus.mediawiki import iter_mediawiki
from esqual.corpus.ndjson import iter_ndjson
from esqual.corpus.pages import Unit
from esqual.corpus.records import Fields
from esqual.corpus.rejects import Reject
from esqual.errors import CorpusError
from esqual.models import Document

__all__ = ["FORMATS", "Corpus"]

# format -> the suffixes that mean it, before an optional .gz or .bz2; the first that fits wins
FORMATS = {
    "cirrus": ("-cirrussearch-content.json", "-cirrussearch-general.json"),
    "mediawiki": (".xml",),
    "ndjson": (".ndjson", ".jsonl", ".json"),
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
}


_WIKI = {"cirrus": iter_cirrus, "mediawiki": iter_mediawiki}
_TABLES = {"csv": iter_csv, "tsv": iter_tsv}


def _raise(reject: Reject) -> None:
    raise reject.error()


class Corpus:
    """Documents of ``paths`` in file order; iterate once.

    ``-`` is standard input. ``format`` overrides the suffix and is needed where there is none.
    ``columns`` names the columns of a CSV or TSV file without a header line. ``unit`` says what
    becomes a document of a wiki dump: an article or a paragraph. ``on_reject`` hears
    of every line that cannot be used; the default raises it as CorpusError. Raises CorpusError
    for a file that cannot be read as a whole, and ValueError for options that contradict
    each other.
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        *,
        format: str | None = None,
        fields: Fields | None = None,
        columns: Sequence[str] | None = None,
        unit: Unit = "article",
        on_reject: Callable[[Reject], None] = _raise,
    ) -> None:
        if format is not None and format not in FORMATS:
            raise ValueError(f"unknown format {format!r}; there are {', '.join(FORMATS)}")
        if [str(path) for path in paths].count("-") > 1:
            raise ValueError("standard input can be read only once")
        self._fields = fields or Fields()
        self._columns = None if columns is None else _checked(columns, self._fields)
        self._on_reject = on_reject
        # every file is looked at before the first is read: a typo in the last name shows at once
        sizes = [_size(path) for path in paths]
        self._files = [(path, format or _format_of(path)) for path in paths]
        if self._columns is not None and any(kind not in _TABLES for _, kind in self._files):
            raise ValueError("columns belong to CSV and TSV; other formats name their fields")
        if unit != "article" and any(kind not in _WIKI for _, kind in self._files):
            raise ValueError(f"paragraphs are found in wiki dumps only: {', '.join(_WIKI)}")
        self._unit: Unit = unit
        # redirects and pages outside the main namespace of a wiki dump
        self.skipped = 0
        known = [size for size in sizes if size is not None]
        self.size: int | None = sum(known) if len(known) == len(sizes) else None
        self._passed = 0
        self._current: LineFile | None = None

    @property
    def position(self) -> int:
        """Bytes read so far, on disk (compressed where the file is)."""
        return self._passed + (self._current.position if self._current is not None else 0)

    def __iter__(self) -> Iterator[Document]:
        """Yield the documents; blank lines are skipped."""
        for path, kind in self._files:
            file = self._current = LineFile(path)
            try:
                for item in self._items(file, kind):
                    if isinstance(item, Reject):
                        self._on_reject(item)
                    else:
                        yield item
            finally:
                file.close()
            self._passed += file.size or 0
            self._current = None

    def _items(self, file: LineFile, kind: str) -> Iterator[Document | Reject]:
        if kind == "ndjson":
            return iter_ndjson(file, file.path, self._fields)
        if kind in _WIKI:
            return _WIKI[kind](file, file.path, self._fields, self._unit, self._skip)
        return _TABLES[kind](file, file.path, self._fields, self._columns)

    def _skip(self) -> None:
        self.skipped += 1


def _checked(columns: Sequence[str], fields: Fields) -> list[str]:
    names = list(columns)
    if not all(name.strip() for name in names) or len(set(names)) != len(names):
        raise ValueError("every column needs a name of its own")
    for name in (fields.id_field, fields.text_field):
        if name is not None and name not in names:
            raise ValueError(f"the columns {', '.join(names)} do not contain {name!r}")
    return names


def _format_of(path: str | Path) -> str:
    if str(path) == "-":
        raise CorpusError("the format is not known; name it with --format", path=STDIN)
    name = Path(path).name.lower().removesuffix(".gz").removesuffix(".bz2")
    for format, suffixes in FORMATS.items():
        if name.endswith(suffixes):
            return format
    raise CorpusError(
        f"the format does not show in the name; use --format {'|'.join(FORMATS)}", path=path
    )


def _size(path: str | Path) -> int | None:
    if str(path) == "-":
        return None
    try:
        if Path(path).is_dir():
            raise CorpusError("is a folder; name the files in it", path=path)
        status = Path(path).stat()
    except OSError as error:
        raise CorpusError(f"cannot be read: {error.strerror or error}", path=path) from error
    return status.st_size if Path(path).is_file() else None

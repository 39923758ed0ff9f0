"""The MediaWiki XML dump (``…-pages-articles.xml``): articles of the main namespace, streamed.

Format: https://www.mediawiki.org/xml/export-0.11.xsd. Only the latest revision's text is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from esqual.corpus.pages import Unit, records_of_page
from esqual.corpus.records import Fields, to_document
from esqual.corpus.rejects import Reject
from esqual.corpus.wikitext import paragraphs
from esqual.errors import CorpusError
from esqual.models import Document

__all__ = ["iter_mediawiki"]

_ARTICLES = "0"


def iter_mediawiki(
    lines: Iterable[tuple[int, bytes]],
    path: str,
    fields: Fields,
    unit: Unit,
    on_skip: Callable[[], None],
) -> Iterator[Document | Reject]:
    """Yield the documents of every article; memory is that of one page.

    Redirects and pages outside the main namespace are skipped and told to ``on_skip``. A page
    whose parts are missing is a Reject at its first line; XML that cannot be read any further is
    a CorpusError.
    """
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    root: Element | None = None
    number, first_line = 0, 0
    for number, line in lines:
        for event, element in _feed(parser, line, path, number):
            name = _local(element)
            if event == "start":
                if root is None:
                    root = _checked_root(element, path, number)
                elif name == "page":
                    first_line = number
            elif name == "page" and root is not None:
                yield from _documents(element, path, first_line, fields, unit, on_skip)
                root.clear()  # the pages read so far would stay in memory otherwise
    try:
        parser.close()
    except ParseError as error:
        raise CorpusError(
            f"the XML ends too early or is empty ({error.msg}); is the download complete?",
            path=path,
            line=number,
        ) from error


def _feed(
    parser: XMLPullParser[Element], line: bytes, path: str, number: int
) -> Iterator[tuple[str, Element]]:
    try:
        parser.feed(line)
        yield from parser.read_events()  # type: ignore[misc]
    except ParseError as error:
        raise CorpusError(f"not well-formed XML: {error.msg}", path=path, line=number) from error


def _checked_root(element: Element, path: str, line: int) -> Element:
    if _local(element) != "mediawiki":
        raise CorpusError(
            f"the root element is <{_local(element)}>, and that of a MediaWiki dump <mediawiki>",
            path=path,
            line=line,
        )
    return element


def _documents(
    page: Element, path: str, line: int, fields: Fields, unit: Unit, on_skip: Callable[[], None]
) -> Iterator[Document | Reject]:
    parts = {_local(child): child for child in page}
    if _text(parts.get("ns")) != _ARTICLES or "redirect" in parts:
        on_skip()
        return
    revision = {_local(child): child for child in parts.get("revision", ())}
    missing = [name for name in ("id", "title", "revision") if name not in parts]
    if missing or "text" not in revision:
        yield Reject(path, line, f"the page has no <{(missing or ['text'])[0]}>")
        return
    known = {
        "id": _text(parts["id"]),
        "title": _text(parts["title"]),
        "timestamp": _text(revision.get("timestamp")),
    }
    for record in records_of_page(known, paragraphs(_text(revision["text"])), unit):
        yield to_document(record, fields, path, line, None)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: Element | None) -> str:
    return "" if element is None else (element.text or "")

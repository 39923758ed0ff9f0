"""The CirrusSearch dump (``…-cirrussearch-content.json``): a bulk action and a page, line by line.

The page is what Wikipedia's own Elasticsearch holds:
https://www.mediawiki.org/wiki/Extension:CirrusSearch/Schema
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from esqual.corpus.lines import decode_line
from esqual.corpus.pages import Unit, records_of_page
from esqual.corpus.records import Fields, to_document
from esqual.corpus.rejects import Reject
from esqual.corpus.wikitext import paragraphs
from esqual.models import Document

__all__ = ["iter_cirrus"]

_KEPT = ("title", "opening_text", "heading", "category", "timestamp", "incoming_links")


def iter_cirrus(
    lines: Iterable[tuple[int, bytes]],
    path: str,
    fields: Fields,
    unit: Unit,
    on_skip: Callable[[], None],
) -> Iterator[Document | Reject]:
    """Yield the documents of every article. Pages outside namespace 0 are told to ``on_skip``.

    An article's text is the dump's own ``text``. It has lost its paragraphs, so ``paragraph``
    reads the markup in ``source_text``; a page without it is a Reject that says so.
    """
    pairs = iter((number, line) for number, line in lines if line.strip())
    for number, line in pairs:
        action = _object(line, path, number)
        if isinstance(action, Reject):
            yield action
            continue
        page_id = action.get("index", {}).get("_id") if _is_action(action) else None
        if not isinstance(page_id, str | int):
            yield Reject(
                path,
                number,
                'no bulk action {"index": {"_id": …}}, which stands before every page of a '
                "CirrusSearch dump; is this plain NDJSON? (--format ndjson)",
                raw=line.decode(errors="backslashreplace").rstrip("\r\n"),
            )
            continue
        number, line = next(pairs, (number, b""))
        page = _object(line, path, number) if line else _cut_off(path, number)
        if isinstance(page, Reject):
            yield page
        elif page.get("namespace", 0) != 0:
            on_skip()
        else:
            yield from _documents(page, str(page_id), path, number, fields, unit)


def _documents(
    page: dict[str, Any], page_id: str, path: str, line: int, fields: Fields, unit: Unit
) -> Iterator[Document | Reject]:
    source = "text" if unit == "article" else "source_text"
    text = page.get(source)
    if not isinstance(text, str):
        hint = "; read it with --by article" if unit == "paragraph" else ""
        yield Reject(path, line, f'the page has no "{source}"{hint}', doc_id=page_id)
        return
    known = {"id": page_id, **{name: page[name] for name in _KEPT if name in page}}
    texts = paragraphs(text) if unit == "paragraph" else [text.strip()] if text.strip() else []
    for record in records_of_page(known, texts, unit):
        yield to_document(record, fields, path, line, None)


def _object(line: bytes, path: str, number: int) -> dict[str, Any] | Reject:
    text, unreadable = decode_line(line)
    raw = text.rstrip("\r\n")
    if unreadable is not None:
        return Reject(path, number, unreadable, raw=raw)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Reject(path, number, f"not JSON: {error}", raw=raw)
    if not isinstance(value, dict):
        return Reject(path, number, "not a JSON object", raw=raw)
    return value


def _is_action(value: dict[str, Any]) -> bool:
    return list(value) == ["index"] and isinstance(value["index"], dict)


def _cut_off(path: str, line: int) -> Reject:
    return Reject(path, line, "the file ends after this action; is the download complete?")

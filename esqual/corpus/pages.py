"""One wiki page to documents: the whole article, or one document a paragraph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

__all__ = ["Unit", "records_of_page"]

Unit = Literal["article", "paragraph"]


def records_of_page(
    page: Mapping[str, Any], paragraphs: Sequence[str], unit: Unit
) -> Iterator[dict[str, Any]]:
    """Yield the records of a page; ``page`` holds ``id``, ``title`` and what else is known.

    An article's ``text`` is its paragraphs, a line each. A paragraph's id is ``PAGE-NUMBER``,
    counted from 1, and ``page_id`` says where it stood. A page without text gives nothing.
    """
    if unit == "article":
        if paragraphs:
            yield {**page, "text": "\n".join(paragraphs)}
        return
    for number, text in enumerate(paragraphs, start=1):
        yield {**page, "id": f"{page['id']}-{number}", "page_id": page["id"], "text": text}

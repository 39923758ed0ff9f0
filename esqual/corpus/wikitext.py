"""MediaWiki markup to plain paragraphs, through mwparserfromhell (extra ``wikipedia``)."""

from __future__ import annotations

import re
from functools import cache
from types import ModuleType
from typing import Any

from esqual.errors import CorpusError

__all__ = ["paragraphs"]

# What these tags hold is no sentence: tables, formulas, listings, footnotes, pictures.
_NO_TEXT = frozenset(
    {"table", "ref", "references", "gallery", "math", "chem", "pre"}
    | {"syntaxhighlight", "source", "score", "timeline"}
)
# A link into these namespaces shows a picture or files the page away (Japanese and English names).
_NO_TEXT_LINK = re.compile(
    r"\s*(file|image|category|media|ファイル|画像|カテゴリ|メディア)\s*:", re.I
)
_LIST_MARKS = frozenset("*#:;")
_ITEM = "\v"  # stands where an item of a list begins
_SWITCH = re.compile(r"__[A-Z]+__|__[ぁ-んァ-ヶ一-龠]+__")
_BLANK_LINES = re.compile(r"\n[ \t\u3000]*\n\s*")
_SPACES = re.compile(r"[ \t\u00a0]+")


def paragraphs(markup: str) -> list[str]:
    """Return the paragraphs of a page in order, without headings, tables, notes and pictures.

    A paragraph ends at an empty line, as in MediaWiki; its line ends become blanks between
    Latin letters and nothing between others; the items of a list are lines of one paragraph.
    Text that a template would bring is not there: that needs the wiki itself. Raises CorpusError
    when the package is missing.
    """
    parser = _parser()
    code: Any = parser.parse(_SWITCH.sub("", markup))
    for node in [
        *code.filter_tags(matches=lambda tag: str(tag.tag).strip().lower() in _NO_TEXT),
        *code.filter_wikilinks(matches=lambda link: _NO_TEXT_LINK.match(str(link.title))),
    ]:
        _remove(code, node)
    for item in code.filter_tags(matches=lambda tag: tag.wiki_markup in _LIST_MARKS):
        code.replace(item, _ITEM)
    for heading in code.filter_headings():
        code.replace(heading, "\n\n")
    text = str(code.strip_code(normalize=True, collapse=False))
    blocks = (map(_join, block.split(_ITEM)) for block in _BLANK_LINES.split(text))
    joined = ("\n".join(item for item in block if item) for block in blocks)
    return [block for block in joined if block]


def _remove(code: Any, node: Any) -> None:
    # A node inside one that is gone already is no longer found.
    try:
        code.remove(node)
    except ValueError:
        return


def _join(block: str) -> str:
    made = ""
    for line in (_SPACES.sub(" ", line).strip(" \u3000") for line in block.splitlines()):
        if made and line and made[-1].isascii() and line[0].isascii():
            made += " "
        made += line
    return made


@cache
def _parser() -> ModuleType:
    try:
        import mwparserfromhell
    except ImportError as error:
        raise CorpusError(
            "MediaWiki markup needs a package: pip install 'esqual[wikipedia]'"
        ) from error
    module: ModuleType = mwparserfromhell
    return module

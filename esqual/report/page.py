"""Blocks as one HTML page: no script, nothing from the network, light, dark and on paper."""

from __future__ import annotations

import html
from collections.abc import Sequence

from esqual.report.blocks import (
    Block,
    Bullets,
    Foreign,
    Heading,
    Inline,
    Line,
    Listing,
    Paragraph,
    Strong,
    Table,
)
from esqual.report.plain import kept, one_line, shorten
from esqual.report.values import Language

__all__ = ["escape", "fragment", "to_html"]

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.6 system-ui, "Hiragino Sans", "Noto Sans JP", "Yu Gothic UI", sans-serif;
  max-width: 52rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.3; } h2, h3 { font-size: 1.1rem; margin: 1.6em 0 .4em; }
h1 + p { font-size: 1.15rem; border-left: .3rem solid; padding-left: .8rem; }
p, ul { margin: .4em 0; } ul ul { color: color-mix(in srgb, currentColor 80%, transparent); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: .6em 0; }
th, td { border-bottom: 1px solid var(--line); padding: .25em .7em .25em 0; text-align: left;
  vertical-align: top; } th { overflow-wrap: normal; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
bdi { background: var(--soft); border-radius: .2em; padding: 0 .2em; }
pre { background: var(--soft); padding: .7em; overflow-x: auto; font-size: .85rem; }
pre.wrapped { white-space: pre-wrap; }
@media print { body { font-size: 8.5pt; line-height: 1.4; margin: 0; max-width: none; }
  pre { white-space: pre-wrap; font-size: 7.5pt; padding: .4em; } td, th { padding-block: 0; }
  h1 { font-size: 13pt; } h2, h3 { font-size: 9.5pt; margin: .8em 0 .2em; break-after: avoid; }
  li, tr { break-inside: avoid; } }
"""


def to_html(blocks: Sequence[Block], language: Language = "en") -> str:
    """A whole page; its title is that of the first heading."""
    title = next((_plain(block.line) for block in blocks if isinstance(block, Heading)), "esqual")
    body = fragment(blocks)
    # the policy holds even where something should slip through
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def fragment(blocks: Sequence[Block]) -> str:
    """The blocks as a part of a page."""
    return "\n".join(_write(block) for block in blocks)


def escape(text: str) -> str:
    """``text`` as the content of an element or of a quoted attribute."""
    return html.escape(text, quote=True)


def _inline(part: Inline) -> str:
    if isinstance(part, Foreign):
        # set apart, so that text from right to left does not turn its neighbours
        return f"<bdi>{escape(shorten(part.text, part.length))}</bdi>"
    if isinstance(part, Strong):
        return f"<strong>{escape(one_line(part.text))}</strong>"
    lead, tail = " " * part[:1].isspace(), " " * part[-1:].isspace()
    return f"{lead}{escape(one_line(part))}{tail}"


def _line(line: Line) -> str:
    return "".join(map(_inline, line))


def _plain(line: Line) -> str:
    parts = [part if isinstance(part, str) else part.text for part in line]
    return shorten("".join(parts), 200)


def _write(block: Block) -> str:
    match block:
        case Heading(level, line):
            return f"<h{level}>{_line(line)}</h{level}>"
        case Paragraph(line):
            return f"<p>{_line(line)}</p>"
        case Bullets(items):
            return f"<ul>\n{''.join(_item(line, below) for line, below in items)}</ul>"
        case Table(header, rows, right):
            return _table(header, rows, right)
        case Listing(lines, wrapped):
            text = "\n".join(escape(kept(line, 4000 if wrapped else 300)) for line in lines)
            kind = ' class="wrapped"' if wrapped else ""
            return f'<pre{kind} tabindex="0">{text}</pre>'


def _item(line: Line, below: Sequence[Line]) -> str:
    inner = "".join(f"<li>{_line(each)}</li>" for each in below)
    return f"<li>{_line(line)}{f'<ul>{inner}</ul>' if below else ''}</li>\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[Line]], right: str) -> str:
    def kind(place: int) -> str:
        return ' class="n"' if right[place : place + 1] == ">" else ""

    head = "".join(
        f'<th scope="col"{kind(i)}>{escape(one_line(name))}</th>' for i, name in enumerate(header)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{kind(i)}>{_line(cell)}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )

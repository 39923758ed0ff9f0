r"""Elasticsearch's Mustache dialect: the same file can be a stored search template.

Understood, as the server renders it: ``{{x}}`` escaped for JSON, ``{{{x}}}`` and ``{{&x}}`` as
they are, dotted names, ``{{#x}}…{{/x}}``, ``{{^x}}…{{/x}}``, ``{{#toJson}}x{{/toJson}}``,
``{{#join}}x{{/join}}``, ``{{#join delimiter='; '}}…``, ``{{#url}}…{{/url}}``, comments and
``{{=<% %>=}}``. Partials and template inheritance need a stored sibling and are refused.

Source of the behaviour: answers of a server's ``_render/template``, recorded in
``tests/fixtures/render-opensearch-3.6.0.json``; why no Mustache library serves: docs/adr/0002.

>>> parse('{"match": {"text": "{{query}}"}}').render({"query": 'a "b"'}, strict=True)
'{"match": {"text": "a \\"b\\""}}'
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from esqual.mustache.nodes import Inverted, Output, TemplateError, walk
from esqual.mustache.parser import Parser

__all__ = ["Template", "TemplateError", "parse", "render"]


class Template:
    """A parsed template: parse once, render for every topic."""

    def __init__(self, source: str) -> None:
        self.source = source
        parser = Parser(source)
        try:
            self._nodes = parser.parse()
        except RecursionError as error:
            raise TemplateError("sections are nested too deeply", line=parser.line) from error
        # {{^x}} gives a default, so the template itself declares x: absent is not a typo there.
        self._optional = frozenset(
            node.name for node in walk(self._nodes) if isinstance(node, Inverted)
        )

    def render(self, params: Mapping[str, Any], strict: bool = True) -> str:
        """Return the text for ``params``.

        Not ``strict``: as the server does, a name without a value becomes nothing. ``strict``:
        a name that neither ``params`` nor an inverted section of the template declares, or a list
        or object where text is wanted, raises :class:`TemplateError`; empty and None are false.
        """
        output = Output(self._optional if strict else None)
        output.write(self._nodes, (params,))
        return "".join(output.parts)

    def names(self) -> list[str]:
        """Return the names that the template uses, in order of appearance, each once."""
        return list(dict.fromkeys(node.name for node in walk(self._nodes) if node.name))

    def line_at(self, params: Mapping[str, Any], offset: int) -> int:
        """Return the template's line that wrote character ``offset`` of the rendered text."""
        output = Output(None)
        output.lines = []
        output.write(self._nodes, (params,))
        line = 1
        for part, line in zip(output.parts, output.lines, strict=True):
            if offset < len(part):
                return line
            offset -= len(part)
        return line


def parse(source: str) -> Template:
    """Parse ``source``; raises :class:`TemplateError` with the line of the first mistake."""
    return Template(source)


def render(source: str, params: Mapping[str, Any]) -> str:
    """Render as the server does: names without a value become nothing."""
    return _parsed(source).render(params, strict=False)


_parsed = lru_cache(maxsize=256)(parse)

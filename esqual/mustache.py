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

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from esqual.errors import ConfigError

__all__ = ["Template", "TemplateError", "parse", "render"]

_MISSING: Any = object()
_ESCAPES = {code: f"\\u{code:04X}" for code in range(32)} | str.maketrans(
    {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
)
_JOIN = re.compile(r"join delimiter='(.*)'")


class TemplateError(ConfigError):
    """A template cannot be parsed or rendered.

    ``line`` is the 1-based line in the template; ``reason`` says it in the server's words, for
    answers that imitate a server.
    """

    def __init__(self, message: str, *, line: int, reason: str = "") -> None:
        self.message = message
        self.line = line
        self.reason = reason or message
        super().__init__(f"template line {line}: {message}")


class Template:
    """A parsed template: parse once, render for every topic."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._nodes = _Parser(source).parse()
        # {{^x}} gives a default, so the template itself declares x: absent is not a typo there.
        self._optional = frozenset(
            node.name for node in _walk(self._nodes) if isinstance(node, _Inverted)
        )

    def render(self, params: Mapping[str, Any], strict: bool = True) -> str:
        """Return the text for ``params``.

        Not ``strict``: as the server does, a name without a value becomes nothing. ``strict``:
        a name that neither ``params`` nor an inverted section of the template declares, or a list
        or object where text is wanted, raises :class:`TemplateError`; empty and None are false.
        """
        output = _Output(self._optional if strict else None)
        output.write(self._nodes, (params,))
        return "".join(output.parts)

    def names(self) -> list[str]:
        """Return the names that the template uses, in order of appearance, each once."""
        return list(dict.fromkeys(node.name for node in _walk(self._nodes) if node.name))

    def line_at(self, params: Mapping[str, Any], offset: int) -> int:
        """Return the template's line that wrote character ``offset`` of the rendered text."""
        output = _Output(None)
        output.origins = []
        output.write(self._nodes, (params,))
        line = 1
        for part, (line, literal) in zip(output.parts, output.origins, strict=True):
            if offset < len(part):
                return line + part.count("\n", 0, offset) if literal else line
            offset -= len(part)
        return line


def parse(source: str) -> Template:
    """Parse ``source``; raises :class:`TemplateError` with the line of the first mistake."""
    return Template(source)


def render(source: str, params: Mapping[str, Any]) -> str:
    """Render as the server does: names without a value become nothing."""
    return _parsed(source).render(params, strict=False)


_parsed = lru_cache(maxsize=256)(parse)


# --- rendering ------------------------------------------------------------------------------


class _Output:
    """Where a rendering goes; ``optional`` is None when names may be missing."""

    __slots__ = ("optional", "origins", "parts")

    def __init__(self, optional: frozenset[str] | None) -> None:
        self.optional = optional
        self.parts: list[str] = []
        self.origins: list[tuple[int, bool]] | None = None

    def write(self, nodes: Sequence[_Node], scopes: tuple[Any, ...]) -> None:
        for node in nodes:
            node.write(scopes, self)

    def append(self, text: str, line: int, literal: bool = False) -> None:
        self.parts.append(text)
        if self.origins is not None:
            self.origins.append((line, literal))

    def value(self, node: _Node, scopes: tuple[Any, ...]) -> Any:
        value = _find(node.name, scopes)
        if value is not _MISSING:
            return value
        if self.optional is not None and node.name not in self.optional:
            known = sorted({str(k) for s in scopes if isinstance(s, Mapping) for k in s})
            raise TemplateError(
                f"no parameter declares {{{{{node.name}}}}}; known here: {', '.join(known)}. "
                "Correct the name, give the parameter, or give a default: "
                f"{{{{^{node.name}}}}}default{{{{/{node.name}}}}}",
                line=node.line,
            )
        return None


class _Node:
    """A part of a template; ``name`` is what it looks up, "" for text."""

    __slots__ = ("line", "name", "nodes")

    def __init__(self, name: str, line: int, nodes: Sequence[_Node] = ()) -> None:
        self.name = name
        self.line = line
        self.nodes = nodes

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        raise NotImplementedError


class _Text(_Node):
    __slots__ = ("text",)

    def __init__(self, text: str, line: int) -> None:
        super().__init__("", line)
        self.text = text

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        output.append(self.text, self.line, literal=True)


class _Value(_Node):
    """``{{x}}``; escaped for the inside of a JSON string."""

    __slots__ = ()

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        output.append(self.text(scopes, output).translate(_ESCAPES), self.line)

    def text(self, scopes: tuple[Any, ...], output: _Output) -> str:
        value = output.value(self, scopes)
        if isinstance(value, str):
            return value
        if output.optional is not None and isinstance(value, Mapping | list | tuple):
            raise TemplateError(
                f"{{{{{self.name}}}}} is a list or an object, not text; "
                f"write {{{{#toJson}}}}{self.name}{{{{/toJson}}}}",
                line=self.line,
            )
        return _stringify(value)


class _RawValue(_Value):
    """``{{{x}}}`` and ``{{&x}}``."""

    __slots__ = ()

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        output.append(self.text(scopes, output), self.line)


class _Section(_Node):
    """``{{#x}}``: once per item of a list, once for any other value that is not false."""

    __slots__ = ()

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        value = output.value(self, scopes)
        for item in value if isinstance(value, list | tuple) else (value,) * (not _is_false(value)):
            output.write(self.nodes, scopes if item is None else (*scopes, item))


class _Inverted(_Node):
    """``{{^x}}``: when x is absent, null, false, empty text or an empty list."""

    __slots__ = ()

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        if _is_false(output.value(self, scopes)):
            output.write(self.nodes, scopes)


class _ToJson(_Node):
    """``{{#toJson}}x{{/toJson}}``: lists and objects as JSON, anything else as plain text."""

    __slots__ = ()

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        value = output.value(self, scopes)
        if isinstance(value, Mapping | list | tuple):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)
        else:
            text = _stringify(value)
        output.append(text, self.line)


class _Join(_Node):
    """``{{#join}}x{{/join}}``: the items of a list as text, not escaped."""

    __slots__ = ("delimiter",)

    def __init__(self, name: str, line: int, nodes: Sequence[_Node], delimiter: str) -> None:
        super().__init__(name, line, nodes)
        self.delimiter = delimiter

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        value = output.value(self, scopes)
        if not isinstance(value, list | tuple):
            # The server writes the body itself, which is the parameter's name.
            if output.optional is not None and value is not None:
                raise TemplateError(
                    f"{{{{#join}}}} needs a list, and [{self.name}] is none", line=self.line
                )
            output.write(self.nodes, scopes)
            return
        if any(item is None for item in value):
            raise TemplateError(
                f"{{{{#join}}}} of [{self.name}], which has a null item; leave it out",
                line=self.line,
                reason=f"Function failure @[query-template:{self.line}]",
            )
        output.append(self.delimiter.join(map(_stringify, value)), self.line)


class _Url(_Node):
    """``{{#url}}…{{/url}}``: what the body renders to, percent-encoded as a form field."""

    __slots__ = ()

    def write(self, scopes: tuple[Any, ...], output: _Output) -> None:
        body = _Output(output.optional)
        body.write(self.nodes, scopes)
        # Java's URLEncoder keeps "*" and encodes "~"; Python has it the other way round.
        text = quote_plus("".join(body.parts), safe="*").replace("~", "%7E")
        output.append(text, self.line)


def _walk(nodes: Sequence[_Node]) -> Iterator[_Node]:
    for node in nodes:
        yield node
        yield from _walk(node.nodes)


def _is_false(value: Any) -> bool:
    """Mustache.java's truth: the number 0 and the empty object are true."""
    return value is None or value is False or value == "" or (value == [] or value == ())


def _find(name: str, scopes: tuple[Any, ...]) -> Any:
    """Look ``name`` up from the innermost scope outwards; the whole name wins over its parts."""
    if name == ".":
        return scopes[-1]
    head, dot, tail = name.partition(".")
    for scope in reversed(scopes):
        value = _member(scope, name)
        if value is not _MISSING or not dot:
            if value is not _MISSING:
                return value
            continue
        value = _member(scope, head)
        if value is not _MISSING:
            # The scope that has the first part decides: no other one is asked for the rest.
            for part in tail.split("."):
                value = _member(value, part)
            return value
    return _MISSING


def _member(scope: Any, name: str) -> Any:
    if isinstance(scope, Mapping):
        return scope.get(name, _MISSING)
    if isinstance(scope, list | tuple):
        if name == "size":
            return len(scope)
        if name.isascii() and name.isdigit() and int(name) < len(scope):
            return scope[int(name)]
    return _MISSING


def _stringify(value: Any) -> str:
    """Write a value as Java writes it."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return _java_double(value)
        case list() | tuple():
            items = (f"{i}={_nested(item)}" for i, item in enumerate(value))
            return "{" + ", ".join(items) + "}"
        case Mapping():
            return _nested(value)
    return str(value)


def _nested(value: Any) -> str:
    match value:
        case None:
            return "null"
        case list() | tuple():
            return "[" + ", ".join(map(_nested, value)) + "]"
        case Mapping():
            return "{" + ", ".join(f"{k}={_nested(v)}" for k, v in value.items()) + "}"
    return _stringify(value)


def _java_double(value: float) -> str:
    """``Double.toString``: plain from 10^-3 to below 10^7, otherwise 1.5E-10."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    decimal = Decimal(repr(value))
    digits = "".join(map(str, decimal.as_tuple().digits)).rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{decimal.adjusted()}"


# --- parsing --------------------------------------------------------------------------------


class _Parser:
    """One pass over the source, with the server's rules for lines that hold only a tag.

    A section that spans lines swallows the white space before its opening tag and the line break
    after either tag, when nothing but white space and tags stands on that line. Comments and
    delimiter changes leave their line empty. A carriage return survives only before a line break.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.line = 1

    def parse(self) -> list[_Node]:
        return self._block(None, 1, "{{", "}}", at_line_start=True)

    def _block(
        self, tag: str | None, opened: int, left: str, right: str, *, at_line_start: bool
    ) -> list[_Node]:
        """Parse to the closing tag of ``tag`` (to the end for None)."""
        nodes: list[_Node] = []
        text: list[str] = []
        text_line = self.line
        only_space = True
        swallow_break = True
        carriage_return = False

        def flush() -> None:
            nonlocal text_line
            if text:
                nodes.append(_Text("".join(text), text_line))
                text.clear()
            text_line = self.line

        source = self.source
        while self.position < len(source):
            char = source[self.position]
            if not source.startswith(left, self.position):
                self.position += 1
                if char == "\r":
                    carriage_return = True
                elif char == "\n":
                    if not (swallow_break and only_space):
                        text.append("\r\n" if carriage_return else "\n")
                    self.line += 1
                    flush()
                    only_space = at_line_start = True
                    swallow_break = False
                else:
                    carriage_return = False
                    only_space = only_space and char in " \t"
                    text.append(char)
                continue
            carriage_return = False
            line = self.line
            kind, name = self._tag(left, right)
            if kind in ("#", "^"):
                body_line = self.line
                body = self._block(
                    name, line, left, right, at_line_start=at_line_start and only_space
                )
                spans_lines = self.line != body_line
                if only_space and spans_lines:
                    text.clear()
                flush()
                nodes.append(_section(kind, name, line, body))
                swallow_break = spans_lines
            elif kind == "/":
                if at_line_start and only_space:
                    text.clear()
                flush()
                if name != tag:
                    raise self._mismatch(tag, name, opened, line)
                return nodes
            else:
                flush()
                if kind == "=":
                    left, right = self._delimiters(name, line)
                elif kind in ("{", "&"):
                    nodes.append(_RawValue(name, line))
                elif kind != "!":
                    nodes.append(_Value(name, line))
            at_line_start = False
        if tag is not None:
            raise TemplateError(
                f"{{{{#{tag}}}}} is never closed; add {{{{/{tag}}}}}",
                line=opened,
                reason=f"Failed to close '{tag}' tag @[query-template:{opened}]",
            )
        flush()
        return nodes

    def _tag(self, left: str, right: str) -> tuple[str, str]:
        """Read a tag: its kind (one of ``#^/{&!=``, "" for a value) and its name."""
        start = self.position + len(left)
        line = self.line
        changes = self.source.startswith("=", start)
        end = self.source.find("=" + right if changes else right, start + changes)
        content = self.source[start : end + changes]
        if changes and end < 0:
            raise self._bad_delimiters(self.source[start + 1 :], line)
        if end < 0:
            raise TemplateError(
                f"a tag that is opened with {left} is never closed; add {right}",
                line=line,
                reason=f"Improperly closed variable @[query-template:{line}]",
            )
        if not content:
            raise TemplateError(
                f"{left}{right} names no parameter",
                line=line,
                reason=f"Empty mustache @[query-template:{line}]",
            )
        self.position = end + changes + len(right)
        self.line += content.count("\n")
        kind, name = content[0], content[1:].strip()
        if kind in "><$%":
            raise TemplateError(
                f"{left}{content}{right}: partials, template inheritance and pragmas are not "
                "part of a query template; write the text itself",
                line=line,
                reason=f"Template {name} not found",
            )
        if kind == "{":
            if right != "}}":
                name = name.removesuffix("}").strip()
            elif self.source.startswith("}", self.position):
                self.position += 1
            else:
                raise TemplateError(
                    f"{{{{{{{name}}}}} is closed with two braces; write three",
                    line=line,
                    reason=f"Improperly closed variable: {name} in query-template:{line}"
                    f"@{self.position} @[query-template:{line}]",
                )
        elif kind not in "#^/&!=":
            kind, name = "", content.strip()
        return kind, name

    def _delimiters(self, content: str, line: int) -> tuple[str, str]:
        parts = content.removesuffix("=").split()
        if len(parts) != 2:
            raise self._bad_delimiters(content, line)
        return parts[0], parts[1]

    @staticmethod
    def _bad_delimiters(content: str, line: int) -> TemplateError:
        return TemplateError(
            "a change of delimiters reads {{=<% %>=}}: two delimiters between equals signs",
            line=line,
            reason=f"Invalid delimiter string: {content.strip()} @[query-template:{line}]",
        )

    @staticmethod
    def _mismatch(tag: str | None, name: str, opened: int, line: int) -> TemplateError:
        what = (
            f"{{{{/{name}}}}} closes nothing"
            if tag is None
            else f"{{{{/{name}}}}} closes {{{{#{tag}}}}} of line {opened}"
        )
        return TemplateError(
            f"{what}; sections close in reverse order, each with its own name",
            line=line,
            reason=f"Mismatched start/end tags: {tag or 'null'} != {name} in query-template:"
            f"{line} @[query-template:{line}]",
        )


def _section(kind: str, name: str, line: int, body: list[_Node]) -> _Node:
    if kind == "^":
        return _Inverted(name, line, body)
    if name == "url":
        return _Url("", line, body)
    if name == "toJson":
        return _ToJson(_identifier(name, line, body), line)
    if name == "join":
        return _Join(_identifier(name, line, body), line, body, ",")
    if custom := _JOIN.fullmatch(name):
        return _Join(_identifier("join", line, body), line, body, custom[1])
    return _Section(name, line, body)


def _identifier(function: str, line: int, body: list[_Node]) -> str:
    """Return the name that stands as plain text between the tags of a function."""
    if len(body) != 1:
        raise TemplateError(
            f"{{{{#{function}}}}} takes the bare name of one parameter: "
            f"{{{{#{function}}}}}name{{{{/{function}}}}}",
            line=line,
            reason=f"Mustache function [{function}] must contain one and only one identifier",
        )
    node = body[0]
    return node.text if isinstance(node, _Text) else "{{" + node.name + "}}"

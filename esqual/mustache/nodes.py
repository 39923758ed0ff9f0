"""The parts of a parsed template, and how each writes itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from esqual.errors import ConfigError
from esqual.mustache.values import ESCAPES, MISSING, find, is_false, stringify, stringify_item

__all__ = [
    "Inverted",
    "Join",
    "Node",
    "Output",
    "RawValue",
    "Section",
    "TemplateError",
    "Text",
    "ToJson",
    "Url",
    "Value",
    "walk",
]


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


class Output:
    """Where a rendering goes; ``optional`` is None when names may be missing."""

    __slots__ = ("lines", "optional", "parts")

    def __init__(self, optional: frozenset[str] | None) -> None:
        self.optional = optional
        self.parts: list[str] = []
        self.lines: list[int] | None = None

    def write(self, nodes: Sequence[Node], scopes: tuple[Any, ...]) -> None:
        """Write ``nodes``; ``scopes`` are the values to look names up in, innermost last."""
        for node in nodes:
            node._write(scopes, self)

    def append(self, text: str, line: int) -> None:
        """Add a text that ``line`` of the template made."""
        self.parts.append(text)
        if self.lines is not None:
            self.lines.append(line)

    def value(self, node: Node, scopes: tuple[Any, ...]) -> Any:
        """Look up what ``node`` names; None where nothing declares it and that is allowed."""
        try:
            value = find(node.name, scopes)
        except IndexError as error:
            raise TemplateError(
                f"{{{{{node.name}}}}} asks for item {error} of a shorter list",
                line=node.line,
                reason=f"Failed to get value for {node.name} @[query-template:{node.line}]",
            ) from error
        if value is not MISSING:
            return value
        if self.optional is not None and node.name not in self.optional:
            known = sorted({str(k) for s in scopes if isinstance(s, Mapping) for k in s})
            raise TemplateError(
                f"no parameter declares {{{{{node.name}}}}}; known here: {', '.join(known)}. "
                "Correct the name, give the parameter, name the mapping file whose enrichment "
                "gives it (--mapping FILE), or give a default: "
                f"{{{{^{node.name}}}}}default{{{{/{node.name}}}}}",
                line=node.line,
            )
        return None


class Node:
    """A part of a template; ``name`` is what it looks up, "" for none."""

    __slots__ = ("line", "name", "nodes")

    def __init__(self, name: str, line: int, nodes: Sequence[Node] = ()) -> None:
        self.name = name
        self.line = line
        self.nodes = nodes

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        raise NotImplementedError


class Text(Node):
    """What stands between the tags, at most up to a line break."""

    __slots__ = ("text",)

    def __init__(self, text: str, line: int) -> None:
        super().__init__("", line)
        self.text = text

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        output.append(self.text, self.line)


class Value(Node):
    """``{{x}}``; escaped for the inside of a JSON string."""

    __slots__ = ()

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        output.append(self.text(scopes, output).translate(ESCAPES), self.line)

    def text(self, scopes: tuple[Any, ...], output: Output) -> str:
        """Return the value as text, not escaped."""
        value = output.value(self, scopes)
        if isinstance(value, str):
            return value
        if output.optional is not None and isinstance(value, Mapping | list | tuple):
            raise TemplateError(
                f"{{{{{self.name}}}}} is a list or an object, not text; "
                f"write {{{{#toJson}}}}{self.name}{{{{/toJson}}}}",
                line=self.line,
            )
        return stringify(value)


class RawValue(Value):
    """``{{{x}}}`` and ``{{&x}}``."""

    __slots__ = ()

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        output.append(self.text(scopes, output), self.line)


class Section(Node):
    """``{{#x}}``: once per item of a list, once for any other value that is not false."""

    __slots__ = ()

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        value = output.value(self, scopes)
        for item in value if isinstance(value, list | tuple) else (value,) * (not is_false(value)):
            output.write(self.nodes, scopes if item is None else (*scopes, item))


class Inverted(Node):
    """``{{^x}}``: when x is absent, null, false, empty text or an empty list."""

    __slots__ = ()

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        if is_false(output.value(self, scopes)):
            output.write(self.nodes, scopes)


class ToJson(Node):
    """``{{#toJson}}x{{/toJson}}``: lists and objects as JSON, anything else as plain text."""

    __slots__ = ()

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        value = output.value(self, scopes)
        if isinstance(value, Mapping | list | tuple):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)
        else:
            text = stringify(value)
        output.append(text, self.line)


class Join(Node):
    """``{{#join}}x{{/join}}``: the items of a list as text, not escaped."""

    __slots__ = ("delimiter",)

    def __init__(self, name: str, line: int, nodes: Sequence[Node], delimiter: str) -> None:
        super().__init__(name, line, nodes)
        self.delimiter = delimiter

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
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
        output.append(self.delimiter.join(map(stringify_item, value)), self.line)


class Url(Node):
    """``{{#url}}…{{/url}}``: what the body renders to, percent-encoded as a form field."""

    __slots__ = ()

    def _write(self, scopes: tuple[Any, ...], output: Output) -> None:
        body = Output(output.optional)
        body.write(self.nodes, scopes)
        # Java's URLEncoder keeps "*" and encodes "~"; Python has it the other way round.
        text = quote_plus("".join(body.parts), safe="*").replace("~", "%7E")
        output.append(text, self.line)


def walk(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield ``nodes`` and everything inside them, in the order of the template."""
    for node in nodes:
        yield node
        yield from walk(node.nodes)

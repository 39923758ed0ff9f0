"""From the text of a template to its parts."""

from __future__ import annotations

import re

from esqual.mustache.nodes import (
    Inverted,
    Join,
    Node,
    RawValue,
    Section,
    TemplateError,
    Text,
    ToJson,
    Url,
    Value,
)

__all__ = ["Parser"]

_JOIN = re.compile(r"join delimiter='(.*)'")


class Parser:
    """One pass over the source, with the server's rules for lines that hold only a tag.

    A section that spans lines swallows the white space before its opening tag and the line break
    after either tag, when nothing but white space and tags stands on that line. Comments and
    delimiter changes leave their line empty. A carriage return survives only before a line break.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.line = 1
        self.breaks_in_tags = 0

    def parse(self) -> list[Node]:
        """Return the parts; raises TemplateError with the line of the first mistake."""
        return self._block(None, 1, "{{", "}}", at_line_start=True)

    def _block(
        self, tag: str | None, opened: int, left: str, right: str, *, at_line_start: bool
    ) -> list[Node]:
        """Parse to the closing tag of ``tag`` (to the end for None)."""
        nodes: list[Node] = []
        text: list[str] = []
        text_line = self.line
        only_space = True
        swallow_break = tag is not None
        carriage_return = False

        def flush() -> None:
            nonlocal text_line
            if text:
                nodes.append(Text("".join(text), text_line))
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
                body_line = self.line - self.breaks_in_tags
                body = self._block(
                    name, line, left, right, at_line_start=at_line_start and only_space
                )
                spans_lines = self.line - self.breaks_in_tags != body_line
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
                    nodes.append(RawValue(name, line))
                elif kind != "!":
                    nodes.append(Value(name, line))
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
        self.breaks_in_tags += content.count("\n")
        kind, name = content[0], content[1:].strip()
        if kind in "><$%":
            raise TemplateError(
                f"{left}{content}{right}: partials, template inheritance and pragmas are not "
                "part of a query template; write the text itself",
                line=line,
                reason=f"Template {name} not found" if kind in "><" else "",
            )
        if kind == "{":
            if right != "}}":
                name = name.removesuffix("}").strip()
            elif self.source.startswith("}", self.position):
                self.position += 1
            else:
                column = self.position - self.source.rfind("\n", 0, self.position) - 1
                raise TemplateError(
                    f"{{{{{{{name}}}}} is closed with two braces; write three",
                    line=line,
                    reason=f"Improperly closed variable: {name} in query-template:{line}"
                    f"@{column} @[query-template:{line}]",
                )
        elif kind not in "#^/&!=":
            kind, name = "", content.strip()
        return kind, name

    def _delimiters(self, content: str, line: int) -> tuple[str, str]:
        parts = content.removesuffix("=").split()
        if len(parts) != 2:
            raise self._bad_delimiters(content.removesuffix("="), line)
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


def _section(kind: str, name: str, line: int, body: list[Node]) -> Node:
    if kind == "^":
        return Inverted(name, line, body)
    function = name.lower()
    if function == "url":
        return Url("", line, body)
    if function == "tojson":
        return ToJson(_identifier("toJson", line, body), line)
    if function == "join":
        return Join(_identifier("join", line, body), line, body, ",")
    if custom := _JOIN.fullmatch(name):
        return Join(_identifier("join", line, body), line, body, custom[1])
    return Section(name, line, body)


def _identifier(function: str, line: int, body: list[Node]) -> str:
    """Return the name that stands as plain text between the tags of a function."""
    if len(body) != 1:
        raise TemplateError(
            f"{{{{#{function}}}}} takes the bare name of one parameter: "
            f"{{{{#{function}}}}}name{{{{/{function}}}}}",
            line=line,
            reason=f"Mustache function [{function}] must contain one and only one identifier",
        )
    node = body[0]
    return node.text if isinstance(node, Text) else "{{" + node.name + "}}"

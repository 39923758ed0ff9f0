"""Query files: a search body in Elasticsearch's Mustache dialect, checked after rendering.

A file is either the body itself or a stored script, ``{"script": {"lang": "mustache", "source":
…}}``, as ``PUT _scripts/NAME`` takes it. Format: docs/formats.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from esqual.errors import ConfigError
from esqual.models import Topic
from esqual.mustache import Template, TemplateError, parse

__all__ = ["QueryTemplate", "read_template"]

_RESERVED = ("query", "query_id")
_BARE_VALUE = re.compile(r'(?<!")\{\{\s*[\w.-]+\s*\}\}|\{\{#toJson\}\}(query|query_id)\{\{', re.I)
_RAW_VALUE = re.compile(r"\{\{\{|\{\{&")


@dataclass(frozen=True, slots=True)
class QueryTemplate:
    """A query file: parsed once, rendered for every topic.

    ``source`` is the template's text and ``digest`` the SHA-256 of the file's bytes in hex.
    ``is_script``: the file is a stored script, so lines are those of its source.
    """

    path: Path
    source: str
    digest: str
    template: Template
    is_script: bool = False

    def names(self) -> list[str]:
        """Return the parameter names that the template uses."""
        return self.template.names()

    def body(self, topic: Topic, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the search body for ``topic``.

        The template sees ``query`` (the topic's text), ``query_id``, the topic's own columns and
        ``parameters``. Raises ConfigError, with the file, its line and what to try, for a name
        that nothing declares, a parameter that is given twice, or a result that is not a JSON
        object.
        """
        params = self._params(topic, parameters or {})
        try:
            text = self.template.render(params, strict=True)
        except TemplateError as error:
            raise ConfigError(
                f"{self._at(error.line)}: topic {topic.query_id}: {error.message}"
            ) from error
        try:
            body = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            self._refuse(topic, params, text, error)
        except (_NotJsonError, RecursionError) as error:
            reason = str(error) if isinstance(error, _NotJsonError) else "is nested too deeply"
            raise ConfigError(
                f"{self.path}: topic {topic.query_id}: the rendered body {reason}"
            ) from error
        if not isinstance(body, dict):
            raise ConfigError(
                f"{self.path}: topic {topic.query_id}: renders to {type(body).__name__}, and a "
                'search body is a JSON object such as {"query": {…}}'
            )
        return body

    def _params(self, topic: Topic, parameters: Mapping[str, Any]) -> dict[str, Any]:
        for name in parameters:
            if name in _RESERVED:
                raise ConfigError(
                    f"parameter {name}: the topic gives {{{{{name}}}}}; use another name"
                )
            if name in topic.parameters:
                raise ConfigError(
                    f"parameter {name}: given for all topics and by a column of the topics file "
                    f"(topic {topic.query_id}); give it once"
                )
        own = {"query": topic.text, "query_id": topic.query_id}
        return {**own, **topic.parameters, **parameters}

    def _refuse(
        self, topic: Topic, params: Mapping[str, Any], text: str, error: json.JSONDecodeError
    ) -> NoReturn:
        # At the end of the text the last character is what one can look at.
        offset = min(error.pos, max(len(text.rstrip()) - 1, 0))
        line = self.template.line_at(params, offset)
        start = text.rfind("\n", 0, offset) + 1
        rendered = text[start:].partition("\n")[0].strip()
        column = offset - start
        if len(rendered) > 120:
            cut = max(0, column - 60)
            rendered = "…" + text[start:].partition("\n")[0][cut : cut + 120] + "…"
        raise ConfigError(
            f"{self._at(line)}: topic {topic.query_id}: not JSON after rendering "
            f"({error.msg}); the line reads: {rendered or '(nothing)'}\n{self._hint(line)}"
        ) from error

    def _at(self, line: int) -> str:
        return _place(self.path, line, is_script=self.is_script)

    def _hint(self, line: int) -> str:
        lines = self.source.split("\n")
        written = lines[line - 1] if line <= len(lines) else ""
        if _RAW_VALUE.search(written):
            return "Write two braces: three do not escape quotes and line breaks in the text."
        if _BARE_VALUE.search(written):
            return (
                'Text needs quotes around it: "{{query}}". {{#toJson}} is for lists and objects; '
                "it writes text without quotes, as Elasticsearch does."
            )
        return (
            "Look for a missing or surplus comma (a section that is left out may leave one) and "
            'for text without quotes: "{{query}}".'
        )


def read_template(path: str | Path) -> QueryTemplate:
    """Read and parse a query file.

    Raises ConfigError, with the line where that is known, for a file that cannot be read, is not
    UTF-8, is empty, or is not a template.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror or error}; check the path"
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8; convert the file") from error
    if not text.strip():
        raise ConfigError(f'{path}: is empty; a query file holds a search body: {{"query": {{…}}}}')
    source = _stored_script(path, text)
    is_script = source is not None
    try:
        template = parse(text if source is None else source)
    except TemplateError as error:
        place = _place(path, error.line, is_script=is_script)
        raise ConfigError(f"{place}: {error.message}") from error
    return QueryTemplate(
        path=path,
        source=template.source,
        digest=hashlib.sha256(data).hexdigest(),
        template=template,
        is_script=is_script,
    )


def _place(path: Path, line: int, *, is_script: bool) -> str:
    return f"{path}: line {line} of script.source" if is_script else f"{path}:{line}"


def _stored_script(path: Path, text: str) -> str | None:
    """Return the source of a stored script, None when the file is the body itself."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return None  # sections outside of strings: a template need not be JSON before rendering
    if not isinstance(whole, dict) or "script" not in whole:
        return None
    script = whole["script"]
    shape = '{"script": {"lang": "mustache", "source": …}}'
    if len(whole) > 1 or not isinstance(script, dict) or script.keys() - {"lang", "source"}:
        raise ConfigError(f"{path}: is not a stored script; it reads {shape} and nothing else")
    if script.get("lang") != "mustache":
        raise ConfigError(
            f"{path}: script.lang is {script.get('lang')!r}; it is mustache here: {shape}"
        )
    source = script.get("source")
    if isinstance(source, dict):
        return json.dumps(source, ensure_ascii=False, indent=2)
    if not isinstance(source, str) or not source.strip():
        raise ConfigError(f"{path}: script.source is neither text nor an object: {shape}")
    return source


class _NotJsonError(Exception):
    """What Python's JSON reader lets through and Elasticsearch refuses."""


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotJsonError(f"has the key [{twice}] twice in one object; keep one")
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise _NotJsonError(f"holds {name}, which is not JSON; use a finite number")

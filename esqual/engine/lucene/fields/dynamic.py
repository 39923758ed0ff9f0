"""Dynamic mapping: values that no field takes → the mapping they ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.fields.base import Environment
from esqual.engine.lucene.fields.build import build_object
from esqual.engine.lucene.fields.date_format import date_format
from esqual.engine.lucene.fields.parameters import mapper_parsing
from esqual.engine.lucene.fields.vector import Redeclared

__all__ = ["DynamicRules", "Template", "check_templates", "read_templates"]

# an array of so many numbers, the first of them a float, is a vector to Elasticsearch
VECTOR_LENGTHS = range(128, 4097)
MATCH_TYPES = ("object", "string", "long", "double", "boolean", "date", "binary")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
DEFAULT_DATE_FORMATS = (
    "strict_date_optional_time",
    "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis",
)
# the type that {dynamic_type} stands for, where it has another name than the kind of value
DEFAULT_TYPES = {"string": "text", "double": "float"}
TEXT = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}


@dataclass(frozen=True, slots=True)
class Template:
    """One entry of ``dynamic_templates``."""

    name: str
    body: Mapping[str, Any]

    def matches(self, path: str, kind: str) -> bool:
        """Whether the rule is for a value of this kind at this path."""
        name = path.rpartition(".")[2]
        regex = self.body.get("match_pattern") == "regex"
        kinds = _listed(self.body.get("match_mapping_type", "*"))
        if "*" not in kinds and kind not in kinds:
            return False
        if kind in _listed(self.body.get("unmatch_mapping_type", [])):
            return False
        for key, subject in (("match", name), ("path_match", path)):
            if key in self.body and not _any_match(self.body[key], subject, regex):
                return False
            if f"un{key}" in self.body or f"path_un{key[5:]}" in self.body:
                unmatch = self.body.get("unmatch" if key == "match" else "path_unmatch", [])
                if _any_match(unmatch, subject, regex):
                    return False
        return True

    def mapping(self, path: str, kind: str, default_type: str) -> dict[str, Any]:
        """The mapping it gives, ``{name}`` and ``{dynamic_type}`` filled in."""
        filled = _fill(self.body["mapping"], path.rpartition(".")[2], default_type)
        if "type" not in filled:
            filled = {"type": default_type, **filled}
        return dict(filled)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _any_match(patterns: Any, subject: str, regex: bool) -> bool:
    for pattern in _listed(patterns):
        if not regex:
            pattern = ".*".join(re.escape(part) for part in pattern.split("*"))
        if re.fullmatch(pattern, subject, re.DOTALL):
            return True
    return False


def _fill(value: Any, name: str, kind: str) -> Any:
    if isinstance(value, str):
        return (
            value.replace("{name}", name)
            .replace("{dynamic_type}", kind)
            .replace("{dynamicType}", kind)
        )
    if isinstance(value, dict):
        return {_fill(k, name, kind): _fill(v, name, kind) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, name, kind) for v in value]
    return value


TEMPLATE_KEYS = frozenset(
    {"match", "unmatch", "path_match", "path_unmatch", "match_mapping_type"}
    | {"unmatch_mapping_type", "match_pattern", "mapping", "runtime"}
)


def read_templates(declared: Any) -> list[Template]:
    """``dynamic_templates``, checked but for the mappings in them: :func:`check_templates`."""
    if not isinstance(declared, list):
        raise _template_syntax()
    answer = []
    for entry in declared:
        if not isinstance(entry, dict) or len(entry) != 1:
            raise _template_syntax()
        ((name, body),) = entry.items()
        if not isinstance(body, dict):
            raise _template_syntax()
        for key in body:
            if key not in TEMPLATE_KEYS:
                raise illegal_argument(f"Illegal dynamic template parameter: [{key}]")
        if "runtime" in body:
            raise unsupported("dynamic template with runtime")
        if "mapping" not in body:
            raise mapper_parsing(f"template [{name}] must have either mapping or runtime set")
        for kind in _listed(body.get("match_mapping_type", "*")):
            if kind != "*" and kind not in MATCH_TYPES:
                raise illegal_argument(
                    f"No field type matched on [{kind}], possible values are "
                    f"[{', '.join(MATCH_TYPES)}]"
                )
        if body.get("match_pattern", "simple") not in ("simple", "regex"):
            raise illegal_argument(f"No matching pattern matched on [{body['match_pattern']}]")
        answer.append(Template(name, body))
    return answer


def check_templates(templates: Iterable[Template], environment: Environment) -> None:
    """Refuse a template whose mapping no value that it is for could use.

    A mapping with ``{name}`` in it is only known when it is used.
    """
    for template in templates:
        listed = _listed(template.body.get("match_mapping_type", "*"))
        kinds = MATCH_TYPES if "*" in listed else tuple(listed)
        if "{name}" in json.dumps(template.body["mapping"], ensure_ascii=False):
            continue
        name = f"__dynamic__{template.name}"
        causes = []
        for kind in kinds:
            mapping = template.mapping(name, kind, DEFAULT_TYPES.get(kind, kind))
            try:
                build_object({"properties": {name: mapping}}, "", environment)
                break
            except ApiError as error:
                causes.append(error)
        else:
            content = json.dumps(template.body, ensure_ascii=False, separators=(",", ":"))
            raise illegal_argument(
                f"dynamic template [{template.name}] has invalid content [{content}], attempted "
                "to validate it with the following match_mapping_type: "
                f"[{', '.join(kinds)}]",
                caused_by=causes[-1],
            )


def _is_vector(values: list[Any]) -> bool:
    return type(values[0]) is float and all(type(each) in (float, int) for each in values)


def _template_syntax() -> ApiError:
    return mapper_parsing("Dynamic template syntax error. An array of named objects is expected.")


@dataclass(frozen=True, slots=True)
class DynamicRules:
    """How a mapping makes fields for values: its templates, its detection of dates and numbers."""

    templates: tuple[Template, ...] = ()
    date_detection: bool = True
    numeric_detection: bool = False
    date_formats: tuple[str, ...] = DEFAULT_DATE_FORMATS

    def update(self, unknown: list[tuple[str, Any]]) -> dict[str, Any]:
        """The mapping for these ``(path, value)``: ``{"properties": {...}}``, or ``{}``.

        The first value of a field decides its type; null and empty arrays decide nothing.
        """
        root: dict[str, Any] = {}
        for path, value in unknown:
            self._place(root, "", path, value)
        return root

    def _place(self, node: dict[str, Any], prefix: str, path: str, value: Any) -> None:
        head, _, rest = path.partition(".")
        if isinstance(value, Redeclared) and not rest:
            node.setdefault("properties", {})[head] = value.mapping
            return
        full = f"{prefix}.{head}" if prefix else head
        if rest:
            if not self._decides(value):
                return
            value = {rest: value}
        elif isinstance(value, list):
            self._place_list(node, prefix, head, value)
            return
        if value is None:
            return
        properties = node.setdefault("properties", {})
        if isinstance(value, dict):
            child = properties.get(head)
            if child is None:
                child = properties[head] = self._object(full)
            if child.get("type", "object") == "object":
                for key, inner in value.items():
                    self._place(child, full, key.rstrip("."), inner)
        elif head not in properties:
            properties[head] = self._leaf(full, value)

    def _place_list(self, node: dict[str, Any], prefix: str, head: str, values: list[Any]) -> None:
        if len(values) in VECTOR_LENGTHS and _is_vector(values):
            full = f"{prefix}.{head}" if prefix else head
            if not any(t.matches(full, "double") for t in self.templates):
                mapping = {"type": "dense_vector", "dims": len(values)}
                node.setdefault("properties", {}).setdefault(head, mapping)
                return
        for value in values:
            self._place(node, prefix, head, value)

    def _decides(self, value: Any) -> bool:
        if isinstance(value, list):
            return any(self._decides(inner) for inner in value)
        return value is not None

    def _template(self, path: str, kind: str) -> Template | None:
        return next((t for t in self.templates if t.matches(path, kind)), None)

    def _object(self, path: str) -> dict[str, Any]:
        template = self._template(path, "object")
        return (
            {"type": "object"} if template is None else template.mapping(path, "object", "object")
        )

    def _leaf(self, path: str, value: Any) -> dict[str, Any]:
        kind, default = self._detect(value)
        template = self._template(path, kind)
        if template is None:
            return default
        return template.mapping(path, kind, DEFAULT_TYPES.get(kind, kind))

    def _detect(self, value: Any) -> tuple[str, dict[str, Any]]:
        if isinstance(value, bool):
            return "boolean", {"type": "boolean"}
        if isinstance(value, int):
            return "long", {"type": "long"}
        if isinstance(value, float):
            return "double", {"type": "float"}
        number = NUMBER.fullmatch(value)
        if number and self.numeric_detection:
            return (
                ("double", {"type": "float"})
                if set(value) & set(".eE")
                else ("long", {"type": "long"})
            )
        if not number and self.date_detection:
            for written in self.date_formats:
                try:
                    date_format(written).parse(value)
                except ApiError:
                    continue
                return "date", _date(written)
        return "string", dict(TEXT)


def _date(written: str) -> dict[str, Any]:
    if written == "strict_date_optional_time":
        return {"type": "date"}
    return {"type": "date", "format": written, "locale": ""}

"""Mapping JSON → fields and objects: reading, checking, merging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.fields.base import Declaration, Environment, FieldType, java_text
from esqual.engine.lucene.fields.boolean import BooleanField
from esqual.engine.lucene.fields.date import DateField
from esqual.engine.lucene.fields.keyword import KeywordField
from esqual.engine.lucene.fields.numeric import NUMERIC_FIELDS
from esqual.engine.lucene.fields.parameters import copy_to, mapper_parsing, meta, to_boolean
from esqual.engine.lucene.fields.text import TextField
from esqual.engine.lucene.fields.vector import DenseVectorField

__all__ = [
    "FIELD_TYPES",
    "ObjectNode",
    "build_object",
    "check_name",
    "merge_objects",
    "read_dynamic",
]

FIELD_TYPES: dict[str, type[FieldType]] = {
    "text": TextField,
    "keyword": KeywordField,
    "boolean": BooleanField,
    "date": DateField,
    "dense_vector": DenseVectorField,
    **NUMERIC_FIELDS,
}

# types that Elasticsearch 9 has and this engine does not
_SERVER_TYPES = """aggregate_metric_double alias annotated_text binary binary_vector completion
    constant_keyword counted_keyword date_nanos date_range double_range flattened float_range
    geo_point geo_shape half_float histogram icu_collation_keyword integer_range ip ip_range join
    long_range match_only_text murmur3 nested passthrough pattern_text percolator point
    rank_feature rank_features rank_vectors scaled_float search_as_you_type semantic_text shape
    sparse_vector token_count unsigned_long version wildcard"""
SERVER_TYPES = frozenset(_SERVER_TYPES.split())

NO_NULL = "[{0}] on mapper [{1}] of type [{2}] must not have a [null] value"


@dataclass(slots=True)
class ObjectNode:
    """An object of the mapping, the root among them (its path is empty).

    ``dynamic`` and ``enabled`` are None where the JSON does not say.
    """

    path: str = ""
    dynamic: str | None = None
    enabled: bool | None = None
    properties: dict[str, ObjectNode | FieldType] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As ``get_mapping`` shows it, properties sorted by name."""
        answer: dict[str, Any] = {}
        if self.path and not self.properties:
            answer["type"] = "object"
        if self.dynamic is not None:
            answer["dynamic"] = self.dynamic
        if self.enabled is False:
            answer["enabled"] = False
        if self.properties:
            answer["properties"] = {
                name: self.properties[name].to_json() for name in sorted(self.properties)
            }
        return answer

    def leaves(self) -> Iterator[FieldType]:
        """Every field below, multi-fields after their own field."""
        for child in self.properties.values():
            if isinstance(child, ObjectNode):
                yield from child.leaves()
            else:
                yield child
                yield from child.fields.values()

    def objects(self) -> Iterator[ObjectNode]:
        """Every object below."""
        for child in self.properties.values():
            if isinstance(child, ObjectNode):
                yield child
                yield from child.objects()


def read_dynamic(value: Any) -> str:
    """``true false strict``; ``runtime`` is a server's."""
    if value is True or value == "true":
        return "true"
    if value is False or value == "false":
        return "false"
    if value == "strict":
        return "strict"
    if value == "runtime":
        raise unsupported("dynamic runtime")
    cause = illegal_argument(
        f"Failed to parse value [{java_text(value)}] as only [true] or [false] are allowed."
    )
    raise illegal_argument("Could not convert [dynamic.dynamic] to boolean", caused_by=cause)


def check_name(name: str) -> None:
    """Refuse a part of a path that cannot be a field's name."""
    if name == "":
        raise illegal_argument("field name cannot be an empty string")
    if name.isspace():
        raise illegal_argument("field name cannot contain only whitespaces")


# ---------------------------------------------------------------------- JSON → tree


def build_object(declared: Mapping[str, Any], path: str, environment: Environment) -> ObjectNode:
    """Read an object's ``type dynamic enabled properties``; other keys are refused."""
    node = ObjectNode(path)
    rest = dict(declared)
    rest.pop("type", None)
    if "dynamic" in rest:
        node.dynamic = read_dynamic(rest.pop("dynamic"))
    if "enabled" in rest:
        node.enabled = to_boolean(rest.pop("enabled"))
    if rest.pop("subobjects", True) not in (True, "true"):
        raise unsupported("subobjects")
    properties = rest.pop("properties", {})
    if properties != [] and not isinstance(properties, dict):
        raise ApiError(400, "parse_exception", "properties must be a map type")
    for name, child in (properties or {}).items():
        _place(node, name, child, environment)
    if rest:
        listed = ", ".join(f"[{key} : {java_text(value)}]" for key, value in rest.items())
        what = (
            f"Mapping definition for [{path.rpartition('.')[2]}]"
            if path
            else "Root mapping definition"
        )
        raise mapper_parsing(f"{what} has unsupported parameters:  {listed}")
    return node


def _place(node: ObjectNode, name: str, declared: Any, environment: Environment) -> None:
    """Put a property into ``node``; dots in its name make the objects between."""
    parts = name.split(".")
    for part in parts:
        check_name(part)
    for part in parts[:-1]:
        path = f"{node.path}.{part}" if node.path else part
        inner = node.properties.setdefault(part, ObjectNode(path))
        if not isinstance(inner, ObjectNode):
            raise _not_an_object(path)
        node = inner
    last = parts[-1]
    path = f"{node.path}.{last}" if node.path else last
    child = _build(last, path, declared, environment)
    if last in node.properties:
        child = _merge(node.properties[last], child, path)
    node.properties[last] = child


def _build(name: str, path: str, declared: Any, environment: Environment) -> ObjectNode | FieldType:
    if not isinstance(declared, dict):
        raise mapper_parsing(
            f"Expected map for property [fields] on field [{name}] but got a class "
            f"{_class_name(declared)}"
        )
    kind = declared.get("type")
    if kind is None:
        if not {"properties", "dynamic", "enabled", "subobjects"} & declared.keys():
            raise mapper_parsing(f"No type specified for field [{name}]")
        return build_object(declared, path, environment)
    if kind == "object":
        return build_object(declared, path, environment)
    return build_field(name, path, declared, environment)


def build_field(
    name: str,
    path: str,
    declared: Mapping[str, Any],
    environment: Environment,
    *,
    multi: bool = False,
) -> FieldType:
    """Read one field, its multi-fields among it."""
    kind = java_text(declared["type"])
    cls = FIELD_TYPES.get(kind)
    if cls is None:
        raise _no_such_type(kind, name)
    declaration = Declaration(name, path, kind, environment)
    given: dict[str, Any] = {}
    copies: tuple[str, ...] = ()
    about: dict[str, str] = {}
    subfields: dict[str, FieldType] = {}
    for key, value in declared.items():
        if key == "type":
            continue
        if key == "fields":
            subfields = _multi_fields(declaration, value, multi)
        elif value is None and key != "null_value":
            raise mapper_parsing(NO_NULL.format(key, name, kind))
        elif key == "copy_to":
            copies = copy_to(value)
        elif key == "meta":
            about = meta(value, name)
        elif key == "boost":
            raise mapper_parsing(f"Unknown parameter [boost] on mapper [{name}]")
        elif key in cls.PARAMETERS:
            given[key] = cls.PARAMETERS[key].read(value, declaration)
        else:
            raise mapper_parsing(f"unknown parameter [{key}] on mapper [{name}] of type [{kind}]")
    check = getattr(cls, "check", None)
    if check is not None:
        check(given, declaration)
    made = cls(path, given, environment)
    if cls.takes_arrays and (copies or subfields):
        raise unsupported(f"{'copy_to' if copies else 'fields'} of a {kind} field")
    made.copy_to, made.meta, made.fields = copies, about, subfields
    return made


def _multi_fields(parent: Declaration, declared: Any, multi: bool) -> dict[str, FieldType]:
    if multi:
        raise illegal_argument(
            f"Encountered a multi-field [{parent.name}] which itself contains a multi-field. "
            "Defining chained multi-fields is not supported."
        )
    if declared == []:
        return {}
    if not isinstance(declared, dict):
        raise mapper_parsing(
            f"expected map for property [fields] on field [{java_text(declared)}] or [fields] but "
            f"got a class {_class_name(declared)}"
        )
    answer: dict[str, FieldType] = {}
    for name, body in declared.items():
        if "." in name:
            raise mapper_parsing(
                f"Field name [{name}] which is a multi field of [{parent.name}] cannot contain '.'"
            )
        if not isinstance(body, dict):
            raise mapper_parsing(
                f"illegal field [{name}], only fields can be specified inside fields"
            )
        if body.get("type") is None:
            raise mapper_parsing(f"no type specified for property [{name}]")
        if body["type"] in ("object", "nested"):
            raise mapper_parsing(f"Type [{body['type']}] cannot be used in multi field")
        if body["type"] == "dense_vector":
            raise mapper_parsing(
                f"Field [{name}] of type [dense_vector] can't be used in multifields"
            )
        answer[name] = build_field(
            name, f"{parent.path}.{name}", body, parent.environment, multi=True
        )
    return answer


def _no_such_type(kind: str, name: str) -> ApiError:
    if kind in SERVER_TYPES:
        return unsupported(f"field type {kind}")
    return mapper_parsing(
        f"The mapper type [{kind}] declared on field [{name}] does not exist. It might have been "
        "created within a future version or requires a plugin to be installed. Check the "
        "documentation."
    )


def _class_name(value: Any) -> str:
    if value is None:
        return "java.lang.String"  # as Elasticsearch says, though it got a null
    names: dict[type, str] = {
        str: "java.lang.String",
        bool: "java.lang.Boolean",
        int: "java.lang.Integer",
        float: "java.lang.Double",
        list: "java.util.ArrayList",
    }
    return names.get(type(value), "java.util.LinkedHashMap")


# ---------------------------------------------------------------------- merging


def merge_objects(old: ObjectNode, new: ObjectNode) -> ObjectNode:
    """A tree with the fields of both; what ``new`` does not mention stays.

    Raises 400 ``illegal_argument_exception`` for a change that an index cannot take.
    """
    enabled = old.enabled
    if new.enabled is not None and new.enabled != (old.enabled is not False):
        raise ApiError(
            500,
            "mapper_exception",
            f"the [enabled] parameter can't be updated for the object mapping [{old.path}]",
        )
    merged = ObjectNode(old.path, new.dynamic or old.dynamic, enabled, dict(old.properties))
    for name, child in new.properties.items():
        there = merged.properties.get(name)
        path = f"{old.path}.{name}" if old.path else name
        merged.properties[name] = child if there is None else _merge(there, child, path)
    return merged


def _merge(
    old: ObjectNode | FieldType, new: ObjectNode | FieldType, path: str
) -> ObjectNode | FieldType:
    if isinstance(old, ObjectNode) and isinstance(new, ObjectNode):
        return merge_objects(old, new)
    if isinstance(old, ObjectNode) or isinstance(new, ObjectNode):
        raise _not_an_object(path)
    return _merge_fields(old, new)


def _not_an_object(path: str) -> ApiError:
    return illegal_argument(f"can't merge a non object mapping [{path}] with an object mapping")


def _merge_fields(old: FieldType, new: FieldType) -> FieldType:
    if old.type != new.type:
        raise illegal_argument(
            f"mapper [{old.name}] cannot be changed from type [{old.type}] to [{new.type}]"
        )
    conflicts = "".join(
        f"\n\tCannot update parameter [{name}] from [{old.shown(name)}] to [{new.shown(name)}]"
        for name in old.PARAMETERS
        if old.setting(name) != new.setting(name) and not old.may_change(name, new)
    )
    if conflicts:
        raise illegal_argument(
            f"Mapper for [{old.name}] conflicts with existing mapper:{conflicts}"
        )
    fields = dict(old.fields)
    for name, child in new.fields.items():
        fields[name] = _merge_fields(fields[name], child) if name in fields else child
    unchanged = (
        old.given == new.given
        and old.copy_to == new.copy_to
        and old.meta == new.meta
        and fields == old.fields
    )
    if unchanged:
        return old
    new.fields = fields
    return new

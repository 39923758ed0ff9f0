"""``highlight``: Lucene's unified highlighter over the values in ``_source``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import illegal_argument, token_name, unsupported
from esqual.engine.lucene.fetch import source_values
from esqual.engine.lucene.jvm import J, java_strings, strings
from esqual.engine.lucene.query import QueryContext, read_query
from esqual.engine.lucene.query.base import Build, build_query, did_you_mean
from esqual.engine.lucene.xcontent import as_boolean, as_integer, x_content_error

if TYPE_CHECKING:
    from esqual.engine.lucene.shard import Shard

__all__ = ["HighlightField", "highlight", "read_highlight"]

_ONLY_ON_A_SERVER = frozenset(
    {"boundary_chars", "boundary_max_scan", "boundary_scanner", "boundary_scanner_locale"}
    | {"force_source", "fragment_offset", "fragmenter", "matched_fields", "max_analyzed_offset"}
    | {"options", "phrase_limit"}
)
_FIELD_OPTIONS = frozenset(
    {"fragment_size", "highlight_query", "no_match_size", "number_of_fragments", "order"}
    | {"post_tags", "pre_tags", "require_field_match", "type"}
)
_GLOBAL_OPTIONS = _FIELD_OPTIONS | {"encoder", "fields", "tags_schema"}
_STYLED = '"hlt1"'


@dataclass(frozen=True, slots=True)
class HighlightField:
    """One entry of ``fields`` with the options that hold for it."""

    pattern: str = ""
    type: str = "unified"
    pre_tag: str = "<em>"
    post_tag: str = "</em>"
    html: bool = False
    by_score: bool = False
    number_of_fragments: int = 5
    fragment_size: int = 100
    no_match_size: int = 0
    require_field_match: bool = True
    query: Build | None = None


def read_highlight(json: Mapping[str, Any]) -> list[HighlightField]:
    """The fields of ``highlight``, global options spread over them."""
    common = HighlightField()
    for key, value in json.items():
        if key not in _GLOBAL_OPTIONS:
            raise _unknown("highlight", key, _GLOBAL_OPTIONS)
        if key != "fields":
            common = _with_option(common, key, value)
    fields = json.get("fields", {})
    entries = fields if isinstance(fields, list) else [fields]
    answer = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise x_content_error("[highlight] failed to parse field [fields]")
        answer += [_read_field(common, name, options) for name, options in entry.items()]
    return answer


def _read_field(common: HighlightField, name: str, options: Any) -> HighlightField:
    field = replace(common, pattern=name)
    if options is not None and not isinstance(options, dict):
        inner = x_content_error(
            f"[highlight_field] Expected START_OBJECT but was: {token_name(options)}"
        )
        middle = x_content_error(f"[fields] failed to parse field [{name}]", inner)
        raise x_content_error("[highlight] failed to parse field [fields]", middle)
    for key, value in (options or {}).items():
        if key not in _FIELD_OPTIONS:
            inner = _unknown("highlight_field", key, _FIELD_OPTIONS)
            if inner.type != "x_content_parse_exception":
                raise inner
            middle = x_content_error(f"[fields] failed to parse field [{name}]", inner)
            raise x_content_error("[highlight] failed to parse field [fields]", middle)
        field = _with_option(field, key, value)
    return field


def _unknown(parser: str, key: str, known: frozenset[str]) -> Any:
    if key in _ONLY_ON_A_SERVER:
        return unsupported(f"highlight option {key}")
    return x_content_error(f"[{parser}] unknown field [{key}]{did_you_mean(key, sorted(known))}")


def _with_option(field: HighlightField, key: str, value: Any) -> HighlightField:
    if key in ("pre_tags", "post_tags"):
        tags = value if isinstance(value, list) else [value]
        if len(tags) != 1:
            raise unsupported(f"more than one tag in {key}")
        tag = str(tags[0])
        return replace(field, pre_tag=tag) if key == "pre_tags" else replace(field, post_tag=tag)
    if key == "number_of_fragments":
        return replace(field, number_of_fragments=as_integer(value))
    if key == "fragment_size":
        return replace(field, fragment_size=as_integer(value))
    if key == "no_match_size":
        return replace(field, no_match_size=as_integer(value))
    if key == "require_field_match":
        return replace(field, require_field_match=as_boolean(value))
    if key == "order":
        if value not in ("none", "score"):
            raise illegal_argument(f"Unknown order [{value}]")
        return replace(field, by_score=value == "score")
    if key == "highlight_query":
        return replace(field, query=read_query(value))
    if key == "encoder":
        if value not in ("default", "html"):
            raise unsupported(f"highlight encoder {value}")
        return replace(field, html=value == "html")
    if key == "tags_schema":
        return _with_schema(field, value)
    return replace(field, type=str(value))


def _with_schema(field: HighlightField, schema: Any) -> HighlightField:
    if schema == "default":
        return replace(field, pre_tag="<em>", post_tag="</em>")
    if schema == "styled":
        return replace(field, pre_tag=f"<em class={_STYLED}>", post_tag="</em>")
    raise illegal_argument(f"Unknown tag schema [{schema}]")


def highlight(
    shard: Shard,
    fields: Sequence[HighlightField],
    hits: Sequence[dict[str, Any]],
    sources: Sequence[Any],
) -> None:
    """Add ``highlight`` to the hits of one index that have something to show."""
    mapping = shard.index.mapping
    for options in fields:
        query = shard.query
        if options.query is not None:
            query = build_query(options.query, QueryContext(shard.index))
        for name in mapping.names(options.pattern):
            field = mapping.field(name)
            if field is None or not field.is_string:
                continue
            _check_type(options, name)
            java = _java(options)
            for hit, source in zip(hits, sources, strict=True):
                values = [str(v) for v in source_values(mapping, name, source) if v is not None]
                if not values:
                    continue
                fragments = java.apply(
                    field.index_analyzer,
                    query,
                    name,
                    java_strings(values),
                    options.require_field_match,
                )
                if len(fragments):
                    hit.setdefault("highlight", {})[name] = strings(fragments)


def _check_type(options: HighlightField, name: str) -> None:
    if options.type in ("plain", "fvh"):
        raise unsupported(f"highlight type {options.type}")
    if options.type != "unified":
        raise illegal_argument(f"unknown highlighter type [{options.type}] for the field [{name}]")


def _java(options: HighlightField) -> Any:
    return J.FieldHighlight(
        options.pre_tag,
        options.post_tag,
        options.html,
        options.by_score,
        options.number_of_fragments,
        options.fragment_size,
        options.no_match_size,
    )

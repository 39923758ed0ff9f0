"""Index settings: flat names to strings, checked as Elasticsearch checks them.

Settings arrive nested or dotted, with or without the prefix ``index.``; they are kept flat with the
prefix, values as strings or lists of strings, which is also how they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported

__all__ = ["DEFAULTS", "check_new", "check_update", "flatten", "interval_seconds", "nest"]

Flat = dict[str, Any]

_UNITS = {"nanos": 1e-9, "micros": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_TIME = re.compile(r"(-?\d+(?:\.\d+)?)(nanos|micros|ms|s|m|h|d)", re.IGNORECASE)
_INT_MAX = 2**31 - 1


def flatten(settings: Mapping[str, Any]) -> Flat:
    """Nested or dotted settings to flat names with the prefix ``index.``; None stays None."""
    flat: Flat = {}
    _flatten(settings, "", flat)
    return {
        name if name.startswith("index.") else f"index.{name}": value
        for name, value in flat.items()
    }


def _flatten(value: Any, prefix: str, flat: Flat) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _flatten(item, f"{prefix}.{key}" if prefix else str(key), flat)
    elif isinstance(value, list):
        flat[prefix] = [_text(item, prefix) for item in value]
    else:
        flat[prefix] = None if value is None else _text(value, prefix)


def _text(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list)):
        raise illegal_argument(
            f"the value of the setting [{name}] nests a list or object in a list"
        )
    return str(value)


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Flat names to nested objects, as ``GET _settings`` shows them."""
    root: dict[str, Any] = {}
    for name in sorted(flat):
        node = root
        *parents, leaf = name.split(".")
        for depth, parent in enumerate(parents):
            child = node.setdefault(parent, {})
            if not isinstance(child, dict):
                # a.b and a.b.c both have values: the longer name stays dotted
                leaf = ".".join(name.split(".")[depth:])
                break
            node = child
        node[leaf] = flat[name]
    return root


# ------------------------------------------------------------------------------------ checks


def _parse_failure(name: str, value: str, detail: str = "", cause: str | None = None) -> ApiError:
    caused_by = None if cause is None else ApiError(400, "number_format_exception", cause)
    reason = f"Failed to parse value [{value}] for setting [{name}]{detail}"
    return illegal_argument(reason, caused_by=caused_by)


def _integer(low: int, high: int = _INT_MAX) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        try:
            number = int(value)
        except ValueError:
            raise _parse_failure(name, value, cause=f'For input string: "{value}"') from None
        if number < low:
            raise _parse_failure(name, value, f" must be >= {low}")
        if number > high:
            raise _parse_failure(name, value, f" must be <= {high}")

    return check


def _boolean(name: str, value: str) -> None:
    if value not in ("true", "false"):
        raise _parse_failure(name, value, " as only [true] or [false] are allowed.")


def _time(name: str, value: str) -> None:
    interval_seconds(value, name)


def _any(name: str, value: Any) -> None:
    """Every value is fine."""


def _one_shard(name: str, value: str) -> None:
    _integer(1, 1024)(name, value)
    if int(value) != 1:
        raise unsupported(f"{name}: {value} (an embedded index has one shard)")


def _only(*allowed: str) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        if value not in allowed:
            raise unsupported(f"{name}: {value}")

    return check


def interval_seconds(value: str, name: str = "index.refresh_interval") -> float:
    """A time value like ``1s`` in seconds; negative for ``-1``."""
    if value in ("-1", "0"):
        return float(value)
    found = _TIME.fullmatch(value.strip())
    if found is None:
        raise illegal_argument(
            f"failed to parse setting [{name}] with value [{value}] as a time value: "
            "unit is missing or unrecognized"
        )
    return float(found[1]) * _UNITS[found[2].lower()]


Check = Callable[[str, Any], None]

# name -> (check, may change on a living index, default or None)
_KNOWN: dict[str, tuple[Check, bool, str | None]] = {
    "index.number_of_shards": (_one_shard, False, "1"),
    "index.number_of_replicas": (_integer(0), True, "1"),
    "index.auto_expand_replicas": (_any, True, "false"),
    "index.refresh_interval": (_time, True, "1s"),
    "index.max_result_window": (_integer(1), True, "10000"),
    "index.max_inner_result_window": (_integer(1), True, "100"),
    "index.max_rescore_window": (_integer(1), True, "10000"),
    "index.max_ngram_diff": (_integer(0), True, "1"),
    "index.max_shingle_diff": (_integer(0), True, "3"),
    "index.max_terms_count": (_integer(1), True, "65536"),
    "index.max_regex_length": (_integer(1), True, "1000"),
    "index.max_docvalue_fields_search": (_integer(0), True, "100"),
    "index.max_script_fields": (_integer(0), True, "32"),
    "index.analyze.max_token_count": (_integer(1), True, "10000"),
    "index.highlight.max_analyzed_offset": (_integer(-1), True, "1000000"),
    "index.query.default_field": (_any, True, "*"),
    "index.mapping.total_fields.limit": (_integer(1), True, "1000"),
    "index.mapping.depth.limit": (_integer(1), True, "20"),
    "index.mapping.nested_fields.limit": (_integer(0), True, "50"),
    "index.mapping.field_name_length.limit": (_integer(1), True, "9223372036854775807"),
    "index.mapping.dimension_fields.limit": (_integer(0), True, "32768"),
    "index.mapping.coerce": (_boolean, False, "false"),
    "index.mapping.ignore_malformed": (_boolean, False, "false"),
    "index.mapping.exclude_source_vectors": (_boolean, False, "true"),
    "index.codec": (_only("default"), False, "default"),
    "index.mode": (_only("standard"), False, "standard"),
    "index.hidden": (_only("false"), True, "false"),
    "index.gc_deletes": (_time, True, "60s"),
    "index.translog.durability": (_any, True, "REQUEST"),
    "index.translog.sync_interval": (_time, True, "5s"),
    "index.blocks.write": (_only("false"), True, "false"),
    "index.blocks.read": (_only("false"), True, "false"),
    "index.blocks.read_only": (_only("false"), True, "false"),
    "index.blocks.read_only_allow_delete": (_only("false"), True, "false"),
    "index.priority": (_integer(0), True, "1"),
    "index.routing.allocation.include._tier_preference": (_any, True, "data_content"),
}
# these have names of the user's own below them; analysis.py and similarity.py check what they say
_GROUPS = ("index.analysis.", "index.similarity.")
# kept by the engine, never set from outside
_PRIVATE = ("index.uuid", "index.creation_date", "index.provided_name", "index.version.created")

DEFAULTS: dict[str, str] = {n: d for n, (_, _, d) in _KNOWN.items() if d is not None}


def _unknown(names: Sequence[str]) -> ApiError:
    """The first unknown name is the reason, the others are listed as suppressed."""
    errors = [
        illegal_argument(
            f"unknown setting [{name}] please check that any required plugins are installed, or "
            "check the breaking changes documentation for removed settings"
        )
        for name in names
    ]
    first, *others = errors
    if not others:
        return first
    suppressed = [other.cause() for other in others]
    return illegal_argument(first.reason, root=first, suppressed=suppressed)


def _check_names(flat: Flat) -> None:
    for name in flat:
        if name in _PRIVATE:
            raise illegal_argument(f"private index setting [{name}] can not be set explicitly")
    unknown = [name for name in flat if name not in _KNOWN and not name.startswith(_GROUPS)]
    if unknown:
        raise _unknown(unknown)


def _check_values(flat: Flat) -> None:
    for name, value in flat.items():
        if name not in _KNOWN or value is None:
            continue
        if isinstance(value, list) and name != "index.query.default_field":
            raise illegal_argument(f"the setting [{name}] takes one value, not a list")
        _KNOWN[name][0](name, value)


def check_new(settings: Mapping[str, Any]) -> Flat:
    """Settings of a create request, flat and checked; nulls are left out."""
    flat = {name: value for name, value in flatten(settings).items() if value is not None}
    _check_names(flat)
    _check_values(flat)
    return flat


def check_update(settings: Mapping[str, Any], index: str, uuid: str) -> Flat:
    """Settings of an update request, flat and checked; None means back to the default."""
    flat = flatten(settings)
    _check_names(flat)
    fixed = sorted(n for n in flat if n not in _KNOWN or not _KNOWN[n][1])
    if not fixed:
        _check_values(flat)
        return flat
    final = [name for name in fixed if name == "index.number_of_shards"]
    reindex = "See https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-reindex"
    if final:
        advice = (
            f"The setting(s) [[{', '.join(final)}]] cannot be modified on an index once it is "
            "created. You will need to create a new index with the desired setting(s) and reindex "
            f"your data. {reindex}"
        )
    else:
        advice = "Create a new index with the desired setting(s) and reindex your data. " + reindex
    raise illegal_argument(
        f"Can't update non dynamic setting(s) [[{', '.join(fixed)}]] for open indices "
        f"[[{index}/{uuid}]]. {advice}"
    )

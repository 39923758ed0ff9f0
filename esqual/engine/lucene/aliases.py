"""Alias actions: read, checked, and carried out on a copy, so that all happen or none.

Aliases are kept per index as ``{alias: {"is_write_index": bool}}``; filters and routing are for a
server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from esqual.engine.lucene.api_error import ApiError, unsupported
from esqual.engine.lucene.names import Expand, check_alias_name, expand, invalid_alias_name, matches

__all__ = ["apply_actions", "check_new_aliases", "missing_aliases"]

Aliases = dict[str, dict[str, dict[str, Any]]]  # index -> alias -> properties

_SERVER_ONLY = ("filter", "routing", "index_routing", "search_routing", "is_hidden")
_FIELDS = {"index", "indices", "alias", "aliases", "is_write_index", "must_exist", *_SERVER_ONLY}


def check_new_aliases(aliases: Mapping[str, Any], indices: Iterable[str]) -> dict[str, Any]:
    """The ``aliases`` of a create request."""
    answer = {}
    for name, properties in aliases.items():
        _check_name(name, indices)
        if not isinstance(properties, Mapping | None):
            raise _invalid(f"the alias [{name}] must be an object")
        answer[name] = _properties(properties or {})
    return answer


def apply_actions(
    state: Aliases, actions: Iterable[Mapping[str, Any]]
) -> tuple[Aliases, list[str]]:
    """The aliases after the actions, and the indices that ``remove_index`` names."""
    removed: list[str] = []
    for action in actions:
        kind, body = _read(action)
        names = _indices(kind, body, state)
        if kind == "remove_index":
            removed.extend(names)
            continue
        wanted = _listed(body, "alias", "aliases")
        if not wanted:
            raise _invalid("One of [alias] or [aliases] is required")
        if kind == "add":
            for alias in wanted:
                _check_name(alias, state)
                for name in names:
                    state[name][alias] = _properties(body)
        else:
            _remove(state, names, wanted)
    _check_write_indices(state)
    return {name: aliases for name, aliases in state.items() if name not in removed}, removed


def _read(action: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(action, Mapping) or len(action) != 1:
        raise _invalid("an alias action is an object with one key: add, remove or remove_index")
    ((kind, body),) = action.items()
    if kind not in ("add", "remove", "remove_index"):
        inner = ApiError(
            400, "x_content_parse_exception", f"[1:15] [alias_action] unknown field [{kind}]"
        )
        raise ApiError(
            400,
            "x_content_parse_exception",
            "[1:22] [aliases] failed to parse field [actions]",
            caused_by=inner,
            root=inner,
        )
    if not isinstance(body, Mapping):
        raise _invalid(f"[alias_action] [{kind}] must be an object")
    unknown = sorted(set(body) - _FIELDS)
    if unknown:
        raise _invalid(f"[{kind}] unknown field [{unknown[0]}]")
    return kind, body


def _invalid(reason: str) -> ApiError:
    return ApiError(400, "x_content_parse_exception", reason)


def _listed(body: Mapping[str, Any], one: str, many: str) -> list[str]:
    values = body.get(many, body.get(one, []))
    return [str(v) for v in values] if isinstance(values, list) else [str(values)]


def _indices(kind: str, body: Mapping[str, Any], state: Aliases) -> list[str]:
    expressions = _listed(body, "index", "indices")
    if not expressions:
        raise _invalid("One of [index] or [indices] is required")
    how = Expand(allow_no_indices=False, aliases=False)
    return expand(",".join(expressions), state, {}, how)


def _check_name(alias: str, indices: Iterable[str]) -> None:
    check_alias_name(alias)
    if alias in indices:
        raise invalid_alias_name(
            alias, "an index, data stream, or ESQL view exists with the same name as the alias"
        )


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    for name in _SERVER_ONLY:
        if name in body:
            raise unsupported(f"alias {name}")
    if "is_write_index" in body:
        return {"is_write_index": bool(body["is_write_index"])}
    return {}


def _remove(state: Aliases, names: list[str], wanted: list[str]) -> None:
    found = False
    for name in names:
        for expression in wanted:
            for alias in matches(expression, list(state[name])):
                del state[name][alias]
                found = True
    if not found:
        raise missing_aliases(wanted)


def missing_aliases(names: Iterable[str]) -> ApiError:
    """404 for aliases that are not there."""
    joined = ",".join(names)
    extra: dict[str, Any] = {"resource.type": "aliases", "resource.id": joined}
    return ApiError(404, "aliases_not_found_exception", f"aliases [{joined}] missing", **extra)


def _check_write_indices(state: Aliases) -> None:
    writers: dict[str, list[str]] = {}
    for name, aliases in state.items():
        for alias, properties in aliases.items():
            if properties.get("is_write_index"):
                writers.setdefault(alias, []).append(name)
    for alias, names in writers.items():
        if len(names) > 1:
            raise ApiError(
                500,
                "illegal_state_exception",
                f"alias [{alias}] has more than one write index [{','.join(sorted(names)[::-1])}]",
            )

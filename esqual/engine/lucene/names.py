"""Index names and index expressions: what a name may be, and which indices an expression means.

An expression is a comma-separated list of names, aliases and ``*`` patterns; ``-`` before a part
takes away from what the parts before it found; ``_all``, ``*`` and nothing mean every index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from esqual.engine.lucene.api_error import ApiError, illegal_argument, index_not_found
from esqual.engine.lucene.rest import Request

__all__ = [
    "ALIAS",
    "INDEX",
    "OPTIONS",
    "Expand",
    "check_alias_name",
    "check_index_name",
    "expand",
    "matches",
    "pattern",
]

# the query-string parameters that Expand.of reads
OPTIONS = frozenset({"ignore_unavailable", "allow_no_indices", "expand_wildcards"})

INDEX, ALIAS = "index", "alias"
_FORBIDDEN = set(' "*,/<>?\\|')
_FORBIDDEN_TEXT = """[' ','"','*',',','/','<','>','?','\\','|']"""


@dataclass(frozen=True, slots=True)
class Expand:
    """What to do about missing names and patterns that match nothing."""

    ignore_unavailable: bool = False
    allow_no_indices: bool = True
    open: bool = True
    aliases: bool = True

    @classmethod
    def of(cls, request: Request, *, aliases: bool = True, lenient: bool = False) -> Expand:
        """Read the three standard parameters of a request."""
        words = request.parameters.get("expand_wildcards", "open").split(",")
        for word in words:
            if word not in ("open", "closed", "hidden", "all", "none"):
                raise illegal_argument(f"No valid expand wildcard value [{word}]")
        return cls(
            ignore_unavailable=request.flag("ignore_unavailable", lenient),
            allow_no_indices=request.flag("allow_no_indices", True),
            open=bool({"open", "all"} & set(words)) or set(words) == {"hidden"},
            aliases=aliases,
        )


def _reason(name: str) -> str | None:
    if not name:
        return "must not be empty"
    if _FORBIDDEN & set(name):
        return f"must not contain the following characters {_FORBIDDEN_TEXT}"
    if "#" in name:
        return "must not contain '#'"
    if ":" in name:
        return "must not contain ':'"
    if name[:1] in ("_", "-", "+"):
        return "must not start with '_', '-', or '+'"
    size = len(name.encode())
    if size > 255:
        return f"index name is too long, ({size} > 255)"
    if name in (".", ".."):
        return "must not be '.' or '..'"
    return None


def check_index_name(name: str) -> None:
    """Raise 400 ``invalid_index_name_exception`` for what Elasticsearch refuses."""
    reason = _reason(name) or (None if name == name.lower() else "must be lowercase")
    if reason is not None:
        raise invalid_index_name(name, reason)


def invalid_index_name(name: str, reason: str) -> ApiError:
    """The refusal of an index name."""
    return ApiError(
        400,
        "invalid_index_name_exception",
        f"Invalid index name [{name}], {reason}",
        index_uuid="_na_",
        index=name,
    )


def check_alias_name(name: str) -> None:
    """Raise 400 ``invalid_alias_name_exception`` for what Elasticsearch refuses."""
    reason = _reason(name)
    if reason is not None:
        raise invalid_alias_name(name, reason)


def invalid_alias_name(name: str, reason: str) -> ApiError:
    """The refusal of an alias name."""
    return ApiError(400, "invalid_alias_name_exception", f"Invalid alias name [{name}]: {reason}")


def pattern(expression: str) -> re.Pattern[str]:
    """A ``*`` pattern as a regular expression for whole names."""
    return re.compile(".*".join(map(re.escape, expression.split("*"))), re.DOTALL)


def matches(expression: str, names: Iterable[str]) -> list[str]:
    """The names that a ``*`` pattern fits, in the order given."""
    fits = pattern(expression).fullmatch
    return [name for name in names if fits(name)]


def expand(
    expression: str | None, indices: Iterable[str], aliases: Mapping[str, list[str]], how: Expand
) -> list[str]:
    """The concrete index names that ``expression`` means, in the order found, each once.

    ``aliases`` maps each alias to its indices. Raises 404 ``index_not_found_exception``.
    """
    known = sorted(indices)
    parts = [part for part in (expression or "_all").split(",") if part]
    if not parts:
        raise index_not_found(str(expression))
    found: dict[str, None] = {}
    excluding = False
    for part in parts:
        if part.startswith("-") and excluding:
            for name in _concrete(part[1:], known, aliases, how):
                found.pop(name, None)
            continue
        wild = "*" in part or part == "_all"
        excluding = excluding or wild
        if wild:
            hits = _concrete(part, known, aliases, how) if how.open else []
            if not hits and not how.allow_no_indices:
                raise index_not_found(part)
        else:
            hits = _concrete(part, known, aliases, how)
            if not hits and not how.ignore_unavailable:
                raise index_not_found(part)
        found.update(dict.fromkeys(hits))
    if not found and not how.allow_no_indices:
        raise index_not_found(expression or "_all")
    return list(found)


def _concrete(
    part: str, known: list[str], aliases: Mapping[str, list[str]], how: Expand
) -> list[str]:
    if part == "_all" or part == "*":
        return known
    if "*" in part:
        hits = dict.fromkeys(matches(part, known))
        if how.aliases:
            for alias in matches(part, sorted(aliases)):
                hits.update(dict.fromkeys(aliases[alias]))
        return sorted(hits)
    if part in known:
        return [part]
    if how.aliases and part in aliases:
        return aliases[part]
    return []

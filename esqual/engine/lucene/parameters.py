"""Query-string parameters that several document APIs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esqual.engine.lucene import writer
from esqual.engine.lucene.api_error import illegal_argument
from esqual.engine.lucene.fetch import SourceFilter
from esqual.engine.lucene.rest import Request
from esqual.engine.lucene.update import validation

__all__ = [
    "CONCURRENCY_PARAMETERS",
    "SOURCE_PARAMETERS",
    "concurrency",
    "refresh_parameter",
    "source_parameters",
]

SOURCE_PARAMETERS = frozenset(
    {"_source", "_source_includes", "_source_excludes", "_source_exclude_vectors"}
)
CONCURRENCY_PARAMETERS = frozenset({"if_seq_no", "if_primary_term", "version", "version_type"})

_EXTERNAL = {
    "external": writer.EXTERNAL,
    "external_gt": writer.EXTERNAL,
    "external_gte": writer.EXTERNAL_GTE,
}


def refresh_parameter(request: Request) -> str | None:
    """``refresh``: None for false, else ``true`` or ``wait_for`` (which here refreshes at once)."""
    value = request.parameters.get("refresh", "false")
    if value not in ("", "true", "false", "wait_for"):
        raise illegal_argument(f"Unknown value for refresh: [{value}].")
    return None if value == "false" else (value or "true")


def source_parameters(request: Request) -> SourceFilter | None:
    """``_source``, ``_source_includes``, ``_source_excludes``; None when none is there."""
    parameters = request.parameters
    if not SOURCE_PARAMETERS & set(parameters):
        return None
    enabled = True
    includes: tuple[str, ...] = ()
    given = parameters.get("_source")
    if given in ("true", "false"):
        enabled = given == "true"
    elif given:
        includes = tuple(given.split(","))
    if parameters.get("_source_includes"):
        includes = tuple(parameters["_source_includes"].split(","))
    excludes = parameters.get("_source_excludes", "")
    vectors = None
    if "_source_exclude_vectors" in parameters:
        vectors = request.flag("_source_exclude_vectors")
    return SourceFilter(enabled, includes, tuple(excludes.split(",")) if excludes else (), vectors)


def concurrency(given: Mapping[str, Any], op: str) -> tuple[int, int]:
    """The condition and its number from ``if_seq_no``, ``version``, ``version_type``, the op.

    ``given`` is the query string or the metadata of a bulk line.
    """
    kind = str(given.get("version_type", "internal"))
    if kind != "internal" and kind not in _EXTERNAL:
        raise illegal_argument(f"No version type match [{kind}]")
    seq_no, term = _number(given, "if_seq_no"), _number(given, "if_primary_term")
    version = _number(given, "version")
    if kind == "internal" and version is not None:
        raise validation(
            "internal versioning can not be used for optimistic concurrency control. Please use "
            "`if_seq_no` and `if_primary_term` instead"
        )
    if seq_no is not None and not term:
        raise validation("ifSeqNo is set, but primary term is [0]")
    if seq_no is None and term:
        raise validation(f"ifSeqNo is unassigned, but primary term is [{term}]")
    if op == "create":
        if kind != "internal" or seq_no is not None:
            raise validation(
                "create operations only support internal versioning. use index instead"
                if kind != "internal"
                else "create operations do not support compare and set. use index instead"
            )
        return writer.MUST_NOT_EXIST, -1
    if kind != "internal":
        if version is None or op == "update":
            raise validation(
                f"illegal version value [{-3 if version is None else version}] for version type "
                f"[{kind.upper()}]"
            )
        return _EXTERNAL[kind], version
    if seq_no is not None:
        # there is one primary term; another one names a document that cannot be
        return writer.SEQ_NO, seq_no if term == 1 else -2
    return writer.ALWAYS, -1


def _number(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise illegal_argument(
            f"Failed to parse long parameter [{name}] with value [{value}]"
        ) from None

"""Findings about query files: does this engine, with its licence, know what they ask?

The engine judges by itself: each body is sent to an expression that no index matches,
where it is read, checked against the licence, and finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import elasticsearch

from esqual.doctor.asking import Refusal, ask
from esqual.doctor.check import NO, OK, Check
from esqual.fusion import read_fused
from esqual.models import Topic
from esqual.templates import QueryTemplate, read_template

__all__ = ["check_queries"]

_NOWHERE = "esqual-doctor-finds-none-*"
_TEXT = "胃が痛い"


def check_queries(
    client: elasticsearch.Elasticsearch,
    paths: Sequence[str | Path],
    parameters: Mapping[str, Any],
) -> Iterator[Check]:
    """One finding for each query file.

    ``parameters``: for names that the file uses; those of enrichments (pairs, vectors) need none
    and get a value that shows the whole file. Raises ConfigError for a file that is not a query.
    """
    for path in paths:
        template = read_template(path)
        bodies = _bodies(template, parameters)
        yield _check(client, f"query {template.path.name}", bodies)


def _bodies(template: QueryTemplate, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    made: dict[str, Any] = {
        name: _stand_in(name)
        for name in template.names()
        if name.startswith(("has_", "pairs")) or name == "vector"
    }
    body = template.body(Topic("1", _TEXT), {**made, **parameters})
    fused = read_fused(body)
    return [body] if fused is None else [dict(one) for one in fused.bodies.values()]


def _stand_in(name: str) -> Any:
    if name.startswith("has_"):
        return True
    if name.endswith(("_required", "_swapped")):
        return [{"spellings": _TEXT, "own": _TEXT, "swapped": _TEXT}]
    return [1.0, 0.0] if name == "vector" else _TEXT


def _check(
    client: elasticsearch.Elasticsearch,
    name: str,
    bodies: Sequence[Mapping[str, Any]],
) -> Check:
    for body in bodies:
        sent = {**body, "size": 1}
        answer = ask(partial(client.search, index=_NOWHERE, body=sent, allow_no_indices=True))
        if not isinstance(answer, Refusal):
            continue
        if "license" in answer.reason:
            return Check(
                name,
                NO,
                answer.reason[:200],
                "start a trial (POST _license/start_trial), buy the licence, or let esqual fuse: "
                '{"fuse": …} in the query file (docs/formats.md)',
            )
        if answer.is_about_rights:
            return Check(
                name, NO, f"may not be asked: {answer.reason[:200]}", "give the privilege read"
            )
        return Check(
            name,
            NO,
            f"the engine refuses it: {answer.reason[:200]}",
            "another version or plugin of the engine may know it; see docs/connecting.md",
        )
    return Check(name, OK, "the engine and its licence know everything in it")

"""``esqual doctor``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from esqual.cli.options import (
    TEXT,
    engine_connection,
    full_engine_option,
    json_option,
    local_enrichments,
    mapping_option,
    parameters_option,
)

if TYPE_CHECKING:
    from esqual.doctor import Diagnosis

__all__ = ["command"]

_MARKS = {"ok": "ok", "warn": "--", "no": "NO"}
_UNUSABLE = 3


@click.command(
    "doctor",
    epilog="""\b
Example, from a fresh clone:
  esqual doctor --query queries/templates/hybrid.json
""",
)
@click.option(
    "--index", metavar="NAME", type=TEXT, help="Index to be searched: is it there, are the rights?"
)
@click.option(
    "--query",
    "queries",
    multiple=True,
    metavar="TEMPLATE",
    type=click.Path(),
    help="Query template whose every clause the engine and its licence must know; may be repeated.",
)
@parameters_option("--param", "parameters", "Template parameter.")
@mapping_option
@full_engine_option
@json_option
def command(
    index: str | None,
    queries: tuple[str, ...],
    parameters: Mapping[str, str],
    mapping: str | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Say whether the engine can be used, and what to do where it cannot.

    ok: as it should be; --: it works with less; NO: it cannot be used so, and the exit code is 3.
    Nothing is written to the engine.
    """
    from esqual.doctor import examine

    connection = engine_connection(engine)
    enrichments = local_enrichments(mapping) if index is not None else ()
    diagnosis = examine(connection, index, queries, parameters, enrichments)
    click.echo(_to_json(diagnosis) if as_json else _to_screen(diagnosis))
    if not diagnosis.is_usable:
        sys.exit(_UNUSABLE)


def _to_json(diagnosis: Diagnosis) -> str:
    content = {
        "schema": 1,
        "engine": diagnosis.engine,
        "product": diagnosis.product,
        "version": diagnosis.version,
        "usable": diagnosis.is_usable,
        "checks": [
            {"name": c.name, "mark": c.mark, "found": c.found, "advice": c.advice or None}
            for c in diagnosis.checks
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def _to_screen(diagnosis: Diagnosis) -> str:
    width = max(len(check.name) for check in diagnosis.checks)
    lines = [f"engine {diagnosis.engine}"]
    for check in diagnosis.checks:
        lines.append(f"{_MARKS[check.mark]}  {check.name:{width}}  {check.found}")
        if check.advice:
            lines.append(f"    {'':{width}}  > {check.advice}")
    verdict = "can be used" if diagnosis.is_usable else "cannot be used as it is"
    return "\n".join([*lines, f"The engine {verdict}."])

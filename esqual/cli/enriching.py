"""What ``index`` and ``enrich`` share: the options of enrichment, and what they say of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from esqual.enrich.documents import FieldCount
    from esqual.models import Document

__all__ = ["KeptTeller", "enrich_options", "say_without"]

_F = TypeVar("_F", bound=Callable[..., Any])

# documents kept without a field that are named one by one
_NAMED = 20


def enrich_options(command: _F) -> _F:
    """Options of a command that enriches documents."""
    return click.option(
        "--on-enrich-error",
        type=click.Choice(["reject", "keep"]),
        default="reject",
        show_default=True,
        help="A text that cannot be enriched: its document is a bad one, or it is kept without "
        "the field and named on stderr.",
    )(command)


class KeptTeller:
    """Names on stderr the first documents that go on without an enriched field, counts the rest."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, document: Document, reason: str) -> None:
        """Name or count one document."""
        self.count += 1
        if self.count <= _NAMED:
            place = f"{document.path}:{document.line}: " if document.path else ""
            _say(f"{place}{document.doc_id} is kept with {reason}")

    def close(self) -> None:
        """Say how many more there were."""
        if self.count > _NAMED:
            _say(f"{self.count - _NAMED:,} more documents are kept without a field")


def say_without(counts: Mapping[str, FieldCount]) -> None:
    """Name on stderr every field that some documents lack."""
    for target, count in counts.items():
        total = count.made + count.kept + count.without
        if count.without:
            _say(f"{count.without:,} of {total:,} documents have no field {target}")


def _say(message: str) -> None:
    # an id is quoted from a document: no control character may reach the terminal
    text = "".join(c if c.isprintable() else " " for c in message)
    print(f"esqual: {text}", file=sys.stderr, flush=True)

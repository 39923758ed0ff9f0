"""What ``index`` and ``enrich`` share: the options of enrichment, and what they say of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from esqual.enrich import Enrichment
    from esqual.enrich.cache import Cache
    from esqual.enrich.documents import EnrichOptions, FieldCount
    from esqual.enrich.stream import Progress
    from esqual.models import Document

__all__ = ["enrich_options", "enriching", "enrichment_cache", "say", "say_without"]

_F = TypeVar("_F", bound=Callable[..., Any])

# documents kept without a field that are named one by one
_NAMED = 20


def enrich_options(command: _F) -> _F:
    """Options of a command that enriches documents, for :func:`enriching`."""
    options = [
        click.option(
            "--on-enrich-error",
            type=click.Choice(["reject", "keep"]),
            default="reject",
            show_default=True,
            help="A text that cannot be enriched: its document is a bad one, or it is kept without "
            "the field and named on stderr.",
        ),
        click.option(
            "--processes",
            metavar="N",
            type=click.IntRange(min=1),
            help="Processes that enrich; default: one per core, if there is enough to do.",
        ),
        click.option(
            "--cache",
            metavar="FILE",
            type=click.Path(dir_okay=False),
            help="Where enriched fields are kept for the next run; default: enriched.sqlite in the "
            "folder ESQUAL_CACHE, else in the user's cache folder.",
        ),
        click.option("--no-cache", is_flag=True, help="Neither read nor keep enriched fields."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def enriching(
    enrichments: Sequence[Enrichment],
    *,
    on_enrich_error: str,
    processes: int | None,
    cache: str | None,
    no_cache: bool,
    on_progress: Callable[[Progress], None],
) -> Iterator[EnrichOptions]:
    """What the options say, for the library; the cache is open inside, if anything is enriched."""
    from esqual.enrich.documents import EnrichOptions

    if cache is not None and no_cache:
        raise click.UsageError("--cache and --no-cache exclude each other")
    store = None if no_cache else enrichment_cache(enrichments, cache)
    kept = KeptTeller()
    try:
        yield EnrichOptions(
            on_error="keep" if on_enrich_error == "keep" else "reject",
            on_kept=kept,
            cache=store,
            processes=processes,
            on_progress=on_progress,
            on_note=say,
        )
    finally:
        kept.close()
        if store is not None:
            store.close()


def enrichment_cache(enrichments: Sequence[Enrichment], path: str | None = None) -> Cache | None:
    """The cache at ``path``, or the user's; None when there is nothing to enrich or it is off."""
    if not enrichments:
        return None
    from esqual.enrich.cache import Cache, open_cache

    return open_cache(say) if path is None else Cache(path, on_note=say)


class KeptTeller:
    """Names on stderr the first documents that go on without an enriched field, counts the rest."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, document: Document, reason: str) -> None:
        """Name or count one document."""
        self.count += 1
        if self.count <= _NAMED:
            place = f"{document.path}:{document.line}: " if document.path else ""
            say(f"{place}{document.doc_id} is kept with {reason}")

    def close(self) -> None:
        """Say how many more there were."""
        if self.count > _NAMED:
            say(f"{self.count - _NAMED:,} more documents are kept without a field")


def say_without(counts: Mapping[str, FieldCount]) -> None:
    """Name on stderr every field that some documents lack."""
    for target, count in counts.items():
        total = count.made + count.kept + count.without
        if count.without:
            say(f"{count.without:,} of {total:,} documents have no field {target}")


def say(message: str) -> None:
    """One line on stderr."""
    # an id is quoted from a document: no control character may reach the terminal
    text = "".join(c if c.isprintable() else " " for c in message)
    print(f"esqual: {text}", file=sys.stderr, flush=True)

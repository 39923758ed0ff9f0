"""``esqual index``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from esqual.cli.corpora import Reading, corpus_options, say_skipped
from esqual.cli.enriching import enrich_options, enriching, say, say_without
from esqual.cli.options import TEXT, engine_client, engine_option, json_option
from esqual.cli.progress import ProgressLine
from esqual.config import resolve_mapping

if TYPE_CHECKING:
    from esqual.corpus import Corpus, Rejects
    from esqual.indexing import AliasReport, IndexReport, Mode, Progress

__all__ = ["command"]


@click.command(
    "index",
    epilog="""\b
Example, from a fresh clone:
  esqual index demo/corpus.ndjson --index demo --mapping mappings/ja-text.json --recreate
""",
)
@click.argument("corpus", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--index", "index", metavar="NAME", type=TEXT, help="Name of the index.")
@click.option(
    "--alias",
    metavar="NAME",
    type=TEXT,
    help="Instead of --index: build a new index NAME-DATE-TIME, check it, and let the alias NAME "
    "name it in place of the one before.",
)
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=0),
    help="With --alias: keep N earlier indices to go back to.  [default: 1]",
)
@click.option(
    "--mapping",
    metavar="FILE",
    type=click.Path(),
    help="Index body as JSON: settings, mappings, aliases. Needed unless --append.",
)
@engine_option
@corpus_options
@click.option("--recreate", is_flag=True, help="Delete the index first, if there is one.")
@click.option(
    "--append",
    is_flag=True,
    help="Add to an index whatever its mapping; documents with a known id are replaced.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with a load of the same corpus that was cut off; what it did is not sent again.",
)
@click.option(
    "--on-duplicate",
    type=click.Choice(["error", "last"]),
    default="error",
    show_default=True,
    help="An id that stands twice in the corpus: an error, or the last one wins.",
)
@click.option(
    "--max-errors",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Let N bad documents pass; they are listed in the rejects file.",
)
@click.option(
    "--rejects",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Where bad documents are listed, as NDJSON. Default with --max-errors: "
    "NAME.rejects.ndjson.",
)
@click.option(
    "--flush-every",
    metavar="N",
    type=click.IntRange(min=1),
    help="Make every N documents safe against a crash, not only the finished run.",
)
@click.option(
    "--writers",
    metavar="N",
    type=click.IntRange(min=1),
    help="Bulk requests under way at once. Default: 4 to a server, 1 to the embedded engine. With "
    "more than one, equal scores do not rank in corpus order.",
)
@click.option(
    "--keep-replicas",
    is_flag=True,
    help="Write every copy from the start; else an empty index gets its replicas after the load.",
)
@enrich_options
@click.option("--verbose", is_flag=True, help="Say on stderr what was flushed.")
@json_option
def command(
    corpus: tuple[str, ...],
    index: str | None,
    alias: str | None,
    keep: int | None,
    mapping: str | None,
    engine: str | None,
    recreate: bool,
    append: bool,
    resume: bool,
    on_duplicate: str,
    max_errors: int,
    rejects: str | None,
    flush_every: int | None,
    writers: int | None,
    keep_replicas: bool,
    verbose: bool,
    as_json: bool,
    reading: Reading,
    **how: Any,
) -> None:
    """Index a corpus of documents.

    CORPUS is NDJSON, CSV or TSV, a Wikipedia dump, or gzip or bzip2 of one; "-" is standard
    input (with --format). Every document has an id of its own. The run ends with a flush and with
    a count that must equal the distinct ids sent. A busy server is asked again; refresh and
    replicas are switched for the load and put back.
    """
    _check_options(index, alias, keep, recreate=recreate, append=append, resume=resume)
    if not append:
        mapping = resolve_mapping(mapping)
    if mapping is None and not append:
        raise click.UsageError("--mapping FILE is needed (only --append does without)")
    if "-" in corpus and reading.format is None:
        raise click.UsageError("standard input needs --format")
    from esqual.corpus import Rejects
    from esqual.indexing import LoadOptions, build_behind_alias, index_corpus, read_index_body

    if max_errors and rejects is None:
        rejects = f"{(index or alias or '').replace('/', '_')}.rejects.ndjson"
    body = None if mapping is None else read_index_body(mapping)
    with Rejects(max_errors, rejects) as bad:
        documents = reading.open(corpus, bad.add)
        with (
            engine_client(engine) as client,
            ProgressLine("documents", silent=as_json) as line,
            enriching(
                () if body is None else body.enrichments,
                on_progress=lambda done: line.update(
                    done.documents, documents.position, documents.size
                ),
                **how,
            ) as options,
        ):
            common: dict[str, Any] = {
                "resume": resume,
                "on_duplicate": on_duplicate,
                "rejects": bad,
                "options": LoadOptions(writers, keep_replicas, flush_every),
                "on_progress": _Teller(documents, line, verbose),
                "enriching": options,
            }
            built: AliasReport | None = None
            if alias is not None:
                assert body is not None
                built = build_behind_alias(
                    client,
                    documents,
                    alias,
                    body,
                    keep=1 if keep is None else keep,
                    on_note=say,
                    **common,
                )
                report = built.load
            else:
                assert index is not None
                mode: Mode = "recreate" if recreate else "append" if append else "create"
                report = index_corpus(client, documents, index, body, mode=mode, **common)
    say_skipped(documents)
    _print_report(report, bad, as_json, documents.skipped, built)


def _check_options(
    index: str | None,
    alias: str | None,
    keep: int | None,
    *,
    recreate: bool,
    append: bool,
    resume: bool,
) -> None:
    if (index is None) == (alias is None):
        raise click.UsageError("name either --index NAME or --alias NAME")
    if alias is None and keep is not None:
        raise click.UsageError("--keep belongs to --alias")
    if alias is not None and (recreate or append):
        raise click.UsageError("--alias always makes a new index: no --recreate, no --append")
    if recreate and append:
        raise click.UsageError("--recreate and --append exclude each other")
    if recreate and resume:
        raise click.UsageError("--recreate and --resume exclude each other")


class _Teller:
    """Turns progress into the line on the terminal and, if asked, into words on stderr."""

    def __init__(self, corpus: Corpus, line: ProgressLine, verbose: bool) -> None:
        self._corpus = corpus
        self._line = line
        self._verbose = verbose
        self._flushed = 0

    def __call__(self, progress: Progress) -> None:
        if self._verbose and progress.flushed > self._flushed:
            self._flushed = progress.flushed
            print(f"esqual: flushed {progress.flushed} documents", file=sys.stderr, flush=True)
        self._line.update(progress.acknowledged, self._corpus.position, self._corpus.size)


def _print_report(
    report: IndexReport,
    rejects: Rejects,
    as_json: bool,
    pages_skipped: int,
    built: AliasReport | None,
) -> None:
    if report.replaced:
        print(
            f"esqual: {_documents(report.replaced)} replaced older ones; until their remains are "
            "merged away, scores can differ from those of a fresh index (--recreate)",
            file=sys.stderr,
        )
    if rejects.count:
        left = "was" if rejects.count == 1 else "were"
        print(
            f"esqual: {_documents(rejects.count, 'bad ')} {left} left out, see {rejects.file}",
            file=sys.stderr,
        )
    say_without(report.enriched)
    if as_json:
        answer = {
            "schema": 1,
            "index": report.index,
            "documents": {
                "read": report.read,
                "indexed": report.indexed,
                "failed": report.failed,
                "replaced": report.replaced,
                "total": report.total,
                "resumed": report.skipped,
                "retried": report.retried,
                "pages_skipped": pages_skipped,
            },
            "alias": None
            if built is None
            else {
                "name": built.alias,
                "replaced": list(built.replaced),
                "deleted": list(built.deleted),
            },
            "enriched": {target: asdict(count) for target, count in report.enriched.items()},
            "enrich_failed": report.enrich_failed,
            "enrich_s": report.enrich_s,
            "elapsed_s": report.elapsed_s,
        }
        print(json.dumps(answer, ensure_ascii=False))
        return
    rate = report.indexed / report.elapsed_s
    print(
        f"{report.index}: {_documents(report.indexed)} indexed in {report.elapsed_s:.1f} s "
        f"({rate:,.0f}/s), {report.total:,} in the index"
    )
    if report.skipped:
        print(f"resumed: {_documents(report.skipped)} had been sent before")
    if built is not None:
        instead = f" in place of {', '.join(built.replaced)}" if built.replaced else ""
        print(f"{built.alias}: names {report.index}{instead}")
        if built.deleted:
            print(f"deleted: {', '.join(built.deleted)}")
    if report.enriched:
        fields = ", ".join(
            f"{target} ({count.made + count.kept:,})" for target, count in report.enriched.items()
        )
        print(f"enriched: {fields}; {report.enrich_s:.1f} s of the {report.elapsed_s:.1f} s")


def _documents(count: int, kind: str = "") -> str:
    return f"{count:,} {kind}document{'' if count == 1 else 's'}"

"""Findings about this machine: the embedded engine's parts, GiNZA's, the cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esqual.doctor.check import NO, OK, WARN, Check
from esqual.errors import EsqualError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from esqual.enrich import Enrichment

__all__ = ["check_agreement_of", "check_embedded", "check_enrichment", "check_java"]

# bytes; a merge needs the room of an index once more
_LITTLE = 1 << 30


def check_java() -> Iterator[Check]:
    """The Java runtime and Lucene's jars; starts the JVM."""
    from esqual.engine.lucene import jars, jvm

    yield _tried(
        "lucene",
        lambda: f"{len(jars.class_path())} jars of Lucene {jars.LUCENE_VERSION}, sums right",
    )
    yield _tried("java", lambda: _java(jvm))


def _java(jvm: Any) -> str:
    jvm.start()
    version = str(jvm.J.System.getProperty("java.version"))
    return f"Java {version} of {jvm.java_home()}"


def check_embedded(client: Elasticsearch, folder: str) -> Iterator[Check]:
    """What the embedded engine can do, and the folder it keeps its indices in."""
    tokens = client.indices.analyze(tokenizer="kuromoji_tokenizer", text="関西国際空港")["tokens"]
    yield Check("kuromoji", OK, f"kuromoji_tokenizer answers ({len(tokens)} tokens)")
    yield Check("ranking evaluation", OK, "_rank_eval is built in")
    yield Check("vectors", OK, "dense_vector is built in")
    yield _folder(client, Path(folder))


def _folder(client: Elasticsearch, folder: Path) -> Check:
    names = sorted(client.indices.get(index="*").body)
    found = f"{folder}: {len(names)} ind{'ex' if len(names) == 1 else 'ices'}"
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Check(
            "folder",
            WARN,
            found + ", readable only",
            "fine for searching; to index, take a folder that can be written: --engine lucene:PATH",
        )
    free = shutil.disk_usage(existing).free
    found += f", {free / 2**30:,.1f} GiB free"
    if free < _LITTLE:
        return Check("folder", WARN, found, "make room: merging needs the room of an index again")
    return Check("folder", OK, found)


def check_enrichment() -> Iterator[Check]:
    """GiNZA with its dictionary, and the cache of what it made."""
    from esqual.enrich.cache import default_cache_path
    from esqual.enrich.dependency import ginza

    def parts() -> str:
        ginza.check_versions()
        return ", ".join(f"{name} {version}" for name, version in ginza.versions().items())

    yield _tried("ginza", parts, WARN)
    path = default_cache_path()
    if path is None:
        yield Check("cache", OK, "switched off (ESQUAL_CACHE=off)")
        return
    existing = next(p for p in (path, *path.absolute().parents) if p.exists())
    if not os.access(existing, os.W_OK):
        yield Check(
            "cache",
            WARN,
            f"{path} cannot be written: texts are parsed anew each time",
            "ESQUAL_CACHE=FOLDER names another place",
        )
        return
    size = f"{path.stat().st_size / 2**20:,.1f} MiB" if path.exists() else "empty"
    yield Check("cache", OK, f"{path}, {size}")


def check_agreement_of(
    client: Elasticsearch, index: str, enrichments: Sequence[Enrichment]
) -> Check:
    """Whether ``index`` holds what this machine would make: model, dictionary, parameters."""
    import elasticsearch

    from esqual.enrich.agreement import check_agreement

    try:
        indices = client.indices.get_mapping(index=index).body
        check_agreement(indices, enrichments)
    except elasticsearch.ApiError as error:
        return Check("agreement", WARN, f"no mapping to see: {error.message}", "see the row index")
    except EsqualError as error:
        return Check("agreement", NO, str(error), "bring both sides to one version, or index anew")
    return Check("agreement", OK, f"{index} was enriched as this machine would")


def _tried(name: str, attempt: Callable[[], str], otherwise: str = NO) -> Check:
    """A finding from what ``attempt`` says or raises; its message has what to do."""
    try:
        return Check(name, OK, attempt())
    except EsqualError as error:
        happened, _, advice = str(error).rpartition("; ")
        return Check(name, otherwise, happened or advice, advice)

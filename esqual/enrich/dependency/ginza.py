"""GiNZA's parse of many texts: what is loaded, in which versions, and what a failure looks like.

Only the steps that arcs, labels and parts of speech depend on are loaded. The entity recogniser is
left out: no arc depends on it, and it is the slowest step of all.

Sudachi refuses more than 49,149 bytes at once. Only a text beyond that is cut, at the last end of
a sentence before :data:`PIECE` characters, and its pieces come back as one Doc; every shorter text
is parsed whole, exactly as ``nlp(text)`` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from esqual.errors import EnrichmentError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["PARTS", "ParseFailure", "Pipeline", "load_pipeline", "versions"]

MODEL = "ja_ginza"
# everything that has a say in an arc, by its name on PyPI
PARTS = ("ginza", "ja_ginza", "spacy", "sudachipy", "sudachidict_core")
# texts per call: beyond this a batch gains nothing and its arrays grow
BATCH = 64
SUDACHI_BYTES = 49_149
PIECE = 8_000
SENTENCE_END = re.compile(r"[。！？!?\n]+")


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """A text without a parse, and why."""

    reason: str


def versions() -> dict[str, str]:
    """Version of every part of the parser; reads package metadata only, loads nothing.

    Raises EnrichmentError when a part is missing.
    """
    found = {}
    for name in PARTS:
        try:
            found[name] = version(name)
        except PackageNotFoundError as cause:
            raise EnrichmentError(
                f"{name} is not installed, and dependency pairs need it: "
                f"python -m pip install {_install(PARTS)}"
            ) from cause
    return found


class Pipeline:
    """A loaded GiNZA. Not safe for two threads at once."""

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp

    def parse(self, texts: Sequence[str]) -> list[Doc | ParseFailure]:
        """One Doc or failure for each text, in order; an empty text gives an empty Doc."""
        parsed: list[Doc | ParseFailure] = []
        for start in range(0, len(texts), BATCH):
            parsed += self._batch(texts[start : start + BATCH])
        return parsed

    def _batch(self, texts: Sequence[str]) -> list[Doc | ParseFailure]:
        pieces = [self._tokenize(text) for text in texts]
        whole = [doc for docs in pieces if not isinstance(docs, ParseFailure) for doc in docs]
        try:
            self._annotate(whole)
        except Exception:
            # one bad text must not take its neighbours along: each alone, on fresh tokens
            return [self._alone(text) for text in texts]
        return [docs if isinstance(docs, ParseFailure) else _join(docs) for docs in pieces]

    def _alone(self, text: str) -> Doc | ParseFailure:
        docs = self._tokenize(text)
        if isinstance(docs, ParseFailure):
            return docs
        try:
            self._annotate(docs)
        except Exception as cause:
            return ParseFailure(f"GiNZA failed: {type(cause).__name__}: {cause}")
        return _join(docs)

    def _tokenize(self, text: str) -> list[Doc] | ParseFailure:
        try:
            return [self.nlp.make_doc(piece) for piece in _pieces(text)]
        except UnicodeEncodeError:
            return ParseFailure("the text holds half of a surrogate pair, which is no character")
        except Exception as cause:
            return ParseFailure(f"Sudachi failed: {type(cause).__name__}: {cause}")

    def _annotate(self, docs: Sequence[Doc]) -> None:
        for _ in self.nlp.pipe(docs, batch_size=BATCH):
            pass


def load_pipeline() -> Pipeline:
    """Load GiNZA once; takes seconds and some 400 MB.

    Raises EnrichmentError when a part is missing or two parts do not fit together.
    """
    _check_versions()
    try:
        import spacy

        nlp = spacy.load(MODEL, exclude=["ner"])
    except Exception as cause:
        raise EnrichmentError(
            f"GiNZA does not load ({type(cause).__name__}: {cause}). Its parts must fit together: "
            f"python -m pip install {_install(PARTS)}"
        ) from cause
    # the length limit of spaCy guards the memory of its entity recogniser
    nlp.max_length = 10_000_000
    return Pipeline(nlp)


def _check_versions() -> None:
    """Compare what is installed with what this package asks for: one place, the metadata."""
    from packaging.requirements import Requirement

    found = versions()
    for line in requires("esqual") or ():
        asked = Requirement(line)
        name = asked.name.lower().replace("-", "_")
        if name not in found or (asked.marker is not None and not asked.marker.evaluate()):
            continue
        if not asked.specifier.contains(found[name], prereleases=True):
            raise EnrichmentError(
                f"{name} {found[name]} is installed, but {asked.name}{asked.specifier} is needed: "
                f"python -m pip install {_install(PARTS)}"
            )


def _install(names: Sequence[str]) -> str:
    """The words after `pip install` that bring ``names`` in the versions asked for."""
    from packaging.requirements import Requirement

    words = []
    for line in requires("esqual") or ():
        asked = Requirement(line)
        if asked.name.lower().replace("-", "_") not in names:
            continue
        if asked.marker is None or asked.marker.evaluate():
            words.append(f'"{asked.name}{asked.specifier}"')
    return " ".join(words or names)


def _pieces(text: str) -> Iterator[str]:
    """The text itself, or what Sudachi takes at once, cut at ends of sentences where it can be."""
    if len(text.encode()) <= SUDACHI_BYTES:
        yield text
        return
    start = 0
    while len(text) - start > PIECE:
        ends = [match.end() for match in SENTENCE_END.finditer(text, start, start + PIECE)]
        end = ends[-1] if ends else start + PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def _join(docs: list[Doc]) -> Doc:
    if len(docs) == 1:
        return docs[0]
    from spacy.tokens import Doc

    # spaCy's own stub lacks `exclude`
    joined = Doc.from_docs(  # type: ignore[call-arg]
        docs, ensure_whitespace=False, exclude=["tensor", "user_data"]
    )
    assert joined is not None
    return joined

"""GiNZA's parse of many texts: what is loaded, in which versions, and what a failure looks like.

Tokens, heads, labels, parts of speech, lemmas, norms and morphs are those of ``nlp(text)``. What no
dependency pair needs is not loaded: the entity recogniser, by far the slowest step, and the
bunsetsu and compound steps, of which only one thing is kept: the ending ``_bunsetu`` is taken off
the labels. The two slowest of the other steps have stand-ins (:mod:`tok2vec`, :mod:`tokenizer`)
that are compared with spaCy's own on loading; where they differ, spaCy's own run, and a note says
so. All products run on the BLAS that numpy carries.

Sudachi refuses more than 49,149 bytes at once. Only a text beyond that is cut, at the last end of
a sentence before :data:`PIECE` characters, and its pieces come back as one Doc; every shorter text
is parsed whole.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Any

from esqual.enrich.kinds import DocumentFailure
from esqual.errors import EnrichmentError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["PARTS", "Pipeline", "check_versions", "load_pipeline", "versions"]

MODEL = "ja_ginza"
# everything that has a say in an arc, by its name on PyPI
PARTS = ("ginza", "ja_ginza", "spacy", "sudachipy", "sudachidict_core")
# texts per call: beyond this a batch gains nothing and its arrays grow
BATCH = 64
# tokens in work at once: the parser takes 12 KiB for each
TOKENS = 2048
# steps that no pair needs, and 600,000 strings: spaCy knows a word by its hash, and keeps the
# string of every hash that a text or a label brings
NOT_LOADED = ("ner", "compound_splitter", "bunsetu_recognizer", "strings")
# strings spaCy may add before the pipeline is loaded again, some 300 bytes each with what hangs on
# them; a corpus brings three or four with each document, so this is seconds in half an hour
NEW_STRINGS = 64_000
BUNSETU = "_bunsetu"
SUDACHI_BYTES = 49_149
PIECE = 8_000
SENTENCE_END = re.compile(r"[。！？!?\n]+")

# what the stand-ins must get right before they are used; one of each kind of token
PROBE = (
    "昨日から胃がキリキリと痛いので、東北新幹線で3,500円の薬を買いに行かなかった。",
    "ＡＢＣ　と ググれカス  😀\nﾊﾞｽ",
)
# largest difference of a vector's element; two BLAS libraries differ by 1e-5 here
TOLERANCE = 1e-4


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
    """A loaded GiNZA. Not safe for two threads at once.

    ``notes`` says what had to be done otherwise than planned; empty as a rule.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._load()

    def parse(self, texts: Sequence[str]) -> list[Doc | DocumentFailure]:
        """One Doc or failure for each text, in order; an empty text gives an empty Doc."""
        if len(self.nlp.vocab.strings) > self._strings + NEW_STRINGS:
            # spaCy never forgets a word; a Doc that is still in use keeps the old vocabulary
            self._unload()
            self._load()
        parsed: list[Doc | DocumentFailure] = []
        for start in range(0, len(texts), BATCH):
            parsed += self._batch(texts[start : start + BATCH])
        return parsed

    def _load(self) -> None:
        self.nlp = _load_model()
        self._strings = len(self.nlp.vocab.strings)
        self._bunsetu = _bunsetu_labels(self.nlp)
        make_doc, set_tensors = _fast_tokenizer(self.nlp), _fast_tensors(self.nlp)
        self._make_doc = make_doc or self.nlp.make_doc
        self._set_tensors = set_tensors or self._spacy_tensors
        self.notes = []
        if make_doc is None:
            self.notes.append("spaCy's tokenizer runs, which is slower: the faster one differs")
        if set_tensors is None:
            self.notes.append("spaCy's tok2vec runs, which is slower: the faster one differs")

    def _unload(self) -> None:
        """Let go of the model, so that the next one finds its room instead of more."""
        del self.nlp, self._make_doc, self._set_tensors
        gc.collect()

    def _batch(self, texts: Sequence[str]) -> list[Doc | DocumentFailure]:
        pieces = [self._tokenize(text) for text in texts]
        whole = [doc for docs in pieces if not isinstance(docs, DocumentFailure) for doc in docs]
        try:
            self._annotate(whole)
        except Exception:
            # one bad text must not take its neighbours along: each alone, on fresh tokens
            return [self._alone(text) for text in texts]
        return [docs if isinstance(docs, DocumentFailure) else _join(docs) for docs in pieces]

    def _alone(self, text: str) -> Doc | DocumentFailure:
        docs = self._tokenize(text)
        if isinstance(docs, DocumentFailure):
            return docs
        try:
            self._annotate(docs)
        except Exception as cause:
            return DocumentFailure(f"GiNZA failed: {type(cause).__name__}: {cause}")
        return _join(docs)

    def _tokenize(self, text: str) -> list[Doc] | DocumentFailure:
        try:
            return [self._make_doc(piece) for piece in _pieces(text)]
        except UnicodeEncodeError:
            return DocumentFailure("the text holds half of a surrogate pair, which is no character")
        except Exception as cause:
            return DocumentFailure(f"Sudachi failed: {type(cause).__name__}: {cause}")

    def _annotate(self, docs: Sequence[Doc]) -> None:
        import numpy as np

        for group in _groups(docs):
            self._set_tensors(group)
            parser: Any = self.nlp.get_pipe("parser")
            # the parser takes a quarter of a batch at once
            for _ in parser.pipe(group, batch_size=4 * len(group)):
                pass
            self._set_pos(group)
        nothing = np.zeros(0, np.float32)
        for doc in docs:
            # 1 KiB for each token, which nobody needs any more
            doc.tensor = nothing  # type: ignore[assignment]
            for token in doc:
                label = self._bunsetu.get(token.dep)
                if label is not None:
                    token.dep = label

    def _set_pos(self, docs: Sequence[Doc]) -> None:
        """What the morphologizer would set.

        This model's knows parts of speech alone and would write every morph again as it is, for
        which spaCy takes memory that it never gives back: see ``tokenizer``.
        """
        tagger: Any = self.nlp.get_pipe("morphologizer")
        found = tagger.predict(docs)
        if any(tagger.cfg["labels_morph"].values()) or not tagger.cfg["overwrite"]:
            tagger.set_annotations(docs, found)
            return
        pos = [tagger.cfg["labels_pos"].get(label, 0) for label in tagger.labels]
        for doc, numbers in zip(docs, found, strict=True):
            for token, number in zip(doc, numbers, strict=True):
                token.pos = pos[number]

    def _spacy_tensors(self, docs: Sequence[Doc]) -> None:
        component: Any = self.nlp.get_pipe("tok2vec")
        component.set_annotations(docs, component.predict(docs))


def load_pipeline() -> Pipeline:
    """Load GiNZA once; takes seconds and some 400 MB.

    Raises EnrichmentError when a part is missing or two parts do not fit together.
    """
    check_versions()
    return Pipeline()


def _load_model() -> Language:
    try:
        import spacy
        from thinc.api import NumpyOps

        from esqual.enrich.dependency.dictionary import dictionary

        nlp = spacy.load(MODEL, exclude=NOT_LOADED)
        tokenizer: Any = nlp.tokenizer
        tokenizer.tokenizer = dictionary().create(mode=tokenizer.tokenizer.mode)
    except Exception as cause:
        raise EnrichmentError(
            f"GiNZA does not load ({type(cause).__name__}: {cause}). Its parts must fit together: "
            f"python -m pip install {_install(PARTS)}"
        ) from cause
    plain = NumpyOps(use_blis=False)
    for _, component in nlp.pipeline:
        for node in getattr(component, "model").walk():  # noqa: B009
            node.ops = plain
    return nlp


def _bunsetu_labels(nlp: Language) -> dict[int, int]:
    """Label with the ending -> label without, as numbers of the vocabulary."""
    strings = nlp.vocab.strings
    parser: Any = nlp.get_pipe("parser")
    return {
        strings[label]: strings.add(label.removesuffix(BUNSETU))
        for label in parser.labels
        if label.endswith(BUNSETU)
    }


def _fast_tokenizer(nlp: Any) -> Callable[[str], Doc] | None:
    """The stand-in for spaCy's tokenizer, or None where its tokens differ on :data:`PROBE`."""
    from esqual.enrich.dependency.tokenizer import FastTokenizer

    try:
        fast = FastTokenizer(nlp.tokenizer)
        agrees = all(_tokens(fast(text)) == _tokens(nlp.make_doc(text)) for text in PROBE)
    except Exception:
        # another version of spaCy or Sudachi: whatever went wrong, it is not the stand-in to use
        return None
    return fast if agrees else None


def _fast_tensors(nlp: Any) -> Callable[[Sequence[Doc]], object] | None:
    """The stand-in for spaCy's tok2vec, or None for a model that is built otherwise."""
    import numpy as np

    from esqual.enrich.dependency.tok2vec import FastTok2Vec, UnknownArchitectureError

    docs = [nlp.make_doc(text) for text in PROBE]
    wanted = nlp.get_pipe("tok2vec").predict(docs)
    try:
        fast = FastTok2Vec(nlp.get_pipe("tok2vec"))
    except UnknownArchitectureError:
        return None
    fast.set_tensors(docs)
    pairs = zip(docs, wanted, strict=True)
    agrees = all(np.allclose(doc.tensor, tensor, atol=TOLERANCE) for doc, tensor in pairs)
    return fast.set_tensors if agrees else None


def _tokens(doc: Doc) -> list[tuple[object, ...]]:
    return [(t.text, t.whitespace_, t.tag, t.pos, t.lemma, t.norm, str(t.morph)) for t in doc]


def check_versions() -> None:
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


def _groups(docs: Sequence[Doc]) -> Iterator[list[Doc]]:
    """``docs`` in their order, cut so that a group has few tokens or one Doc."""
    group: list[Doc] = []
    tokens = 0
    for doc in docs:
        if group and tokens + len(doc) > TOKENS:
            yield group
            group, tokens = [], 0
        group.append(doc)
        tokens += len(doc)
    if group:
        yield group


def _join(docs: list[Doc]) -> Doc:
    if len(docs) == 1:
        return docs[0]
    from spacy.tokens import Doc

    # spaCy's own stub lacks `exclude`
    joined = Doc.from_docs(  # type: ignore[call-arg]
        docs, ensure_whitespace=False, exclude=["tensor", "user_data"]
    )
    assert joined is not None
    joined.user_data["sub_tokens"] = [
        parts for doc in docs for parts in doc.user_data["sub_tokens"]
    ]
    return joined

"""GiNZA's token vectors in numpy: the same numbers as spaCy's own layers, in a third of the time.

The model (``spacy.Tok2Vec.v2``: a hash embedding, then eight convolutions of width 3) is read
from the loaded pipeline and nothing is trained or rounded. One layer takes rows ``x[t]`` of shape
(256,) to

    y[t] = x[t] + norm(max over pieces p of (G0[p] x[t-1] + G1[p] x[t] + G2[p] x[t+1] + b[p]))

with ``norm`` the layer normalisation (variance + 1e-8, then scale and shift). Three things make it
fast:

* The embedding knows no context, so it is computed once for each distinct word, by spaCy's own
  layer, and looked up from then on.
* Two neighbouring outputs share products: minimal filtering F(2, 3) of S. Winograd, Arithmetic
  Complexity of Computations (SIAM, 1980), used for convolutions in arXiv:1509.09308. For y[t] and
  y[t+1] from x[t-1] ... x[t+2], called a, b, c, d,

      m0 = (a - c) G0      m1 = (b + c) (G0 + G1 + G2) / 2
      m3 = (b - d) G2      m2 = (c - b) (G0 - G1 + G2) / 2
      y[t] = m0 + m1 + m2      y[t+1] = m1 - m2 - m3

  are four matrix products in the place of six. The sums are taken in another order, so values
  differ in their last bits, as they do between any two BLAS libraries.
* The products run on the BLAS that numpy carries.

Texts are set apart by eight rows of zeros, as spaCy does (they take part in every layer), so that
no text ever sees another: a token's vector depends on eight tokens to each side and on nothing
else. This is also why a block of :data:`BLOCK` rows can be computed alone with eight more rows on
each side, and why memory does not grow with the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from spacy.pipeline import Tok2Vec
    from spacy.tokens import Doc

__all__ = ["FastTok2Vec", "UnknownArchitectureError"]

Floats = NDArray[np.float32]

# rows of a block; its three arrays of 768 columns stay near the processor
BLOCK = 1024
# embeddings kept, 1 KiB each; beyond this the table starts again. Another 5 % of all tokens are
# looked up anew than with four times as many
WORDS = 16_384


class UnknownArchitectureError(Exception):
    """The model is not the one these formulas belong to."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution: four matrices (width, pieces * width), bias, scale and shift."""

    products: tuple[Floats, Floats, Floats, Floats]
    bias: Floats
    scale: Floats
    shift: Floats


class FastTok2Vec:
    """Stands for the ``tok2vec`` component of one loaded pipeline."""

    def __init__(self, component: Tok2Vec) -> None:
        """Read the weights; UnknownArchitectureError when the layers are others."""
        self.vocab = component.vocab
        try:
            self.embed = component.model.get_ref("embed")
            self.width = int(component.model.get_dim("nO"))
            self.layers = _read_layers(component.model.get_ref("encode"), self.width)
        except (KeyError, ValueError, AttributeError, IndexError) as cause:
            raise UnknownArchitectureError(str(cause)) from cause
        self.halo = len(self.layers)
        self.rows: dict[int, int] = {}
        # written to, so that a process has its size from the start
        self.table: Floats = np.full((WORDS, self.width), np.nan, np.float32)

    def set_tensors(self, docs: Sequence[Doc]) -> None:
        """Give each Doc its ``tensor``, shape (tokens, width)."""
        lengths = [len(doc) for doc in docs]
        if not any(lengths):
            return
        starts, stop = [], 0
        for length in lengths:
            starts.append(stop + self.halo)
            stop += self.halo + length
        x = np.zeros((stop + self.halo, self.width), np.float32)
        for doc, start, found in zip(docs, starts, self._embedded(docs), strict=True):
            x[start : start + len(doc)] = found
        y = np.empty_like(x)
        for start in range(0, len(x), BLOCK):
            end = min(start + BLOCK, len(x))
            low, high = max(0, start - self.halo), min(len(x), end + self.halo)
            y[start:end] = _encode(x[low:high], self.layers)[start - low : end - low]
        for doc, start, length in zip(docs, starts, lengths, strict=True):
            # spaCy's stub takes arrays of doubles only
            doc.tensor = y[start : start + length].copy()  # type: ignore[assignment]

    def _embedded(self, docs: Sequence[Doc]) -> list[Floats]:
        words: list[Any] = [doc.to_array("ORTH") for doc in docs]
        distinct, where = np.unique(np.concatenate(words), return_inverse=True)
        if len(self.rows) + len(distinct) > WORDS:
            self.rows.clear()
        new = [int(orth) for orth in distinct if int(orth) not in self.rows]
        if new:
            self._learn(new)
        rows = np.array([self.rows[int(orth)] for orth in distinct])[where]
        bounds = np.cumsum([0, *(len(doc) for doc in docs)])
        return [self.table[rows[start:end]] for start, end in pairwise(bounds)]

    def _learn(self, new: list[int]) -> None:
        from spacy.tokens import Doc

        doc = Doc(self.vocab, words=[self.vocab.strings[orth] for orth in new])
        size = len(self.rows) + len(new)
        if size > len(self.table):
            larger = np.empty((max(size, 2 * len(self.table)), self.width), np.float32)
            larger[: len(self.rows)] = self.table[: len(self.rows)]
            self.table = larger
        self.table[len(self.rows) : size] = self.embed.predict([doc])[0]
        for orth in new:
            self.rows[orth] = len(self.rows)


def _read_layers(encode: Any, width: int) -> list[Layer]:
    """The convolutions of ``spacy.MaxoutWindowEncoder.v2`` with a window of one."""
    layers = [_read_layer(residual, width) for residual in encode.layers[0].layers]
    if not layers or int(encode.attrs["pad"]) != len(layers):
        raise ValueError("the padding is not one row for each layer")
    return layers


def _read_layer(residual: Any, width: int) -> Layer:
    parts = {node.name: node for node in residual.walk()}
    window = int(parts["expand_window"].attrs["window_size"])
    if not residual.name.startswith("residual") or window != 1:
        raise ValueError(f"{residual.name} is not a residual convolution of width 3")
    maxout, norm = parts["maxout"], parts["layernorm"]
    weights = np.asarray(maxout.get_param("W"), np.float32)
    pieces = weights.shape[1]
    if weights.shape != (width, pieces, 3 * width):
        raise ValueError(f"weights of shape {weights.shape}")
    # (out, piece, in) -> three of (in, piece * out), so that a maximum runs over whole columns
    taps = weights.transpose(2, 1, 0).reshape(3, width, pieces * width)
    left, mid, right = taps
    products = (left, (left + mid + right) / 2, (left - mid + right) / 2, right)
    bias = np.asarray(maxout.get_param("b"), np.float32).T.reshape(pieces * width)
    return Layer(
        tuple(np.ascontiguousarray(matrix) for matrix in products),  # type: ignore[arg-type]
        np.ascontiguousarray(bias),
        np.asarray(norm.get_param("G"), np.float32),
        np.asarray(norm.get_param("b"), np.float32),
    )


def _encode(rows: Floats, layers: Sequence[Layer]) -> Floats:
    """All layers over ``rows``, shape (n, width); beyond both ends there are zeros."""
    n, width = rows.shape
    even = n + n % 2
    # one row of zeros in front, at least one behind
    x = np.zeros((even + 2, width), np.float32)
    x[1 : n + 1] = rows
    half, wide = even // 2, layers[0].bias.size
    mixed = np.empty((half, width), np.float32)
    one, two, other = (np.empty((half, wide), np.float32) for _ in range(3))
    best = np.empty((even, width), np.float32)
    for layer in layers:
        a, b, c, d = x[0:even:2], x[1 : even + 1 : 2], x[2 : even + 2 : 2], x[3 : even + 2 : 2]
        m0, m1, m2, m3 = layer.products
        np.matmul(np.add(b, c, out=mixed), m1, out=one)
        one += layer.bias
        np.matmul(np.subtract(c, b, out=mixed), m2, out=two)
        np.matmul(np.subtract(a, c, out=mixed), m0, out=other)
        other += one
        other += two
        _largest(other, best[0::2])
        np.matmul(np.subtract(b, d, out=mixed), m3, out=other)
        one -= two
        one -= other
        _largest(one, best[1::2])
        _normalise(best, layer)
        x[1 : n + 1] += best[:n]
    return x[1 : n + 1]


def _largest(pieces: Floats, out: Floats) -> None:
    """Maximum over the pieces that stand side by side in ``pieces``, shape (n, pieces * width)."""
    width = out.shape[1]
    np.maximum(pieces[:, :width], pieces[:, width : 2 * width], out=out)
    for start in range(2 * width, pieces.shape[1], width):
        np.maximum(out, pieces[:, start : start + width], out=out)


def _normalise(x: Floats, layer: Layer) -> None:
    """Layer normalisation in place, as thinc computes it: variance + 1e-8 under the root."""
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / x.shape[1] + np.float32(1e-8)
    x *= (1 / np.sqrt(variance))[:, None]
    x *= layer.scale
    x += layer.shift

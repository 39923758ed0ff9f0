"""The vectors of a field as NumPy matrices, one or a few per segment, read where they lie on disk.

Lucene keeps a segment's vectors end to end in one file, which it maps into memory: a matrix here is
a view of that memory, so a million vectors cost no copy and no heap. A view is only good while its
:class:`~esqual.engine.lucene.searcher.Searcher` lives, and is kept nowhere else. Where the file is
not mapped the vectors are copied once per searcher.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from esqual.engine.lucene.jvm import J, java_array, mapped_bytes

if TYPE_CHECKING:
    from esqual.engine.lucene.searcher import Searcher

__all__ = ["Block", "FieldVectors", "field_vectors"]

# one view, well below the 2 GB that a buffer holds
_BLOCK_BYTES = 1 << 29


@dataclass(slots=True)
class Block:
    """Some vectors of one segment: ``matrix`` of shape (n, dims), float32 or int8, read-only.

    ``leaf`` is the segment's place among those with vectors, ``first`` the number of the first
    vector in it.
    """

    leaf: int
    first: int
    matrix: NDArray[Any]
    _squares: NDArray[np.float32] | None = None

    @property
    def squares(self) -> NDArray[np.float32]:
        """The squared length of each vector, counted once."""
        if self._squares is None:
            parts = []
            for start in range(0, len(self.matrix), 8192):
                part = self.matrix[start : start + 8192].astype(np.float32, copy=False)
                parts.append(np.einsum("ij,ij->i", part, part))
            self._squares = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return self._squares


@dataclass(slots=True)
class FieldVectors:
    """All vectors of one field in one view. ``leaves``: ``VectorLeaf[]``, the segments with any."""

    leaves: Any
    blocks: Sequence[Block]
    has_graph: bool
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(len(block.matrix) for block in self.blocks)

    def accepted(self, searcher: Searcher, filter: Any) -> list[NDArray[np.bool_] | None]:
        """Per block which vectors are of live documents that ``filter`` (None: all) finds.

        None stands for all of them.
        """
        words = J.VectorLeaf.accepted(self.leaves, searcher.java, filter)
        whole: list[NDArray[np.bool_] | None] = []
        for leaf, bits in zip(self.leaves, words, strict=True):
            whole.append(None if bits is None else _unpack(bits, int(leaf.size())))
        return [_part(whole[block.leaf], block) for block in self.blocks]


def _unpack(words: Any, size: int) -> NDArray[np.bool_]:
    octets = np.asarray(words).astype("<i8", copy=False).view(np.uint8)
    return np.unpackbits(octets, count=size, bitorder="little").view(np.bool_)


def _part(whole: NDArray[np.bool_] | None, block: Block) -> NDArray[np.bool_] | None:
    return None if whole is None else whole[block.first : block.first + len(block.matrix)]


def field_vectors(searcher: Searcher, name: str, dims: int, byte: bool) -> FieldVectors:
    """The vectors of the field ``name``, made at their first use and kept with the searcher."""
    found = searcher.vectors.get(name)
    if found is None:
        leaves = list(J.VectorLeaf.of(searcher.reader, name))
        blocks = [
            block for place, leaf in enumerate(leaves) for block in _blocks(place, leaf, dims, byte)
        ]
        found = searcher.vectors[name] = FieldVectors(
            java_array(J.VectorLeaf, leaves),
            blocks,
            bool(J.VectorGraphs.stored(searcher.reader, name)),
        )
    return found


def _blocks(place: int, leaf: Any, dims: int, byte: bool) -> Iterator[Block]:
    dtype = np.dtype(np.int8 if byte else "<f4")
    width = dims * dtype.itemsize
    size = int(leaf.size())
    rows = max(1, _BLOCK_BYTES // width)
    slice = leaf.slice()
    for first in range(0, size, rows):
        count = min(rows, size - first)
        view = None if slice is None else mapped_bytes(slice, first * width, count * width)
        data: Any = view if view is not None else _copied(leaf, first, first + count)
        matrix = np.frombuffer(data, dtype).reshape(count, dims)
        yield Block(place, first, matrix)


def _copied(leaf: Any, start: int, end: int) -> bytes:
    step = int(J.VectorLeaf.copyVectors())
    return b"".join(bytes(leaf.copy(at, min(at + step, end))) for at in range(start, end, step))

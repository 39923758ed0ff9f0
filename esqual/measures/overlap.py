"""How alike two rankings are, without judgments. All take document ids in rank order, each once."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["is_identical", "jaccard", "rbo"]


def rbo(a: Sequence[str], b: Sequence[str], p: float = 0.9) -> float:
    """Return the extrapolated rank-biased overlap of two rankings, 0.0 to 1.0.

    ``p`` in (0, 1) is the persistence: 0.9 puts 86 % of the weight on the first ten ranks. The
    lists may have different lengths: what is seen is assumed to go on (RBO_ext, equation 32).
    Two empty lists are 1.0, one empty list is 0.0. Raises ValueError for a repeated document or
    a ``p`` outside (0, 1). Source: Webber, Moffat, Zobel 2010, doi:10.1145/1852102.1852106.
    """
    if not 0 < p < 1:
        raise ValueError(f"p is {p}; it lies between 0 and 1, both excluded")
    for ids in (a, b):
        if len(set(ids)) != len(ids):
            raise ValueError("a document stands twice in one ranking")
    if is_identical(a, b):
        return 1.0  # which the sum below gives but for its last bits
    short, long = sorted((a, b), key=len)
    if not short:
        return 0.0
    s, length = len(short), len(long)
    seen_short: set[str] = set()
    seen_long: set[str] = set()
    overlap = overlap_at_s = 0
    total = 0.0
    for depth in range(1, length + 1):
        document = long[depth - 1]
        seen_long.add(document)
        overlap += document in seen_short
        if depth <= s:
            document = short[depth - 1]
            seen_short.add(document)
            overlap += document in seen_long
            overlap_at_s = overlap
        agreement = overlap / depth
        if depth > s:
            agreement += overlap_at_s * (depth - s) / (s * depth)
        total += agreement * p**depth
    beyond = (overlap - overlap_at_s) / length + overlap_at_s / s
    return min(1.0, (1 - p) / p * total + beyond * p**length)


def is_identical(a: Sequence[str], b: Sequence[str]) -> bool:
    """Say whether both rankings hold the same documents in the same order."""
    return list(a) == list(b)


def jaccard(a: Sequence[str], b: Sequence[str], cutoff: int | None = None) -> float:
    """Return shared documents / all documents of the two lists' top ``cutoff`` (None: whole).

    Two empty lists are 1.0. The order inside the lists plays no part.
    """
    top_a, top_b = set(a[:cutoff]), set(b[:cutoff])
    return len(top_a & top_b) / len(top_a | top_b) if top_a or top_b else 1.0

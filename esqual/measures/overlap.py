"""How alike two rankings are, without judgments. All take document ids in rank order, each once.

Definitions, sources and what is done with documents that only one ranking holds: docs/measures.md.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from math import comb, log, sqrt
from operator import itemgetter
from typing import NamedTuple

__all__ = [
    "Move",
    "RboBounds",
    "identical_share",
    "is_identical",
    "jaccard",
    "kendall_tau",
    "largest_moves",
    "rbo",
    "rbo_bounds",
    "tau_ap",
]

_BY_SIZE = itemgetter(0, 1, 2)


class RboBounds(NamedTuple):
    """What rank-biased overlap can be once everything below the lists is known."""

    minimum: float
    residual: float

    @property
    def maximum(self) -> float:
        """The largest value, minimum + residual."""
        return self.minimum + self.residual


class Move(NamedTuple):
    """A document and its ranks in both rankings, 1-based, None where a ranking has it not."""

    doc_id: str
    from_rank: int | None
    to_rank: int | None


def rbo(a: Sequence[str], b: Sequence[str], p: float = 0.9) -> float:
    """Return the extrapolated rank-biased overlap of two rankings, 0.0 to 1.0.

    ``p`` in (0, 1) is the persistence: 0.9 puts 86 % of the weight on the first ten ranks. The
    lists may have different lengths: what is seen is assumed to go on (RBO_ext, equation 32).
    Two empty lists are 1.0, one empty list is 0.0. Raises ValueError for a repeated document or
    a ``p`` outside (0, 1). Source: Webber, Moffat, Zobel 2010, doi:10.1145/1852102.1852106.
    """
    _check(a, b, p)
    if is_identical(a, b):
        return 1.0  # which the sum below gives but for its last bits
    short, long = sorted((a, b), key=len)
    if not short:
        return 0.0
    s, length = len(short), len(long)
    overlaps = _overlaps(short, long)
    total = 0.0
    for depth, overlap in enumerate(overlaps, 1):
        agreement = overlap / depth
        if depth > s:
            agreement += overlaps[s - 1] * (depth - s) / (s * depth)
        total += agreement * p**depth
    beyond = (overlaps[-1] - overlaps[s - 1]) / length + overlaps[s - 1] / s
    return min(1.0, (1 - p) / p * total + beyond * p**length)


def rbo_bounds(a: Sequence[str], b: Sequence[str], p: float = 0.9) -> RboBounds:
    """Return the smallest rank-biased overlap that the two lists allow, and the residual.

    The minimum takes every document below either list for one that the other never shows; the
    maximum lets them agree as soon as they can. Raises ValueError as :func:`rbo` does. Source:
    Webber, Moffat, Zobel 2010, equation 11 and section 4.4.
    """
    _check(a, b, p)
    short, long = sorted((a, b), key=len)
    s, length = len(short), len(long)
    overlaps = _overlaps(short, long)
    shared = overlaps[-1] if overlaps else 0
    # from this depth on both lists can hold the same documents
    full = s + length - shared
    minimum = maximum = 0.0
    harmonic = 0.0  # sum of p^d / d, which below the lists is known to the end: ln(1 / (1 - p))
    for depth in range(1, max(full, length) + 1):
        weight = p**depth / depth
        if depth <= length:
            harmonic += weight
            overlap = overlaps[depth - 1]
            minimum += overlap * weight
            maximum += (overlap + max(0, depth - s)) * weight
        else:
            maximum += (shared + 2 * depth - s - length) * weight
    minimum += shared * (log(1 / (1 - p)) - harmonic)
    scale = (1 - p) / p
    minimum, maximum = scale * minimum, scale * maximum + p ** max(full, length)
    return RboBounds(max(0.0, minimum), max(0.0, maximum - minimum))


def is_identical(a: Sequence[str], b: Sequence[str]) -> bool:
    """Say whether both rankings hold the same documents in the same order."""
    return list(a) == list(b)


def identical_share(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> float:
    """Return the share of pairs of rankings that are identical. Raises ValueError for no pair."""
    same = [is_identical(a, b) for a, b in pairs]
    if not same:
        raise ValueError("no rankings to compare")
    return sum(same) / len(same)


def jaccard(a: Sequence[str], b: Sequence[str], cutoff: int | None = None) -> float:
    """Return shared documents / all documents of the two lists' top ``cutoff`` (None: whole).

    Two empty lists are 1.0. The order inside the lists plays no part.
    """
    top_a, top_b = set(a[:cutoff]), set(b[:cutoff])
    return len(top_a & top_b) / len(top_a | top_b) if top_a or top_b else 1.0


def kendall_tau(a: Sequence[str], b: Sequence[str]) -> float | None:
    """Return Kendall's tau-b of two rankings over the union of their documents, -1.0 to 1.0.

    A document that one ranking lacks stands there after its last rank, tied with all others that
    it lacks. None where tau-b has no value: fewer than two documents, or a ranking that ties them
    all. Raises ValueError for a repeated document. Source: Kendall 1945,
    doi:10.1093/biomet/33.3.239.
    """
    ranks_a, ranks_b = _ranks(a), _ranks(b)
    # Counted by kind, so that time grows with n log n: a pair of two shared documents disagrees
    # where it is an inversion; a shared document agrees with those of one list alone that stand
    # below it there; two of different lists disagree always; two of one list are tied in the other
    shared = [ranks_b[d] for d in a if d in ranks_b]
    only_a, only_b = len(a) - len(shared), len(b) - len(shared)
    every = comb(len(shared) + only_a + only_b, 2)
    inversions = comb(len(shared), 2) - sum(_smaller_before(shared))
    above = _pairs_above(a, ranks_b), _pairs_above(b, ranks_a)
    disagreeing = inversions + len(shared) * (only_a + only_b) - sum(above) + only_a * only_b
    tied_a, tied_b = comb(only_b, 2), comb(only_a, 2)
    agreeing = every - tied_a - tied_b - disagreeing
    untied = (every - tied_a) * (every - tied_b)
    return (agreeing - disagreeing) / sqrt(untied) if untied else None


def tau_ap(reference: Sequence[str], ranking: Sequence[str]) -> float | None:
    """Return the AP rank correlation of ``ranking`` with ``reference``, -1.0 to 1.0.

    A disagreement at the top of ``ranking`` weighs more than one further down, so the two are not
    exchangeable; the baseline is the reference. It is over the documents that both hold, in their
    order; None for fewer than two. Raises ValueError for a repeated document. Source: Yilmaz,
    Aslam, Robertson 2008, doi:10.1145/1390334.1390435.
    """
    places = _ranks(reference)
    _ranks(ranking)
    seen = [places[doc_id] for doc_id in ranking if doc_id in places]
    if len(seen) < 2:
        return None
    right = _smaller_before(seen)[1:]
    total = sum(count / above for above, count in enumerate(right, 1))
    return 2 * total / (len(seen) - 1) - 1


def largest_moves(
    a: Sequence[str], b: Sequence[str], n: int | None = None, depth: int | None = None
) -> list[Move]:
    """Return the documents whose rank differs, the largest move first, at most ``n``.

    A document that one ranking lacks moves from or to the rank below ``depth`` (None: the rank
    after its last). Equal moves stand in the order of the better of their two ranks, then of the
    document id.
    """
    ranks_a, ranks_b = _ranks(a), _ranks(b)
    below_a = (len(a) if depth is None else depth) + 1
    below_b = (len(b) if depth is None else depth) + 1
    moves = []
    for doc_id in dict.fromkeys([*a, *b]):
        before, after = ranks_a.get(doc_id), ranks_b.get(doc_id)
        if before != after:
            old, new = before or below_a, after or below_b
            moves.append((-abs(old - new), min(old, new), doc_id, before, after))
    return [
        Move(*move[2:]) for move in heapq.nsmallest(len(moves) if n is None else n, moves, _BY_SIZE)
    ]


def _ranks(ids: Sequence[str]) -> dict[str, int]:
    ranks = {doc_id: rank for rank, doc_id in enumerate(ids, 1)}
    if len(ranks) != len(ids):
        raise ValueError("a document stands twice in one ranking")
    return ranks


def _smaller_before(numbers: Sequence[int]) -> list[int]:
    """Return for each number how many of those before it are smaller; all are different."""
    seen: list[int] = []
    counts = []
    for number in numbers:
        counts.append(bisect_left(seen, number))
        seen.insert(counts[-1], number)
    return counts


def _pairs_above(ranking: Sequence[str], other: Container[str]) -> int:
    """Return the pairs of a document that ``other`` has too above one that it has not."""
    shared = pairs = 0
    for doc_id in ranking:
        if doc_id in other:
            shared += 1
        else:
            pairs += shared
    return pairs


def _check(a: Sequence[str], b: Sequence[str], p: float) -> None:
    if not 0 < p < 1:
        raise ValueError(f"p is {p}; it lies between 0 and 1, both excluded")
    for ids in (a, b):
        _ranks(ids)


def _overlaps(short: Sequence[str], long: Sequence[str]) -> list[int]:
    """Return how many documents both lists hold down to depth d, for d = 1 … len(long)."""
    seen_short: set[str] = set()
    seen_long: set[str] = set()
    overlap = 0
    overlaps = []
    for place, document in enumerate(long):
        seen_long.add(document)
        overlap += document in seen_short
        if place < len(short):
            seen_short.add(short[place])
            overlap += short[place] in seen_long
        overlaps.append(overlap)
    return overlaps

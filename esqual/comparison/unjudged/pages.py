"""Both pages of every topic as arrays: which hits are judged, where each arm shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from esqual.errors import JudgmentsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

__all__ = ["PageTable", "Pages"]


class Pages(NamedTuple):
    """One topic: document ids of either arm in rank order, and its judgments."""

    query_id: str
    baseline: Sequence[str]
    candidate: Sequence[str]
    judgments: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PageTable:
    """n topics as arrays, filled up on the right; a rank that a list has not is infinite.

    ``unjudged[t]`` are the documents behind the columns of ``known``'s counterpart: ``ranks`` has
    shape (2, n, m), baseline first, ``is_unjudged`` (n, m). ``judged_ranks`` has shape (2, n, j),
    ``judged_grades`` (n, j): the judged documents that either list shows. ``levels`` are the
    grades above 0 that occur or may be assigned, ascending, shape (l,); ``at_least[t, i]`` counts
    **all** judged documents of a topic, shown or not, with a grade of ``levels[i]`` or more.
    """

    unjudged: tuple[tuple[str, ...], ...]
    ranks: Floats
    is_unjudged: Bools
    judged_ranks: Floats
    judged_grades: Ints
    levels: Ints
    at_least: Ints
    top_grade: int

    @classmethod
    def of(cls, pages: Sequence[Pages], top_grade: int) -> PageTable:
        """Look every hit up. Raises JudgmentsError for a judgment above ``top_grade``."""
        highest = max((max(p.judgments.values(), default=0) for p in pages), default=0)
        if highest > top_grade:
            raise JudgmentsError(
                f"a judgment of {highest} is above the top grade {top_grade} of the scale; "
                "declare the scale's own top, or correct the judgment"
            )
        grades = {g for p in pages for g in p.judgments.values() if g > 0}
        levels = np.array(sorted(grades | {top_grade} - {0}), dtype=np.int64)
        unjudged, hits = [], []
        for page in pages:
            baseline = {doc_id: rank for rank, doc_id in enumerate(page.baseline, 1)}
            candidate = {doc_id: rank for rank, doc_id in enumerate(page.candidate, 1)}
            shown = dict.fromkeys([*page.baseline, *page.candidate])
            ranked = [
                (doc_id, baseline.get(doc_id, np.inf), candidate.get(doc_id, np.inf))
                for doc_id in shown
            ]
            unjudged.append([row for row in ranked if row[0] not in page.judgments])
            hits.append(
                [(page.judgments[row[0]], *row[1:]) for row in ranked if row[0] in page.judgments]
            )
        n = len(pages)
        m = max(map(len, unjudged), default=0)
        j = max(map(len, hits), default=0)
        ranks, is_unjudged = np.full((2, n, m), np.inf), np.zeros((n, m), dtype=bool)
        judged_ranks = np.full((2, n, j), np.inf)
        judged_grades = np.zeros((n, j), dtype=np.int64)
        at_least = np.zeros((n, len(levels)), dtype=np.int64)
        for t, (open_, known, page) in enumerate(zip(unjudged, hits, pages, strict=True)):
            if open_:
                is_unjudged[t, : len(open_)] = True
                ranks[:, t, : len(open_)] = np.array([row[1:] for row in open_]).T
            if known:
                judged_ranks[:, t, : len(known)] = np.array([row[1:] for row in known]).T
                judged_grades[t, : len(known)] = [row[0] for row in known]
            values = np.sort(np.fromiter(page.judgments.values(), dtype=np.int64))
            at_least[t] = len(values) - np.searchsorted(values, levels)
        return cls(
            tuple(tuple(row[0] for row in rows) for rows in unjudged),
            ranks,
            is_unjudged,
            judged_ranks,
            np.maximum(judged_grades, 0),
            levels,
            at_least,
            top_grade,
        )

    def __len__(self) -> int:
        return len(self.is_unjudged)

    @property
    def depth(self) -> int:
        """The longest list."""
        ranks = [r[np.isfinite(r)] for r in (self.ranks, self.judged_ranks)]
        return int(max((r.max() for r in ranks if r.size), default=0))

    def rows(self, keep: Ints | slice) -> PageTable:
        """The topics ``keep`` alone, in that order; a topic may stand twice."""
        places = np.arange(len(self))[keep]
        return replace(
            self,
            unjudged=tuple(self.unjudged[t] for t in places),
            ranks=self.ranks[:, places],
            is_unjudged=self.is_unjudged[places],
            judged_ranks=self.judged_ranks[:, places],
            judged_grades=self.judged_grades[places],
            at_least=self.at_least[places],
        )

    def judged(self, columns: Ints, grade: int) -> PageTable:
        """The same topics after one more judgment each: column ``columns[t]`` is ``grade``.

        ``columns`` has shape (n,); each names an unjudged document of its row. ``grade`` is 0 or
        one of ``levels``.
        """
        if grade != 0 and grade not in self.levels:
            raise ValueError(f"grade {grade} is none of the table's levels {self.levels.tolist()}")
        rows = np.arange(len(self))
        is_unjudged = self.is_unjudged.copy()
        is_unjudged[rows, columns] = False
        here = self.ranks[:, rows, columns]
        ranks = self.ranks.copy()
        ranks[:, rows, columns] = np.inf
        return replace(
            self,
            ranks=ranks,
            is_unjudged=is_unjudged,
            judged_ranks=np.concatenate((self.judged_ranks, here[:, :, None]), axis=2),
            judged_grades=np.concatenate(
                (self.judged_grades, np.full((len(self), 1), grade)), axis=1
            ),
            at_least=self.at_least + (self.levels <= grade),
        )

"""How far raters agree beyond chance: Krippendorff's alpha, Cohen's and Fleiss' kappa.

Sources: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability; Cohen 1960,
doi:10.1177/001316446002000104; Fleiss 1971, doi:10.1037/h0031619. 1 is perfect agreement and 0 what
chance gives. Both kappas are counted by statsmodels; no kept library has alpha.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from esqual.judgments.records import JudgmentSet

__all__ = ["Agreement", "agreement_of", "cohen_kappa", "fleiss_kappa", "krippendorff_alpha"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of the named raters; a coefficient is None where it has no value.

    ``n_pairs``: query and document pairs that two raters or more judged. ``kappa`` names the
    coefficient in ``kappa_value``: cohen for two raters, fleiss for more, over the
    ``n_kappa_pairs`` that all of them judged.
    """

    raters: tuple[str, ...]
    n_pairs: int
    alpha_ordinal: float | None
    alpha_nominal: float | None
    kappa: str
    kappa_value: float | None
    n_kappa_pairs: int


def agreement_of(judged: JudgmentSet) -> Agreement | None:
    """Return the agreement of the raters of a set, None when fewer than two are named.

    Of two judgments of one pair by one rater the first counts.
    """
    raters = judged.raters
    if len(raters) < 2:
        return None
    units: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for judgment in judged.judgments:
        if judgment.rater is not None:
            pair = units[judgment.query, judgment.doc_id]
            pair.setdefault(judgment.rater, judgment.relevance)
    by_all = [[pair[r] for r in raters] for pair in units.values() if len(pair) == len(raters)]
    values = [tuple(pair.values()) for pair in units.values() if len(pair) > 1]
    two = len(raters) == 2
    return Agreement(
        raters=tuple(raters),
        n_pairs=len(values),
        alpha_ordinal=krippendorff_alpha(values, "ordinal"),
        alpha_nominal=krippendorff_alpha(values, "nominal"),
        kappa="cohen" if two else "fleiss",
        kappa_value=cohen_kappa(by_all) if two else fleiss_kappa(by_all),
        n_kappa_pairs=len(by_all),
    )


def krippendorff_alpha(units: Sequence[Sequence[int]], level: str) -> float | None:
    """Return alpha; ``units`` are the values that each unit got, from any number of raters.

    ``level`` is ``nominal`` or ``ordinal``. Units with fewer than two values say nothing. None
    when no unit has two, or all values are the same: then there is nothing to agree on.
    """
    pairable = [unit for unit in units if len(unit) > 1]
    totals = Counter(value for unit in pairable for value in unit)
    difference = _DIFFERENCES[level](totals)
    n = totals.total()
    observed = expected = 0.0
    for unit in pairable:
        counts = Counter(unit)
        disagreements = sum(
            counts[a] * counts[b] * difference(a, b) for a in counts for b in counts
        )
        observed += disagreements / (len(unit) - 1)
    expected = sum(totals[a] * totals[b] * difference(a, b) for a in totals for b in totals)
    return 1 - (n - 1) * observed / expected if expected else None


def _nominal(totals: Mapping[int, int]) -> Callable[[int, int], float]:
    return lambda a, b: float(a != b)


def _ordinal(totals: Mapping[int, int]) -> Callable[[int, int], float]:
    """Squared: how many values stand between the middles of two levels."""
    middles: dict[int, float] = {}
    below = 0
    for value in sorted(totals):
        middles[value] = below + totals[value] / 2
        below += totals[value]
    return lambda a, b: (middles[a] - middles[b]) ** 2


_DIFFERENCES: dict[str, Callable[[Mapping[int, int]], Callable[[int, int], float]]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
}


def cohen_kappa(pairs: Sequence[Sequence[int]]) -> float | None:
    """Return Cohen's unweighted kappa; ``pairs``, shape (n, 2), by two raters.

    None without pairs, or when both raters gave one and the same level throughout.
    """
    from statsmodels.stats.inter_rater import cohens_kappa, to_table

    if len({value for pair in pairs for value in pair}) < 2:
        return None
    table, _ = to_table(pairs)
    return float(cohens_kappa(table, return_results=False))


def fleiss_kappa(units: Sequence[Sequence[int]]) -> float | None:
    """Return Fleiss' kappa; ``units``, shape (n, n_raters), each judged by as many raters.

    None without units, or when every value is the same.
    """
    from statsmodels.stats.inter_rater import aggregate_raters
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa

    if len({value for unit in units for value in unit}) < 2:
        return None
    table, _ = aggregate_raters(units)
    return float(kappa(table, method="fleiss"))

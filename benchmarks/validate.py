"""Does the verdict keep its promises? `python -m benchmarks.validate` writes docs/validation.md.

The per-topic deltas of real comparisons are the population. Exponential tilting, weights
exp(λ delta), moves its mean to where the truth shall lie and keeps its values, its ties and its
skew; topic sets drawn from it are then judged as a comparison would judge them.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy
from scipy.optimize import brentq
from scipy.special import stdtrit

from benchmarks.data import ROOT
from benchmarks.deltas import MEASURE, load_deltas
from benchmarks.rejected import RIVALS
from esqual.comparison import Comparison, MeasureResult, TopicResult
from esqual.gate import Gate, MeasureGate, judge
from esqual.measures import parse_measure
from esqual.stats import describe_deltas
from esqual.stats.bounded import tail
from esqual.stats.deltas import check_deltas
from esqual.stats.interval import INTERVAL_METHOD
from esqual.stats.power import RELIABLE_UNTIED
from esqual.stats.randomisation import sign_flip_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOPICS = (10, 25, 50, 200, 1000)
POWER_TOPICS = (500, 1000)
RIVAL_TOPICS = (25, 200)
ALPHA, MARGIN, EFFECT = 0.05, 0.02, 0.02
TRUTHS = (-MARGIN, 0.0, EFFECT)
GATE = Gate(measures=(MeasureGate(parse_measure(MEASURE), MARGIN),), alpha=ALPHA)
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "esqual"
# Finer deltas than this are rounded: the population stays as rugged, the simulation gets quick.
MOST_DISTINCT = 300
CHUNK = 1000


@dataclass(frozen=True)
class Population:
    """Distinct deltas and their probabilities, each shape (n_distinct,)."""

    name: str
    topics: int
    values: Floats
    shares: Floats

    @property
    def mean(self) -> float:
        return float(self.shares @ self.values)

    @property
    def deviation(self) -> float:
        return float(self.shares @ (self.values - self.mean) ** 2) ** 0.5

    @property
    def tied(self) -> float:
        return float(self.shares[self.values == 0].sum())

    def tilted(self, mean: float) -> Population:
        """The same values with weights exp(λ value), λ such that the mean is ``mean``."""

        def weights(tilt: float) -> Floats:
            raised = self.shares * np.exp(tilt * self.values - np.max(tilt * self.values))
            return raised / raised.sum()

        tilt = brentq(lambda x: weights(x) @ self.values - mean, -100, 100, xtol=1e-12)
        return Population(self.name, self.topics, self.values, weights(tilt))

    def samples(self, rng: np.random.Generator, n: int, count: int) -> Floats:
        """How often each value fell in each of ``count`` topic sets; shape (count, n_distinct)."""
        return rng.multinomial(n, self.shares, size=count).astype(np.float64)


def population(name: str, deltas: Floats) -> Population:
    values = check_deltas(deltas).values
    if len(np.unique(values)) > MOST_DISTINCT:
        # a delta that is not 0 stays one
        values = np.sign(values) * np.ceil(np.abs(values) * 100) / 100
    distinct, counts = np.unique(values, return_counts=True)
    return Population(name, len(values), distinct, counts / counts.sum())


@dataclass(frozen=True)
class Cell:
    """Shares of the comparisons drawn at one true mean: interval holds it, PASS, FAIL."""

    covered: float
    passed: float
    failed: float


def cell(truth: Population, n: int, count: int, rng: np.random.Generator) -> Cell:
    """``count`` comparisons of ``n`` topics at the mean of ``truth``."""
    sums = np.zeros(3)
    for start in range(0, count, CHUNK):
        drawn = truth.samples(rng, n, min(CHUNK, count - start))
        means, errors, freedom = _moments(truth.values, drawn, n)
        reach = stdtrit(freedom, 1 - ALPHA / 2) * errors
        covered = (errors > 0) & (np.abs(means - truth.mean) <= reach + 1e-12)
        passed, failed = gate_says(truth.values, drawn)
        sums += [covered.sum(), passed.sum(), failed.sum()]
    return Cell(*(sums / count))


def gate_says(values: Floats, drawn: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """PASS and FAIL of each row of ``drawn``, for all rows at once; `agreement` holds it to judge.

    Topics that are all tied do not pass: their rankings need not be identical.
    """
    ones = np.ones_like(values)
    moved = drawn[:, values != 0].sum(axis=1) > 0
    passed = tail(values, ones, drawn, -MARGIN, -1.0) < ALPHA / 2
    failed = tail(-values, ones, drawn, MARGIN, -1.0) < ALPHA / 2
    return passed & moved, failed & moved


def agreement(
    populations: list[Population], count: int, rng: np.random.Generator
) -> tuple[int, int]:
    """Topic sets given to the gate of the command as well: how many, and how many it saw alike."""
    asked = alike = 0
    for p in populations:
        for n in TOPICS:
            for truth in TRUTHS:
                drawn = p.tilted(truth).samples(rng, n, count)
                for row, passed, failed in zip(drawn, *gate_says(p.values, drawn), strict=True):
                    name = "PASS" if passed else "FAIL" if failed else "INCONCLUSIVE"
                    verdict = judge(_comparison(np.repeat(p.values, row.astype(int))), GATE)
                    assert verdict is not None
                    asked += 1
                    alike += verdict.name == name
    return asked, alike


def _comparison(deltas: Floats) -> Comparison:
    """A comparison with these deltas; every ranking changed."""
    topics = [
        TopicResult(
            query_id=f"t{i}",
            text="",
            topic_class=None,
            weight=1.0,
            baseline=(max(0.0, -delta),),
            candidate=(max(0.0, delta),),
            rbo=0.9,
            identical=False,
            baseline_ids=("a", "b"),
            candidate_ids=("b", "a"),
            entered=(),
            left=(),
            judged=(1.0, 1.0),
        )
        for i, delta in enumerate(deltas.tolist())
    ]
    row = MeasureResult(GATE.measures[0].measure, 0.0, 0.0, 0.0, 0, 0, 0, None)
    return Comparison("quality", "i", "i", 10, (row,), tuple(topics))


def _moments(values: Floats, drawn: Floats, n: int) -> tuple[Floats, Floats, Floats]:
    """Mean, standard error and degrees of freedom of each row, as the shown interval has them."""
    means = drawn @ values / n
    off = values[None, :] - means[:, None]
    squares = (drawn * off**2).sum(axis=1) / n
    fourth = (drawn * off**4).sum(axis=1) / n
    spread = squares > 1e-18
    excess = np.divide(fourth, squares**2, out=np.full(len(means), 3.0), where=spread) - 3.0
    freedom = 2.0 / (2.0 / (n - 1) + np.maximum(excess, 0.0) / n)
    return means, np.where(spread, np.sqrt(squares / (n - 1)), 0.0), freedom


def power(base: Population, n: int, count: int, rng: np.random.Generator) -> tuple[float, ...]:
    """True mean where the printed effect lies: that mean, share seen, printed, share reliable."""
    quantiles = float(stdtrit(n - 1, 1 - ALPHA / 2) + stdtrit(n - 1, 0.8))

    def gap(effect: float) -> float:
        return quantiles * base.tilted(effect).deviation / n**0.5 - effect

    effect = brentq(gap, 1e-4, 0.2, xtol=1e-9)
    truth = base.tilted(effect)
    drawn = truth.samples(rng, n, count)
    printed = quantiles * _moments(truth.values, drawn, n)[1]
    reliable = n - drawn[:, truth.values == 0].sum(axis=1) >= RELIABLE_UNTIED
    seen = [
        sign_flip_test(
            check_deltas(np.repeat(truth.values, row.astype(int))), seed=i, resamples=999
        )[0]
        <= ALPHA
        for i, row in enumerate(drawn)
        if reliable[i]
    ]
    share = float(np.mean(seen)) if seen else float("nan")
    return effect, share, float(printed.mean()), float(reliable.mean())


def rivals(truth: Population, n: int, count: int, rng: np.random.Generator) -> dict[str, float]:
    """Coverage of every interval that was looked at, on the same topic sets."""
    drawn = truth.samples(rng, n, count).astype(int)
    held = dict.fromkeys(RIVALS, 0)
    for row in drawn:
        deltas = np.repeat(truth.values, row)
        for name, made in RIVALS.items():
            low, high = made(deltas, rng, ALPHA)
            held[name] += low - 1e-12 <= truth.mean <= high + 1e-12
    return {name: hits / count for name, hits in held.items()}


def main() -> None:
    """Simulate, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="comparisons per figure")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deltas", type=Path, default=KEPT / "validate-deltas.npz")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "validation.md")
    options = parser.parse_args()
    kept = load_deltas(options.deltas)
    populations = [population(name, deltas) for name, deltas in kept.items()]
    command = f"python -m benchmarks.validate --count {options.count} --seed {options.seed}"
    page = "\n".join(report(populations, options.count, options.seed, command)) + "\n"
    options.output.write_text(page, encoding="utf-8")


def report(populations: list[Population], count: int, seed: int, command: str) -> Iterator[str]:
    """The lines of docs/validation.md."""
    rng = np.random.default_rng(seed)
    yield "# Does the verdict keep its promises?\n"
    yield (
        f"Written by `make validate`: `{command}`, Python {platform.python_version()}, "
        f"numpy {np.__version__}, scipy {scipy.__version__}. {count:,} comparisons per figure "
        f"unless said otherwise, alpha {ALPHA:g} two-sided, margin {MARGIN:g}. "
        "[statistics.md](statistics.md) says what the methods are.\n"
    )
    yield from _populations(populations)
    cells = {
        (p.name, n, truth): cell(p.tilted(truth), n, count, rng)
        for p in populations
        for n in TOPICS
        for truth in TRUTHS
    }
    # from a seed of its own, so that no other figure moves
    yield from _gate(cells, *agreement(populations, 3, np.random.default_rng(seed)))
    yield from _coverage(cells)
    yield from _rivals(populations, count // 5, rng)
    yield from _power(populations, count, rng)
    yield from _identical()
    yield from _every(cells)


Cells = dict[tuple[str, int, float], Cell]


def _at(cells: Cells, n: int, truth: float | None = None) -> list[Cell]:
    return [c for (_, m, t), c in cells.items() if m == n and truth in (None, t)]


def _populations(populations: list[Population]) -> Iterator[str]:
    yield "## The populations\n"
    yield (
        f"Per-topic deltas of {MEASURE} of real comparisons (`text`: kuromoji words, `ngram`: "
        "character bigrams, `both`: most_fields over the two). Topic sets are drawn with "
        "replacement after weights exp(λ delta) have moved the mean to where the truth shall lie; "
        f"the graded deltas are rounded away from 0 to hundredths.\n"
    )
    yield "| comparison | topics | tied | mean | standard deviation |\n|---|---|---|---|---|"
    for p in populations:
        yield f"| {p.name} | {p.topics} | {p.tied:.1%} | {p.mean:+.4f} | {p.deviation:.4f} |"
    yield ""


def _gate(cells: Cells, asked: int, alike: int) -> Iterator[str]:
    yield "## The gate\n"
    yield (
        "Lowest and highest share over the populations. False PASS and false FAIL are at a true "
        f"fall equal to the margin; the goal for each is at most {1.2 * ALPHA / 2:.1%}.\n"
    )
    yield (
        "| topics | false PASS | false FAIL | INCONCLUSIVE at a true -margin | PASS at a true 0 "
        f"| INCONCLUSIVE at a true 0 | FAIL at a true 0 | INCONCLUSIVE at a true +{EFFECT:g} |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for n in TOPICS:
        fall, zero, gain = (_at(cells, n, truth) for truth in TRUTHS)
        columns = [
            _range([c.passed for c in fall]),
            _range([c.failed for c in fall]),
            _range([1 - c.passed - c.failed for c in fall]),
            _range([c.passed for c in zero]),
            _range([1 - c.passed - c.failed for c in zero]),
            _range([c.failed for c in zero]),
            _range([1 - c.passed - c.failed for c in gain]),
        ]
        yield f"| {n} | {' | '.join(columns)} |"
    yield ""
    yield (
        f"{asked:,} further topic sets were given to `esqual.gate.judge`, as `compare-queries` "
        f"does: {alike:,} got the verdict that was counted here.\n"
    )


def _coverage(cells: Cells) -> Iterator[str]:
    yield "## The shown interval\n"
    yield (
        f"{INTERVAL_METHOD}, nominal 95 %: lowest and highest coverage over populations and true "
        "means. A topic set whose topics are all tied has no interval and counts as a miss.\n"
    )
    yield "| topics | lowest | highest |\n|---|---|---|"
    for n in TOPICS:
        covered = [c.covered for c in _at(cells, n)]
        yield f"| {n} | {min(covered):.3f} | {max(covered):.3f} |"
    yield ""


def _rivals(populations: list[Population], count: int, rng: np.random.Generator) -> Iterator[str]:
    yield "## Its rivals\n"
    yield f"Coverage of the nominal 95 % at a true -margin, {count:,} topic sets.\n"
    yield f"| comparison | topics | {' | '.join(RIVALS)} |"
    yield f"|---|---{'|---' * len(RIVALS)}|"
    for p in populations:
        for n in RIVAL_TOPICS:
            seen = rivals(p.tilted(-MARGIN), n, count, rng)
            yield f"| {p.name} | {n} | {' | '.join(f'{share:.3f}' for share in seen.values())} |"
    yield ""


def _power(populations: list[Population], count: int, rng: np.random.Generator) -> Iterator[str]:
    yield "## Power at the minimum detectable effect\n"
    yield (
        "The true mean is set to the effect that topic sets of this size print; the goal is 0.75 "
        f"to 0.85 over the topic sets with {RELIABLE_UNTIED} untied topics or more. Randomisation "
        "test with 999 resamples. Where most topic sets have fewer, no reliability is claimed.\n"
    )
    yield "| comparison | topics | true effect | mean effect printed | with 40 untied | power |"
    yield "|---|---|---|---|---|---|"
    for p in populations:
        for n in POWER_TOPICS:
            effect, share, printed, reliable = power(p, n, count, rng)
            seen = f"{share:.3f}" if reliable >= 0.5 else "not claimed"
            yield f"| {p.name} | {n} | {effect:.4f} | {printed:.4f} | {reliable:.1%} | {seen} |"
    yield ""


def _identical() -> Iterator[str]:
    yield "## Identical arms\n"
    yield "| topics | lower limit | upper limit | FAIL |\n|---|---|---|---|"
    for n in TOPICS:
        seen = describe_deltas(np.zeros(n))
        assert seen.gate_lower is not None
        assert seen.gate_upper is not None
        failed = "never" if seen.gate_upper >= 0 else "ALWAYS"
        yield f"| {n} | {seen.gate_lower:+.4f} | {seen.gate_upper:+.4f} | {failed} |"
    yield (
        "\nAll deltas are 0, so there is nothing to draw: the upper limit is above 0 and a FAIL "
        "needs it below -margin.\n"
    )


def _every(cells: Cells) -> Iterator[str]:
    yield "## Every figure\n"
    yield "| comparison | topics | true mean | interval holds it | PASS | FAIL | INCONCLUSIVE |"
    yield "|---|---|---|---|---|---|---|"
    for (name, n, truth), c in cells.items():
        left = 1 - c.passed - c.failed
        yield (
            f"| {name} | {n} | {truth:+g} | {c.covered:.3f} | {c.passed:.3f} | {c.failed:.3f} "
            f"| {left:.3f} |"
        )


def _range(shares: list[float]) -> str:
    return f"{min(shares):.1%} – {max(shares):.1%}"


if __name__ == "__main__":
    main()

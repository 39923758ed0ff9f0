"""Does the hole queue find the deciding judgments sooner than chance? `python -m benchmarks.holes`.

Topics with complete judgments are the truth. Some judgments are hidden, the mean delta of what
is left is held against -margin, and hidden judgments are given back one by one, in the order of
the queue (made once, as a rater would get it) or in random order, until the bounds of the mean
lie on one side of the line: no judgment that is still hidden could change the answer.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from esqual.comparison.unjudged import Pages, PageTable, topic_bounds
from esqual.comparison.unjudged.queue import Side, deciding_order
from esqual.measures import Measure, parse_measure

MEASURES = ("nDCG(dcg='exp-log2')@10", "RR@10", "P@10")
PAIR = "text → both"
HIDDEN, MARGIN = 0.5, 0.02


def synthetic(rng: random.Random, topics: int = 50, depth: int = 10) -> list[Pages]:
    """Topics with 1 to 5 relevant documents of 40, grades 1 to 3, and two alike rankers."""
    pages = []
    for number in range(topics):
        documents = [f"d{i}" for i in range(40)]
        grades = {d: rng.randint(1, 3) for d in rng.sample(documents, rng.randint(1, 5))}
        shared = {d: 0.8 * grades.get(d, 0) + rng.gauss(0, 1.2) for d in documents}
        lists = []
        for _ in range(2):
            own = {d: shared[d] + rng.gauss(0, 0.6) for d in documents}
            lists.append(sorted(documents, key=lambda d: -own[d])[:depth])
        judgments = {d: grades.get(d, 0) for d in documents}
        pages.append(Pages(f"t{number}", lists[0], lists[1], judgments))
    return pages


def judged_until_settled(
    measure: Measure, truth: Sequence[Pages], hidden: float, margin: float, rng: random.Random
) -> tuple[int, int]:
    """Judgments needed in the order of the queue, and in random order.

    ``truth`` has a judgment for every hit. A topic keeps one relevant document at least, or it is
    not counted, and would not be asked about.
    """
    seen = []
    for page in truth:
        kept = {d: g for d, g in page.judgments.items() if rng.random() >= hidden}
        if max(kept.values(), default=0) < 1:
            best = max(page.judgments, key=lambda d: page.judgments[d])
            kept[best] = page.judgments[best]
        seen.append(page._replace(judgments=kept))
    top = max(max(page.judgments.values()) for page in truth)
    table = PageTable.of(seen, top)
    deltas = [
        measure.value(page.candidate, page.judgments) - measure.value(page.baseline, page.judgments)
        for page in seen
    ]
    weights = np.full(len(seen), 1 / len(seen))
    side: Side = "low" if np.mean(deltas) > -margin else "high"
    queue = [(p.topic, p.column) for p in deciding_order(measure, table, weights, side)]
    by_chance = [(t, c) for t, columns in enumerate(table.unjudged) for c in range(len(columns))]
    rng.shuffle(by_chance)
    # what the queue does not list comes after it, by chance
    listed = set(queue)
    queue += [place for place in by_chance if place not in listed]
    orders = (queue, by_chance)
    first, second = (_walk(measure, truth, seen, table, order, top, margin) for order in orders)
    return first, second


def _walk(
    measure: Measure,
    truth: Sequence[Pages],
    seen: Sequence[Pages],
    table: PageTable,
    order: Sequence[tuple[int, int]],
    top: int,
    margin: float,
) -> int:
    low, high, _ = topic_bounds(measure, table, 0)
    judgments = [dict(page.judgments) for page in seen]
    after = []
    for topic, column in order:
        doc_id = table.unjudged[topic][column]
        judgments[topic] = {**judgments[topic], doc_id: truth[topic].judgments[doc_id]}
        after.append(seen[topic]._replace(judgments=judgments[topic]))
    least, most, _ = topic_bounds(measure, PageTable.of(after, top), 0)
    for count, (topic, _) in enumerate(order):
        if low.mean() > -margin or high.mean() <= -margin:
            return count
        low[topic], high[topic] = least[count], most[count]
    return len(order)


def compared(
    name: str,
    measure: Measure,
    cases: Sequence[Sequence[Pages]],
    hidden: float,
    margin: float,
    seed: int,
) -> str:
    """One row: judgments needed by each order, and the share that the queue saves."""
    rng = random.Random(seed)
    pairs = np.array([judged_until_settled(measure, c, hidden, margin, rng) for c in cases])
    pairs = pairs[pairs[:, 1] > 0]  # settled before the first judgment: nothing to find
    if len(pairs) < 2:
        return f"| {name} | {measure} | {len(pairs)} | | | |"
    queue, by_chance = pairs.mean(axis=0)
    drawn = np.random.default_rng(seed).integers(0, len(pairs), size=(10_000, len(pairs)))
    sums = pairs[drawn].sum(axis=1)
    low, high = np.quantile(1 - sums[:, 0] / sums[:, 1], (0.025, 0.975))
    return (
        f"| {name} | {measure} | {len(pairs)} | {by_chance:.0f} | {queue:.0f} | "
        f"{1 - queue / by_chance:.0%} ({low:.0%} to {high:.0%}) |"
    )


def real(kept: Path, topics: int, count: int, seed: int) -> dict[str, list[list[Pages]]]:
    """Topic sets drawn from real comparisons; a hit that the judgments lack is judged 0."""
    from benchmarks.deltas import load_pages

    rng = random.Random(seed)
    sets = {}
    for name, pages in load_pages(kept).items():
        if not name.endswith(PAIR):
            continue
        size = min(topics, len(pages) // 2)
        sets[name] = [rng.sample(pages, size) for _ in range(count)]
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30, help="topic sets a row")
    parser.add_argument("--topics", type=int, default=50, help="topics a set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=None, help="write the table there")
    given = parser.parse_args()
    from benchmarks.validate import KEPT

    rng = random.Random(given.seed)
    sets = {"synthetic": [synthetic(rng, given.topics) for _ in range(given.count)]}
    sets |= real(KEPT / "pages.json.gz", given.topics, given.count, given.seed)
    rows = []
    for name, cases in sets.items():
        for measure in MEASURES:
            row = compared(name, parse_measure(measure), cases, HIDDEN, MARGIN, given.seed)
            print(row, flush=True)
            rows.append(row)
    if given.output is not None:
        given.output.write_text(_document(rows, given), encoding="utf-8")


def _document(rows: Sequence[str], given: argparse.Namespace) -> str:
    table = "\n".join(rows)
    return f"""# How many judgments does the hole queue save?

Written by `python -m benchmarks.holes`: {given.count} topic sets a row, {given.topics} topics
a set, seed {given.seed}.

The truth is a topic set with complete judgments: synthetic ones (1 to 5 relevant documents of 40),
and topic sets drawn from real comparisons, where a hit without a judgment is taken to be judged 0.
{HIDDEN:.0%} of the judgments are hidden. Then hidden ones are given back one by one until the
bounds of the mean delta lie on one side of -{MARGIN:g}, so that no judgment still hidden could
change the answer: in the order of `esqual holes`, made once at the beginning, or in random order.
Sets that are settled before the first judgment are left out. The saved share has a 95 % bootstrap
interval over the sets.

| topics from | measure | sets | random order | hole queue | saved |
|---|---|---|---|---|---|
{table}
"""


if __name__ == "__main__":
    main()

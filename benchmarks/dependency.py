"""What dependency pairs do to ranking: `python -m benchmarks.dependency [FILE]`.

Reads ../shared/data, writes the tables as Markdown to FILE, from the marker in it to its end
(default: standard output), and its progress to standard error. Parses
8,200 texts and 6,900 topics the first time, some ten minutes; what it parsed is kept below
.esqual/bench.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.labelled import read_pairs, read_splits, score, verdicts
from benchmarks.terms import ALL, SHALLOW, Ask, Collection, GetWorker, Scores, index, load, search
from esqual.enrich.dependency.kind import KIND, DependencyWorker
from esqual.measures import join, parse_measure
from esqual.models import Topic
from esqual.stats import describe_deltas
from esqual.templates import read_template

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

ROOT = Path(__file__).parent.parent
MEASURE = parse_measure("nDCG@10")
AP = parse_measure("AP")
MARKER = "<!-- from here on written by python -m benchmarks.dependency -->"

WORDS: dict[str, Any] = {"match": {"text": "{{query}}"}}
BIGRAMS: dict[str, Any] = {"match": {"text.ngram": "{{query}}"}}
PHRASE: dict[str, Any] = {"match_phrase": {"text": {"query": "{{query}}", "slop": 2, "boost": 2}}}


FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("BM25, no norms", {}),
    "norms": ("BM25, norms", {"norms": True}),
    "boolean": ("boolean", {"similarity": "boolean"}),
}
# of pairs, of pairs with their role
BOOSTS = (
    (0, 0),
    (0.25, 0),
    (0.25, 0.25),
    (0.5, 0),
    (0.5, 0.25),
    (0.5, 0.5),
    (1, 0),
    (1, 0.5),
    (2, 1),
)


def pairs_only(collection: Collection, query_id: str) -> dict[str, Any]:
    """The pairs, whatever the words."""
    asked = collection.parameters[query_id]
    found = [p for p in (asked["pairs"], asked["pairs_optional"]) if p]
    return {"match": {"dep.pairs": " ".join(found)}} if found else {"match_none": {}}


def _plain(*clauses: dict[str, Any]) -> Ask:
    def ask(collection: Collection, query_id: str) -> dict[str, Any]:
        text = json.dumps(clauses).replace('"{{query}}"', json.dumps(collection.topics[query_id]))
        return {"bool": {"should": json.loads(text)}}

    return ask


def _template(name: str) -> Ask:
    template = read_template(ROOT / "queries/templates" / name)

    def ask(collection: Collection, query_id: str) -> dict[str, Any]:
        topic = Topic(query_id, collection.topics[query_id])
        query: dict[str, Any] = template.body(topic, collection.parameters[query_id])["query"]
        return query

    return ask


def boosted(pairs: float, roles: float) -> Ask:
    """Words, and the pairs as loud as told: dependency.json with other boosts."""

    def ask(collection: Collection, query_id: str) -> dict[str, Any]:
        asked = collection.parameters[query_id]
        clauses: list[dict[str, Any]] = [{"match": {"text": collection.topics[query_id]}}]
        for key, field, boost in (
            ("pairs", "dep.pairs", pairs),
            ("pairs_optional", "dep.pairs", pairs),
            ("pairs_roles", "dep.roles", roles),
        ):
            if asked[key] and boost:
                clauses.append({"match": {field: {"query": asked[key], "boost": boost}}})
        return {"bool": {"should": clauses}}

    return ask


SYSTEMS: dict[str, Ask] = {
    "words": _plain(WORDS),
    "bigrams": _plain(BIGRAMS),
    "words + bigrams": _template("bigram-boost.json"),
    "words + phrase": _plain(WORDS, PHRASE),
    "pairs": pairs_only,
    "words + pairs": _template("dependency.json"),
    "strict": _template("dependency-strict.json"),
}


def values(scores: Scores, collection: Collection, measure: Any = MEASURE) -> list[float]:
    """The measure of every topic, in order."""
    return [
        measure.of(join(list(scores[query_id]), judgments))
        for query_id, judgments in collection.qrels.items()
    ]


def tied_ndcg(scores: Mapping[str, float], judgments: Mapping[str, int]) -> float:
    """Expected nDCG of the judged documents alone, ties in random order, the unfound last.

    Without any score it is the floor that random order gives. Source: McSherry and Najork,
    doi:10.1007/978-3-540-78646-7_38.
    """
    discounts = 1 / np.log2(np.arange(2, len(judgments) + 2))
    groups: dict[float, list[int]] = {}
    for doc_id, grade in judgments.items():
        groups.setdefault(scores.get(doc_id, 0.0), []).append(grade)
    total, start = 0.0, 0
    for _, grades in sorted(groups.items(), reverse=True):
        total += float(np.mean(grades) * discounts[start : start + len(grades)].sum())
        start += len(grades)
    ideal = float((np.sort(list(judgments.values()))[::-1] * discounts).sum())
    return total / ideal if ideal else 0.0


def _against(ours: Sequence[float], other: Sequence[float]) -> str:
    told = describe_deltas(np.subtract(ours, other))
    p_value = "–" if told.p_value is None else f"{told.p_value:.4f}"
    if told.p_value is not None and told.p_value < 0.0001:
        p_value = "< 0.0001"
    counts = f"{told.wins}/{told.ties}/{told.losses}"
    return f"{np.mean(ours) - np.mean(other):+.4f} ({counts}, p {p_value})"


def table(rows: Mapping[str, Sequence[float]], header: str) -> Iterator[str]:
    """One line a system: mean, and words + pairs against it per topic."""
    yield f"| {header} | mean | words + pairs against it: delta (wins/ties/losses, p) |"
    yield "|---|---|---|"
    ours = rows["words + pairs"]
    for name, own in rows.items():
        told = "" if name == "words + pairs" else _against(ours, own)
        yield f"| {name} | {np.mean(own):.4f} | {told} |"


def ranked(
    client: Elasticsearch, name: str, collection: Collection, measure: Any = MEASURE
) -> dict[str, list[float]]:
    """Values of every system on an index."""
    depth = ALL if measure is AP else SHALLOW
    return {
        system: values(search(client, name, collection, ask, depth=depth), collection, measure)
        for system, ask in SYSTEMS.items()
    }


def depgold(client: Elasticsearch, worker: GetWorker) -> Iterator[str]:
    """All and strict on the half that the boosts were not chosen on; gap on that half and whole."""
    index(client, "depgold", load("depgold-wiki", "queries.tsv", "qrels.txt", worker))
    for label, qrels in (("all", "qrels.txt"), ("strict", "qrels-strict.txt")):
        collection = load("depgold-wiki", "queries.tsv", qrels, worker, half=1)
        yield from _title(f"depgold-wiki, {label}, {len(collection.topics)} topics")
        yield from table(ranked(client, "depgold", collection), "nDCG@10")
    gap = load("depgold-wiki", "queries-gap.tsv", "qrels-gap.txt", worker)
    untuned = load("depgold-wiki", "queries.tsv", "qrels.txt", worker, half=1).topics
    rows = {
        name: [
            tied_ndcg(found, gap.qrels[query_id])
            for query_id, found in search(client, "depgold", gap, ask, judged_only=True).items()
        ]
        for name, ask in SYSTEMS.items()
    }
    rows["random order"] = [tied_ndcg({}, judged) for judged in gap.qrels.values()]
    yield from _title(f"depgold-wiki, gap, {len(gap.topics)} topics, judged documents only")
    yield from table(rows, "nDCG, ties averaged")
    kept = [place for place, query_id in enumerate(gap.topics) if query_id in untuned]
    yield from _title(f"The same, the {len(kept)} topics that the boosts were not chosen on")
    halved = {name: [own[place] for place in kept] for name, own in rows.items()}
    yield from table(halved, "nDCG, ties averaged")


def medweb(client: Elasticsearch, worker: GetWorker) -> Iterator[str]:
    """Eight names of symptoms, 22 wordings, and how much of what is found people confirmed."""
    names = load("medweb-symptom", "queries.tsv", "qrels.txt", worker)
    wordings = load("medweb-symptom", "queries-variants.tsv", "qrels-variants.txt", worker)
    index(client, "medweb", names)
    for label, collection in (("8 names", names), ("22 wordings", wordings)):
        for measure in (MEASURE, AP):
            yield from _title(f"medweb-symptom, {label}, {measure}")
            yield from table(ranked(client, "medweb", collection, measure), str(measure))
    yield from _title("medweb-symptom, wordings with a pair: what is found at all")
    asked = {
        "every word": _plain({"match": {"text": {"query": "{{query}}", "operator": "and"}}}),
        "phrase": _plain({"match_phrase": {"text": "{{query}}"}}),
        "every pair": _template("dependency-strict.json"),
    }
    yield "| required | found | judged to have it | share |"
    yield "|---|---|---|---|"
    paired = [key for key, asks in wordings.parameters.items() if asks["pairs"]]
    for name, ask in asked.items():
        scores = search(client, "medweb", wordings, ask, depth=ALL)
        grades = [wordings.qrels[key][doc_id] for key in paired for doc_id in scores[key]]
        yield f"| {name} | {len(grades)} | {sum(grades)} | {np.mean(grades):.3f} |"


def jsquad(client: Elasticsearch, worker: GetWorker) -> Iterator[str]:
    """Questions on paragraphs: the split that the boosts were not chosen on."""
    collection = load("jsquad", "queries-test.tsv", "qrels.txt", worker)
    index(client, "jsquad", collection)
    paired = sum(bool(p["pairs"] or p["pairs_optional"]) for p in collection.parameters.values())
    yield from _title(f"jsquad, test, {len(collection.topics)} questions, {paired} with a pair")
    yield from table(ranked(client, "jsquad", collection), "nDCG@10")


def choose(client: Elasticsearch, worker: GetWorker) -> Iterator[str]:
    """The grid from which boosts, norms and similarity were chosen, on the other halves."""
    halves = {
        "gold": load("depgold-wiki", "queries.tsv", "qrels.txt", worker, half=0),
        "squad": load("jsquad", "queries-valid.tsv", "qrels.txt", worker, half=0),
    }
    sizes = [len(collection.topics) for collection in halves.values()]
    yield from _title(f"Choosing: {sizes[0]} topics of depgold-wiki, {sizes[1]} of jsquad (valid)")
    yield "| field | boost of pairs | of roles | depgold-wiki nDCG@10 | jsquad nDCG@10 |"
    yield "|---|---|---|---|---|"
    for field, (label, changes) in FIELDS.items():
        for name, collection in halves.items():
            index(client, f"{name}-{field}", collection, changes)
        for pairs, roles in BOOSTS:
            means = [
                np.mean(
                    values(search(client, f"{name}-{field}", half, boosted(pairs, roles)), half)
                )
                for name, half in halves.items()
            ]
            yield f"| {label} | {pairs:g} | {roles:g} | {means[0]:.4f} | {means[1]:.4f} |"


def _title(text: str) -> tuple[str, str, str]:
    return "", f"### {text}", ""


def labelled(worker: GetWorker) -> Iterator[str]:
    """The hand-labelled pairs with the rules as they stand."""
    yield from _title("Labelled pairs, rules as they stand")
    yield "| split | pairs | precision | recall | F1 | not as labelled |"
    yield "|---|---|---|---|---|---|"
    for split in read_splits():
        pairs = read_pairs(split)
        found = verdicts(worker(), pairs)
        told = score(pairs, found)
        wrong = [p.pair_id for p, hit in zip(pairs, found, strict=True) if hit != p.match]
        cells = " | ".join(
            f"{value:.3f} [{low:.3f}, {high:.3f}]"
            for value, (low, high) in (
                (told.precision, told.precision_interval()),
                (told.recall, told.recall_interval()),
                (told.f1, told.f1_interval()),
            )
        )
        yield f"| {split} | {len(pairs)} | {cells} | {' '.join(wrong)} |"


def main() -> None:
    """Print or write the tables."""
    import esqual

    loaded: list[DependencyWorker] = []

    def worker() -> DependencyWorker:
        if not loaded:
            loaded.append(KIND.load({}))
        return loaded[0]

    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        client = esqual.connect(f"lucene:{folder}/engine")
        for part in (choose, depgold, medweb, jsquad):
            lines += part(client, worker)
            print(f"{part.__name__} done", file=sys.stderr, flush=True)
        client.close()
    text = "\n".join([*labelled(worker), *lines]) + "\n"
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
        kept = path.read_text(encoding="utf-8").partition(MARKER)[0] if path.exists() else ""
        path.write_text(f"{kept}{MARKER}\n{text}", encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()

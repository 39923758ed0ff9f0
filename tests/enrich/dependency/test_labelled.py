"""The rules against the hand-labelled pairs: at least as good as measured, and known to fail where.

The figures that say how good they are were taken before the rules had seen the pairs
(docs/dependency.md). These hold what was reached.
"""

from __future__ import annotations

import hashlib
import json

import pytest

from benchmarks.labelled import Score, read_pairs, score, verdicts
from esqual.enrich.dependency.kind import DependencyWorker
from esqual.enrich.dependency.pairs import RULE_VERSION

# split: pairs, least true positives, most false positives
REACHED = {
    "dev": (93, 60, 3),
    "held-out": (141, 89, 1),
    "held-out-2": (124, 84, 2),
    "dev-2": (218, 145, 2),
    "held-out-3": (200, 102, 0),
    "dev-3": (127, 70, 0),
    "held-out-4": (200, 93, 7),
}

# another word of the same meaning, or another verb of a pair like 出る and 出す
SYNONYMS = {"d083", "h139", "h141", "i123", "i124", "d073"}
SYNONYMS |= {"e087", "e109", "e134", "e136", "e142", "e205", "j155", "j156", "j157", "k043"}
SYNONYMS |= {"m155", "m156", "m157"}
# words that are one to the dictionary (話し声, 雨降り, 朝市), a kana verb whose sounds it mistakes
SPELLINGS = {"h077", "e144", "e156", "e211", "k079"}
# a topic or an object that the next clause leaves behind or takes up, or that is said only before
TOPICS = {"d089", "i017", "i024", "e017", "e025", "e107", "e133"}
TOPICS |= {"m111", "m112", "m116", "m140", "m150"}
# the parse loses the noun
PARSES = {"i006", "i007", "e005", "e158", "j010", "k009", "m011", "m075", "m122"}
# a query without a noun to ask for, a denial that is asked (寒くない？), not spoken or not known
OTHERS = {"e027", "e060", "e151", "e187", "m026", "m032", "m096", "m172"}
# 彼氏に作ってあげた for 彼氏が作る, 在庫の管理を任せる for 在庫を管理する
OTHERS |= {"m174", "m194"}
# 風呂のお湯が流れない for 風呂, 改札前 for 駅: one thing stands for another that is named
OTHERS |= {"j128", "k090", "k112"}
KNOWN = SYNONYMS | SPELLINGS | TOPICS | PARSES | OTHERS


@pytest.fixture(scope="module")
def found(worker: DependencyWorker) -> dict[str, list[bool]]:
    return {split: verdicts(worker, read_pairs(split)) for split in REACHED}


@pytest.mark.parametrize("split", REACHED)
def test_the_rules_reach_what_was_measured(found: dict[str, list[bool]], split: str) -> None:
    pairs = read_pairs(split)
    reached = score(pairs, found[split])
    size, least, most = REACHED[split]
    assert len(pairs) == size
    assert reached.true_positives >= least
    assert reached.false_positives <= most


@pytest.mark.parametrize("split", REACHED)
def test_every_failure_is_known_and_every_known_failure_fails(
    found: dict[str, list[bool]], split: str
) -> None:
    pairs = read_pairs(split)
    wrong = {p.pair_id for p, hit in zip(pairs, found[split], strict=True) if hit != p.match}
    assert wrong == {pair_id for pair_id in KNOWN if pair_id in {p.pair_id for p in pairs}}


def test_every_phenomenon_and_both_answers_are_there() -> None:
    pairs = [pair for split in REACHED for pair in read_pairs(split)]
    assert len({pair.pair_id for pair in pairs}) == len(pairs)
    asked = {(pair.query, pair.sentence) for pair in pairs}
    assert len(asked) == len(pairs)
    kinds = {"positive", "negation", "hearsay", "relative", "coordination", "keyword", "adverbial"}
    assert kinds <= {pair.phenomenon for pair in pairs}
    held_out = [pair for pair in pairs if pair.split != "dev"]
    assert 0.25 < sum(not pair.match for pair in held_out) / len(held_out) < 0.5


def test_intervals_agree_with_worked_figures() -> None:
    told = Score(true_positives=90, false_positives=10, false_negatives=0, true_negatives=20)
    # Wilson for 90 of 100, by hand: (0.9 + 0.0192073 ± 1.96 sqrt(0.0009 + 0.0000960)) / 1.0384146
    assert told.precision_interval() == pytest.approx((0.8256, 0.9448), abs=1e-4)
    assert told.recall_interval()[1] == pytest.approx(1.0)
    low, high = told.f1_interval()
    assert told.f1 == pytest.approx(180 / 190)
    assert low < told.f1 < high


# What the rules of a version say of every labelled text; a version is never given out twice.
SAID = {"4": "7bb2f0ec7924eed0"}


def test_rules_that_say_something_else_have_another_version(worker: DependencyWorker) -> None:
    """Caches, indices and the markers of enriched corpora know the rules by their version only."""
    pairs = [pair for split in REACHED for pair in read_pairs(split)]
    documents = worker.documents([pair.sentence for pair in pairs])
    topics = worker.topics("pairs", [pair.query for pair in pairs])
    said = json.dumps([documents, topics], ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    assert SAID.get(RULE_VERSION) == digest, "raise RULE_VERSION, and add the digest under it"

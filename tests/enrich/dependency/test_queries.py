"""What a topic asks for: a sentence is parsed, words between blanks are joined as may be."""

from __future__ import annotations

import pytest

from esqual.enrich.dependency.kind import DependencyWorker


def asked(worker: DependencyWorker, text: str) -> tuple[object, object, object]:
    (found,) = worker.topics("p", [text])
    assert list(found) == ["p", "p_optional", "p_roles"]
    return found["p"], found["p_optional"], found["p_roles"]


def test_a_sentence_asks_for_its_pairs_with_their_roles(worker: DependencyWorker) -> None:
    assert asked(worker, "胃が痛い") == ("胃>痛い", False, "胃が>痛い")
    assert asked(worker, "熱はないが頭が痛い") == (
        "熱>有る¬ 頭>痛い",
        False,
        "熱が>有る¬ 頭が>痛い",
    )


@pytest.mark.parametrize("blank", [" ", "　", "\t", " 　 "])
def test_words_between_blanks_of_any_width_are_joined_as_may_be(
    worker: DependencyWorker, blank: str
) -> None:
    assert asked(worker, f"胃{blank}痛い") == (False, "胃>痛い", False)
    assert asked(worker, f"画面{blank}大きい{blank}スマホ") == (
        False,
        "画面>大きい スマホ>大きい",
        False,
    )
    assert asked(worker, f"赤ちゃん{blank}寝ない") == (False, "赤ちゃん>寝る¬", False)


def test_a_noun_that_does_as_a_verb_may_be_one(worker: DependencyWorker) -> None:
    assert asked(worker, "新幹線 遅延") == (False, "新幹線>遅延", False)


def test_a_sentence_among_words_is_still_a_sentence(worker: DependencyWorker) -> None:
    assert asked(worker, "胃が痛い 病院") == ("胃>痛い", "病院>痛い", "胃が>痛い")


@pytest.mark.parametrize("text", ["胃", "日本の電車", "頭痛 吐き気", "", "　", "😀", "\x00", "?!"])
def test_without_a_pair_everything_is_false(worker: DependencyWorker, text: str) -> None:
    assert asked(worker, text) == (False, False, False)


def test_a_query_asks_for_its_compound_not_for_any_tail(worker: DependencyWorker) -> None:
    assert asked(worker, "東北新幹線が遅れる")[0] == "東北新幹線>遅れる"


def test_a_time_is_not_insisted_on(worker: DependencyWorker) -> None:
    assert asked(worker, "朝から胃が痛い")[0] == "胃>痛い"


def test_what_one_asks_of_the_search_is_not_asked_of_the_text(worker: DependencyWorker) -> None:
    pairs, _, _ = asked(worker, "ラーメンがおいしい店を教えてください")
    assert pairs == "ラーメン>美味しい 店>美味しい"


def test_topics_keep_their_order(worker: DependencyWorker) -> None:
    texts = ["胃 痛い", "首が痛い", "", "腰 重い 朝"]
    together = worker.topics("p", texts)
    assert together == [worker.topics("p", [text])[0] for text in texts]

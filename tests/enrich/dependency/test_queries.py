"""What a topic asks for: a sentence is parsed, words between blanks are joined as may be."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.labelled import finds
from esqual.enrich.dependency.kind import DependencyWorker


def topic(worker: DependencyWorker, text: str) -> dict[str, Any]:
    (found,) = worker.topics("p", [text])
    assert list(found) == ["p", "p_optional", "p_roles", "p_required", "p_swapped"]
    return found


def asked(worker: DependencyWorker, text: str) -> tuple[object, object, object]:
    found = topic(worker, text)
    return found["p"], found["p_optional"], found["p_roles"]


def test_a_sentence_asks_for_its_pairs_with_their_roles(worker: DependencyWorker) -> None:
    assert asked(worker, "胃が痛い") == ("胃>痛い", False, "胃が>痛い")
    assert asked(worker, "熱はないが頭が痛い") == (
        "熱>有る¬ 頭>痛い",
        False,
        "熱が>有る¬ 頭が>痛い",
    )


def test_each_pair_of_a_sentence_is_required_in_one_of_its_spellings(
    worker: DependencyWorker,
) -> None:
    assert topic(worker, "扉を開ける")["p_required"] == [{"spellings": "扉>開ける 扉>あける"}]
    assert topic(worker, "扉をあける")["p_required"] == [{"spellings": "扉>あける 扉>アケル"}]
    assert topic(worker, "扉をあけない")["p_required"] == [{"spellings": "扉>あける¬ 扉>アケル¬"}]
    assert topic(worker, "肉を食べる")["p_required"] == [{"spellings": "肉>食べる"}]
    assert topic(worker, "ドア あけない")["p_optional"] == "ドア>あける¬ ドア>アケル¬"
    assert topic(worker, "ドア あけない")["p_required"] is False


def test_two_roles_must_not_have_changed_places(worker: DependencyWorker) -> None:
    swap = {"own": "犬が>噛む 猫を>噛む", "swapped": "犬を>噛む 猫が>噛む"}
    assert topic(worker, "犬が猫を噛む")["p_swapped"][0] == swap
    (passive,) = topic(worker, "猫が犬に噛まれる")["p_swapped"]
    assert {tuple(sorted(terms.split())) for terms in passive.values()} == {
        tuple(sorted(terms.split())) for terms in swap.values()
    }


@pytest.mark.parametrize("text", ["胃が痛い", "猫を噛んだ犬", "犬と猫を噛む", "犬 猫 噛む"])
def test_without_two_roles_that_are_said_nothing_can_change_places(
    worker: DependencyWorker, text: str
) -> None:
    assert topic(worker, text)["p_swapped"] is False


def test_a_list_of_any_length_gives_few_swaps(worker: DependencyWorker) -> None:
    text = "りんごと" * 300 + "みかんが" + "肉と" * 300 + "魚を押す"
    assert len(topic(worker, text)["p_swapped"] or []) <= 16


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


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("犬が噛む", "猫が犬を噛んだ。", False),
        ("犬が噛む", "犬が猫に噛まれた。", False),
        ("犬が噛む", "犬が猫に噛まれ、犬も噛み返した。犬が噛む。", True),
        ("先生が話す", "先生が話された。", True),
        ("父が走る", "父は息子を走らせた。", False),
        ("漢字が読める", "漢字を読めた。", True),
        ("扉が開く", "扉を開いた。", True),
        ("会議が終了する", "会議を終了した。", True),
    ],
)
def test_who_does_it_must_not_be_named_as_who_does_not(
    worker: DependencyWorker, question: str, text: str, found: bool
) -> None:
    assert finds(worker.topics("pairs", [question])[0], worker.documents([text])[0]) is found


def test_a_deed_among_words_does_not_ask_for_itself(worker: DependencyWorker) -> None:
    assert topic(worker, "換気扇 掃除する")["p_optional"] == "換気扇>掃除"
    assert topic(worker, "掃除する")["p"] == "掃除>為る"


def test_a_word_in_kana_is_asked_for_as_it_stands_too(worker: DependencyWorker) -> None:
    assert topic(worker, "実がなる")["p_required"] == [{"spellings": "実>成る 実>なる"}]

"""What the rules make of a sentence: one theorem a test, on the parse that GiNZA gives."""

from __future__ import annotations

import pytest

from esqual.enrich.dependency import ginza
from esqual.enrich.dependency.kind import DependencyWorker


def pairs(worker: DependencyWorker, text: str) -> list[str]:
    found = worker.documents([text])[0]
    assert isinstance(found, dict)
    return found["pairs"]


def roles(worker: DependencyWorker, text: str) -> list[str]:
    found = worker.documents([text])[0]
    assert isinstance(found, dict)
    return found["roles"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("胃が痛い", ["胃>痛い"]),
        ("痛い胃", ["胃>痛い"]),
        ("胃が痛くない", ["胃>痛い¬"]),
        ("胃が痛くなくなった。", ["胃>痛い¬"]),
        ("胃が痛くなった。", ["胃>痛い"]),
        ("胃は痛くありません。", ["胃>痛い¬"]),
        ("全然痛くない胃", ["胃>痛い¬"]),
        ("頭が痛い。胃がむかむかする。", ["頭>痛い", "胃>むかむか"]),
        ("熱はない。", ["熱>有る¬"]),
        ("眠気なし。", ["眠気>有る¬"]),
        ("熱が下がらないんだけど。", ["熱>下がる¬"]),
        ("だるい。頭痛する。", ["頭痛>有る"]),
    ],
)
def test_a_pair_is_noun_predicate_and_polarity(
    worker: DependencyWorker, text: str, expected: list[str]
) -> None:
    assert pairs(worker, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "胃が痛いわけではない。",
        "胃が痛いとは思わない。",
        "胃が痛いとは限らない。",
        "胃が痛いことはない",
        "胃が痛いことはない。",
        "胃が痛いはずがない。",
    ],
)
def test_a_negation_may_stand_around_the_clause(worker: DependencyWorker, text: str) -> None:
    assert "胃>痛い¬" in pairs(worker, text)
    assert "胃>痛い" not in pairs(worker, text)


@pytest.mark.parametrize(
    "text",
    [
        "胃が痛いかもしれない。",
        "胃が痛いに違いない。",
        "胃が痛いのではないか。",
        "胃が痛くなるとは思わなかった。",
    ],
)
def test_a_supposition_is_no_negation(worker: DependencyWorker, text: str) -> None:
    assert "胃>痛い" in pairs(worker, text)
    assert "胃>痛い¬" not in pairs(worker, text)


def test_two_negations_cancel_out(worker: DependencyWorker) -> None:
    assert "薬>飲む" in pairs(worker, "薬を飲まなければならない。")
    assert "料理>美味しい" in pairs(worker, "料理が美味しくなくはない。")
    assert "ワクチン>打つ" in pairs(worker, "ワクチンを打たなきゃ。")


@pytest.mark.parametrize(
    "ending",
    [
        *("なければいけません", "なければなりません", "なきゃいけない", "なくてはいけない"),
        *("ないといけない", "ないとだめだ", "ねばならない", "ずにはいられない"),
        "ないわけにはいかない",
    ],
)
def test_what_must_be_done_is_affirmed(worker: DependencyWorker, ending: str) -> None:
    assert pairs(worker, f"ゴミを捨て{ending}。")[0] == "ゴミ>捨てる"


@pytest.mark.parametrize(
    "ending",
    [
        *("てはいけません", "てはならない", "てはだめだ", "ちゃだめ", "たらいけない"),
        *("るわけにはいかない", "る必要はない", "る気はない", "る可能性はない"),
        *("ようとしない", "るとは考えにくい"),
    ],
)
def test_what_must_not_or_will_not_be_done_is_denied(worker: DependencyWorker, ending: str) -> None:
    assert pairs(worker, f"ゴミを捨て{ending}。") == ["ゴミ>捨てる¬"]


def test_a_condition_that_nothing_forbids_stays_as_it_is(worker: DependencyWorker) -> None:
    assert "電気>消す¬" in pairs(worker, "電気を消さないと眠れない。")
    assert "写真>撮る" in pairs(worker, "写真を撮ると怒られる。")
    assert "ワクチン>打つ¬" in pairs(worker, "ワクチンを打たなければ安い。")


def test_an_open_spelling_has_its_sounds_beside_it(worker: DependencyWorker) -> None:
    assert pairs(worker, "扉を開けない。") == ["扉>開ける¬", "扉>アケル¬"]
    assert pairs(worker, "扉をあけない。") == ["扉>あける¬"]
    assert pairs(worker, "肉を食べた。") == ["肉>食べる"]
    assert pairs(worker, "客が来ない。") == ["客>来る¬"]


def test_a_deed_is_the_same_with_and_without_a_light_verb(worker: DependencyWorker) -> None:
    for text in ("部屋の掃除をする。", "部屋を掃除する。"):
        assert set(pairs(worker, text)) == {"部屋>掃除", "掃除>為る"}
    for text in ("注文ができません。", "注文できない。"):
        assert pairs(worker, text) == ["注文>出来る¬"]
    assert set(pairs(worker, "母が掃除をした。")) == {"母>掃除", "母>為る", "掃除>為る"}


def test_a_second_verb_says_how_far_the_first_has_come(worker: DependencyWorker) -> None:
    assert pairs(worker, "壊れかけていた充電器") == ["充電器>壊れる"]
    assert pairs(worker, "薬を飲み忘れた。") == ["薬>飲む忘れる"]
    assert pairs(worker, "飛行機に乗り遅れた。") == ["飛行機>乗る遅れる", "機>乗る遅れる"]


def test_a_formal_noun_in_the_place_of_a_predicate_passes_on_its_subject(
    worker: DependencyWorker,
) -> None:
    assert pairs(worker, "駅は新しいが、商店街は古いままだ。") == ["駅>新しい", "商店街>古い"]


def test_a_noun_that_is_formal_behind_a_clause_is_one_like_any_other_elsewhere(
    worker: DependencyWorker,
) -> None:
    assert pairs(worker, "問題が起きる。") == ["問題>起きる"]
    assert "質>良い" in pairs(worker, "値段の割に質がいい。")


def test_what_is_said_again_is_said_of_something_else(worker: DependencyWorker) -> None:
    found = pairs(worker, "砂糖は入れずに、蜂蜜を入れる。")
    assert "砂糖>入れる" not in found
    assert {"砂糖>入れる¬", "蜂蜜>入れる"} <= set(found)


def test_an_object_goes_on_only_to_a_verb_that_lacks_one(worker: DependencyWorker) -> None:
    assert "魚>食べる" in pairs(worker, "魚を焼いて食べた。")
    assert "薬>行く" not in pairs(worker, "薬を買いに行く。")


def test_a_name_that_the_parse_cannot_class_is_an_argument_by_its_particle(
    worker: DependencyWorker,
) -> None:
    assert pairs(worker, "Wi-Fiがつながらない") == ["wi-fi>繋がる¬"]
    assert "髪>切る" in pairs(worker, "髪切ってもらったらめちゃ短くなった")


def test_what_is_hard_has_one_spelling(worker: DependencyWorker) -> None:
    assert pairs(worker, "字が読みづらい") == pairs(worker, "字が読みにくい") == ["字>読む難い"]


def test_the_subject_goes_on_through_an_open_clause(worker: DependencyWorker) -> None:
    assert pairs(worker, "ずっと胃がキリキリと痛い。") == ["胃>きりきり", "胃>痛い"]
    assert "鞄>軽い" in pairs(worker, "軽くて安い鞄が欲しい。")


def test_the_subject_stops_at_a_closed_clause(worker: DependencyWorker) -> None:
    assert "値段>悪い" not in pairs(worker, "値段は高いけれど、味が悪い。")
    assert "電車>困る" not in pairs(worker, "電車が遅れたので困った。")


def test_a_subject_that_the_parse_hangs_on_the_last_clause_is_lent_to_the_first(
    worker: DependencyWorker,
) -> None:
    assert "胃>痛い¬" in pairs(worker, "胃は痛くないのに検診でひっかかり、胃カメラを受けた。")
    assert pairs(worker, "犬が吠えて眠れない。") == ["犬>吠える"]


def test_members_of_a_list_all_count(worker: DependencyWorker) -> None:
    assert pairs(worker, "首と腰が痛い。") == ["首>痛い", "腰>痛い"]
    assert {"熱>有る¬", "痰>有る¬"} <= set(pairs(worker, "熱も痰もない。"))


def test_what_is_said_of_a_part_is_said_of_the_whole(worker: DependencyWorker) -> None:
    assert {"店員>悪い", "態度>悪い"} <= set(pairs(worker, "店員の態度が悪い。"))
    assert "首>痛む" in pairs(worker, "首のあたりが痛む。")


def test_a_compound_is_found_by_its_tail_and_a_title_is_left_out(worker: DependencyWorker) -> None:
    assert pairs(worker, "東北新幹線が遅れた。") == ["東北新幹線>遅れる", "新幹線>遅れる"]
    assert "店員>案内" in pairs(worker, "店員さんが案内してくれた。")


def test_one_word_has_one_spelling(worker: DependencyWorker) -> None:
    assert pairs(worker, "お部屋がキレイだ") == pairs(worker, "部屋が綺麗だ") == ["部屋>奇麗"]
    assert pairs(worker, "ｻｰﾊﾞｰが落ちる") == pairs(worker, "サーバが落ちる") == ["サーバー>落ちる"]
    assert pairs(worker, "ＰＣが重い") == pairs(worker, "PCが重い") == ["pc>重い"]
    assert pairs(worker, "佐々木が休む") == ["佐々木>休む"]


def test_an_unknown_word_is_a_noun_like_any_other(worker: DependencyWorker) -> None:
    assert pairs(worker, "ゾモリンが壊れた。") == ["ゾモリン>壊れる"]


def test_what_is_hard_to_see_is_not_seen(worker: DependencyWorker) -> None:
    assert pairs(worker, "画面が見にくい") == ["画面>見る難い"]


def test_without_a_particle_the_verb_is_still_found(worker: DependencyWorker) -> None:
    assert pairs(worker, "鼻水止まらない") == ["鼻水>止まる¬", "鼻水>トマル¬"]
    assert pairs(worker, "頭痛い") == ["頭>痛い"]


def test_who_says_so_and_what_it_is_measured_by_are_no_arguments(worker: DependencyWorker) -> None:
    assert "先生>転ぶ" not in pairs(worker, "先生によると、息子が転んだそうだ。")
    assert pairs(worker, "電車より自転車が早い。") == ["自転車>早い", "自転車>ハヤイ"]


def test_a_formal_noun_behind_a_clause_is_no_argument(worker: DependencyWorker) -> None:
    assert pairs(worker, "電車が遅れた理由") == ["電車>遅れる"]
    assert pairs(worker, "胃が痛いとき") == ["胃>痛い"]


def test_the_same_pair_has_another_role_when_they_change_places(worker: DependencyWorker) -> None:
    active = roles(worker, "社長が部下を叱った。")
    assert active == ["社長が>叱る", "部下を>叱る"]
    assert set(roles(worker, "部下が社長に叱られた。")) == {*active, "部下≠が>叱る"}
    assert set(roles(worker, "部下が社長を叱った。")).isdisjoint(active)


def test_who_does_it_behind_a_passive_clause_may_be_marked_by_ni(worker: DependencyWorker) -> None:
    assert {"先生が>褒める", "生徒を>褒める"} <= set(roles(worker, "先生に褒められた生徒"))


def test_pairs_stand_in_order_of_appearance_and_once(worker: DependencyWorker) -> None:
    assert pairs(worker, "首が痛い。腰が重い。首が痛い。") == ["首>痛い", "腰>重い"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t　",
        "😀🎉👨‍👩‍👧",
        "\x00\x01\x1b[31m",
        "胃>痛い¬ > ¬ >",
        "(^_^;) ……!?",
        "あ" * 1000,
        "時計" * 1000 + "が壊れた",
        "店の" * 500 + "味が悪い",
        "りんごと" * 500 + "みかんを買った",
        "痛くなくない" * 200,
    ],
)
def test_hostile_text_gives_clean_terms(worker: DependencyWorker, text: str) -> None:
    found = worker.documents([text])[0]
    assert isinstance(found, dict)
    for term in found["pairs"] + found["roles"]:
        assert term.count(">") == 1
        assert term.count("¬") == term.endswith("¬")
        assert not any(c.isspace() or not c.isprintable() for c in term)
        assert len(term) <= 100


def test_pieces_of_a_text_beyond_sudachis_limit_keep_all_their_pairs(
    worker: DependencyWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ginza, "SUDACHI_BYTES", 200)
    monkeypatch.setattr(ginza, "PIECE", 40)
    text = "首が痛い。" + "雨が降った。" * 40 + "腰が重い。"
    assert pairs(worker, text) == ["首>痛い", "雨>降る", "雨>フル", "腰>重い"]


@pytest.mark.parametrize(
    "text",
    [
        "鍋の蓋がぽろっと取れた。",
        "鍋の蓋くっそ取れる。",
        "鍋の蓋は去年の暮れ、急に取れた。",
        "鍋の蓋がぐらぐら取れる。",
    ],
)
def test_a_noun_that_the_parse_hangs_on_an_adverb_belongs_to_the_predicate(
    worker: DependencyWorker, text: str
) -> None:
    assert "蓋>取れる" in pairs(worker, text)


@pytest.mark.parametrize("text", ["映画まじで長い。", "映画めっちゃ長い。", "映画すごい長い。"])
def test_a_word_of_degree_does_not_swallow_the_noun_before_it(
    worker: DependencyWorker, text: str
) -> None:
    assert pairs(worker, text) == ["映画>長い"]


def test_only_this_is_done_affirms_and_only_so_much_denies(worker: DependencyWorker) -> None:
    assert "小銭>使う" in pairs(worker, "券売機では小銭しか使えない。")
    assert "小銭>使う¬" not in pairs(worker, "券売機では小銭しか使えない。")
    assert "便>断る" in pairs(worker, "便を断るしかなかった。")
    assert "電池>持つ¬" in pairs(worker, "電池が半日しか持たない。")


def test_what_was_done_only_to_this_was_not_done_to_the_topic_before(
    worker: DependencyWorker,
) -> None:
    assert "茶碗>買う" not in pairs(worker, "茶碗は手に取り、箸だけ買った。")
    assert "祖母>買う" in pairs(worker, "祖母は店に入り、箸を買った。")


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("娘が歯医者へ行きたがらない。", True),
        ("歯医者へ行きたがらない娘", True),
        ("娘が歯医者へ行きたがる。", False),
        ("歯医者へ行くものではない。", True),
        ("歯医者へ行きっこない。", True),
        ("歯医者へ行きやしない。", True),
        ("歯医者へ行くのをやめた。", True),
        ("歯医者へ行くのは諦めた。", True),
        ("歯医者へ行くことを忘れた。", True),
        ("歯医者へ行くのを忘れない。", False),
    ],
)
def test_what_nobody_wants_or_what_is_not_so_is_denied(
    worker: DependencyWorker, text: str, denied: bool
) -> None:
    found = pairs(worker, text)
    assert ("歯医者>行く¬" in found) == denied
    assert ("歯医者>行く" in found) != denied


def test_what_a_compound_says_of_something_its_last_word_says(worker: DependencyWorker) -> None:
    assert pairs(worker, "院長は本日休診です。") == ["院長>本日休診", "院長>休診"]
    assert "会場>公民館" in pairs(worker, "会場は公民館となります。")


def test_a_noun_before_a_word_for_how_it_is_with_it_is_its_subject(
    worker: DependencyWorker,
) -> None:
    assert "送料>無料" in pairs(worker, "二点から送料無料です。")
    assert "送料>無料" in pairs(worker, "全品送料無料！")
    assert "予約>不要" in pairs(worker, "予約不要でどうぞ。")
    assert "全品>値下げ" in pairs(worker, "全品値下げ中！")
    assert "店員>募集" in pairs(worker, "店員募集中です。")


def test_an_amount_is_said_with_its_number(worker: DependencyWorker) -> None:
    assert pairs(worker, "送料は八百円です。") == ["送料>800円"]
    assert pairs(worker, "送料は800円です。") == ["送料>800円"]


def test_an_object_before_both_subjects_belongs_to_both(worker: DependencyWorker) -> None:
    assert "荷物>届ける" in pairs(worker, "荷物を兄が包み、姉が届けた。")
    assert "荷物>届ける" not in pairs(worker, "兄が荷物を包み、姉が届けた。")


def test_a_measured_quality_is_a_noun(worker: DependencyWorker) -> None:
    assert "甘さ>足りる¬" in pairs(worker, "甘さが足りない。")
    assert "静かさ>驚く" in pairs(worker, "静かさに驚いた。")


def test_a_word_of_two_nouns_is_a_kind_of_the_second(worker: DependencyWorker) -> None:
    assert pairs(worker, "夏休みが終わる。")[:2] == ["夏休み>終わる", "休み>終わる"]
    assert pairs(worker, "間違いが減る。") == ["間違い>減る"]
    assert pairs(worker, "プロデューサーが来る。") == ["プロデューサー>来る"]


def test_what_is_counted_is_there(worker: DependencyWorker) -> None:
    assert "台風>近付く" in pairs(worker, "台風十二号が近づく。")


def test_too_much_of_it_is_done_all_the_same(worker: DependencyWorker) -> None:
    assert pairs(worker, "餅を食べすぎた。") == pairs(worker, "餅を食べた。")


def test_forgotten_is_not_done_wherever_the_parse_hangs_it(worker: DependencyWorker) -> None:
    assert "鍵>かける忘れる" in pairs(worker, "鍵をかけ忘れて出かけた。")
    assert "鍵>かける" not in pairs(worker, "鍵をかけ忘れて出かけた。")


@pytest.mark.parametrize(
    "text", ["規則の改正により値が上がった。", "規則の改正に伴い値が上がった。"]
)
def test_what_something_came_of_was_done(worker: DependencyWorker, text: str) -> None:
    assert "規則>改正" in pairs(worker, text)


def test_before_my_eyes_is_not_my_eyes(worker: DependencyWorker) -> None:
    assert "目>回る" not in pairs(worker, "目の前で風車が回る。")
    assert "皿>欠ける" in pairs(worker, "皿の縁が欠ける。")


def test_who_does_it_is_marked_where_the_subject_does_not(worker: DependencyWorker) -> None:
    assert "息子≠が>噛む" in roles(worker, "息子が犬に噛まれた。")
    assert "先生は>話す" in roles(worker, "先生が話された。")
    assert "父≠が>走る" in roles(worker, "父は息子を走らせた。")
    assert "息子が>走る" in roles(worker, "父は息子を走らせた。")
    assert "父≠が>買う" in roles(worker, "父は母に本を買ってもらった。")
    assert "母が>買う" in roles(worker, "父は母に本を買ってもらった。")


def test_homework_is_done_by_either_verb(worker: DependencyWorker) -> None:
    assert pairs(worker, "宿題をやった。") == pairs(worker, "宿題をした。")
    assert "兄>有る" not in pairs(worker, "兄がやる。")


def test_to_make_it_easy_is_one_predicate(worker: DependencyWorker) -> None:
    assert pairs(worker, "町を分かりやすくした。") == ["町>分かる易い"]

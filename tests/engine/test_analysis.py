"""Tokens worked out by hand, and the rules of naming, defaults and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from esqual.engine.lucene.analysis import Analysis, analyze_request, terms, tokens
from esqual.engine.lucene.analysis.tokens import read
from esqual.engine.lucene.api_error import ApiError


def custom(tokenizer: Any = "kuromoji_tokenizer", *filters: Any, chars: Any = ()) -> Any:
    """The Java analyzer of one chain; components given as dicts are defined on the way."""
    settings: dict[str, dict[str, Any]] = {"tokenizer": {}, "filter": {}, "char_filter": {}}

    def name(kind: str, item: Any) -> str:
        if isinstance(item, str):
            return item
        settings[kind][f"{kind}_{len(settings[kind])}"] = item
        return f"{kind}_{len(settings[kind]) - 1}"

    chain = {
        "tokenizer": name("tokenizer", tokenizer),
        "filter": [name("filter", f) for f in filters],
        "char_filter": [name("char_filter", c) for c in chars],
    }
    return Analysis({"analysis": {**settings, "analyzer": {"x": chain}}}).analyzer("x")


def spans(analyzer: Any, text: str) -> list[tuple[str, int, int, int, int]]:
    return [(t.term, t.start, t.end, t.position, t.position_length) for t in tokens(analyzer, text)]


def refused(settings: Any) -> str:
    with pytest.raises(ApiError) as caught:
        Analysis(settings)
    assert caught.value.status == 400
    return caught.value.reason


# -- Japanese


def test_the_kuromoji_analyzer_stems_and_leaves_out_particles() -> None:
    kuromoji = Analysis().analyzer("kuromoji")
    assert spans(kuromoji, "JR新宿駅の近くにビールを飲みに行こうか") == [
        ("jr", 0, 2, 0, 1),
        ("新宿", 2, 4, 1, 1),
        ("駅", 4, 5, 2, 1),
        ("近く", 6, 8, 4, 1),
        ("ビール", 9, 12, 6, 1),
        ("飲む", 13, 15, 8, 1),
        ("行く", 16, 18, 10, 1),
    ]


def test_the_tokenizer_keeps_compounds_and_the_analyzer_drops_them() -> None:
    assert spans(custom(), "関西国際空港") == [
        ("関西", 0, 2, 0, 1),
        ("関西国際空港", 0, 6, 0, 3),
        ("国際", 2, 4, 1, 1),
        ("空港", 4, 6, 2, 1),
    ]
    parts = ["関西", "国際", "空港"]
    assert terms(Analysis().analyzer("kuromoji"), "関西国際空港") == parts
    dropping = {"type": "kuromoji_tokenizer", "discard_compound_token": True}
    assert terms(custom(dropping), "関西国際空港") == parts


def test_half_and_full_width_meet() -> None:
    width = custom("kuromoji_tokenizer", "cjk_width", "lowercase")
    assert terms(width, "ﾊﾟｿｺﾝ") == ["パソコン"]
    assert terms(width, "ＡＢＣ") == ["abc"]
    # the analyzer widens before it cuts, so offsets still point into the original
    assert spans(Analysis().analyzer("kuromoji"), "ﾊﾟｿｺﾝを買う") == [
        ("パソコン", 0, 5, 0, 1),
        ("買う", 6, 8, 2, 1),
    ]


def test_long_vowels_are_cut_at_the_end_of_four_letters_and_more() -> None:
    stemmer = custom("kuromoji_tokenizer", "kuromoji_stemmer")
    assert terms(stemmer, "サーバー") == ["サーバ"]
    assert terms(stemmer, "コピー") == ["コピー"]
    longer = custom("kuromoji_tokenizer", {"type": "kuromoji_stemmer", "minimum_length": 5})
    assert terms(longer, "サーバー") == ["サーバー"]


@pytest.mark.parametrize(
    ("text", "written_out"),
    [
        ("人々", "人人"),
        ("馬鹿々々しい", "馬鹿馬鹿しい"),
        ("こゝろ", "こころ"),
        ("みすゞ", "みすず"),
    ],
)
def test_iteration_marks_are_written_out(text: str, written_out: str) -> None:
    assert terms(custom("keyword", chars=["kuromoji_iteration_mark"]), text) == [written_out]


def test_numbers_become_digits() -> None:
    keeping = {"type": "kuromoji_tokenizer", "discard_punctuation": False}
    numbers = custom(keeping, "kuromoji_number")
    assert terms(numbers, "三千五百円")[0] == "3500"
    assert terms(numbers, "１２，３４５円")[0] == "12345"
    assert terms(numbers, "三．一四") == ["3.14"]
    assert terms(numbers, "一億二千万人") == ["120000000", "人"]


def test_readings_in_katakana_and_in_letters() -> None:
    assert terms(custom("kuromoji_tokenizer", "kuromoji_readingform"), "寿司") == ["スシ"]
    romaji = {"type": "kuromoji_readingform", "use_romaji": True}
    assert terms(custom("kuromoji_tokenizer", romaji), "寿司") == ["sushi"]


def test_completion_offers_romanisations_at_one_position() -> None:
    found = spans(Analysis().analyzer("kuromoji_completion"), "寿司")
    assert found == [
        ("寿司", 0, 2, 0, 1),
        ("susi", 0, 2, 0, 1),
        ("sushi", 0, 2, 0, 1),
    ]


def test_a_user_dictionary_decides_where_words_end() -> None:
    rules = [
        "# 自前の単語",
        "朝青龍,朝青龍,アサショウリュウ,カスタム人名",
        "都庁前,都庁 前,トチョウ マエ,駅名",
    ]
    own = custom({"type": "kuromoji_tokenizer", "user_dictionary_rules": rules})
    assert terms(own, "朝青龍が都庁前にいる") == ["朝青龍", "が", "都庁", "前", "に", "いる"]
    assert terms(custom(), "朝青龍") != ["朝青龍"]


def test_a_repeated_dictionary_entry_is_an_error_unless_lenient() -> None:
    rules = ["都庁前,都庁 前,トチョウ マエ,駅名", "都庁前,都庁前,トチョウマエ,駅名"]
    tokenizer = {"type": "kuromoji_tokenizer", "user_dictionary_rules": rules}
    assert "duplicate term [都庁前]" in refused({"analysis": {"tokenizer": {"x": tokenizer}}})
    assert terms(custom({**tokenizer, "lenient": True}), "都庁前") == ["都庁", "前"]


# -- synonyms and grams


def test_a_synonym_of_several_words_is_a_side_path() -> None:
    graph = {"type": "synonym_graph", "synonyms": ["lunch, 昼 ご飯"]}
    assert spans(custom("whitespace", graph), "lunch だ") == [
        ("昼", 0, 5, 0, 1),
        ("lunch", 0, 5, 0, 2),
        ("ご飯", 0, 5, 1, 1),
        ("だ", 6, 7, 2, 1),
    ]


def test_synonym_rules_go_through_the_chain_before_them() -> None:
    rules = {"type": "synonym", "synonyms": ["ｻｰﾊﾞ, SERVER"]}
    chain = custom("kuromoji_tokenizer", "cjk_width", "lowercase", rules)
    assert terms(chain, "Server") == ["server", "サーバ"]


def test_one_sided_rules_and_expand_false_replace() -> None:
    assert terms(custom("whitespace", {"type": "synonym", "synonyms": ["鮨 => 寿司"]}), "鮨") == [
        "寿司"
    ]
    contract = {"type": "synonym", "synonyms": ["寿司, 鮨, すし"], "expand": False}
    assert terms(custom("whitespace", contract), "すし") == ["寿司"]


def test_a_rule_that_the_chain_cannot_parse_is_refused_unless_lenient() -> None:
    rules = {"type": "synonym_graph", "synonyms": ["関西国際空港, 関空"]}
    chain = {"tokenizer": "kuromoji_tokenizer", "filter": ["s"]}
    settings = {"analysis": {"filter": {"s": rules}, "analyzer": {"x": chain}}}
    assert refused(settings) == "failed to build synonyms from ['s' analyzer settings]"
    assert terms(custom("kuromoji_tokenizer", {**rules, "lenient": True}), "関空") == ["関空"]


def test_token_chars_break_grams_and_none_keeps_everything() -> None:
    bigrams = {"type": "ngram", "min_gram": 2, "max_gram": 2}
    assert terms(custom(bigrams), "胃 痛!") == ["胃 ", " 痛", "痛!"]
    letters = {**bigrams, "token_chars": ["letter", "digit"]}
    assert terms(custom(letters), "胃腸 痛み!1位") == ["胃腸", "痛み", "1位"]
    plus = {**bigrams, "token_chars": ["letter", "custom"], "custom_token_chars": "+"}
    assert terms(custom(plus), "C++ 言語") == ["C+", "++", "言語"]


def test_grams_of_more_lengths_than_the_index_allows_are_refused() -> None:
    wide = {"tokenizer": {"x": {"type": "ngram", "min_gram": 1, "max_gram": 4}}}
    assert "must be less than or equal to: [1] but was [3]" in refused({"analysis": wide})
    for settings in (
        {"analysis": wide, "max_ngram_diff": 3},
        {"analysis": wide, "index": {"max_ngram_diff": "3"}},
        {"analysis": wide, "index.max_ngram_diff": 3},
    ):
        assert Analysis(settings).limits["max_ngram_diff"] == 3


# -- ICU has no recorded server: Lucene's own rules


def test_icu_normalises_folds_and_cuts() -> None:
    assert terms(custom("icu_tokenizer", "icu_normalizer"), "㌔ とＡ") == ["キロ", "と", "a"]
    assert terms(custom("keyword", "icu_folding"), "ガÉ") == ["カe"]
    assert spans(custom("keyword", chars=["icu_normalizer"]), "㈱") == [("(株)", 0, 1, 0, 1)]
    romaji = {"type": "icu_transform", "id": "Katakana-Latin"}
    assert terms(custom("keyword", romaji), "スシ") == ["sushi"]


# -- settings in every form, names, defaults


LOWER_AND_TRIM = {"analyzer": {"x": {"tokenizer": "keyword", "filter": ["lowercase", "trim"]}}}


@pytest.mark.parametrize(
    "settings",
    [
        {"analysis": LOWER_AND_TRIM},
        {"index": {"analysis": LOWER_AND_TRIM}},
        {"analysis.analyzer.x": {"tokenizer": "keyword", "filter": "lowercase, trim"}},
        {"index.analysis.analyzer.x.tokenizer": "keyword",
         "index.analysis.analyzer.x.filter": ["lowercase", "trim"]},
        {"index.analysis.analyzer.x.tokenizer": "keyword",
         "index.analysis.analyzer.x.filter.0": "lowercase",
         "index.analysis.analyzer.x.filter.1": "trim"},
        {"analysis.analyzer": {"x": {"tokenizer": "keyword", "filter": ["lowercase", "trim"]}},
         "number_of_shards": 1},
    ],
)  # fmt: skip
def test_settings_mean_the_same_in_every_form(settings: dict[str, Any]) -> None:
    assert terms(Analysis(settings).analyzer("x"), " Ab ") == ["ab"]


def test_values_of_a_field_stand_a_hundred_positions_apart_unless_told() -> None:
    analysis = Analysis(
        {"analysis": {"analyzer": {"near": {"tokenizer": "keyword", "position_increment_gap": 3}}}}
    )

    def gap(analyzer: Any) -> int:
        return int(analyzer.getPositionIncrementGap("f"))

    assert gap(analysis.analyzer("kuromoji")) == 100
    assert gap(analysis.analyzer("kuromoji", 0)) == 0
    assert gap(analysis.analyzer("near")) == 3
    assert gap(analysis.analyzer("near", 100)) == 100
    assert int(analysis.analyzer("kuromoji").getOffsetGap("f")) == 1
    assert analysis.analyzer("near", 5) is analysis.analyzer("near", 5)


def test_default_analyzers_are_standard_until_defined() -> None:
    plain = Analysis({})
    assert terms(plain.analyzer("default"), "東京") == ["東", "京"]
    assert plain.search_default == "default"
    named = {"default": {"type": "kuromoji"}, "default_search": {"type": "keyword"}}
    own = Analysis({"analysis": {"analyzer": named}})
    assert terms(own.analyzer("default"), "東京") == ["東京"]
    assert own.search_default == "default_search"
    assert own.has("default_search")
    assert not plain.has("default_search")
    assert plain.has("kuromoji")
    assert not plain.has("nope")


def test_an_unknown_analyzer_is_refused() -> None:
    with pytest.raises(ApiError, match=r"failed to find analyzer \[nope\]"):
        Analysis({}).analyzer("nope")
    with pytest.raises(ApiError, match=r"failed to find global analyzer \[nope\]"):
        Analysis().analyzer("nope")


def test_only_what_normalises_may_stand_in_a_normalizer() -> None:
    kept = {"normalizer": {"n": {"filter": ["lowercase", "cjk_width", "icu_folding"]}}}
    analysis = Analysis({"analysis": kept})
    assert terms(analysis.normalizer("n"), "ＡＢ Ｃ") == ["ab c"]
    assert analysis.has_normalizer("n")
    assert analysis.has_normalizer("lowercase")
    assert not analysis.has_normalizer("m")
    stemming = {"normalizer": {"n": {"filter": ["kuromoji_stemmer"]}}}
    assert "may not use filter [kuromoji_stemmer]" in refused({"analysis": stemming})


def test_unsplit_terms_are_normalised_as_the_analyzer_would() -> None:
    """A wildcard's letters: lower case and width, but neither stems nor stop words."""
    kuromoji = Analysis().analyzer("kuromoji")
    assert str(kuromoji.normalize("f", "ｻｰﾊﾞｰＡ").utf8ToString()) == "サーバーa"


# -- nothing is ignored in silence


@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        ("tokenizer", {"type": "kuromoji_tokenizer", "discard_compund_token": True}),
        ("filter", {"type": "stop", "stopword": ["a"]}),
        ("char_filter", {"type": "html_strip", "escape_tags": ["b"]}),
        ("analyzer", {"type": "kuromoji", "position_increment_gap": 7}),
        ("analyzer", {"type": "custom", "tokenizer": "keyword", "filters": ["lowercase"]}),
        ("normalizer", {"type": "custom", "filters": ["lowercase"]}),
    ],
)
def test_a_setting_that_would_change_nothing_is_refused(kind: str, definition: Any) -> None:
    reason = refused({"analysis": {kind: {"x": definition}}})
    wrong = [k for k in definition if k in reason and k not in ("type", "tokenizer")]
    assert wrong
    assert "[x]" in reason


@pytest.mark.parametrize(
    ("kind", "definition", "feature"),
    [
        ("filter", {"type": "word_delimiter_graph"}, "word_delimiter_graph"),
        ("filter", {"type": "stemmer", "language": "german"}, "german"),
        ("filter", {"type": "synonym", "synonyms_set": "s"}, "synonyms_set"),
        ("filter", {"type": "synonym", "synonyms": ["a,b"], "updateable": True}, "updateable"),
        ("filter", {"type": "stop", "stopwords": "_french_"}, "_french_"),
        ("tokenizer", {"type": "path_hierarchy"}, "path_hierarchy"),
        ("analyzer", {"type": "french"}, "french"),
        ("tokenizer", {"type": "icu_tokenizer", "rule_files": "Latn:a.rbbi"}, "rule_files"),
    ],
)
def test_what_only_a_server_has_says_so(kind: str, definition: Any, feature: str) -> None:
    reason = refused({"analysis": {kind: {"x": definition}}})
    assert feature in reason
    assert "use an Elasticsearch server" in reason


@pytest.mark.parametrize(
    ("definition", "word"),
    [
        ({"type": "cjk_bigram", "ignored_scripts": ["kanji"]}, "kanji"),
        ({"type": "synonym", "synonyms": ["a,b"], "format": "csv"}, "csv"),
        ({"type": "stop", "stopwords": {"a": 1}}, "stopwords.a"),
        ({"type": "icu_transform", "id": "Any-Latin", "dir": "back"}, "back"),
    ],
)
def test_a_value_that_would_change_nothing_is_refused(definition: Any, word: str) -> None:
    assert word in refused({"analysis": {"filter": {"x": definition}}})


def test_an_analyzer_that_only_a_server_has_is_refused_by_name() -> None:
    with pytest.raises(ApiError, match=r"french.*use an Elasticsearch server"):
        Analysis({}).has("french")


def test_an_unknown_part_of_the_analysis_settings_is_refused() -> None:
    assert "index.analysis.analysers" in refused(
        {"analysis": {"analysers": {"x": {"type": "stop"}}}}
    )
    assert "must not start with '_'" in refused(
        {"analysis": {"analyzer": {"_x": {"type": "stop"}}}}
    )


MALFORMED: list[Any] = [
    1,
    [1],
    {"analyzer": [1]},
    {"analyzer": {"x": 1}},
    {"analyzer": {"x": [{"type": "standard"}]}},
    {"analyzer": {"x": {"tokenizer": "standard", "filter": [{"type": "lowercase"}]}}},
    {"filter": {"x": {"type": "synonym", "synonyms": [[1]]}}},
    {"tokenizer": {"x": {"type": "ngram", "min_gram": 1.5}}},
    {"tokenizer": {"x": {"type": "ngram", "min_gram": 99999999999}}},
    {"char_filter": {"x": {"type": "mapping", "mappings": ["\\u00 => a"]}}},
    {"char_filter": {"x": {"type": "mapping", "mappings": ["a\\ => b"]}}},
    {"filter": {"x": {"type": "icu_transform", "id": "Nope"}}},
    {"filter": {"x": {"type": "icu_normalizer", "name": "nope"}}},
    {"tokenizer": {"x": {"type": "kuromoji_tokenizer", "user_dictionary_rules": ['a,b"c,d,e']}}},
    {"": 1},
]


@pytest.mark.parametrize("analysis", MALFORMED, ids=repr)
def test_malformed_settings_are_an_api_error_and_nothing_else(analysis: Any) -> None:
    with pytest.raises(ApiError):
        Analysis({"analysis": analysis})


# -- files


def dictionary(path: str) -> dict[str, Any]:
    return {
        "analysis": {"tokenizer": {"x": {"type": "kuromoji_tokenizer", "user_dictionary": path}}}
    }


def test_files_are_read_below_the_config_folder_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "words.txt").write_text("# 注釈\n朝青龍,朝青龍,アサショウリュウ,人名\n", "utf-8")
    (tmp_path / "secret.txt").write_text("秘密,秘密,ヒミツ,名詞\n", "utf-8")
    monkeypatch.delenv("ESQUAL_CONFIG", raising=False)
    reason = refused(dictionary("words.txt"))
    assert "ESQUAL_CONFIG" in reason
    assert "user_dictionary_rules" in reason
    monkeypatch.setenv("ESQUAL_CONFIG", str(config))
    chain = {"tokenizer": "x"}
    settings = dictionary("words.txt")
    settings["analysis"]["analyzer"] = {"a": chain}
    assert terms(Analysis(settings).analyzer("a"), "朝青龍だ") == ["朝青龍", "だ"]
    assert "Access denied" in refused(dictionary("../secret.txt"))
    assert "Access denied" in refused(dictionary(str(tmp_path / "secret.txt")))
    (config / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert "Access denied" in refused(dictionary("link.txt"))
    assert refused(dictionary("none.txt")) == "IOException while reading user_dictionary: none.txt"


# -- _analyze


def test_a_field_is_analysed_by_its_own_analyzer() -> None:
    analysis = Analysis({"analysis": {"analyzer": {"x": {"tokenizer": "kuromoji_tokenizer"}}}})
    asked = []

    def field_analyzer(name: str) -> Any:
        asked.append(name)
        return analysis.analyzer("x", 7)

    body = {"field": "title", "text": ["寿司が", "出た"]}
    answer = analyze_request(analysis, field_analyzer, body)
    assert asked == ["title"]
    assert [t["position"] for t in answer["tokens"]] == [0, 1, 9, 10]
    explained = analyze_request(analysis, field_analyzer, {**body, "explain": True})
    assert explained["detail"]["tokenizer"]["name"] == "kuromoji_tokenizer"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "request body or source parameter is required"),
        ([1], "Expected START_OBJECT but was: START_ARRAY"),
        ({"text": 1}, "text doesn't support values of type: VALUE_NUMBER"),
        ({"text": "a", "foo": 1}, "unknown field [foo]"),
        ({"text": "a", "filters": []}, "unknown field [filters] did you mean [filter]?"),
        ({"text": "a", "analyzer": {}}, "analyzer doesn't support values of type: START_OBJECT"),
        ({"text": "a", "filter": "x"}, "filter doesn't support values of type: VALUE_STRING"),
        ({"text": "a", "filter": [1]}, "failed to parse field [filter]"),
        ({"text": "a", "explain": "yes"}, "failed to parse field [explain]"),
        ({"text": [{}]}, "failed to parse field [text]"),
    ],
)
def test_a_malformed_request_is_refused(body: Any, reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        analyze_request(Analysis(), None, body)
    assert caught.value.status == 400
    assert reason in caught.value.reason


def test_a_field_without_an_analyzer_shows_the_default_one() -> None:
    analysis = Analysis({})
    body = {"field": "zz", "text": "a", "explain": True}
    answer = analyze_request(analysis, lambda _: analysis.analyzer("default"), body)
    assert answer["detail"]["analyzer"]["name"] == "default"


def test_offsets_count_utf16_units_as_elasticsearch_does() -> None:
    assert [(t.start, t.end) for t in tokens(Analysis().analyzer("whitespace"), "😀 𠮷野家")] == [
        (0, 2),
        (3, 7),
    ]


def test_a_text_can_be_read_while_another_was_refused() -> None:
    """A chain whose stream broke off in the middle can be used again."""
    analysis = Analysis({"analyze": {"max_token_count": 2}})
    with pytest.raises(ApiError, match=r"allowed maximum of \[2\]"):
        analyze_request(analysis, None, {"text": "a b c", "analyzer": "whitespace"})
    answer = analyze_request(analysis, None, {"text": "a b", "analyzer": "whitespace"})
    assert [t["token"] for t in answer["tokens"]] == ["a", "b"]


def test_similar_values_share_one_call() -> None:
    found, details = read(Analysis().analyzer("keyword"), ["い", "ろ"], 100)
    assert [(t.term, t.position, t.start) for t in found] == [("い", 0, 0), ("ろ", 101, 2)]
    assert details == []

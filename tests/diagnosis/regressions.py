"""Constructed regressions: a change, a query that suffers, and what the change is called.

Each has two indices of the embedded engine, or one with two query files. ``first`` documents are
wanted (relevance 2), the others are there to stand in their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CONTROLS", "REGRESSIONS", "Regression"]

Chain = Mapping[str, Any]
MATCH: Mapping[str, Any] = {"query": {"match": {"text": {"query": "{{query}}"}}}}
ALL: Mapping[str, Any] = {"query": {"match": {"text": {"query": "{{query}}", "operator": "and"}}}}
WORDS: Chain = {"tokenizer": "kuromoji_tokenizer", "filter": ["lowercase"]}
OTHERS = ("夏の海は青くて広い", "図書館で静かに本を読んだ", "駅前の花屋は朝から開いている")


@dataclass(frozen=True)
class Regression:
    """``baseline_chain`` and ``candidate_chain`` are the analyzer of ``text`` in either index."""

    name: str
    kinds: Sequence[str]
    query: str
    first: Sequence[str]
    others: Sequence[str] = OTHERS
    baseline_chain: Chain = field(default_factory=lambda: WORDS)
    candidate_chain: Chain | None = None
    baseline: Mapping[str, Any] = field(default_factory=lambda: MATCH)
    candidate: Mapping[str, Any] | None = None
    analysis: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    candidate_fields: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    other_more: Mapping[str, Any] = field(default_factory=dict)
    candidate_only: Mapping[str, Any] = field(default_factory=dict)
    similarity: str | None = None


def chain(*filters: str, tokenizer: str = "kuromoji_tokenizer", chars: Sequence[str] = ()) -> Chain:
    made: dict[str, Any] = {"tokenizer": tokenizer, "filter": ["lowercase", *filters]}
    return {**made, "char_filter": list(chars)} if chars else made


def both(*should: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"query": {"bool": {"should": list(should), **more}}}


def match(name: str, **options: Any) -> dict[str, Any]:
    return {"match": {name: {"query": "{{query}}", **options}}}


NORMAL = {
    "tokenizer": {
        "plain": {"type": "kuromoji_tokenizer", "mode": "normal"},
        "parts": {"type": "kuromoji_tokenizer", "mode": "search", "discard_compound_token": True},
    }
}
SPELLINGS = {
    "char_filter": {
        "spellings": {
            "type": "mapping",
            "mappings": ["引越し=>引っ越し", "申込=>申し込み", "ヴァイオリン=>バイオリン"],
        },
        "marks": {"type": "kuromoji_iteration_mark"},
    }
}
SYNONYMS = {
    "filter": {"same": {"type": "synonym_graph", "synonyms": ["自転車,チャリ", "病院,クリニック"]}}
}
TAGS = {
    "filter": {
        "verbless": {"type": "kuromoji_part_of_speech", "stoptags": ["動詞-自立"]},
        "no_ending": {"type": "kuromoji_part_of_speech", "stoptags": ["助動詞", "形容詞-非自立"]},
        "words": {"type": "ja_stop", "stopwords": ["無料"]},
    }
}
USERS = {
    "tokenizer": {
        "taught": {
            "type": "kuromoji_tokenizer",
            "user_dictionary_rules": ["ズゴネバ,ズゴ ネバ,ズゴ ネバ,カスタム名詞"],
        }
    }
}
READINGS = {"filter": {"kana": {"type": "kuromoji_readingform", "use_romaji": False}}}
BIGRAMS = {"tokenizer": {"two": {"type": "ngram", "min_gram": 2, "max_gram": 2}}}

REGRESSIONS = [
    # ---------------------------------------------------------------- analysis: two indices
    Regression(
        "a compound is no longer cut",
        ["compound_split"],
        "空港",
        ["関西国際空港に朝早く着いた"],
        candidate_chain=chain(tokenizer="plain"),
        analysis=NORMAL,
    ),
    Regression(
        "a compound of the query is no longer cut",
        ["compound_split"],
        "関西国際空港",
        ["空港までのバスは関西の国際会議の日に混む"],
        baseline_chain=chain(tokenizer="parts"),
        candidate_chain=chain(tokenizer="plain"),
        analysis=NORMAL,
    ),
    Regression(
        "bigrams in place of words",
        ["ngrams"],
        "京都",
        ["古い京都の寺を訪ねて歩いた秋の一日と紅葉の思い出を長く長く書いた"],
        ["東京都東京都", *OTHERS],
        candidate_chain=chain(tokenizer="two"),
        analysis=BIGRAMS,
    ),
    Regression(
        "half-width kana stay half-width",
        ["width"],
        "コーヒー",
        ["ｺｰﾋｰを飲みながら話した"],
        baseline_chain=chain("cjk_width"),
        candidate_chain=chain(),
    ),
    Regression(
        "full-width Latin stays full-width",
        ["width"],
        "Ｗｅｂの設計",
        ["webの設計を学ぶ"],
        ["設計の仕事", "設計図", *OTHERS],
        baseline_chain=chain("cjk_width"),
        candidate_chain=chain(),
    ),
    Regression(
        "the long vowel of the document stays",
        ["long_vowel"],
        "サーバ",
        ["サーバーを再起動した"],
        baseline_chain=chain("kuromoji_stemmer"),
        candidate_chain=chain(),
    ),
    Regression(
        "the long vowel of the query stays",
        ["long_vowel"],
        "プリンターの設定",
        ["プリンタの調子が悪い"],
        ["設定の画面", "設定を変える", *OTHERS],
        baseline_chain=chain("kuromoji_stemmer"),
        candidate_chain=chain(),
    ),
    Regression(
        "two spellings of a foreign word",
        ["katakana_variant"],
        "バイオリン",
        ["ヴァイオリンを習う"],
        baseline_chain=chain(chars=["spellings"]),
        candidate_chain=chain(),
        analysis=SPELLINGS,
    ),
    Regression(
        "okurigana of the query",
        ["okurigana"],
        "引越し",
        ["引っ越しの見積もりを頼む"],
        baseline_chain=chain(chars=["spellings"]),
        candidate_chain=chain(),
        analysis=SPELLINGS,
    ),
    Regression(
        "okurigana of the document",
        ["okurigana"],
        "申し込み",
        ["講座の申込は明日まで"],
        baseline_chain=chain(chars=["spellings"]),
        candidate_chain=chain(),
        analysis=SPELLINGS,
    ),
    Regression(
        "the iteration mark is not written out",
        ["iteration_mark"],
        "時時",
        ["時々雨が降る"],
        baseline_chain=chain(chars=["marks"]),
        candidate_chain=chain(),
        analysis=SPELLINGS,
    ),
    Regression(
        "a part of speech is dropped",
        ["stop_tags"],
        "走る",
        ["毎朝走る人"],
        candidate_chain=chain("verbless"),
        analysis=TAGS,
    ),
    Regression(
        "particles count now",
        ["stop_tags"],
        "山の本",
        ["山本、山と本"],
        ["のののののの", "森の中の家の前の道", *OTHERS],
        baseline_chain=chain("kuromoji_part_of_speech"),
        candidate_chain=chain(),
        baseline=ALL,
    ),
    Regression(
        "a stop word is dropped",
        ["stop_words"],
        "無料の駐車場",
        ["無料の催し"],
        ["駐車場", "駐車場は満車", *OTHERS],
        candidate_chain=chain("words"),
        analysis=TAGS,
    ),
    Regression(
        "a negation is dropped",
        ["negation"],
        "眠れない夜",
        ["なかなか眠れない夜の過ごし方"],
        ["よく眠れる夜", *OTHERS],
        baseline_chain=chain("kuromoji_baseform"),
        candidate_chain=chain("kuromoji_baseform", "no_ending"),
        analysis=TAGS,
    ),
    Regression(
        "a taught word is unknown again",
        ["unknown_word"],
        "ズゴネバ",
        ["ネバとズゴの話"],
        baseline_chain=chain(tokenizer="taught"),
        candidate_chain=chain(),
        analysis=USERS,
    ),
    Regression(
        "kana no longer finds kanji",
        ["kana_only"],
        "さくら",
        ["桜が咲いた"],
        baseline_chain=chain("kana"),
        candidate_chain=chain(),
        analysis=READINGS,
    ),
    Regression(
        "a synonym of the query is gone",
        ["synonym"],
        "自転車",
        ["チャリで通う"],
        baseline_chain=chain("same"),
        candidate_chain=chain(),
        analysis=SYNONYMS,
    ),
    Regression(
        "a synonym of the index is gone",
        ["synonym"],
        "クリニック",
        ["病院へ行く"],
        baseline_chain=chain("same"),
        candidate_chain=chain(),
        analysis=SYNONYMS,
    ),
    Regression(
        "inflected forms stay as they are",
        ["inflection"],
        "走る",
        ["弟が走った"],
        baseline_chain=chain("kuromoji_baseform"),
        candidate_chain=chain(),
    ),
    Regression(
        "capitals stay",
        ["case"],
        "tokyo",
        ["Tokyoの地図"],
        candidate_chain={"tokenizer": "kuromoji_tokenizer"},
    ),
    # ---------------------------------------------------------------- one index, two queries
    Regression(
        "a boost fell",
        ["boost"],
        "温泉",
        ["湯けむりの宿"],
        ["温泉温泉", *OTHERS],
        fields={"title": {"type": "text", "analyzer": "own"}},
        more={"title": "温泉"},
        other_more={"title": "案内"},
        baseline=both(match("text"), match("title", boost=5)),
        candidate=both(match("text"), match("title", boost=0.1)),
    ),
    Regression(
        "all words are asked for",
        ["operator"],
        "雪の朝の散歩",
        ["雪の朝"],
        candidate=ALL,
        baseline_chain=chain("kuromoji_part_of_speech"),
    ),
    Regression(
        "any word will do",
        ["operator"],
        "海の家",
        ["夏になると海辺に建つ海の小さな家を毎年家族と訪ねて長い休みを過ごすのを楽しみにしている"],
        ["海。海。海。", "家。家。家。"],
        baseline=ALL,
        candidate=MATCH,
        baseline_chain=chain("kuromoji_part_of_speech"),
    ),
    Regression(
        "minimum_should_match rose",
        ["minimum_should_match"],
        "雪の朝の散歩",
        ["雪の山"],
        baseline_chain=chain("kuromoji_part_of_speech"),
        candidate={"query": match("text", minimum_should_match="80%")},
    ),
    Regression(
        "a clause is gone",
        ["clause_dropped"],
        "温泉",
        ["湯けむりの宿"],
        ["温泉温泉", *OTHERS],
        fields={"title": {"type": "text", "analyzer": "own"}},
        more={"title": "温泉"},
        other_more={"title": "案内"},
        baseline=both(match("text"), match("title", boost=5)),
        candidate=both(match("text")),
    ),
    Regression(
        "a filter is gone",
        ["filter_dropped"],
        "温泉",
        ["山の温泉に三日泊まって帰りに市場で野菜を買った"],
        ["温泉温泉", *OTHERS],
        fields={"kind": {"type": "keyword"}},
        more={"kind": "news"},
        other_more={"kind": "draft"},
        baseline=both(match("text"), filter=[{"term": {"kind": "news"}}], minimum_should_match=1),
        candidate=both(match("text"), minimum_should_match=1),
    ),
    Regression(
        "a filter is new",
        ["filter_added"],
        "温泉",
        ["山の温泉"],
        fields={"kind": {"type": "keyword"}},
        more={"kind": "draft"},
        other_more={"kind": "news"},
        baseline=both(match("text"), minimum_should_match=1),
        candidate=both(match("text"), filter=[{"term": {"kind": "news"}}], minimum_should_match=1),
    ),
    Regression(
        "the vectors are not asked",
        ["vector_missing"],
        "温泉",
        ["湯けむりの宿"],
        ["温泉温泉", *OTHERS],
        fields={"vector": {"type": "dense_vector", "dims": 2, "index_options": {"type": "flat"}}},
        more={"vector": [1, 0.01]},
        other_more={"vector": [0.01, 1]},
        baseline=both(
            match("text"),
            {"knn": {"field": "vector", "query_vector": [1, 0], "k": 1, "boost": 50}},
        ),
        candidate=both(match("text")),
    ),
    Regression(
        "the pairs are not asked",
        ["pairs_missing"],
        "胃が痛い",
        ["今朝から少し胃の調子が悪いと言って、母は痛い顔をして長い長い間座っていた"],
        ["胃胃痛い痛い", *OTHERS],
        fields={"dep": {"properties": {"pairs": {"type": "text", "analyzer": "whitespace"}}}},
        more={"dep": {"pairs": "胃>痛い"}},
        baseline=both(match("text"), {"match": {"dep.pairs": {"query": "胃>痛い", "boost": 9}}}),
        candidate=both(match("text")),
    ),
    Regression(
        "words must stand together",
        ["match_type"],
        "青い鳥",
        ["青い空を飛ぶ鳥"],
        candidate={"query": {"match_phrase": {"text": "{{query}}"}}},
    ),
    Regression(
        "another field, cut otherwise",
        ["ngrams"],
        "京都",
        ["古い京都の寺を訪ねて歩いた秋の一日と紅葉の思い出を長く長く書いた"],
        ["東京都東京都", *OTHERS],
        fields={"text2": {"type": "text", "analyzer": "pieces"}},
        analysis={**BIGRAMS, "analyzer": {"pieces": {"tokenizer": "two"}}},
        candidate={"query": match("text2")},
    ),
]

CONTROLS = [
    Regression(
        "another index, the same analysis, a boost fell",
        ["boost"],
        "温泉",
        ["湯けむりの宿"],
        ["温泉温泉", *OTHERS],
        fields={"title": {"type": "text", "analyzer": "own"}},
        candidate_chain=WORDS,
        more={"title": "温泉"},
        other_more={"title": "案内"},
        baseline=both(match("text"), match("title", boost=5)),
        candidate=both(match("text"), match("title", boost=0.1)),
    ),
    Regression(
        "analysis changed on a field that nobody asks, and a boost fell",
        ["boost"],
        "温泉",
        ["湯けむりの宿"],
        ["温泉温泉", *OTHERS],
        fields={"title": {"type": "text", "analyzer": "own"}, "note": {"type": "text"}},
        candidate_fields={"note": {"type": "text", "analyzer": "kuromoji"}},
        candidate_chain=WORDS,
        more={"title": "温泉"},
        other_more={"title": "案内"},
        baseline=both(match("text"), match("title", boost=5)),
        candidate=both(match("text"), match("title", boost=0.1)),
    ),
    Regression(
        "long vowels are cut now, but a filter is what shuts the document out",
        ["filter_added"],
        "温泉のサーバー",
        ["山の温泉のサーバー"],
        fields={"kind": {"type": "keyword"}},
        candidate_chain=chain("kuromoji_stemmer"),
        more={"kind": "draft"},
        other_more={"kind": "news"},
        baseline=both(match("text"), minimum_should_match=1),
        candidate=both(match("text"), filter=[{"term": {"kind": "news"}}], minimum_should_match=1),
    ),
    Regression(
        "particles are dropped now, but a boost is what moves the page",
        ["boost"],
        "宿の温泉",
        ["湯けむりの里"],
        ["温泉温泉宿", *OTHERS],
        fields={"title": {"type": "text", "analyzer": "own"}},
        candidate_chain=chain("kuromoji_part_of_speech"),
        more={"title": "温泉"},
        other_more={"title": "案内"},
        baseline=both(match("text"), match("title", boost=5)),
        candidate=both(match("text"), match("title", boost=0.1)),
    ),
    Regression(
        "the document is not in the new index",
        ["document_missing"],
        "温泉",
        ["山の温泉", "谷の温泉"],
        candidate_chain=WORDS,
        candidate_only={"missing": True},
    ),
    Regression(
        "the document has another text",
        ["document_changed"],
        "温泉",
        ["山の温泉"],
        candidate_chain=WORDS,
        candidate_only={"text": "山のふもと"},
    ),
    Regression(
        "another similarity",
        ["similarity"],
        "温泉",
        ["温泉と山と川と谷と海と空と雲と森と里と町と村の話"],
        ["温泉に行く", *OTHERS],
        candidate_chain=WORDS,
        similarity="flat",
    ),
    Regression(
        "another order",
        ["scoring"],
        "温泉",
        ["山の温泉"],
        ["温泉の話を長く長く長く書いた", *OTHERS],
        fields={"day": {"type": "integer"}},
        more={"day": 1},
        other_more={"day": 9},
        candidate={**MATCH, "sort": [{"day": "desc"}]},
    ),
    Regression(
        "another text is asked",
        ["query_text"],
        "温泉",
        ["山の温泉"],
        candidate={"query": {"match": {"text": {"query": "海"}}}},
    ),
    Regression(
        "the new index has more documents",
        ["document_new"],
        "温泉",
        ["山の温泉に三日泊まって帰りに市場で野菜を買った"],
        candidate_chain=WORDS,
        candidate_only={"new": "温泉温泉"},
    ),
]

"""GiNZA's stand-ins give what GiNZA gives, and every odd text has one clear outcome."""

from __future__ import annotations

import subprocess
import sys
import weakref
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from esqual.enrich.dependency import ginza, tok2vec, tokenizer
from esqual.enrich.kinds import KINDS, DocumentFailure, load_worker
from esqual.errors import EnrichmentError

SENTENCES = [
    "昨日からずっと胃がキリキリと痛いので、仕事を休んで病院へ行った。",
    "店員さんの態度は悪くなかったが、料理が出てくるまで四十五分も待たされた。",
    "熱はないけれど、頭と喉が痛くて何も食べられない。",
    "駅前に新しくできたパン屋の、焼きたてのクロワッサンがとても美味しい。",
    "東北新幹線は大雪で３時間２０分遅れ、乗客１，２００人に影響が出た。",
    "社長に叱られた社員が、翌日、会社を辞めてしまったらしい！本当？",
    "「もう二度と買わない」とレビューに書いてあった。",
    "MacBook Pro 14インチ(2023)のバッテリーが、1.5倍長持ちするようになった。",
    # the same numeral, read in two ways
    "この一年で一番の楽しみの一つは、6月18日に18歳になる娘の誕生日だ。",
    "ゲゲゲーッと叫んで、ずっこけ丼を注文した。",
]
ODD = [
    "",
    " ",
    "　",
    "\n",
    "\t\t",
    " 胃 が　　痛い \n\n 頭も　",
    "\x00",
    "a\x00b\x07",
    "😀😀👨‍👩‍👧",
    "か\u3099が e\u0301",
    "\ufeff胃",
    "①②㍿...…ﷺ",
    "A=B|C=Dを見る",
    "。。。！？",
    "\u200b\u200d",
]


@pytest.fixture(scope="module")
def pipeline() -> ginza.Pipeline:
    """The one that every test of this process shares."""
    worker: Any = load_worker(KINDS["dependency"], {})
    loaded: ginza.Pipeline = worker._pipeline
    return loaded


@pytest.fixture(scope="module")
def plain() -> Any:
    import spacy

    return spacy.load("ja_ginza", exclude=["ner"])


def _fields(doc: Any) -> list[tuple[Any, ...]]:
    return [
        (
            *(t.text, t.whitespace_, t.idx, t.head.i, t.dep_, t.pos_, t.tag_, t.lemma_, t.norm_),
            *(str(t.morph), t.is_sent_start),
        )
        for t in doc
    ]


def test_the_stand_ins_are_in_use(pipeline: ginza.Pipeline) -> None:
    assert pipeline.notes == []
    assert isinstance(pipeline._make_doc, tokenizer.FastTokenizer)


def test_every_token_is_that_of_the_plain_loop(pipeline: ginza.Pipeline, plain: Any) -> None:
    texts = [*SENTENCES, *ODD, "".join(SENTENCES)]
    for text, doc in zip(texts, pipeline.parse(texts), strict=True):
        wanted = plain(text)
        assert _fields(doc) == _fields(wanted)
        # an empty Doc has none in either, but spaCy leaves an empty list there
        assert doc.user_data["sub_tokens"] == wanted.user_data["sub_tokens"]


def test_a_parse_does_not_depend_on_its_neighbours(pipeline: ginza.Pipeline) -> None:
    alone = [_fields(pipeline.parse([text])[0]) for text in SENTENCES]
    many = pipeline.parse(SENTENCES * 20)
    assert [_fields(doc) for doc in many] == alone * 20


def test_work_is_cut_into_groups_of_few_tokens(
    pipeline: ginza.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ginza, "TOKENS", 30)
    seen: list[list[int]] = []
    set_tensors = pipeline._set_tensors

    def counted(docs: Any) -> None:
        seen.append([len(doc) for doc in docs])
        set_tensors(docs)

    whole = [_fields(doc) for doc in pipeline.parse(SENTENCES)]
    monkeypatch.setattr(pipeline, "_set_tensors", counted)
    assert [_fields(doc) for doc in pipeline.parse(SENTENCES)] == whole
    assert len(seen) > 1
    assert all(sum(group) <= 30 or len(group) == 1 for group in seen)


def test_half_a_surrogate_pair_fails_alone(pipeline: ginza.Pipeline) -> None:
    first, bad, last = pipeline.parse(["胃が痛い", "胃が\ud800痛い", "頭が痛い"])
    assert isinstance(bad, DocumentFailure)
    assert "surrogate" in bad.reason
    assert [len(first), len(last)] == [3, 3]


def test_a_text_that_a_step_chokes_on_fails_alone(
    pipeline: ginza.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_tensors = pipeline._set_tensors

    def choke(docs: Any) -> None:
        if any("頭" in doc.text for doc in docs):
            raise ValueError("no heads")
        set_tensors(docs)

    monkeypatch.setattr(pipeline, "_set_tensors", choke)
    first, bad, last = pipeline.parse(["胃が痛い", "頭が痛い", "腰が痛い"])
    assert bad == DocumentFailure("GiNZA failed: ValueError: no heads")
    assert [[t.dep_ for t in doc] for doc in (first, last)] == [["nsubj", "case", "ROOT"]] * 2


def test_a_text_of_100_000_characters_is_one_doc(pipeline: ginza.Pipeline) -> None:
    # a word without end is one token: what is long here is the text, not the test
    text = "序文。" + ("ア" * 993 + "。胃が痛い。\n") * 100
    # cut blindly, a piece would end in the middle of a word
    assert text[ginza.PIECE - 2 : ginza.PIECE + 1] == "が痛い"
    (doc,) = pipeline.parse([text])
    assert not isinstance(doc, DocumentFailure)
    assert doc.text == text
    assert len(doc.user_data["sub_tokens"]) == len(doc)
    stomachs = [t for t in doc if t.text == "胃"]
    assert len(stomachs) == 100
    # pieces meet where a sentence ends, so that no arc is cut
    assert {t.head.text for t in stomachs} == {"痛い"}


def test_a_long_text_without_an_end_of_sentence_is_cut_all_the_same(
    pipeline: ginza.Pipeline,
) -> None:
    for text in ("😀" * 20_000, "ア" * 20_000):
        (doc,) = pipeline.parse([text])
        assert not isinstance(doc, DocumentFailure)
        assert doc.text == text


def test_what_sudachi_takes_is_not_cut(pipeline: ginza.Pipeline, plain: Any) -> None:
    text = ("ア" * 1637 + "。\n") * 10
    text = text[: ginza.SUDACHI_BYTES // 3]
    assert len(list(ginza._pieces(text))) == 1
    (doc,) = pipeline.parse([text])
    assert _fields(doc) == _fields(plain(text))


def test_a_pipeline_loaded_again_parses_alike_and_old_docs_live(
    pipeline: ginza.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ginza, "NEW_STRINGS", -1)
    nlp = pipeline.nlp
    monkeypatch.setattr(ginza, "_load_model", lambda: nlp)
    before = pipeline.parse(SENTENCES)
    tensors = pipeline._set_tensors
    after = pipeline.parse(SENTENCES)
    assert pipeline._set_tensors is not tensors
    assert [_fields(doc) for doc in before] == [_fields(doc) for doc in after]


def test_vectors_are_those_of_spacy_across_blocks_and_a_full_table(
    plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    component = plain.get_pipe("tok2vec")
    docs = [plain.make_doc(text) for text in [*SENTENCES, "", "胃"]]
    wanted = component.predict(docs)
    for block, words in ((1024, 65_536), (7, 30), (1, 65_536)):
        monkeypatch.setattr(tok2vec, "BLOCK", block)
        monkeypatch.setattr(tok2vec, "WORDS", words)
        fast = tok2vec.FastTok2Vec(component)
        for start in range(0, len(docs), 3):
            fast.set_tensors(docs[start : start + 3])
        distinct = {token.orth for doc in docs for token in doc}
        assert (len(fast.rows) == len(distinct)) == (words > len(distinct))
        for doc, tensor in zip(docs, wanted, strict=True):
            if len(doc):
                np.testing.assert_allclose(doc.tensor, tensor, atol=2e-5)


def test_a_model_that_is_built_otherwise_is_refused() -> None:
    import spacy

    config = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 96,
        "depth": 4,
        "embed_size": 2000,
        "window_size": 2,
        "maxout_pieces": 3,
        "subword_features": True,
    }
    other: Any = spacy.blank("ja").add_pipe("tok2vec", config={"model": config})
    other.model.initialize()
    with pytest.raises(tok2vec.UnknownArchitectureError):
        tok2vec.FastTok2Vec(other)


def test_tokens_are_those_of_spacy_when_the_memory_starts_again(
    plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizer, "WORDS", 5)
    fast = tokenizer.FastTokenizer(plain.tokenizer)
    for text in [*SENTENCES, *ODD, *SENTENCES]:
        assert _fields(fast(text)) == _fields(plain.make_doc(text))
    assert len(fast.words) < 30


def test_a_stand_in_that_differs_is_left_out_with_a_note(
    plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shifted(layer: tok2vec.Layer) -> tok2vec.Layer:
        return tok2vec.Layer(layer.products, layer.bias * 1.1, layer.scale, layer.shift)

    read = tok2vec._read_layer
    monkeypatch.setattr(tok2vec, "_read_layer", lambda node, width: shifted(read(node, width)))
    monkeypatch.setattr(tokenizer, "_pos", lambda *_: (1, None))
    monkeypatch.setattr(ginza, "_load_model", lambda: plain)
    slow = ginza.Pipeline()
    assert len(slow.notes) == 2
    assert [_fields(doc) for doc in slow.parse(SENTENCES)] == [
        _fields(plain(text)) for text in SENTENCES
    ]


def test_a_version_that_clashes_is_an_error_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ginza, "version", lambda name: "0.7.0" if name == "sudachipy" else "5.2.0")
    monkeypatch.setattr(
        ginza, "requires", lambda _name: ["SudachiPy<0.7,>=0.6.10", "ja_ginza==5.2.0", "click"]
    )
    with pytest.raises(EnrichmentError, match=r'sudachipy 0\.7\.0 .*pip install "SudachiPy<0\.7'):
        ginza.load_pipeline()


def test_a_requirement_of_another_python_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = ['spacy>=99; python_version < "3"', "spacy>=3; python_version >= '3'"]
    monkeypatch.setattr(ginza, "requires", lambda _name: lines)
    ginza.check_versions()
    assert ginza._install(("spacy",)) == '"spacy>=3"'


def test_a_part_that_is_missing_is_an_error_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(ginza, "version", missing)
    with pytest.raises(EnrichmentError, match=r"ginza is not installed.*pip install"):
        ginza.versions()


def test_words_that_nobody_knows_do_not_pile_up_and_the_old_model_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ginza, "NEW_STRINGS", 400)
    pipeline = ginza.load_pipeline()
    load, alive = ginza._load_model, []
    old = weakref.ref(pipeline.nlp)

    def again() -> Any:
        alive.append(old() is not None)
        return load()

    monkeypatch.setattr(ginza, "_load_model", again)
    sizes = []
    for start in range(0, 300, 50):
        names = (f"{chr(0x4E00 + i)}{chr(0x5000 + 2 * i)}号" for i in range(start, start + 50))
        pipeline.parse(["".join(names)])
        sizes.append(len(pipeline.nlp.vocab.strings) - pipeline._strings)
    assert alive
    assert not any(alive)
    assert max(sizes) < 2 * 400


_MAPPED = """
from pathlib import Path
from esqual.enrich.dependency.kind import KIND
print(KIND.load({}).documents(["自動車工場の音がうるさい"])[0]["pairs"])
maps = Path("/proc/self/maps").read_text().splitlines()
print(len({line.split("-")[0] for line in maps if line.endswith("system.dic")}))
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system lists no mapped files")
def test_the_dictionary_is_mapped_once() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _MAPPED], capture_output=True, text=True, check=True, timeout=120
    )
    pairs, mapped = run.stdout.splitlines()
    assert "音>煩い" in pairs
    assert mapped == "1"


def test_a_text_that_was_parsed_before_takes_no_memory_of_the_model(
    pipeline: ginza.Pipeline,
) -> None:
    texts = [
        "今日は１０人と3人が来て、鰍沢ヌメランで佐々木さんの胃が痛くなった。",
        "スマホが熱い。",
    ]
    pipeline.parse(texts)
    before = pipeline.nlp.vocab.morphology.mem.size
    pipeline.parse(texts)
    assert pipeline.nlp.vocab.morphology.mem.size == before
